"""Finding pictures in what was typed: files, folders, archives, IDX files, drawn sets. No picture is read for it."""

import os
import re
import shlex
import stat
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gantools.data import idx
from gantools.data.archives import Archive, Shelf, archive_entries, is_archive, packed_kind, refuse_packed
from gantools.data.demo import default_count
from gantools.data.entry import Entry
from gantools.data.kinds import HEAD_BYTES, PICTURE_SUFFIXES, is_clutter, is_picture
from gantools.data.names import safe_name
from gantools.data.origins import FileOrigin, demo_entries, idx_entries
from gantools.errors import Again, InputError, UsageError
from gantools.files.nearby import similar, some_pictures

SCHEME = re.compile(r"([a-z][a-z0-9+-]+):")


@dataclass
class Found:
    """What the sources hold.

    Args:
        entries: the pictures, in a stable order.
        faults: one for each source, or rest of a source, that gives none; no limit leaves them out.
        passed_over: how many files of which kind are no pictures.
    """

    entries: list[Entry] = field(default_factory=list)
    faults: list[Entry] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)


def normal_source(text: str) -> str:
    """Return a source as it is stored: ``photos/`` and ``./photos`` are one.

    Raises:
        UsageError: a kind of source that there is not.
    """
    scheme = SCHEME.match(text)
    if scheme and not os.path.lexists(text):
        if scheme[1] == "demo":
            default_count(text.removeprefix("demo:"))
            return text
        message = f"{text}: found a source of kind '{scheme[1]}', expected a file, a folder or demo:NAME"
        raise UsageError(message, hint=Again(swap={text: some_pictures()}))
    if text == "-":
        message = "-: found stdin as a source, expected a file, a folder or demo:NAME"
        raise UsageError(message, hint=Again(swap={text: some_pictures()}))
    return os.path.normpath(text)


def check_exists(source: str) -> None:
    """Require that a source is there.

    Raises:
        InputError: it is not; the hint names the nearest one beside it, or other pictures.
    """
    if source.startswith("demo:") or os.path.exists(source):
        return
    message = f"{source}: found nothing of that name, expected pictures or a folder of them"
    raise InputError(message, hint=Again(swap={source: similar(source) or some_pictures()}))


def discover(sources: Sequence[str], *, labels: bool, without: Path | None, seed: int = 0) -> Found:
    """List every picture of the sources; no picture is opened.

    Args:
        sources: as ``normal_source`` returned them; those that are not there are left out.
        labels: name the class of a picture after the sub-folder it is in, or after the label file beside an IDX file.
        without: the data set's own folder, which is never a source of itself; None for none.
        seed: of drawn sets.

    Raises:
        InputError: a device, a damaged IDX file, or an archive that no sane one is like.
    """
    found, shelf = Found(), Shelf()
    seen = {_identity(without)} if without is not None and without.exists() else set()
    for source in sources:
        if source.startswith("demo:"):
            found.entries += demo_entries(source, labels, seed)
        elif os.path.isdir(source):
            for path, name, label in _walk(source, seen):
                _add(found, path, name, label if labels else None, labels, source)
        elif os.path.exists(source):
            _add_typed(found, source, labels, shelf)
    return found


def limited(entries: list[Entry], limit: int, first: Collection[str] = ()) -> list[Entry]:
    """Return at most ``limit`` entries (0: all), in their order.

    Args:
        entries: to choose from.
        limit: how many.
        first: the sources that go before all others; among those that are left the groups take turns.
    """
    if not limit or limit >= len(entries):
        return entries
    rank: Counter[str] = Counter()
    order = []
    for place, entry in enumerate(entries):
        early = entry.source in first
        order.append((not early, 0 if early else rank[entry.group], place))
        rank[entry.group] += 1
    return [entries[place] for place in sorted(place for _, _, place in sorted(order)[:limit])]


def _walk(root: str, seen: set[tuple[int, int]]) -> Iterator[tuple[str, str, str | None]]:
    """Yield (path, name, label) of every file below ``root``; a folder that links lead to again is read once."""
    pending: list[tuple[str, str, str | None, bool]] = [(root, "", None, True)]
    while pending:
        path, name, label, is_folder = pending.pop()
        if not is_folder:
            yield path, name, label
            continue
        try:
            identity = _identity(path)
            if identity in seen:
                continue
            seen.add(identity)
            children = sorted(os.scandir(path), key=lambda child: os.fsencode(child.name), reverse=True)
        except OSError as error:
            reason = f"{path}: cannot be read ({error.strerror}), expected a folder of pictures"
            raise InputError(reason, hint=shlex.join(["chmod", "+rx", path])) from error
        for child in children:
            deeper = os.path.isdir(child.path)  # False, where is_dir() raises, for a link to itself
            below = safe_name(child.name) if path == root and deeper else label
            pending.append((child.path, child.name, below, deeper and not is_clutter(child.name)))


def _add(found: Found, path: str, name: str, label: str | None, labels: bool, root: str) -> None:
    """Add one file to what was found: as a picture, as many of them, or as passed over."""
    suffix = os.path.splitext(name)[1].lower()
    try:
        status = os.stat(path)
    except OSError:
        status = None  # a dangling link: loading it will say so
    if is_clutter(name) or (status is not None and not stat.S_ISREG(status.st_mode)):
        found.passed_over[name if is_clutter(name) else "not a file"] += 1
        return
    if suffix not in PICTURE_SUFFIXES:
        head = _head(path)
        packed = head[:2] == idx.GZIP_MAGIC or head[:4] == idx.IMAGES_MAGIC
        if packed and idx.magic_of(Path(path)) == idx.IMAGES_MAGIC:
            found.entries += idx_entries(path, label, labels)
            return
        if not is_picture(head):
            found.passed_over[suffix or name] += 1
            return
    stem = name[: -len(suffix)] if suffix in PICTURE_SUFFIXES else name
    size, mtime = (status.st_size, status.st_mtime_ns) if status else (None, None)
    found.entries.append(Entry(path, stem, label, size, mtime, FileOrigin(), group=f"{root}/{label or ''}"))


def _add_typed(found: Found, path: str, labels: bool, shelf: Shelf) -> None:
    """Add a file that was typed by name: an archive too, which is passed over where it lies in a folder."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise InputError(f"{path}: found a device or a pipe, expected pictures or a folder of them")
    if idx.magic_of(Path(path)) not in (idx.IMAGES_MAGIC, idx.LABELS_MAGIC):
        if _is_archive(path):
            entries, faults, passed_over = archive_entries(Archive.at(path), labels, shelf)
            found.entries += entries
            found.faults += faults
            found.passed_over += passed_over
            return
        kind = packed_kind(_head(path))
        if kind is not None:
            raise refuse_packed(path, kind)
    _add(found, path, os.path.basename(path), None, labels, "")


def _is_archive(path: str) -> bool:
    try:
        with open(path, "rb") as stream:
            return is_archive(stream)
    except OSError:
        return False  # loading it will say so


def _head(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read(HEAD_BYTES)
    except OSError:
        return b""


def _identity(path: str | Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino
