#!/usr/bin/env python3
"""Counts a detector's cases again, apart from the program, by the definition in plugin/metrics/matching.h.

    tests/recount.py DETECTIONS.csv LABELS [--list PICTURES] [--names NAMES] [--classes N]
                     [--thresh T] [--overlap O] [--background B]

DETECTIONS.csv has the columns picture,class,score,x,y,w,h,fate (others are not looked at): all candidates, x y w h
relative to the picture, fate one of kept, below, suppressed. A class is a number, or a name of the file NAMES. LABELS is
the folder of the label files; a picture's is that of its own name with .txt. Pictures are those of the file PICTURES
(one path a line), else all that the table or the folder knows.

Prints {"true_positive": 3, ...}, every kind. Lines of labels that are not right are left out and told to stderr.

Overlaps are made in single precision as the program makes them, so that those at a border fall on the same side; scores
and boxes should be written with nine digits. That a candidate above the threshold was suppressed by a detection, and not
by something below the threshold, need not be looked up: what suppresses is never worse than what it suppresses.
"""
import argparse
import csv
import json
import math
import pathlib
import struct
import sys

KINDS = ["true_positive", "background", "confusion", "duplicate", "poor_box", "missed", "confused", "suppressed"]


def single(value):
    """The number, rounded to single precision."""
    return struct.unpack("f", struct.pack("f", value))[0]


def span(centre_a, length_a, centre_b, length_b):
    starts = [single(c - single(n / 2)) for c, n in ((centre_a, length_a), (centre_b, length_b))]
    ends = [single(c + single(n / 2)) for c, n in ((centre_a, length_a), (centre_b, length_b))]
    return single(min(ends) - max(starts))


def iou(a, b):
    """Of two boxes (x, y, w, h)."""
    width, height = span(a[0], a[2], b[0], b[2]), span(a[1], a[3], b[1], b[3])
    if width < 0 or height < 0:
        return 0.0
    shared = single(width * height)
    union = single(single(single(a[2] * a[3]) + single(b[2] * b[3])) - shared)
    return single(shared / union) if union else 0.0


def stem(path):
    return pathlib.PurePath(path.strip()).stem


def read_candidates(path, names):
    """Of each picture: (class, score, box, fate), best first."""
    pictures = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            label = names.index(row["class"]) if row["class"] in names else int(row["class"])
            box = tuple(single(float(row[key])) for key in "xywh")
            entry = (label, single(float(row["score"])), box, row["fate"].strip().lower())
            pictures.setdefault(stem(row["picture"]), []).append(entry)
    return {name: sorted(rows, key=lambda row: -row[1]) for name, rows in pictures.items()}


def read_object(line, classes):
    """(class, box) of a line of a label file; ValueError says what is wrong."""
    words = line.split()
    if len(words) != 5:
        raise ValueError("not five numbers")
    label, box = int(words[0]), tuple(single(float(word)) for word in words[1:])
    if label < 0 or (classes is not None and label >= classes):
        raise ValueError("no such class")
    if not all(map(math.isfinite, box)):
        raise ValueError("not finite")
    if min(box[2:]) < single(0.001):
        raise ValueError("too small")
    if not all(0 <= centre <= 1 for centre in box[:2]):
        raise ValueError("centre outside of the picture")
    return label, box


def read_objects(path, classes):
    objects = []
    if not path.exists():
        print(f"{path}: missing", file=sys.stderr)
        return objects
    for number, line in enumerate(path.read_text(errors="replace").split("\n"), 1):
        if not line.strip():
            continue
        try:
            objects.append(read_object(line, classes))
        except (ValueError, OverflowError) as problem:
            print(f"{path}:{number}: {problem}", file=sys.stderr)
    return objects


def owners(detections, objects, least):
    """{object: detection that took it}"""
    taken = {}
    for d, (label, _, box, _) in enumerate(detections):
        offers = [(iou(box, o_box), -o) for o, (o_label, o_box) in enumerate(objects)
                  if o_label == label and o not in taken and iou(box, o_box) >= least]
        if offers:
            taken[-max(offers)[1]] = d
    return taken


def false_positive(detection, objects, rule):
    label, _, box, _ = detection
    own = max([iou(box, o_box) for o_label, o_box in objects if o_label == label], default=0)
    foreign = max([iou(box, o_box) for o_label, o_box in objects if o_label != label], default=0)
    for kind, holds in (("duplicate", own >= rule.overlap), ("confusion", foreign >= rule.overlap),
                        ("poor_box", own >= rule.background), ("confusion", foreign >= rule.background)):
        if holds:
            return kind
    return "background"


def false_negative(target, candidates, rule):
    label, box = target
    near = [c for c in candidates if iou(c[2], box) >= rule.overlap]
    lost = [c for c in near if c[0] == label and c[3] != "kept"]
    if any(c[3] == "suppressed" and c[1] > single(rule.thresh) for c in lost):
        return "suppressed"
    if any(c[0] != label and c[3] == "kept" for c in near):
        return "confused"
    return "suppressed" if lost else "missed"


def count(candidates, objects, rule, counts):
    detections = [c for c in candidates if c[3] == "kept"]
    taken = owners(detections, objects, rule.overlap)
    counts["true_positive"] += len(taken)
    for d, detection in enumerate(detections):
        if d not in taken.values():
            counts[false_positive(detection, objects, rule)] += 1
    for o, target in enumerate(objects):
        if o not in taken:
            counts[false_negative(target, candidates, rule)] += 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("detections")
    parser.add_argument("labels", type=pathlib.Path)
    parser.add_argument("--list")
    parser.add_argument("--names")
    parser.add_argument("--classes", type=int)
    parser.add_argument("--thresh", type=float, default=0.5)
    parser.add_argument("--overlap", type=float, default=0.5)
    parser.add_argument("--background", type=float, default=0.1)
    return parser.parse_args()


def main():
    rule = arguments()
    names = pathlib.Path(rule.names).read_text().splitlines() if rule.names else []
    classes = rule.classes if rule.classes is not None else len(names) or None
    candidates = read_candidates(rule.detections, names)
    if rule.list:
        pictures = [stem(line) for line in pathlib.Path(rule.list).read_text().splitlines() if line.strip()]
    else:
        pictures = sorted({path.stem for path in rule.labels.glob("*.txt")} | set(candidates))
    counts = dict.fromkeys(KINDS, 0)
    for picture in pictures:
        objects = read_objects(rule.labels / (picture + ".txt"), classes)
        count(candidates.get(picture, []), objects, rule, counts)
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
