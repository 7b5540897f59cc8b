"""The pack: all pictures of a data set as uint8 rows in one safetensors file, written as a stream, read row by row.

Tensors: ``images`` U8 (N, C, H, W), ``labels`` I32 (N,) with -1 for a picture without label, and ``index`` U8, the
JSON of ``Index``: it is a tensor because a header is limited to 16 MB. Rows are read with ``os.pread``: a memory map
of a file that is cut off meanwhile would kill the process.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from gantools.errors import Again, InputError
from gantools.files.header import Header, canonical_json, read_header

FORMAT = 1
HEADER_BYTES = 1024  # room for the header, which is written last: three tensors and two digests take about 500
DIGEST_BYTES = 16
NO_LABEL = -1
PIECE = 4096  # entries, or characters, of a column that are written at once


class Shape(NamedTuple):
    """What all pictures of a data set share: channels (1 grey, 3 RGB, 4 RGBA), height and width in pixels."""

    channels: int
    height: int
    width: int

    @property
    def row_bytes(self) -> int:
        """The bytes of one picture."""
        return self.channels * self.height * self.width

    def __str__(self) -> str:
        """Write it for people, width first."""
        return f"{self.width}x{self.height} {({1: 'grey', 3: 'RGB', 4: 'RGBA'})[self.channels]}"


@dataclass
class Index:
    """What is known of the rows, column by column, in their order; enough to check the PNG files without decoding.

    Digests are BLAKE2b of 128 bits, as hexadecimal text of all rows behind each other.
    """

    files: list[str] = field(default_factory=list)  # label/name.png
    sizes: list[int] = field(default_factory=list)  # bytes of the PNG
    encoded: str = ""  # digests of the PNG files
    pixels: str = ""  # digests of the pixels
    splits: str = ""  # a letter a row: t train, h holdout
    classes: list[str] = field(default_factory=list)  # the names of the labels
    foreign: list[str] = field(default_factory=list)  # pictures in the folder that are none of ours

    def pixel_digests(self) -> NDArray[np.uint8]:
        """Return the digests of the pixels, (N, 16)."""
        return np.frombuffer(bytes.fromhex(self.pixels), np.uint8).reshape(-1, DIGEST_BYTES)


def pixel_digest(pixels: NDArray[np.uint8]) -> bytes:
    """Digest one picture (C, H, W), 16 bytes."""
    return blake2b(pixels.tobytes(), digest_size=DIGEST_BYTES).digest()


def data_digest(pixel_digests: bytes, shape: Shape) -> str:
    """Digest a data set: the digests of its pictures in order, and what they share. 64 hexadecimal digits."""
    return blake2b(canonical_json(list(shape)) + pixel_digests, digest_size=32).hexdigest()


class PackWriter:
    """Write a pack from the first row to the last; nothing but small columns is held in memory.

    Args:
        stream: a seekable file, at its start.
        shape: of each picture.
    """

    def __init__(self, stream: BinaryIO, shape: Shape) -> None:
        self._stream, self._shape, self.count = stream, shape, 0
        stream.write(b" " * HEADER_BYTES)

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Append one picture (C, H, W)."""
        assert pixels.shape == tuple(self._shape) and pixels.dtype == np.uint8
        self._stream.write(pixels.tobytes())
        self.count += 1

    def finish(self, labels: Sequence[int], index: Index, digests: dict[str, str]) -> None:
        """Append labels and index, then write the header.

        Args:
            labels: one number a row; ``NO_LABEL`` for none.
            index: the columns; one entry a row.
            digests: ``manifest`` (of the manifest's bytes) and ``data`` (of the pictures), stored as they are.
        """
        assert len(labels) == len(index.files) == self.count
        sizes = [self._stream.write(np.asarray(labels, "<i4").tobytes()), self._write_index(index)]
        self._stream.seek(0)
        self._stream.write(self._header(sizes, digests))
        self._stream.seek(0, os.SEEK_END)

    def _write_index(self, index: Index) -> int:
        """Write the columns as canonical JSON, piece by piece: the text of all would be the peak of memory."""
        size = 0
        for name in sorted(column.name for column in fields(index)):
            column = getattr(index, name)
            opening, closing = ('"', '"') if isinstance(column, str) else ("[", "]")
            mark = "," if size else "{"
            size += self._stream.write(f'{mark}"{name}":{opening}'.encode())
            for start in range(0, len(column), PIECE):
                comma = b"," if start and opening == "[" else b""
                size += self._stream.write(comma + canonical_json(column[start : start + PIECE])[1:-1])
            size += self._stream.write(closing.encode())
        return size + self._stream.write(b"}")

    def _header(self, sizes: list[int], digests: dict[str, str]) -> bytes:
        ends = np.cumsum([0, self.count * self._shape.row_bytes, *sizes]).tolist()
        shapes = [("images", "U8", [self.count, *self._shape]), ("labels", "I32", [self.count]),
                  ("index", "U8", sizes[1:])]  # fmt: skip
        tensors = {
            name: {"dtype": dtype, "shape": shape, "data_offsets": ends[i : i + 2]}
            for i, (name, dtype, shape) in enumerate(shapes)
        }
        about = canonical_json({"kind": "pack", "format": FORMAT, **digests}).decode()
        text = canonical_json({"__metadata__": {"gantools": about}, **tensors})
        assert len(text) <= HEADER_BYTES - 8
        return (HEADER_BYTES - 8).to_bytes(8, "little") + text.ljust(HEADER_BYTES - 8)


