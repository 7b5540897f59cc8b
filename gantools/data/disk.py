"""What lies in a data set's folder, against what was written there: deleted, changed and added pictures."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from gantools.data.pack import DIGEST_BYTES, Index
from gantools.data.sources import PICTURE_SUFFIXES


@dataclass
class Difference:
    """How a folder differs from its columns.

    Args:
        missing: rows whose file is gone.
        changed: rows whose file holds other bytes.
        added: pictures that are in no row, and not known to be foreign.
    """

    missing: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    added: list[str] = field(default_factory=list)


def encoded_digest(data: bytes) -> str:
    """Digest a picture's file, 32 hexadecimal digits."""
    return blake2b(data, digest_size=DIGEST_BYTES).hexdigest()


def pictures_in(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Yield (name relative to ``folder``, size in bytes, mtime in ns) of each picture in it and in its sub-folders."""
    with os.scandir(folder) as entries:
        children = list(entries)
    for child in children:
        if child.name.startswith("."):
            continue
        if child.is_dir():
            with os.scandir(child.path) as inner:
                for entry in inner:
                    yield from _picture(entry, f"{child.name}/{entry.name}")
        else:
            yield from _picture(child, child.name)


def compare(folder: Path, index: Index, since_ns: int) -> Difference:
    """Compare ``folder`` with its columns: sizes and times of all files, and the bytes of those that look touched.

    Args:
        folder: of the data set.
        index: the columns.
        since_ns: when the manifest was written; a file that is newer is read.
    """
    difference = Difference()
    rows = {file: row for row, file in enumerate(index.files)}
    foreign = set(index.foreign)
    for file, size, mtime in pictures_in(folder):
        row = rows.pop(file, None)
        if row is None:
            if file not in foreign:
                difference.added.append(file)
        elif size != index.sizes[row] or (mtime > since_ns and not _same_bytes(folder / file, index, row)):
            difference.changed.append(row)
    difference.missing = sorted(rows.values())
    difference.changed.sort()
    difference.added.sort()
    return difference


def _picture(entry: os.DirEntry[str], file: str) -> Iterator[tuple[str, int, int]]:
    name = entry.name
    if not name.endswith(".png") and (name[0] == "." or os.path.splitext(name)[1].lower() not in PICTURE_SUFFIXES):
        return
    try:
        status = entry.stat()
    except OSError:
        return  # gone meanwhile, or a dangling link
    yield file, status.st_size, status.st_mtime_ns


def _same_bytes(path: Path, index: Index, row: int) -> bool:
    start = 2 * DIGEST_BYTES * row
    try:
        return encoded_digest(path.read_bytes()) == index.encoded[start : start + 2 * DIGEST_BYTES]
    except OSError:
        return False
