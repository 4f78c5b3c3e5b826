# `darknet attribute triage`: every detection and object once, labels that are wrong, resuming, classifiers.

load attribute

# The part of triage.json that every run has alike.
summary() {
    python3 -c '
import json, sys
t = json.load(open(sys.argv[1]))
del t["seconds"]
print(json.dumps(t, indent=1))' "$1"
}

@test "triage: every detection and every object of 26 COCO pictures is there once, is explained, and is counted right" {
    full_size
    needs_testdata
    ls "$ATTRIBUTION_TESTDATA"/coco/images/*.jpg >list.txt
    for thresh in 0.5 0.2; do
        attribute triage cfg/coco.data "$yolo.cfg" "$yolo.weights" list.txt -method gradient -thresh $thresh -results r$thresh 2>errors
        grep -q "000000000508.txt: there is no such label file" errors
        grep -v 000000000508 list.txt >labelled.txt
        python3 "$BATS_TEST_DIRNAME/recount.py" r$thresh/triage/candidates.csv "$ATTRIBUTION_TESTDATA/coco/labels" \
            --names "$build/data/coco.names" --list labelled.txt --thresh $thresh >counts.json
        python3 - r$thresh/triage $thresh <<'PYTHON'
import collections, csv, json, os, struct, sys

folder, thresh = sys.argv[1], float(sys.argv[2])
t = json.load(open(f"{folder}/triage.json"))
assert t["counts"] == json.load(open("counts.json")), t["counts"]
cases = t["cases"]
assert collections.Counter(c["kind"] for c in cases) == collections.Counter({k: n for k, n in t["counts"].items() if n})

# Every detection is the one of a true or false positive, every labelled object that of a true positive or a false negative.
labelled = {i for i, p in enumerate(t["pictures"]) if p["labelled"]}
paths = {p["path"]: i for i, p in enumerate(t["pictures"])}
kept = collections.Counter()
for row in csv.DictReader(open(f"{folder}/candidates.csv")):
    if row["fate"] == "kept" and paths[row["picture"]] in labelled:
        kept[paths[row["picture"]], row["class"], float(row["x"]), float(row["y"])] += 1
found = collections.Counter()
for c in cases:
    if c["kind"] in ("true_positive", "background", "confusion", "duplicate", "poor_box"):
        found[c["picture"], c["class"], float("%.9g" % c["box"]["x"]), float("%.9g" % c["box"]["y"])] += 1
assert kept == found and sum(kept.values()) > 40, (sum(kept.values()), sum(found.values()))

objects = collections.Counter()
for i in labelled:
    name = os.path.basename(t["pictures"][i]["path"]).replace(".jpg", ".txt")
    for line in open(os.path.join(os.environ["ATTRIBUTION_TESTDATA"], "coco/labels", name)):
        x, y = struct.unpack("2f", struct.pack("2f", *map(float, line.split()[1:3])))
        objects[i, x, y] += 1
seen = collections.Counter()
for c in cases:
    if c["kind"] in ("true_positive", "missed", "confused", "suppressed"):
        seen[c["picture"], c["label"]["box"]["x"], c["label"]["box"]["y"]] += 1
assert objects == seen, (objects - seen, seen - objects)

for c in cases:
    assert len(c["maps"]) == 1, c
    m = c["maps"][0]
    assert os.path.getsize(f"{folder}/maps/{m['name']}.npy") > 1000
    assert abs(m["target_value"] - c["score"]) < 1e-5, c
    for shares in (m["shares"], m["uniform"]):
        assert abs(sum(shares.values()) - 1) < 1e-9 and min(shares.values()) >= 0, m
    if c["kind"] == "suppressed":
        assert ("by" in c) == (c["score"] > thresh), c
    if c["kind"] == "missed":
        assert c["failed"] in ("box", "objectness", "class", "taken"), c
PYTHON
    done
}

@test "triage: labels that are broken, out of range or missing are named, counted and left out" {
    make_list
    printf '0 0.25 0.25 0.3 0.3\nquarter 1 2 3 4\n7 0.5 0.5 0.1 0.1\n0 0.5 0.5 -0.1 0.1\n' >labels/0.txt
    rm labels/1.txt
    attribute triage "${detector[@]}" list.txt "${quick[@]}" >out 2>errors
    cat out errors
    [ "$(wc -l <errors)" = 4 ]
    for line in 2 3 4; do grep -q "darknet attribute: labels/0.txt:$line: " errors; done
    grep -q "labels/1.txt: there is no such label file" errors
    grep -q "6 pictures, 1 without labels, 4 problems with labels" out
    [ "$(results value results/triage/triage.json label_problems 1 line)" = 3 ]
    [ "$(results value results/triage/triage.json unlabelled)" = 1 ]
}

# Whether a file has so many lines.
test_lines() {
    [ "$(wc -l <"$2")" -ge "$1" ]
}

@test "triage: an interrupted run goes on where it stopped, and ends as if nothing had been" {
    make_list
    slow=("${detector[@]}" list.txt -method smoothgrad -samples 4000 -threads 1)
    attribute triage "${slow[@]}" -results whole
    "$darknet" attribute triage "${slow[@]}" -results results >out 2>&1 &
    process=$!
    wait_for "$process" test_lines 4 results/triage/cases.csv
    kill -INT "$process" || skip "it was faster than ctrl-C"
    code=0
    wait "$process" || code=$?
    cat out
    [ "$code" = 1 ]
    grep -q "interrupted; the same command goes on from here" out
    [ ! -e results/triage/triage.json ]
    printf '0,1,2,3' >>results/triage/cases.csv # as if the line had been cut off
    attribute triage "${slow[@]}" -results results | tee out
    grep -q "of them from an earlier run" out
    diff <(summary whole/triage/triage.json) <(summary results/triage/triage.json)
    for map in whole/triage/maps/*.npy; do cmp "$map" "results/triage/maps/$(basename "$map")"; done
    no_temporary_files
    attribute triage "${slow[@]}" -samples 30 -results results | tee out # another run: nothing is taken up
    ! grep -q "earlier run" out
}

@test "triage: the most telling cases only, by several methods" {
    make_list
    attribute triage "${detector[@]}" list.txt -top 1 -methods gradient,integrated_gradients -thresh 0.3
    python3 - <<'PYTHON'
import collections, json
t = json.load(open("results/triage/triage.json"))
explained = [c for c in t["cases"] if c["maps"]]
assert all(n == 1 for n in collections.Counter(c["kind"] for c in explained).values())
assert len({c["kind"] for c in explained}) == len({c["kind"] for c in t["cases"]})
for c in explained:
    assert [m["method"] for m in c["maps"]] == ["gradient", "integrated_gradients"]
    same = [d for d in t["cases"] if d["kind"] == c["kind"]]
    if c["kind"] == "true_positive":
        assert c["score"] == max(d["score"] for d in same)
assert [m["method"] for m in t["methods"]] == ["gradient", "integrated_gradients"]
PYTHON
}

@test "triage: a classifier's confusions are explained by the contrast with the truth" {
    mkdir pictures
    for i in 0 1 2 3 4 5 6 7 8 9; do cp "$pictures"/${i}_* pictures/; done
    cp "$pictures"/8_* pictures/wrong_9_ankle-boot.png # a bag that is called a boot
    cp "$pictures"/8_* pictures/nothing.png
    ls pictures/*.png >list.txt
    attribute triage "${model[@]}" list.txt "${quick[@]}" >out 2>errors
    cat out errors
    grep -q "right 10, wrong 1" out
    grep -q "pictures/nothing.png: the path contains no label" errors
    python3 - <<'PYTHON'
import json
t = json.load(open("results/triage/triage.json"))
assert [c["kind"] for c in t["cases"]] == ["wrong"] + 10 * ["right"]
wrong = [c for c in t["cases"] if c["kind"] == "wrong"]
assert len(wrong) == 1 and wrong[0]["class"] == "Bag" and wrong[0]["label"] == "Ankle-boot", wrong
assert wrong[0]["maps"][0]["target"] == "logit - logit(Ankle-boot)", wrong
assert abs(t["top1"] - 10 / 11) < 1e-12 and t["top5"] >= t["top1"]
table = {(c["true"], c["found"]): c["count"] for c in t["confusion"]["counts"]}
assert table[("Ankle-boot", "Bag")] == 1 and sum(table.values()) == 11, table
PYTHON
}

@test "triage: a YOLOv2 head is sorted and explained as a YOLOv3 head with the same numbers" {
    make_list
    sed 's/^\[yolo\]/[region]/; s/^mask=0/coords=4/; s/^anchors=.*/anchors=0.625,0.625/' quarter.cfg >region.cfg
    for head in quarter region; do
        attribute triage quarter.data $head.cfg quarter.weights list.txt "${quick[@]}" -results $head
        summary $head/triage/triage.json | grep -v '"cfg' >$head.json
    done
    diff quarter.json region.json
    grep -q '"kind": "true_positive"' quarter.json
}

