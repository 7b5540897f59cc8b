"""The kinds of sources: how a picture of each is looked at, loaded and digested."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gantools.data import idx
from gantools.data.entry import Entry, Loaded, Natural, Unreadable, digest_of
from gantools.data.pixels import check_kind, check_side, decoded, natural
from gantools.data.recipe import Recipe
from gantools.pictures.formats import DEFAULT_FORMATS
from gantools.pictures.open import Look


class FileOrigin:
    """Pictures that are a file each.

    Args:
        formats: in which they may be.
    """

    def __init__(self, formats: tuple[str, ...] = DEFAULT_FORMATS) -> None:
        self._formats = formats

    def path(self, entry: Entry) -> str:
        """Return where the file is. No ``Path``: it would keep the parts of every name for good."""
        return entry.source

    def look(self, entry: Entry) -> Natural:
        """Read the header."""
        return natural(self.header(entry), self._formats)

    def loader(self, entry: Entry) -> Callable[[Recipe], Loaded]:
        """Return what reads and decodes the file."""
        return lambda recipe: decoded(self._read(entry), recipe)

    def header(self, entry: Entry) -> str:
        """Return the file's path."""
        check_kind(self.path(entry), entry.size_bytes)
        return self.path(entry)

    def contents(self, entry: Entry) -> Callable[[], bytes]:
        """Return what reads the file."""
        return lambda: self._read(entry)

    def _read(self, entry: Entry) -> bytes:
        path = self.path(entry)
        check_kind(path, entry.size_bytes)
        try:
            with open(path, "rb") as stream:
                return stream.read()
        except OSError as error:
            raise Unreadable(f"cannot be read: {(error.strerror or str(error)).lower()}") from error


class IdxOrigin:
    """The pictures of one IDX file, read in order.

    Args:
        path: the image file.
        header: as it stands in the file.
    """

    def __init__(self, path: Path, header: idx.IdxHeader) -> None:
        self._path, self._header = path, header
        self._stream: idx.IdxStream | None = None
        self._next = 0
        self._lock = threading.Lock()

    def look(self, entry: Entry) -> Natural:
        """Return what the file's header says of all."""
        return Natural(self._header.height, self._header.width, True)

    def loader(self, entry: Entry) -> Callable[[Recipe], Loaded]:
        """Read the row; the rest may happen in any thread.

        Raises:
            InputError: the file ends before, or is damaged.
        """
        with self._lock:
            if self._stream is None or entry.number < self._next:
                self._close()
                self._stream = idx.IdxStream(self._path, self._header)
            row = self._stream.read(entry.number)
            self._next = entry.number + 1
            if self._next == self._header.count:
                self._close()
        return lambda recipe: _from_row(row, recipe)

    def _close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def idx_entries(path: str, label: str | None, labels: bool) -> list[Entry]:
    """List the pictures of an IDX file, with the labels of the file beside it, as digits.

    Raises:
        InputError: the file, or the label file beside it, is damaged.
    """
    header = idx.read_idx_header(Path(path))
    beside = idx.labels_beside(Path(path)) if labels else None
    texts = [str(number) for number in range(256)]
    numbers = idx.read_labels(beside, header.count).tolist() if beside else None
    status, origin = os.stat(path), IdxOrigin(Path(path), header)
    stem, digits = _idx_stem(os.path.basename(path)), max(5, len(str(header.count - 1)))
    return [
        Entry(
            source=f"{path}#{i}",
            named=f"{stem}-{i:0{digits}}",
            label=texts[numbers[i]] if numbers else label,
            size_bytes=status.st_size,
            mtime_ns=status.st_mtime_ns,
            origin=origin,
            number=i,
            group=path,
        )
        for i in range(header.count)
    ]


def _from_row(row: NDArray[np.uint8], recipe: Recipe) -> Loaded:
    height, width = row.shape
    check_side(height, width, recipe)
    seen = Look(width, height, "L", gray=True, alpha=False, format="IDX")
    return Loaded(Image.fromarray(row), digest_of(b"%d %d " % (height, width) + row.tobytes()), seen=seen)


def _idx_stem(name: str) -> str:
    """Return what comes before ``-images`` in the name of an IDX file, or the name itself.

    Example:
        >>> _idx_stem("train-images-idx3-ubyte.gz"), _idx_stem("digits.gz")
        ('train', 'digits')
    """
    before = name.partition("images")[0].rstrip("-_. ") if "images" in name else ""
    return before or name.removesuffix(".gz")
