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


def _check_blocks(row, blocks, size):
    """In the picture, without common columns, and of the class's rows where the class is a part of the rows."""
    columns = {c for _, x, _ in blocks for c in range(x, x + 10)}
    _expect(len(columns) == 10 * len(blocks) and max(columns) < size and min(columns) >= 0, row["name"], "common columns")
    for y, _, height in blocks:
        _expect(0 <= y and y + height <= size, row["name"], "a block sticks out")
        if "half-" in row["name"] or "third-" in row["name"]:
            _expect(y == int(row["class"]) * height, row["name"], "a block in the rows of another class")


def _check_synthetic(path, rows):
    """The blocks are where made.csv says; in them the mean is that of the class, +1 or -1, elsewhere it is 0."""
    sums, counts = {}, {}
    for row in rows:
        picture = read_png(f"{path}/images/{row['split']}/{row['name']}.png")
        blocks = [tuple(map(int, block.split("/"))) for block in row["blocks"].split()]
        _check_blocks(row, blocks, picture.width)
        inside = bytearray(picture.width * picture.height)
        for y, x, height in blocks:
            for r in range(y, y + height):
                inside[r * picture.width + x : r * picture.width + x + 10] = b"\xff" * 10
        if row["split"] == "test":
            mask = read_png(f"{path}/masks/block/test/{row['name']}.png")
            _expect(mask.data == inside, row["name"], "the mask is not the blocks")
        mean = -1 if "shift-minus" in row["name"] else 1
        for value in (0, 255):
            greys = [grey for grey, mask in zip(picture.data, inside) if mask == value]
            key = (row["class"], mean if value else 0)
            sums[key] = sums.get(key, 0) + (sum(greys) - 128 * len(greys)) / 32
            counts[key] = counts.get(key, 0) + len(greys)
    for (class_index, mean), total in sums.items():
        found, error = total / counts[class_index, mean], 6 / counts[class_index, mean] ** .5 + .003
        _expect(abs(found - mean) < error, path, f"class {class_index}: a mean of {found:.3f} instead of {mean}")


def _check_crops(path, rows):
    for row in rows:
        picture = read_png(f"{path}/images/test/{row['name']}.png")
        mask = read_png(f"{path}/masks/box/test/{row['name']}.png")
        left, top, side = (int(row[key]) for key in ("left", "top", "side"))
        box = [int(row["box_" + key]) for key in ("left", "top", "right", "bottom")]
        _expect(picture.width == picture.height == side == mask.width == mask.height, row["name"], "not a square")
        boxed = {(y, x) for y in range(side) for x in range(side)
                 if box[0] <= left + x < box[2] and box[1] <= top + y < box[3]}
        _expect(_marked(mask) == boxed, row["name"], "another box than made.csv has")
        _expect(min(box[2] - box[0], box[3] - box[1]) >= 32, row["name"], "an object that is too small")


def _published(mean, deviation):
    """For each grey that of the published mask, (clip((grey - mean) / deviation, -1, 1) + 1) / 2 of white."""
    return bytes(round(min(255, max(0, 127.5 * (1 + (v / 255 - mean) / deviation)))) for v in range(256))


def _check_items(path, rows):
    published = _published(.1307, .3081), _published(.2860, .3530)  # digits, Fashion-MNIST
    for row in rows:
        if row["split"] == "test":
            picture = read_png(f"{path}/images/test/{row['name']}.png")
            mask = read_png(f"{path}/masks/item/test/{row['name']}.png")
            _expect(picture == mask and picture.width == ITEM_SIZE, row["name"], "the mask is not the picture")
            soft = read_png(f"{path}/masks/published/test/{row['name']}.png")
            _expect(soft.data in [picture.data.translate(table) for table in published], row["name"],
                    "the published mask is not the picture, normalised")


def check(path):
    """Raises DataError when something is wrong; returns how many pictures the set has."""
    if not os.path.isdir(path):
        raise DataError(f"{path}: no such set")
    rows = made_rows(path)
    _expect(rows, path, "no pictures")
    kinds = {"photograph": _check_semi_natural, "blocks": _check_synthetic, "side": _check_crops}
    next((call for column, call in kinds.items() if column in rows[0]), _check_items)(path, rows)
    return len(rows)
