"""Finding pictures in what was typed: files, folders, archives, lists, IDX files, drawn sets. No picture is read."""

import os
import stat
import sys
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from gantools.data import idx
from gantools.data.archives import Archive, Shelf, archive_entries, is_archive, packed_kind, refuse_packed
from gantools.data.cifar import cifar_entries, pickled_kind
from gantools.data.cifar import refuse as refuse_cifar
from gantools.data.drawn import demo_entries
from gantools.data.entry import Entry, Refusal
from gantools.data.kinds import HEAD_BYTES, Rules, is_clutter, is_picture, suffixes
from gantools.data.lists import LIST, STDIN, names_in, reads_stdin, stdin_picture
from gantools.data.origins import FileOrigin, idx_entries
from gantools.data.torchvision_sets import PREFIX
from gantools.data.typed import check_exists, normal_source
from gantools.data.walk import Walk, identity, unreadable
from gantools.errors import Again, InputError, UsageError
from gantools.files.nearby import some_pictures

if TYPE_CHECKING:
    from gantools.data.torchvision_library import Library


class Supply(NamedTuple):
    """What a run has beside the names of its sources.

    Args:
        stdin: a copy of it, seekable; None where no source reads it.
        library: copies of published sets; None for none.
    """

    stdin: BinaryIO | None = None
    library: "Library | None" = None


NOTHING = Supply()


@dataclass
class Found:
    """What the sources hold.

    Args:
        entries: the pictures, in a stable order.
        faults: one for each source, or rest of a source, that gives none; no limit leaves them out.
        passed_over: how many files of which kind are no pictures.
        gave: how many pictures each source gave that no earlier one had given.
    """

    entries: list[Entry] = field(default_factory=list)
    faults: list[Entry] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    gave: Counter[str] = field(default_factory=Counter)


def discover(
    sources: Sequence[str],
    *,
    labels: bool,
    without: Path | None,
    rules: Rules = Rules(),  # noqa: B008 # frozen
    supply: Supply = NOTHING,
) -> Found:
    """List every picture of the sources; no picture is opened. What is named twice is found once.

    Args:
        sources: as ``normal_source`` returned them; those that are not there are left out.
        labels: name the class of a picture after the sub-folder it is in, or after the label file beside an IDX file.
        without: the data set's own folder, which is never a source of itself; None for none.
        rules: what counts.
        supply: stdin and copies of published sets; what is not in it is left out, as from an earlier run.

    Raises:
        InputError: a device, a damaged IDX file, or an archive that no sane one is like.
    """
    search = _Search(labels, rules, supply)
    if without is not None and without.exists():
        search.walk.seen.add(identity(without))
    for source in sources:
        count = len(search.found.entries)
        search.add(source)
        search.found.gave[source] = len(search.found.entries) - count
    search.found.entries = list({entry.source: entry for entry in search.found.entries}.values())
    return search.found


def folder_entries(folder: Path) -> list[Entry]:
    """List every picture of a folder that is used as it is, with the labels of its sub-folders; links are followed.

    Raises:
        InputError: a sub-folder cannot be read.
    """
    found = discover([os.path.normpath(folder)], labels=True, without=None)
    for fault in found.faults:
        raise unreadable(fault.source, "permission denied")
    return found.entries


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


