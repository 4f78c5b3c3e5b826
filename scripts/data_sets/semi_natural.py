"""Items on photographs: what makes the class is known, and where it is. After the cMNIST of MetaQuantus (Hedstroem et
al.; its digits lie on CIFAR-10), as NoiseGrad's evaluation uses it:

  item     28 x 28, averaged down to 16 x 16, rotated by 15 degrees against the clock, 0 to 1
  place    its upper left corner, row and column, uniform in 0..15
  picture  32 x 32: .1 background + .9 item where item > .05, else background
  masks    item: where item > .05; area: everything at most 3 rows and columns from there; box: the 16 x 16 square

Backgrounds carry no label: pictures come in groups of one of each class, and the backgrounds of a group are windows of
the same photograph at the same scale. No window serves twice; the test's are from the right quarter of photographs,
the training's from the rest. An item serves once for the test, in training as often as others of its class, on other
backgrounds. The noise that MetaQuantus can add is left out; it dilates only the first third of an
item's pixels, a slip."""

import os
from math import cos, pi, sin
from random import Random

from data_sets.items import SIZE as ITEM_SIZE
from data_sets.pictures import DataError, Picture, read_photograph
from data_sets.set_folder import SetFolder

SIZE, PATCH = 32, 16
ANGLE, THRESHOLD, OPACITY, REACH = 15, .05, .9, 3
MASKS = ("item", "area", "box")


def _average_weights(source, target):
    """For each of `target` cells, the (index, weight) of the `source` cells that it covers."""
    ratio = source / target
    return [[(i, overlap / ratio) for i in range(source)
             if (overlap := min(i + 1, (k + 1) * ratio) - max(i, k * ratio)) > 1e-9] for k in range(target)]


def _rotation_taps(size, degrees):
    """For each pixel of the rotated picture, the (index, weight) of its bilinear interpolation; 0 outside."""
    c, s, middle = cos(degrees * pi / 180), sin(degrees * pi / 180), (size - 1) / 2
    taps = []
    for row in range(size):
        for column in range(size):
            dx, dy = column - middle, row - middle
            x, y = middle + c * dx - s * dy, middle + s * dx + c * dy
            left, top = int(x // 1), int(y // 1)
            taps.append([(r * size + q, weight) for r, q, weight in (
                (top, left, (1 - x + left) * (1 - y + top)), (top, left + 1, (x - left) * (1 - y + top)),
                (top + 1, left, (1 - x + left) * (y - top)), (top + 1, left + 1, (x - left) * (y - top)))
                if 0 <= r < size and 0 <= q < size and weight > 0])
    return taps


AVERAGES = _average_weights(ITEM_SIZE, PATCH)
TAPS = _rotation_taps(PATCH, ANGLE)


def placed_item(item):
    """The item as it is laid on a background: PATCH x PATCH values from 0 to 1."""
    narrow = [[sum(weight * item.data[row * ITEM_SIZE + i] for i, weight in cell) for cell in AVERAGES]
              for row in range(ITEM_SIZE)]
    small = [sum(weight * narrow[i][column] for i, weight in cell) / 255
             for cell in AVERAGES for column in range(PATCH)]
    return [sum(weight * small[i] for i, weight in taps) for taps in TAPS]


def compose(background, item, row, column):
    """The picture, and the indices of its pixels where the item is."""
    data, inside = bytearray(background.data), []
    for i, value in enumerate(item):
        if value > THRESHOLD:
            pixel = (row + i // PATCH) * SIZE + column + i % PATCH
            inside.append(pixel)
            for at in range(3 * pixel, 3 * pixel + 3):
                data[at] = int((1 - OPACITY) * data[at] + 255 * OPACITY * value + .5)
    return Picture(SIZE, SIZE, 3, bytes(data)), inside


def _mask(inside):
    data = bytearray(SIZE * SIZE)
    for pixel in inside:
        data[pixel] = 255
    return Picture(SIZE, SIZE, 1, bytes(data))


def _dilated(inside):
    near = set()
    for pixel in inside:
        row, column = divmod(pixel, SIZE)
        near.update(r * SIZE + c for r in range(max(row - REACH, 0), min(row + REACH + 1, SIZE))
                    for c in range(max(column - REACH, 0), min(column + REACH + 1, SIZE)))
    return near


class Backgrounds:
    """Windows of photographs at scales of 1, 1/2 and 1/4, none twice."""

    def __init__(self, paths, generator):
        self.generator, self.used, self.scenes = generator, set(), []
        for path in sorted(paths, key=os.path.basename):
            for reduction in (1, 2, 4):
                photograph = read_photograph(path, reduction)
                if photograph.width >= 5 * SIZE and photograph.height >= SIZE:
                    self.scenes.append((os.path.basename(path), reduction, photograph))
        if not self.scenes:
            raise DataError("no photograph is large enough for backgrounds")

    def draw(self, split, count):
        """`count` windows of one photograph: [((name, reduction, x, y), Picture)]."""
        for _ in range(1000):
            name, reduction, photograph = self.generator.choice(self.scenes)
            border = photograph.width * 3 // 4
            first, last = (0, border - SIZE) if split == "train" else (border, photograph.width - SIZE)
            windows = set()
            for _ in range(20 * count):
                window = (name, reduction, self.generator.randint(first, last),
                          self.generator.randint(0, photograph.height - SIZE))
                if window not in self.used:
                    windows.add(window)
                if len(windows) == count:
                    self.used |= windows
                    ordered = self.generator.sample(sorted(windows), count)
                    return [(w, photograph.window(w[2], w[3], SIZE, SIZE)) for w in ordered]
        raise DataError("the photographs have too few windows for so many pictures: name more photographs")


def _by_class(items, classes, generator):
    """For each class the indices of its items, in an order of chance."""
    indices = [[i for i, item in enumerate(items) if item[1] == k] for k in range(classes)]
    for some in indices:
        generator.shuffle(some)
    return indices


def _add(made, split, class_index, item, background, generator):
    index, picture = item
    place, window = background
    row, column = generator.randrange(SIZE - PATCH), generator.randrange(SIZE - PATCH)
    composed, inside = compose(window, placed_item(picture), row, column)
    name = made.add(split, composed, class_index, (class_index, index) + place + (row, column))
    made.add_box(split, name, class_index, (column, row, PATCH, PATCH), SIZE)
    if split == "test":
        box = [r * SIZE + c for r in range(row, row + PATCH) for c in range(column, column + PATCH)]
        for kind, pixels in zip(MASKS, (inside, _dilated(inside), box)):
            made.add_beside(f"masks/{kind}", split, name, _mask(pixels))
        made.add_beside("backgrounds", split, name, window)


def make(path, items, photographs, counts, seed):
    """Makes the set: counts = {"train": n, "test": n}, multiples of the number of classes."""
    generator = Random(seed)
    backgrounds = Backgrounds(photographs, generator)
    columns = ("class", "item", "photograph", "reduction", "x", "y", "row", "column")
    classes = len(items.labels)
    indices = {split: _by_class(items.splits[split], classes, generator) for split in counts}
    least = {split: min(map(len, some)) for split, some in indices.items()}
    if least["test"] < counts["test"] // classes:
        raise DataError(f"there are only {least['test']} items of a class for test")
    with SetFolder(path, items.labels, items.names, columns) as made:
        for split, count in counts.items():
            for group in range(count // classes):
                windows = backgrounds.draw(split, classes)
                for k in range(classes):
                    index = indices[split][k][group % least[split]]
                    _add(made, split, k, (index, items.splits[split][index][0]), windows[k], generator)