class Pictures:
    """The pictures of one split of a data set, read by row; nothing is held in memory but their numbers.

    Attributes:
        count: how many pictures there are.
        channels: 1 grey, 3 RGB, 4 RGBA.
        height, width: of each picture in pixels.
        digest: 64 hexadecimal digits over the pictures in order and their shape.
        classes: the names of the labels, in the order of their numbers; empty when there are none.
        labels: the label of each picture (N,), -1 for a picture without one; None when no picture has a label.
        removed: how many pictures of this split were deleted by hand and are left out.
        held_out: pictures that training never learns from; None when there are none or none were asked for.

    Args:
        descriptor: of the open file; it is closed with this object.
        name: of the file, for messages.
        offsets: where each picture's bytes begin in the file, (N,).
        shape: of each picture.
    """

    def __init__(
        self,
        descriptor: int,
        name: str,
        offsets: NDArray[np.int64],
        shape: Shape,
        digest: str,
        *,
        classes: tuple[str, ...] = (),
        labels: NDArray[np.int32] | None = None,
        removed: int = 0,
    ) -> None:
        self.count, self.digest, self.removed = len(offsets), digest, removed
        self.classes, self.labels = classes, labels
        self.held_out: Pictures | None = None
        self.channels, self.height, self.width = shape
        self._descriptor, self._name, self._offsets, self._shape = descriptor, name, offsets, shape

    @property
    def held_out_digest(self) -> str:
        """The digest of the held-out pictures, empty where there are none."""
        return "" if self.held_out is None else self.held_out.digest

    def label_counts(self) -> list[int]:
        """Count the pictures of each class, in the order of ``classes``."""
        known = np.empty(0, np.int32) if self.labels is None else self.labels
        counts: list[int] = np.bincount(known[known != NO_LABEL], minlength=len(self.classes)).tolist()
        return counts

    def label_digest(self) -> str:
        """Digest the label of each picture and the names of the classes, 32 hexadecimal digits."""
        known = b"" if self.labels is None else self.labels.tobytes()
        return blake2b(canonical_json(list(self.classes)) + known, digest_size=DIGEST_BYTES).hexdigest()

    def read(self, rows: Sequence[int]) -> NDArray[np.uint8]:
        """Return pictures by number, uint8 (len(rows), C, H, W).

        Raises:
            InputError: the file has become shorter, or cannot be read.
        """
        pixels = np.empty((len(rows), *self._shape), np.uint8)
        for row, target in zip(rows, pixels, strict=True):
            self._read_row(int(self._offsets[row]), target.reshape(-1).data)
        return pixels

    def _read_row(self, offset: int, target: memoryview) -> None:
        """Fill ``target``; a read may give less than asked for, and nothing at the end of the file."""
        filled = 0
        while filled < len(target):
            try:
                got = os.preadv(self._descriptor, [target[filled:]], offset + filled)
            except OSError as error:
                raise InputError(f"{self._name}: cannot be read ({error.strerror}), expected pictures") from error
            if got == 0:
                end = f"found its end at byte {offset + filled}"
                message = f"{self._name}: {end}, expected more pictures: it was cut off while it was read"
                raise InputError(message, hint=Again())
            filled += got

    def close(self) -> None:
        """Close the file, and that of the held-out pictures; a second time does nothing."""
        if self.held_out is not None:
            self.held_out.close()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        """Return the reader itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()


@dataclass(frozen=True)
class Pack:
    """An open pack: its descriptor, what its header says, and its columns."""

    path: Path
    descriptor: int
    shape: Shape
    images_start: int
    labels: NDArray[np.int32]
    index: Index
    manifest_digest: str

    def offsets(self) -> NDArray[np.int64]:
        """Return where each row begins in the file, (N,)."""
        return self.images_start + self.shape.row_bytes * np.arange(len(self.index.files), dtype=np.int64)


def manifest_digest_of(path: Path) -> str | None:
    """Return which manifest the pack ``path`` belongs to, by its header; None when there is no pack of ours."""
    try:
        return str(_about(read_header(path))["manifest"])
    except (InputError, KeyError, ValueError):
        return None


def open_pack(path: Path) -> Pack:
    """Open a pack that ``PackWriter`` wrote.

    Raises:
        InputError: absent, cut off, or not a pack of this format.
    """
    header = read_header(path)
    try:
        about, images = _about(header), header.tensors["images"]
        labels, index = header.tensors["labels"], header.tensors["index"]
        shape = Shape(*images.shape[1:])
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            numbers = np.frombuffer(_read_range(descriptor, labels.start, labels.end), "<i4").astype(np.int32)
            columns = Index(**json.loads(_read_range(descriptor, index.start, index.end)))
            if not len(columns.files) == len(columns.sizes) == len(columns.splits) == len(numbers) == images.shape[0]:
                raise ValueError("columns of different lengths")
        except BaseException:
            os.close(descriptor)
            raise
        return Pack(path, descriptor, shape, images.start, numbers, columns, str(about["manifest"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: found no pack of pictures ({error}), expected one that prepare wrote") from error


def _about(header: Header) -> dict[str, Any]:
    about = json.loads(header.metadata["gantools"])
    if about.get("kind") != "pack" or about.get("format") != FORMAT:
        raise ValueError(f"kind {about.get('kind')!r}, format {about.get('format')!r}")
    return dict(about)


def _read_range(descriptor: int, start: int, end: int) -> bytes:
    parts = []
    while start < end:
        part = os.pread(descriptor, end - start, start)
        if not part:
            raise ValueError("it was cut off")
        parts.append(part)
        start += len(part)
    return b"".join(parts)
