"""Objects cut out of a detector's labelled pictures, for a classifier that need not know their classes:

  which    every labelled box of at least MINIMUM pixels a side
  crop     a square around the box's centre, its side the box's longer one and CONTEXT of that on both sides; moved, and
           if it must be made smaller, to lie in the picture. Not resampled
  mask     box: the labelled box, as far as it is in the crop

The set has no training pictures and no class that a path would tell; made.csv has the detector's class."""

import os

from data_sets.pictures import DataError, Picture, read_photograph
from data_sets.set_folder import SetFolder

MINIMUM, CONTEXT = 32, .2


def _options(path):
    """The lines key=value of a .data file."""
    with open(path, encoding="utf-8") as file:
        pairs = (line.split("#")[0].partition("=") for line in file)
        return {key.strip(): value.strip() for key, _, value in pairs if value.strip()}


def _lines(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def label_file(picture):
    """Where Darknet's detector looks for a picture's labels."""
    for old, new in (("images", "labels"), ("JPEGImages", "labels"), ("raw", "labels")):
        picture = picture.replace(old, new, 1)
    return os.path.splitext(picture)[0] + ".txt"


def _boxes(path, width, height):
    """[(class, left, top, right, bottom)] in pixels, cut to the picture; none if there is no file."""
    boxes = []
    if not os.path.exists(path):
        return boxes
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                index, x, y, w, h = map(float, line.split())
            except ValueError:
                raise DataError(f"{path}:{number}: not a class and four numbers") from None
            boxes.append((int(index), max(0, round((x - w / 2) * width)), max(0, round((y - h / 2) * height)),
                          min(width, round((x + w / 2) * width)), min(height, round((y + h / 2) * height))))
    return boxes


def square(box, width, height):
    """(left, top, side) of the crop for a box (left, top, right, bottom) in a picture of width x height."""
    left, top, right, bottom = box
    side = min(round(max(right - left, bottom - top) * (1 + 2 * CONTEXT)), width, height)
    return tuple(max(0, min((first + last - side) // 2, size - side))
                 for first, last, size in ((left, right, width), (top, bottom, height))) + (side,)


def _box_mask(box, crop):
    left, top, side = crop
    columns = bytes(255 * (box[0] <= x < box[2]) for x in range(left, left + side))
    rows = (columns if box[1] <= y < box[3] else bytes(side) for y in range(top, top + side))
    return Picture(side, side, 1, b"".join(rows))


def make(data_file, path, classifier):
    """Makes the set of a .data file's valid= list; `classifier`: another's, to take the classes from, or None."""
    options = _options(data_file)
    if "valid" not in options:
        raise DataError(f"{data_file}: no line with valid=")
    given = _options(classifier) if classifier else {}
    classes = [f"{key}={given[key]}" for key in ("classes", "labels", "names") if key in given]
    columns = ("class", "source", "left", "top", "side", "box_left", "box_top", "box_right", "box_bottom")
    with SetFolder(path, [], [], columns, classes) as made:
        for picture in filter(None, _lines(options["valid"])):
            photograph = read_photograph(picture, 1)
            for index, *box in _boxes(label_file(picture), photograph.width, photograph.height):
                if min(box[2] - box[0], box[3] - box[1]) < MINIMUM:
                    continue
                crop = square(box, photograph.width, photograph.height)
                name = made.add("test", photograph.window(*crop, crop[2]), None,
                                (index, os.path.basename(picture)) + crop + tuple(box))
                made.add_beside("masks/box", "test", name, _box_mask(box, crop))
        if not made.rows:
            raise DataError(f"{data_file}: no box of {MINIMUM} pixels a side in any picture")
