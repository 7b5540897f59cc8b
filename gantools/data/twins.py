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

SAME = "the same pixels as an earlier picture"
NEAR = "nearly the same as an earlier picture"


class Twins:
    """Looks at the pictures of a data set in their order, and finds for each the earlier one it is a copy of.

    Only a picture that is no copy can have near copies, so that ``near`` leaves out what is counted without it, and a
    row of pictures, each a little unlike the one before, is not one picture.

    Args:
        dedupe: which copies are left out of the data set; the others are noted in their records.
        folder: in which a nameless file keeps the cells: in memory would be the hashes, 8 bytes a picture, alone.
    """

    def __init__(self, dedupe: Dedupe, folder: Path) -> None:
        self._dedupe = dedupe
        self._by_pixels: dict[bytes, str] = {}
        self._sources: list[str] = []
        self._hashes: NDArray[np.uint64] = np.empty(256, np.uint64)
        self._cells = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by close()

    def close(self) -> None:
        """Give up what is kept."""
        self._cells.close()

    def judge(self, made: Made) -> None:
        """Note in a picture's record what it is a copy of, or leave the picture out."""
        record, likeness = made.record, made.likeness
        if record is None or likeness is None or record.pixels is None:
            return
        pixels = bytes.fromhex(record.pixels)
        twin, distance = self._by_pixels.get(pixels), None
        is_same = twin is not None
        if not is_same:
            twin, distance = self._alike(likeness)
        if twin is not None and (self._dedupe == "near" or (self._dedupe == "exact" and is_same)):
            made.record, made.pixels, made.png = _without_picture(record, twin, distance), None, None
            return
        record.twin, record.distance = twin, distance
        self._by_pixels.setdefault(pixels, record.source)
        if twin is None and not likeness.plain:
            self._add(record.source, likeness)

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
        count = len(self._sources)
        if count == len(self._hashes):
            self._hashes = np.resize(self._hashes, 2 * count)
        self._hashes[count] = likeness.hash
        self._cells.write(likeness.cells.tobytes())
        self._sources.append(source)


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
