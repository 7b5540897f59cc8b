"""Copies among the pictures of a data set: those with the pixels of an earlier one, and those that look like it."""

import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gantools.data.likeness import HASH_BITS, NEAR_BITS, NEAR_LEVELS, Likeness
from gantools.data.making import Made
from gantools.data.manifest import Record
from gantools.data.recipe import Dedupe

FIRST = 256  # rows of a column at first
SAME = "the same pixels as an earlier picture"
NEAR = "nearly the same as an earlier picture"


class Twins:
    """Looks at the pictures of a data set in their order, and finds for each the earlier one it is a copy of.

    Only a picture that is no copy can have near copies, so that ``near`` leaves out what is counted without it, and a
    row of pictures, each a little unlike the one before, is not one picture.

    Args:
        dedupe: which copies are left out of the data set; the others are noted in their records.
        folder: in which a nameless file keeps the cells: in memory are digests and hashes, 24 bytes a picture, and
            the names.
    """

    def __init__(self, dedupe: Dedupe, folder: Path) -> None:
        self._dedupe = dedupe
        self._digests: NDArray[np.uint64] = np.empty((FIRST, 2), np.uint64)
        self._hashes: NDArray[np.uint64] = np.empty(FIRST, np.uint64)
        self._named: list[str] = []  # the source of each digest
        self._sources: list[str] = []  # and of each hash
        self._cells = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by close()

    def close(self) -> None:
        """Give up what is kept."""
        self._cells.close()

    def judge(self, made: Made) -> None:
        """Note in a picture's record what it is a copy of, or leave the picture out."""
        record, likeness = made.record, made.likeness
        if record is None or likeness is None or record.pixels is None:
            return
        pixels = np.frombuffer(bytes.fromhex(record.pixels), np.uint64)
        twin, distance = self._same(pixels), None
        is_same = twin is not None
        if not is_same:
            twin, distance = self._alike(likeness)
        if twin is not None and (self._dedupe == "near" or (self._dedupe == "exact" and is_same)):
            made.record, made.pixels, made.png = _without_picture(record, twin, distance), None, None
            return
        record.twin, record.distance = twin, distance
        if not is_same:
            self._digests = _with(self._digests, len(self._named), pixels)
            self._named.append(record.source)
        if twin is None and not likeness.plain:
            self._add(record.source, likeness)

    def _same(self, pixels: NDArray[np.uint64]) -> str | None:
        """Return the earlier picture of the same pixels, if there is one. A dict of digests took 95 bytes a picture."""
        known = self._digests[: len(self._named)]
        for row in np.flatnonzero(known[:, 0] == pixels[0]).tolist():
            if known[row, 1] == pixels[1]:
                return self._named[row]
        return None

    def _alike(self, likeness: Likeness) -> tuple[str | None, int | None]:
        """Return the earlier picture that looks most alike, if one looks alike enough, and its distance in bits.

        All hashes are compared, 8 bytes a picture: with 100,000 pictures that takes a tenth of a millisecond.
        """
        count = len(self._sources)
        if likeness.plain or not count:
            return None, None
        distances = np.bitwise_count(self._hashes[:count] ^ likeness.hash)
        near = np.flatnonzero(distances <= NEAR_BITS)
        if not len(near):
            return None, None
        cells = np.stack([self._cells_of(index, len(likeness.cells)) for index in near.tolist()])
        unlike = np.abs(cells.astype(np.int16) - likeness.cells).max(axis=1)
        near = near[unlike <= NEAR_LEVELS]
        if not len(near):
            return None, None
        best = int(near[np.argmin(distances[near])])
        return self._sources[best], int(distances[best])

    def _cells_of(self, index: int, length: int) -> NDArray[np.uint8]:
        return np.frombuffer(os.pread(self._cells.fileno(), length, index * length), np.uint8)

    def _add(self, source: str, likeness: Likeness) -> None:
        self._hashes = _with(self._hashes, len(self._sources), likeness.hash)
        self._cells.write(likeness.cells.tobytes())
        self._sources.append(source)


def _with(column: NDArray[np.uint64], row: int, value: NDArray[np.uint64] | np.uint64) -> NDArray[np.uint64]:
    """Return ``column`` with a value in a row, which may be one behind its end: then it is made larger."""
    if row == len(column):
        column = np.concatenate([column, np.empty((row // 2, *column.shape[1:]), np.uint64)])
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