@test "triage: what it cannot do is refused before anything is computed" {
    make_list
    refused "usage: darknet attribute triage" attribute triage "${detector[@]}" list.txt more
    refused "quarter.data: valid= is missing" attribute triage "${detector[@]}"
    refused "no place may be said here" attribute triage "${detector[@]}" list.txt -target "score(missed)"
    refused "crop=0,0,9,9: triage looks at whole pictures" attribute triage "${detector[@]}" list.txt -crop 0,0,9,9
    refused "methods: there is no method gradent" attribute triage "${detector[@]}" list.txt -methods gradent
    grep -v '^labels' "$build/cfg/fashion.data" >without.data
    refused "labels= is missing" attribute triage without.data "${model[1]}" "${model[2]}" list.txt
    refused "command line: -json is for test, compare, not for triage" attribute triage "${detector[@]}" list.txt -json
}

@test "triage: pictures that cannot be read are reported, the others are done" {
    make_list
    echo images/none.png >>list.txt
    code=0
    attribute triage "${detector[@]}" list.txt "${quick[@]}" >out 2>errors || code=$?
    cat out errors
    [ "$code" = 2 ]
    grep -q "images/none.png" errors
    grep -q "list.txt: 6 pictures" out
    [ -s results/triage/triage.json ]
}
