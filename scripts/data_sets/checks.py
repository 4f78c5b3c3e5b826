"""Do masks say where the objects are? What is written is looked at anew, without what made it."""

import os

from data_sets.items import SIZE as ITEM_SIZE
from data_sets.pictures import DataError, read_png
from data_sets.set_folder import made_rows


def _expect(condition, name, what):
    if not condition:
        raise DataError(f"{name}: {what}")


def _marked(mask):
    """The (row, column) of the pixels in a hard mask."""
    if not set(mask.data) <= {0, 255}:
        raise DataError("a mask has values between 0 and 255")
    return {divmod(i, mask.width) for i, value in enumerate(mask.data) if value}


def _check_item(row, picture, background, mask):
    """Off the mask the picture is its background; on it .9 item + .1 background, one item > .05 for all colours."""
    for i in range(picture.width * picture.height):
        colours = range(3 * i, 3 * i + 3)
        if mask.data[i]:
            items = [(picture.data[k] - .1 * background.data[k]) / .9 for k in colours]
            _expect(max(items) - min(items) <= 1 / .9 + 1e-9, row["name"], f"pixel {i}: no grey item on the background")
            _expect(min(items) > .05 * 255 - .5 / .9 - 1e-9, row["name"], f"pixel {i}: in the mask, but not the item's")
        else:
            _expect(all(picture.data[k] == background.data[k] for k in colours), row["name"],
                    f"pixel {i}: the item's, but not in the mask")


def _check_masks(row, item, area, box):
    inside, square = _marked(item), (int(row["row"]), int(row["column"]))
    pixels = [divmod(i, item.width) for i in range(item.width * item.height)]
    near = {(y, x) for y, x in pixels if any(max(abs(y - r), abs(x - c)) <= 3 for r, c in inside)}
    _expect(_marked(area) == near, row["name"], "the area is not the item and 3 pixels around it")
    boxed = {(y, x) for y, x in pixels if 0 <= y - square[0] < 16 and 0 <= x - square[1] < 16}
    _expect(_marked(box) == boxed, row["name"], "another box than made.csv has")
    _expect(inside <= boxed, row["name"], "the item sticks out of its box")


def _check_semi_natural(path, rows):
    for row in rows:
        if row["split"] != "test":
            continue
        read = {folder: read_png(f"{path}/{folder}/test/{row['name']}.png")
                for folder in ("images", "backgrounds", "masks/item", "masks/area", "masks/box")}
        _check_item(row, read["images"], read["backgrounds"], read["masks/item"])
        _check_masks(row, read["masks/item"], read["masks/area"], read["masks/box"])
    windows = [(row["photograph"], row["reduction"], row["x"], row["y"]) for row in rows]
    _expect(len(set(windows)) == len(windows), path, "a background serves twice")
    by_class = {}
    for row in rows:
        scenes = by_class.setdefault(row["class"], {})
        scene = (row["split"], row["photograph"], row["reduction"])
        scenes[scene] = scenes.get(scene, 0) + 1
    first = next(iter(by_class.values()))
    _expect(all(scenes == first for scenes in by_class.values()), path, "classes differ in their backgrounds")


def _check_synthetic(path, rows):
    """The blocks are where made.csv says; in them the mean is another one by about 1, elsewhere it is 0."""
    sums, counts = {}, {}
    for row in rows:
        picture = read_png(f"{path}/images/{row['split']}/{row['name']}.png")
        blocks = [tuple(map(int, block.split("/"))) for block in row["blocks"].split()]
        inside = {(r, c) for y, x, height in blocks for r in range(y, y + height) for c in range(x, x + 10)}
        if row["split"] == "test":
            mask = read_png(f"{path}/masks/block/test/{row['name']}.png")
            _expect(_marked(mask) == inside, row["name"], "the mask is not the blocks")
        for i, grey in enumerate(picture.data):
            key = (row["class"], divmod(i, picture.width) in inside)
            sums[key] = sums.get(key, 0) + (grey - 128) / 32
            counts[key] = counts.get(key, 0) + 1
    for (class_index, inside), total in sums.items():
        mean, error = total / counts[class_index, inside], 6 / counts[class_index, inside] ** .5 + .003
        _expect(abs(abs(mean) - inside) < error, path, f"class {class_index}: a mean of {mean:.3f}, {inside=}")


def _check_items(path, rows):
    for row in rows:
        if row["split"] == "test":
            picture = read_png(f"{path}/images/test/{row['name']}.png")
            mask = read_png(f"{path}/masks/item/test/{row['name']}.png")
            _expect(picture == mask and picture.width == ITEM_SIZE, row["name"], "the mask is not the picture")


def check(path):
    """Raises DataError when something is wrong; returns how many pictures the set has."""
    if not os.path.isdir(path):
        raise DataError(f"{path}: no such set")
    rows = made_rows(path)
    _expect(rows, path, "no pictures")
    if "photograph" in rows[0]:
        _check_semi_natural(path, rows)
    elif "blocks" in rows[0]:
        _check_synthetic(path, rows)
    else:
        _check_items(path, rows)
    return len(rows)
