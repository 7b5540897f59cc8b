"""The kinds of sources: how a picture of each is looked at, loaded and digested."""

import os
import threading
from collections.abc import Callable
from hashlib import blake2b
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gantools.data import demo, idx
from gantools.data.entry import RAW_SUFFIXES, Entry, Loaded, Natural, Unreadable
from gantools.data.recipe import Recipe
from gantools.pictures.open import look, open_picture
from gantools.pictures.reasons import PictureError

MAX_FILE_BYTES = 1 << 29  # a file is read whole, one a thread. Guess: no picture under the pixel limit comes near
RAW_REASON = "camera raw file, not supported: export as JPEG"


class FileOrigin:
    """Pictures that are a file each."""

    def look(self, entry: Entry) -> Natural:
        """Read the header."""
        _check_kind(entry)
        try:
            seen = look(Path(entry.source))
        except PictureError as error:
            raise Unreadable(error.reason) from error
        return Natural(seen.height, seen.width, seen.gray)

    def loader(self, entry: Entry) -> Callable[[Recipe], Loaded]:
        """Return what reads and decodes the file."""
        return lambda recipe: self._load(entry, recipe)

    def _load(self, entry: Entry, recipe: Recipe) -> Loaded:
        _check_kind(entry)
        try:
            data = Path(entry.source).read_bytes()
        except OSError as error:
            raise Unreadable(f"cannot be read: {(error.strerror or str(error)).lower()}") from error
        digest = digest_of(data)
        notes: list[str] = []
        height, width = recipe.size
        try:
            image = open_picture(
                BytesIO(data),
                channels=recipe.channels,
                background=recipe.background,
                at_least=(width, height),
                notes=notes,
            )
        except PictureError as error:
            raise Unreadable(error.reason, digest) from error
        return Loaded(image, digest, tuple(notes))


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
        return lambda recipe: _from_row(row)

    def _close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


class DemoOrigin:
    """A set drawn by code.

    Args:
        name: one of ``demo.NAMES``.
        labels: whether its labels are wanted.
        seed: of the set.
    """

    def __init__(self, name: str, labels: bool, seed: int) -> None:
        self._name, self._labels, self._seed = name, labels, seed

    def look(self, entry: Entry) -> Natural:
        """Return the size it is drawn at unless another one is asked for."""
        return Natural(demo.DEFAULT_SIDE_PX, demo.DEFAULT_SIDE_PX, False)

    def loader(self, entry: Entry) -> Callable[[Recipe], Loaded]:
        """Return what draws the picture, at the size asked for."""
        return lambda recipe: self._draw(entry.number, recipe)

    def _draw(self, number: int, recipe: Recipe) -> Loaded:
        height, width = recipe.size
        image, factors, label = demo.draw(self._name, number, seed=self._seed, height=height, width=width)
        digest = digest_of(f"demo:{self._name}#{number} seed {self._seed}".encode())  # the same at every size
        return Loaded(image, digest, (), factors, label if self._labels else None)


def digest_of(data: bytes) -> str:
    """Digest what a picture is made of, 64 hexadecimal digits."""
    return blake2b(data, digest_size=32).hexdigest()


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
            stem=f"{stem}-{i:0{digits}}",
            label=texts[numbers[i]] if numbers else label,
            size_bytes=status.st_size,
            mtime_ns=status.st_mtime_ns,
            origin=origin,
            number=i,
            group=path,
        )
        for i in range(header.count)
    ]


def demo_entries(source: str, labels: bool, seed: int) -> list[Entry]:
    """List the pictures of the drawn set ``demo:NAME``."""
    name = source.removeprefix("demo:")
    origin = DemoOrigin(name, labels, seed)
    return [
        Entry(f"{source}#{i}", f"{name}-{i:05}", None, None, None, origin, i, source)
        for i in range(demo.default_count(name))
    ]


def _from_row(row: NDArray[np.uint8]) -> Loaded:
    height, width = row.shape
    return Loaded(Image.fromarray(row), digest_of(b"%d %d " % (height, width) + row.tobytes()))


def _idx_stem(name: str) -> str:
    """Return what comes before ``-images`` in the name of an IDX file, or the name itself.

    Example:
        >>> _idx_stem("train-images-idx3-ubyte.gz"), _idx_stem("digits.gz")
        ('train', 'digits')
    """
    before = name.partition("images")[0].rstrip("-_. ") if "images" in name else ""
    return before or name.removesuffix(".gz")


def _check_kind(entry: Entry) -> None:
    """Refuse by name and size what must not even be opened."""
    if os.path.splitext(entry.source)[1].lower() in RAW_SUFFIXES:
        raise Unreadable(RAW_REASON)
    if entry.size_bytes is not None and entry.size_bytes > MAX_FILE_BYTES:
        raise Unreadable(f"{entry.size_bytes} bytes, more than {MAX_FILE_BYTES}")
