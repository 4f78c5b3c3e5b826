"""Pictures: rows of bytes, 1 (grey) or 3 (RGB) to a pixel, in and out of files."""

import struct
import subprocess
import zlib
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"


class DataError(Exception):
    """Something that was read is not what it should be; the message says what."""


@dataclass
class Picture:
    width: int
    height: int
    channels: int
    data: bytes  # [height][width][channels]

    def window(self, x, y, width, height):
        stride, start = self.width * self.channels, x * self.channels
        rows = (self.data[row * stride + start :][: width * self.channels] for row in range(y, y + height))
        return Picture(width, height, self.channels, b"".join(rows))


def _chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(picture):
    """The bytes of an 8-bit PNG file; the 0 in front of each row says that the row is not filtered."""
    stride = picture.width * picture.channels
    rows = b"".join(b"\0" + picture.data[y * stride : (y + 1) * stride] for y in range(picture.height))
    colours = {1: 0, 3: 2}[picture.channels]
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, colours, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


def write_png(path, picture):
    with open(path, "wb") as file:
        file.write(png(picture))


def read_png(path):
    """A file as png() makes it."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:8] != SIGNATURE:
        raise DataError(f"{path}: not a PNG file")
    body, at, header = b"", 8, None
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", data[at + 8 : at + 8 + size])
        if kind == b"IDAT":
            body += data[at + 8 : at + 8 + size]
        at += size + 12
    if header is None or header[2:] not in ((8, 0, 0, 0, 0), (8, 2, 0, 0, 0)):
        raise DataError(f"{path}: not a PNG file of make-data")
    width, height, channels = header[0], header[1], 1 if header[3] == 0 else 3
    rows, stride = zlib.decompress(body), width * channels + 1
    if len(rows) != stride * height or any(rows[::stride]):
        raise DataError(f"{path}: not a PNG file of make-data")
    return Picture(width, height, channels, b"".join(rows[y * stride + 1 : (y + 1) * stride] for y in range(height)))


def read_photograph(path, reduction):
    """A JPEG file in RGB, its sides divided by 1, 2, 4 or 8 (rounded up), by libjpeg's djpeg."""
    command = ["djpeg", "-rgb", "-scale", f"1/{reduction}", "-pnm", path]
    try:
        answer = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        raise DataError("djpeg is missing: scripts/install-packages libjpeg-turbo-progs") from None
    head = answer.stdout.split(b"\n", 3)
    if answer.returncode or len(head) != 4 or head[0] != b"P6" or head[2] != b"255":
        raise DataError(f"{path}: djpeg cannot read it: {answer.stderr.decode(errors='replace').strip()}")
    width, height = map(int, head[1].split())
    return Picture(width, height, 3, head[3])
