"""Disjoint parts of a set's training pictures, as Ye and Farnia have them: part i of a seeded shuffle s is
s[i n : (i + 1) n]. What is left over, fewer than there are parts, is in none."""

import os
from random import Random

from data_sets.pictures import DataError


def make(data_file, count, folder, seed):
    """Writes part-1.list and part-1.data, ...: the same .data file, with another train=."""
    with open(data_file, encoding="utf-8") as file:
        lines = file.read().splitlines()
    trains = [line for line in lines if line.startswith("train=")]
    if len(trains) != 1:
        raise DataError(f"{data_file}: {len(trains)} lines with train=")
    with open(trains[0][len("train="):], encoding="utf-8") as file:
        pictures = file.read().splitlines()
    Random(seed).shuffle(pictures)
    size = len(pictures) // count
    if size == 0:
        raise DataError(f"{data_file}: {len(pictures)} pictures make no {count} parts")
    os.makedirs(folder, exist_ok=True)
    for i in range(count):
        name = f"{folder}/part-{i + 1}"
        with open(name + ".list", "w", encoding="utf-8") as file:
            file.writelines(picture + "\n" for picture in pictures[i * size : (i + 1) * size])
        with open(name + ".data", "w", encoding="utf-8") as file:
            file.writelines((f"train={name}.list" if line == trains[0] else line) + "\n" for line in lines)
    return size
