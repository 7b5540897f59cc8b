"""Carrying out a plan: pictures first, then the pack, then the manifest, so that a data set is whole at any instant.

While a run works, the journal ``.unfinished`` lies in the folder: a heading, then a record of each picture before it
is written. After a kill the old data set is still valid, and the next run goes on from the journal.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator

from gantools.data.census import Counting, census
from gantools.data.columns import Columns
from gantools.data.generations import Numbering
from gantools.data.ledger import Ledger
from gantools.data.making import Loader, Made, Maker
from gantools.data.manifest import (
    JOURNAL,
    MANIFEST,
    PACK,
    PREVIOUS_PACK,
    TRAIN,
    Heading,
    Record,
)
from gantools.data.names import Names
from gantools.data.nothing import other_pictures
from gantools.data.pack import PackWriter, Pictures
from gantools.data.parallel import CHUNK, in_chunks, in_order
from gantools.data.report import Report
from gantools.data.twins import Twins
from gantools.data.work import Item, Plan
from gantools.errors import InputError, RefusedError, UsageError, output_errors
from gantools.files.atomic import atomic_writer, fault, sweep, write_bytes
from gantools.files.nearby import other_output

IN_FLIGHT = 64
TEMPORARY = ".unfinished.png"


def execute(plan: Plan, jobs: int, on_done: Callable[[int], None] = lambda done: None) -> Report:
    """Bring the folder to what the plan says. Call it under the folder's lock.

    Args:
        plan: what to do; when there is nothing, nothing is written. Its items are used up: what is done is let go of,
            so that memory falls as fast as that for the new data set grows.
        jobs: threads that decode, resize and encode; at least 1. They do not change a byte.
        on_done: told how many items are done.

    Raises:
        InputError: no source gave a picture, or a container is damaged.
        UsageError: the hold-out leaves nothing for training.
        RefusedError: a label's folder is a link to elsewhere.
        ResourceError: no space, or the folder cannot be written.
    """
    if plan.nothing_to_do():
        report = Report()
        for item in plan.items:
            report.count(Made(item, item.old))
        assert plan.before.manifest is not None
        report.digest = plan.before.manifest.heading.digest
        report.census = census(plan.before.manifest.records, plan.recipe)
        return report
    build = _Build(plan)
    try:
        build.run(jobs, on_done)
    finally:
        build.close()
    return build.report


class _Build:
    """One run over one folder."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._folder, self.report = plan, plan.folder, Report()
        self._is_new = not plan.folder.exists()
        self._columns, self._numbering = Columns(), Numbering(plan.before.manifest)
        self._names, self._counting = Names(), Counting(plan.recipe)
        self._folders: set[str] = set()
        pack = plan.before.pack
        self._pack = None if pack is None else Pictures(pack.descriptor, str(pack.path), pack.offsets(), pack.shape, "")

    def run(self, jobs: int, on_done: Callable[[int], None]) -> None:
        """Make and write everything."""
        held = (item.old.file for item in self._plan.items if item.old is not None and item.old.file is not None)
        for file in (*held, *self._plan.foreign):
            self._names.take(file)
        with output_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            for name in (PACK, PREVIOUS_PACK, MANIFEST, JOURNAL):
                sweep(self._folder / name)
            self._begin_journal()
            with (
                open(self._folder / JOURNAL, "ab") as self._journal,
                contextlib.closing(Ledger(self._folder)) as self._ledger,
                contextlib.closing(Twins(self._plan.recipe.dedupe, self._folder)) as self._twins,
            ):
                self._make_all(jobs, on_done)
                fault("between")
                with atomic_writer(self._folder / MANIFEST) as stream:
                    self._ledger.write(self._heading, stream)
            fault("cleaning")
            self._clean()

    def close(self) -> None:
        """Close the old pack, and leave no empty folder behind."""
        if self._pack is not None:
            self._pack.close()
        if self._is_new:
            with contextlib.suppress(OSError):
                self._folder.rmdir()

    def _begin_journal(self) -> None:
        """Write the journal's heading, what an unfinished run with the same options had made, and its other files."""
        plan = self._plan
        kept = [item.old for item in plan.items if item.keep and item.row is None and item.old and item.old.file]
        lines = [Heading(plan.recipe).line(), *_loose(plan.before.loose), *(record.line() for record in kept)]
        write_bytes(self._folder / JOURNAL, b"".join(lines))

    def _make_all(self, jobs: int, on_done: Callable[[int], None]) -> None:
        """Make the pictures and the pack; the pack takes its name at the end of the block."""
        maker = Maker(self._plan, self._pack)
        previous = self._folder / PREVIOUS_PACK if self._plan.before.manifest else None
        with atomic_writer(self._folder / PACK, previous=previous) as stream:
            writer = PackWriter(stream, self._plan.recipe.shape)
            results = in_order(maker.make, tasks(_taken(self._plan.items)), jobs, max(2, IN_FLIGHT // CHUNK))
            done = 0
            with contextlib.closing(results):  # type: ignore[type-var]
                for chunk in results:
                    self._store(chunk, writer)
                    done += len(chunk)
                    on_done(done)
            self._finish(writer)

    def _store(self, chunk: list[Made], writer: PackWriter) -> None:
        """Write the pictures of a chunk, their journal lines first, so that no picture of ours is ever unknown."""
        for made in chunk:
            self._twins.judge(made)
            if made.record is not None and made.pixels is not None and made.record.file is None:
                made.record.file = self._name(made.item, made.record)
            if made.record is not None and made.record.file is not None:
                self._numbering.number(made.record)
        lines = [b"" if made.record is None else made.record.line() for made in chunk]
        fresh = [line for made, line in zip(chunk, lines, strict=True) if made.png is not None]
        if fresh:
            self._journal.write(b"".join(fresh))
            self._journal.flush()
        for made, line in zip(chunk, lines, strict=True):
            self.report.count(made)
            if made.record is None:
                continue
            if made.record.file is not None:
                self._columns.add(made.record)
            self._ledger.add(line)
            self._counting.add(made.record)
            if made.pixels is not None:
                writer.add(made.pixels)
            if made.png is not None and made.record.file is not None:
                self._write_picture(made.record.file, made.png)

    def _name(self, item: Item, record: Record) -> str:
        """Return the file of a picture: the one it had, unless its label has changed."""
        label = record.label
        if item.old is not None and item.old.file is not None and item.old.label == label:
            return item.old.file
        assert item.entry is not None
        return self._names.new(label, item.entry.stem, item.entry.source)

    def _write_picture(self, file: str, png: bytes) -> None:
        """Write a picture whole or not at all. The general writer's checks for each file would double the time."""
        self._make_folder(file)
        folder = os.fspath(self._folder)  # no Path a picture: it would keep the parts of every name for good
        temporary = os.path.join(folder, TEMPORARY)
        with open(temporary, "wb") as stream:
            stream.write(png)
        fault("picture")
        os.replace(temporary, os.path.join(folder, file))

    def _make_folder(self, file: str) -> None:
        label = file.rpartition("/")[0]
        if not label or label in self._folders:
            return
        path = self._folder / label
        if path.is_symlink():
            message = f"{path}: found a link to another folder, expected a folder inside {self._folder}"
            raise RefusedError(message, hint=other_output(self._folder))
        path.mkdir(exist_ok=True)
        self._folders.add(label)

    def _finish(self, writer: PackWriter) -> None:
        """Compose the manifest and end the pack, which stores the manifest's digest."""
        plan, columns = self._plan, self._columns
        count = len(columns.files)
        if not count:
            self._give_up()
        if not columns.train:
            message = f"--holdout: found all {count} pictures held out, expected some for training"
            raise UsageError(message, hint="--holdout 0%")
        self._stale = _own_files(plan).difference(columns.files)
        self._journal.write(b"".join(_loose(self._stale)))
        self._journal.flush()
        digest = self.report.digest = columns.train_digest(plan.recipe.shape)
        classes = columns.classes()
        self.report.census = self._counting.result(self._ledger)
        self._heading = Heading(plan.recipe, classes, digest, plan.foreign, self._numbering.history(digest))
        index, labels = columns.index(classes, plan.foreign)
        writer.finish(labels, index, {"manifest": self._ledger.digest(self._heading), "data": digest})

    def _give_up(self) -> None:
        """Leave nothing behind when nothing could be made.

        Raises:
            InputError: always.
        """
        if self._plan.before.manifest is None:
            (self._folder / JOURNAL).unlink()
        unused = self.report.unused(self._ledger)
        source, reason = unused[0]
        verb = "read" if self.report.skipped else "used"
        message = f"{source}: cannot be {verb} ({reason}), expected a picture"
        if len(unused) > 1:
            count = len(unused)
            message = f"prepare: found no usable picture among {count} files ({source}: {reason}), expected some"
        raise InputError(message, hint=other_pictures(self._plan.recipe.sources, source, reason))

    def _clean(self) -> None:
        """Remove pictures of ours that are no longer in the data set, empty folders of labels, and the journal."""
        for file in sorted(self._stale):
            fault("stale")
            with contextlib.suppress(FileNotFoundError):
                (self._folder / file).unlink()
        for label in sorted({file.rpartition("/")[0] for file in self._stale} - {""}):
            with contextlib.suppress(OSError):
                (self._folder / label).rmdir()
        for name in (PREVIOUS_PACK, TEMPORARY, JOURNAL):
            (self._folder / name).unlink(missing_ok=True)


def _own_files(plan: Plan) -> set[str]:
    """Return every file of ours that is in the folder before the run."""
    records = plan.before.manifest.records if plan.before.manifest else []
    files = {record.file for record in (*records, *plan.before.journalled) if record.file is not None}
    return files | plan.before.loose


def _loose(files: set[str]) -> list[bytes]:
    """Return lines that say no more than that files are ours: they have no source."""
    nothing = "0" * 32
    return [
        Record("", file=file, pixels=nothing, encoded=nothing, encoded_bytes=0, split=TRAIN).line()
        for file in sorted(files)
    ]


def _taken(items: list[Item]) -> Iterator[Item]:
    items.reverse()
    while items:
        yield items.pop()


def tasks(items: Iterable[Item]) -> Iterator[list[tuple[Item, Loader | None]]]:
    """Return the items in chunks, with what loads each; files of many pictures are read here, in order."""
    return in_chunks(((item, _loader(item)), _held_bytes(item)) for item in items)


def _held_bytes(item: Item) -> int:
    return 0 if item.keep or item.entry is None else item.entry.held_bytes


def _loader(item: Item) -> Loader | None:
    return None if item.keep or item.entry is None else item.entry.origin.loader(item.entry)
