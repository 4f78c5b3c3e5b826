"""Noise with a block that tells the class. A reconstruction of the synthetic experiments of Rahman, Lewis, Plis
(geometrically guided integrated gradients), whose generator is not published: known of it are a block of 30 x 10 at a
random place, a window of 10 columns in a part of whose rows the class is told, and the names of its sets. Ours are:

  plane      60 rows (features) x 60 columns (time), normal noise N(0, 1)
  two        a block of 30 x 10 anywhere has another mean: +SHIFT or -SHIFT, by class
  multi-way  three such blocks without common columns, all of the same sign
  top-down   10 columns anywhere; by class, the upper or the lower half of them has mean +SHIFT
  three      10 columns anywhere; by class, the upper, middle or lower third of them has mean +SHIFT

  picture    grey 128 + 32 value, rounded, cut to 0..255: from -4 to 3.97
  mask       block: where the mean is another one
"""

from random import Random

from data_sets.pictures import Picture
from data_sets.set_folder import SetFolder

SIZE, ROWS, COLUMNS = 60, 30, 10
SHIFT, MIDDLE, UNIT = 1, 128, 32
LABELS = {
    "two": ("shift-plus", "shift-minus"),
    "multi-way": ("shift-plus", "shift-minus"),
    "top-down": ("half-upper", "half-lower"),
    "three": ("third-upper", "third-middle", "third-lower"),
}


def _blocks(kind, class_index, generator):
    """Where the mean is another one: [(row, column, rows)], and by how much."""
    if kind in ("top-down", "three"):
        rows = SIZE // len(LABELS[kind])
        return [(class_index * rows, generator.randint(0, SIZE - COLUMNS), rows)], SHIFT
    count = 3 if kind == "multi-way" else 1
    # Of the columns that are left over some stand before each block: sorted starts, then pushed apart.
    starts = sorted(generator.randint(0, SIZE - count * COLUMNS) for _ in range(count))
    blocks = [(generator.randint(0, SIZE - ROWS), start + k * COLUMNS, ROWS) for k, start in enumerate(starts)]
    return blocks, SHIFT if class_index == 0 else -SHIFT


def _plane(blocks, shift, generator):
    """The picture and its mask."""
    mask = bytearray(SIZE * SIZE)
    for row, column, rows in blocks:
        for r in range(row, row + rows):
            mask[r * SIZE + column : r * SIZE + column + COLUMNS] = b"\xff" * COLUMNS
    grey = bytes(max(0, min(255, int(MIDDLE + UNIT * (generator.gauss(0, 1) + (shift if inside else 0)) + .5)))
                 for inside in mask)
    return Picture(SIZE, SIZE, 1, grey), Picture(SIZE, SIZE, 1, bytes(mask))


def make(path, kind, counts, seed):
    """Makes the set: counts = {"train": n, "test": n}."""
    labels = LABELS[kind]
    generator = Random(seed)
    with SetFolder(path, labels, labels, ("class", "blocks")) as made:
        for split, count in counts.items():
            for i in range(count):
                class_index = i % len(labels)
                blocks, shift = _blocks(kind, class_index, generator)
                picture, mask = _plane(blocks, shift, generator)
                text = " ".join("/".join(map(str, block)) for block in blocks)
                name = made.add(split, picture, class_index, (class_index, text))
                if split == "test":
                    made.add_beside("masks/block", split, name, mask)
