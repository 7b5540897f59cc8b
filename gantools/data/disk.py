"""What lies in a data set's folder, against what was written there: deleted, changed and added pictures."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from gantools.data.kinds import PICTURE_SUFFIXES
from gantools.data.pack import DIGEST_BYTES, Index


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
        children = [child for child in entries if child.name[0] != "."]
    yield from _pictures([child for child in children if not child.is_dir()], "")
    for child in children:
        if child.is_dir():
            with os.scandir(child.path) as inner:
                yield from _pictures(inner, child.name + "/")


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


def _pictures(entries: Iterable[os.DirEntry[str]], prefix: str) -> Iterator[tuple[str, int, int]]:
    for entry in entries:
        name = entry.name
        if name[0] == "." or not (name.endswith(".png") or os.path.splitext(name)[1].lower() in PICTURE_SUFFIXES):
            continue
        try:
            status = entry.stat()
        except OSError:
            continue  # gone meanwhile, or a dangling link
        yield prefix + name, status.st_size, status.st_mtime_ns


def _same_bytes(path: Path, index: Index, row: int) -> bool:
    start = 2 * DIGEST_BYTES * row
    try:
        return encoded_digest(path.read_bytes()) == index.encoded[start : start + 2 * DIGEST_BYTES]
    except OSError:
        return False