class _Search:
    """One search through the sources.

    Args:
        labels: whether labels are wanted.
        rules: what counts.
        supply: stdin and copies of published sets.
    """

    def __init__(self, labels: bool, rules: Rules, supply: Supply) -> None:
        self.found = Found()
        self.walk = Walk(rules.follow, self.found.passed_over, self.found.faults)
        self._labels, self._rules, self._supply, self._shelf = labels, rules, supply, Shelf()
        self._files = FileOrigin(rules.formats)

    def add(self, source: str) -> None:
        """Add what one source holds.

        Raises:
            InputError: it holds nothing but what is known to be of no use.
        """
        count, before = len(self.found.entries), self.found.passed_over.copy()
        self._add(source)
        if len(self.found.entries) == count:
            refuse_cifar(source, self.found.passed_over - before)

    def _add(self, source: str) -> None:
        if source.startswith("demo:"):
            self.found.entries += demo_entries(source, self._labels, self._rules.seed)
        elif source.startswith(PREFIX):
            library = self._supply.library
            self.found.entries += library.entries(source, self._labels) if library is not None else []
        elif source.startswith(LIST):
            self._add_list(source)
        elif source == STDIN:
            self._add_stdin()
        elif os.path.isdir(source):
            for path, name, label in self.walk.files(source):
                self._add_file(path, name, label if self._labels else None, source)
        elif os.path.exists(source):
            self._add_typed(source)

    def _add_list(self, source: str) -> None:
        """Add what a list names. A name that is of no use is skipped, like a bad picture, and ends nothing."""
        if not (reads_stdin(source) or os.path.exists(source.removeprefix(LIST))):
            return
        for name in names_in(source, self._supply.stdin):
            try:
                listed = normal_source(name)
                if listed.startswith(LIST) or listed == STDIN:
                    raise InputError(f"{name}: found a list or stdin, expected a picture or a folder")
                check_exists(listed)
                if listed.startswith(PREFIX) and self._supply.library is not None:
                    self._supply.library.require(listed)
                self.add(listed)
            except (InputError, UsageError) as error:
                reason = error.message.removeprefix(f"{name}: ").partition(", expected")[0]
                self.found.faults.append(Entry(name, "", None, None, None, Refusal(reason)))

    def _add_stdin(self) -> None:
        """Add the picture, or the archive, that came from stdin."""
        stream = self._supply.stdin
        if stream is None:
            return
        if is_archive(stream):
            self._add_archive(Archive(STDIN, lambda: os.fdopen(stream.fileno(), "rb", closefd=False), None, None))
        else:
            self.found.entries.append(stdin_picture(stream, self._rules.formats))

    def _add_archive(self, archive: Archive) -> None:
        entries, faults, passed_over = archive_entries(archive, self._labels, self._shelf, self._rules.formats)
        self.found.entries += entries
        self.found.faults += faults
        self.found.passed_over += passed_over

    def _add_typed(self, path: str) -> None:
        """Add a file that was typed by name: an archive too, which is passed over where it lies in a folder."""
        if not stat.S_ISREG(os.stat(path).st_mode):
            message = f"{path}: found a device or a pipe, expected pictures or a folder of them"
            raise InputError(message, hint=Again(swap={path: some_pictures()}))
        if idx.magic_of(Path(path)) not in (idx.IMAGES_MAGIC, idx.LABELS_MAGIC):
            if _is_archive(path):
                self._add_archive(Archive.at(path))
                return
            kind = packed_kind(_head(path))
            if kind is not None:
                raise refuse_packed(path, kind)
        self._add_file(path, os.path.basename(path), None, "")

    def _add_file(self, path: str, name: str, label: str | None, root: str) -> None:
        """Add one file to what was found: as a picture, as many of them, or as passed over."""
        suffix = os.path.splitext(name)[1].lower()
        try:
            status = os.stat(path)
        except OSError:
            status = None  # a dangling link: loading it will say so
        if is_clutter(name) or (status is not None and not stat.S_ISREG(status.st_mode)):
            self.found.passed_over[name if is_clutter(name) else "not a file"] += 1
            return
        formats = self._rules.formats
        if suffix not in suffixes(formats):
            batch = cifar_entries(path, label, self._labels) if suffix == ".bin" else None
            if batch is not None:
                self.found.entries += batch
                return
            head = _head(path)
            packed = head[:2] == idx.GZIP_MAGIC or head[:4] == idx.IMAGES_MAGIC
            if packed and idx.magic_of(Path(path)) == idx.IMAGES_MAGIC:
                self.found.entries += idx_entries(path, label, self._labels)
                return
            if not is_picture(head, formats):
                self.found.passed_over[pickled_kind(name, head) or suffix or name] += 1
                return
        named = None if suffix in suffixes(formats) else name  # the path tells it: no second text a picture is kept
        size, mtime = (status.st_size, status.st_mtime_ns) if status else (None, None)
        group = sys.intern(f"{root}/{label or ''}")
        self.found.entries.append(Entry(path, named, label, size, mtime, self._files, group=group))


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
