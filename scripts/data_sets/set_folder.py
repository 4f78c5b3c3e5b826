"""A set of pictures in a folder, for every Darknet command:

  images/SPLIT/NAME.png        a picture; NAME is item_00000-LABEL, for Darknet finds a class by its label in the path,
                               or item_00000 where the class is not known
  masks/KIND/SPLIT/NAME.png    grey, of the picture's size: where the object is, 255 on it, 0 off it
  labels/SPLIT/NAME.txt        class and box of the object, as detectors read it
  SPLIT.list labels.list names.list set.data made.csv
"""

import csv
import os
import shutil

from data_sets.pictures import write_png

SET = "set.data"
MADE = "made.csv"


class SetFolder:
    """Writes a set beside `path` and puts it in its place when all is there: with SetFolder(...) as made: ..."""

    def __init__(self, path, labels, names, columns, classes=None):
        """`columns` are those of made.csv behind split and name: what a picture was made of. `classes`, if not None,
        are the lines of set.data that tell the classes, instead of labels and names."""
        self.path, self.new = path.rstrip("/"), path.rstrip("/") + ".new"
        self.labels, self.names, self.columns = labels, names, columns
        self.classes, self.lists, self.rows = classes, {}, []

    def __enter__(self):
        shutil.rmtree(self.new, ignore_errors=True)
        os.makedirs(self.new)
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            shutil.rmtree(self.new, ignore_errors=True)
            return
        for split, names in self.lists.items():
            self._write_lines(f"{split}.list", (f"{self.path}/images/{split}/{name}.png" for name in names))
        if self.classes is None:
            self._write_lines("labels.list", self.labels)
            self._write_lines("names.list", self.names)
            self.classes = [f"classes={len(self.labels)}", f"labels={self.path}/labels.list",
                            f"names={self.path}/names.list"]
        lists = [f"{key}={self.path}/{split}.list" for key, split in (("train", "train"), ("valid", "test"))
                 if split in self.lists]
        self._write_lines(SET, lists + self.classes + [f"backup={self.path}", "top=1"])
        with open(f"{self.new}/{MADE}", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("split", "name") + tuple(self.columns))
            writer.writerows(self.rows)
        shutil.rmtree(self.path, ignore_errors=True)
        os.rename(self.new, self.path)

    def _write_lines(self, name, lines):
        with open(f"{self.new}/{name}", "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)

    def _file(self, folder, split, name):
        os.makedirs(f"{self.new}/{folder}/{split}", exist_ok=True)
        return f"{self.new}/{folder}/{split}/{name}"

    def add(self, split, picture, class_index, made_of):
        """Adds a picture to a split's list, its class None if that is not known; returns its name."""
        names = self.lists.setdefault(split, [])
        name = f"item_{len(names):05d}" + ("" if class_index is None else f"-{self.labels[class_index]}")
        write_png(self._file("images", split, name + ".png"), picture)
        names.append(name)
        self.rows.append((split, name) + tuple(made_of))
        return name

    def add_beside(self, folder, split, name, picture):
        """A picture for the picture of that name: a mask, in masks/KIND, or another folder."""
        write_png(self._file(folder, split, name + ".png"), picture)

    def add_itself(self, folder, split, name):
        """The picture is its own mask."""
        os.link(f"{self.new}/images/{split}/{name}.png", self._file(folder, split, name + ".png"))

    def add_box(self, split, name, class_index, box, size):
        """`box` is (left, top, width, height) in pixels of a picture of size x size."""
        left, top, width, height = (value / size for value in box)
        with open(self._file("labels", split, name + ".txt"), "w", encoding="utf-8") as file:
            file.write(f"{class_index} {left + width / 2} {top + height / 2} {width} {height}\n")


def made_rows(path):
    """The rows of a set's made.csv, as dictionaries."""
    with open(f"{path}/{MADE}", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
