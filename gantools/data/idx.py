"""MNIST-style IDX files: big-endian counts, then unsigned bytes; plain or gzip. Read as a stream, a block at a time."""

import gzip
import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from gantools.errors import InputError

GZIP_MAGIC = b"\x1f\x8b"
IMAGES_MAGIC = b"\x00\x00\x08\x03"
LABELS_MAGIC = b"\x00\x00\x08\x01"
BLOCK_BYTES = 1 << 20
MAX_COUNT = 100_000_000
MAX_SIDE_PX = 16_384
DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error)


@dataclass(frozen=True)
class IdxHeader:
    """What stands at the start of an image file: how many pictures, and their size in pixels."""

    count: int
    height: int
    width: int


def magic_of(path: Path) -> bytes:
    """Return the first four bytes of ``path``, after gunzip when it is a gzip file; empty when it cannot be read."""
    try:
        with _opened(path) as stream:
            return stream.read(4)
    except (OSError, *DAMAGE):
        return b""


def read_idx_header(path: Path) -> IdxHeader:
    """Read the header of the image file ``path``.

    Raises:
        InputError: unreadable, not an image file, of absurd size, or (when it is not compressed) of a wrong length.
    """
    try:
        with _opened(path) as stream:
            head = stream.read(16)
    except (OSError, *DAMAGE) as error:
        raise _damaged(path, error) from error
    if len(head) < 16 or head[:4] != IMAGES_MAGIC:
        raise InputError(f"{path}: found no IDX header of pictures, expected magic 2051, count, rows, columns")
    count, height, width = (int.from_bytes(head[i : i + 4], "big") for i in (4, 8, 12))
    if not (count <= MAX_COUNT and 0 < height <= MAX_SIDE_PX and 0 < width <= MAX_SIDE_PX):
        raise InputError(f"{path}: found {count} pictures of {width}x{height} in its header, expected a sane size")
    _check_length(path, 16 + count * height * width)
    return IdxHeader(count, height, width)


def labels_beside(images: Path) -> Path | None:
    """Return the label file that belongs to ``images`` by its name, or None when there is none.

    ``train-images-idx3-ubyte.gz`` looks for ``train-labels-idx1-ubyte.gz``, then without ``.gz``, or with it.
    """
    name, count = re.subn(r"images([-.])idx3", r"labels\1idx1", images.name)
    if not count:
        return None
    other = name.removesuffix(".gz") if name.endswith(".gz") else name + ".gz"
    return next((path for path in (images.with_name(name), images.with_name(other)) if path.is_file()), None)


def read_labels(path: Path, count: int) -> NDArray[np.uint8]:
    """Read all labels (count,) of a label file.

    Raises:
        InputError: unreadable, not a label file, cut off, or not ``count`` labels.
    """
    try:
        with _opened(path) as stream:
            head = stream.read(8)
            found = int.from_bytes(head[4:8], "big")
            if head[:4] != LABELS_MAGIC or found != count:
                what = f"{found} labels" if head[:4] == LABELS_MAGIC else "no IDX header of labels"
                raise InputError(f"{path}: found {what}, expected {count}, one for each picture of the file beside it")
            labels = np.frombuffer(stream.read(count), np.uint8)
    except (OSError, *DAMAGE) as error:
        raise _damaged(path, error) from error
    if len(labels) != count:
        raise InputError(f"{path}: found {len(labels)} labels, expected {count}: it is cut off")
    return labels


class IdxStream:
    """The pictures of an image file, read forwards; one block of about 1 MB is in memory.

    Args:
        path: the image file.
        header: as ``read_idx_header`` returned it.
    """

    def __init__(self, path: Path, header: IdxHeader) -> None:
        self._path, self._header = path, header
        self._row_bytes = header.height * header.width
        self._block_rows = max(1, BLOCK_BYTES // self._row_bytes)
        self._start, self._block = 0, b""
        self._stream = _opened(path)
        self._stream.read(16)

    def read(self, index: int) -> NDArray[np.uint8]:
        """Return picture ``index`` (H, W); indices may only grow from call to call.

        Raises:
            InputError: the file ends before that picture, or is damaged.
        """
        try:
            while index >= self._start + len(self._block) // self._row_bytes:
                self._start += len(self._block) // self._row_bytes
                self._block = self._stream.read(self._block_rows * self._row_bytes)
                if len(self._block) < self._row_bytes:
                    raise EOFError("it ends too early")
        except (OSError, *DAMAGE) as error:
            done = f"{self._start} of {self._header.count} pictures"
            raise _damaged(self._path, error, done) from error
        offset = (index - self._start) * self._row_bytes
        row = np.frombuffer(self._block, np.uint8, self._row_bytes, offset)
        return row.reshape(self._header.height, self._header.width)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def _opened(path: Path) -> BinaryIO:
    stream = open(path, "rb")  # noqa: SIM115 - the caller closes it
    magic = stream.read(2)
    stream.seek(0)
    if magic != GZIP_MAGIC:
        return stream
    stream.close()
    return cast(BinaryIO, gzip.open(path, "rb"))


def _check_length(path: Path, expected: int) -> None:
    with open(path, "rb") as stream:
        compressed = stream.read(2) == GZIP_MAGIC
        size = os.fstat(stream.fileno()).st_size
    if not compressed and size != expected:
        raise InputError(f"{path}: found {size} bytes, expected {expected} by its header: it is cut off or damaged")


def _damaged(path: Path, error: BaseException, done: str = "") -> InputError:
    reason = getattr(error, "strerror", None) or str(error) or "cut off"
    after = f" after {done}" if done else ""
    return InputError(f"{path}: cannot be read{after} ({reason}), expected a whole IDX file")
