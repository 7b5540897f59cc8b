"""Copies among the pictures of a data set: those with the pixels of an earlier one, and those that look like it."""

import os
import tempfile
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gantools.data.likeness import HASH_BITS, NEAR_BITS, NEAR_LEVELS, Likeness
from gantools.data.making import Made
from gantools.data.manifest import Record
from gantools.data.recipe import Dedupe

Number = TypeVar("Number", np.uint64, np.bool_)

FIRST = 256  # rows of a column at first
SAME = "the same pixels as an earlier picture"
NEAR = "nearly the same as an earlier picture"


class Twins:
    """Looks at the pictures of a data set in their order, and finds for each the earlier one it is a copy of.

    Only a picture that is no copy can have near copies, so that ``near`` leaves out what is counted without it, and a
    row of pictures, each a little unlike the one before, is not one picture.

    Args:
        dedupe: which copies are left out of the data set; the others are noted in their records.
        folder: in which a nameless file keeps the cells and the names: in memory are 33 bytes a picture.
    """

    def __init__(self, dedupe: Dedupe, folder: Path) -> None:
        self._dedupe = dedupe
        self._count = 0
        self._digests: NDArray[np.uint64] = np.empty((FIRST, 2), np.uint64)
        self._hashes: NDArray[np.uint64] = np.empty(FIRST, np.uint64)
        self._copied: NDArray[np.bool_] = np.empty(FIRST, np.bool_)  # can it have near copies?
        self._ends: NDArray[np.uint64] = np.empty(FIRST, np.uint64)  # in the file: of its cells and its source
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by close()

    def close(self) -> None:
        """Give up what is kept."""
        self._file.close()

    def judge(self, made: Made) -> None:
        """Note in a picture's record what it is a copy of, or leave the picture out."""
        record, likeness = made.record, made.likeness
        if record is None or likeness is None or record.pixels is None:
            return
        pixels = np.frombuffer(bytes.fromhex(record.pixels), np.uint64)
        twin, distance = self._same(pixels, likeness), None
        is_same = twin is not None
        if not is_same:
            twin, distance = self._alike(likeness)
        if twin is not None and (self._dedupe == "near" or (self._dedupe == "exact" and is_same)):
            made.record, made.pixels, made.png = _without_picture(record, twin, distance), None, None
            return
        record.twin, record.distance = twin, distance
        if not is_same:
            self._add(record.source, pixels, likeness, can_have_copies=twin is None and not likeness.plain)

    def _same(self, pixels: NDArray[np.uint64], likeness: Likeness) -> str | None:
        """Return the earlier picture of the same pixels, if there is one. A dict of digests took 95 bytes a picture."""
        known = self._digests[: self._count]
        for row in np.flatnonzero(known[:, 0] == pixels[0]).tolist():
            if known[row, 1] == pixels[1]:
                return self._kept(row, len(likeness.cells))[1]
        return None

    def _alike(self, likeness: Likeness) -> tuple[str | None, int | None]:
        """Return the earlier picture that looks most alike, if one looks alike enough, and its distance in bits.

        All hashes are compared, 8 bytes a picture: with 100,000 pictures that takes a tenth of a millisecond.
        """
        if likeness.plain or not self._count:
            return None, None
        distances = np.bitwise_count(self._hashes[: self._count] ^ likeness.hash)
        near = np.flatnonzero((distances <= NEAR_BITS) & self._copied[: self._count])
        kept = [self._kept(row, len(likeness.cells)) for row in near.tolist()]
        alike = [
            (int(distances[row]), source)
            for row, (cells, source) in zip(near.tolist(), kept, strict=True)
            if np.abs(cells.astype(np.int16) - likeness.cells).max() <= NEAR_LEVELS
        ]
        if not alike:
            return None, None
        distance, source = min(alike, key=itemgetter(0))  # of equal ones the first
        return source, distance

    def _kept(self, row: int, length: int) -> tuple[NDArray[np.uint8], str]:
        """Read back the cells and the source of a picture."""
        start, end = int(self._ends[row - 1]) if row else 0, int(self._ends[row])
        data = os.pread(self._file.fileno(), end - start, start)
        return np.frombuffer(data[:length], np.uint8), os.fsdecode(data[length:])

    def _add(self, source: str, pixels: NDArray[np.uint64], likeness: Likeness, *, can_have_copies: bool) -> None:
        row, data = self._count, likeness.cells.tobytes() + os.fsencode(source)
        self._file.write(data)
        self._digests = _with(self._digests, row, pixels)
        self._hashes = _with(self._hashes, row, likeness.hash)
        self._copied = _with(self._copied, row, can_have_copies)
        self._ends = _with(self._ends, row, (self._ends[row - 1] if row else 0) + len(data))
        self._count += 1


def _with(column: NDArray[Number], row: int, value: Any) -> NDArray[Number]:
    """Return ``column`` with a value in a row, which may be one behind its end: then it is made larger."""
    if row == len(column):
        column = np.concatenate([column, np.empty((row // 2, *column.shape[1:]), column.dtype)])
    column[row] = value
    return column


def told(twin: str | None, distance: int | None) -> str:
    """Say of what a picture is a copy, for people.

    Example:
        >>> told("a.png", None), told("a.png", 3)
        ('the same pixels as a.png', 'nearly the same as a.png, distance 3 of 64')
    """
    if distance is None:
        return f"the same pixels as {twin}"
    return f"nearly the same as {twin}, distance {distance} of {HASH_BITS}"


def _without_picture(record: Record, twin: str, distance: int | None) -> Record:
    """Return the record of a source whose picture is left out; its label stays, to tell copies under two labels."""
    return Record(
        record.source,
        digest=record.digest,
        size_bytes=record.size_bytes,
        mtime_ns=record.mtime_ns,
        member=record.member,
        label=record.label,
        skipped=SAME if distance is None else NEAR,
        part=record.part,
        asked=True,
        twin=twin,
        distance=distance,
    )
