"""What a run of ``prepare`` has to do: which pictures are made, which stay as they are, and what is in the way."""

import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from gantools.data import disk
from gantools.data.before import Before, look_at
from gantools.data.entry import Entry, Unreadable, whole_of
from gantools.data.frames import with_frames
from gantools.data.labels import Labelled, with_labels
from gantools.data.manifest import MANIFEST, Record, columns_of
from gantools.data.nothing import no_pictures
from gantools.data.recipe import LABELS, Recipe, Wish, settle
from gantools.data.sources import Found, check_exists, discover, limited, normal_source
from gantools.data.survey import DEFAULT_SIDE_PX, Survey, check_size, survey
from gantools.data.tiles import with_tiles
from gantools.errors import RefusedError, UsageError
from gantools.files.nearby import other_output

RETRIED = "cannot be read"  # how the reason begins when a file could not even be opened: it may be mended meanwhile


@dataclass(slots=True)
class Item:
    """One picture of the new data set.

    Args:
        entry: its source; None when that is gone.
        old: what is on record about it.
        keep: whether the record stays as it is.
        row: its row in the old pack; None when its pixels are to be read from its PNG.
        write: False for a picture that was deleted by hand: it does not come back.
        rewrite: its source is gone and its file was changed by hand: it is written again from the old pack.
    """

    entry: Entry | None
    old: Record | None = None
    keep: bool = False
    row: int | None = None
    write: bool = True
    rewrite: bool = False


@dataclass
class Plan:
    """All that a run will do.

    Args:
        folder: the data set.
        recipe: the resolved options.
        items: the pictures in their final order.
        before: what was there.
        foreign: pictures in the folder that are none of ours; they stay and are left out.
        passed_over: how many files of which kind are no pictures.
        survey: why the size and the channels are what they are; None when they were typed or stored.
        labelled: what a file of labels gave; None without one.
        greyed: a new source in colour whose picture becomes grey because the data set is; None for none.
        redone: the options whose change makes everything again.
        vanished: how many pictures stay though their source is gone.
        mended: how many pictures are made again because they were changed by hand.
        restamped: how many pictures stay as they are in an archive that has changed.
        deleted: how many pictures were deleted by hand.
    """

    folder: Path
    recipe: Recipe
    items: list[Item]
    before: Before
    foreign: list[str]
    passed_over: Counter[str]
    survey: Survey | None
    redone: list[str]
    labelled: Labelled | None = None
    greyed: str | None = None
    vanished: int = 0
    mended: int = 0
    restamped: int = 0
    deleted: int = 0

    @property
    def to_make(self) -> int:
        """How many pictures are to be made."""
        return sum(not item.keep or item.rewrite for item in self.items)

    def nothing_to_do(self) -> bool:
        """Tell whether the run would write the very bytes that are there."""
        manifest = self.before.manifest
        if manifest is None or self.before.pack is None or self.before.unfinished or self.to_make or self.restamped:
            return False
        same = [item.old.source for item in self.items if item.old] == [record.source for record in manifest.records]
        heading = manifest.heading
        return same and heading.recipe == self.recipe and heading.foreign == self.foreign


def make_plan(folder: Path, wish: Wish, *, force: bool = False, stdin: BinaryIO | None = None) -> Plan:
    """Find out what is to be done; nothing is written. Call it under the folder's lock.

    Args:
        folder: the data set, which may exist.
        wish: the options as typed.
        force: make everything again, and use a folder that holds other files.
        stdin: a copy of it where a source reads it; None where none does.

    Raises:
        UsageError: options that are wrong or contradict each other.
        InputError: a source that is not there or is damaged, or no picture.
        RefusedError: the folder holds other files, or pictures that could not be made again, without ``force``.
    """
    wish = replace(wish, sources=tuple(normal_source(source) for source in wish.sources))
    for source in wish.sources:
        check_exists(source)
        if os.path.exists(source) and folder.exists() and os.path.samefile(source, folder):
            raise UsageError(
                f"{source}: found it as a source and as -o, expected two folders", hint=other_output(folder)
            )
    before = look_at(folder, force)
    stored = before.journal or (before.manifest.heading.recipe if before.manifest else None)
    recipe = settle(wish, stored, (DEFAULT_SIDE_PX, DEFAULT_SIDE_PX), "rgb")
    check_size(recipe.size)
    found = discover(recipe.sources, labels=recipe.labels == "folders", without=folder, seed=recipe.seed, stdin=stdin)
    labelled = _label(found, recipe)
    if recipe.frames == "all":
        found.entries = with_frames(found.entries)
    seen = None
    if found.entries and (wish.channels == "auto" or (stored is None and None in (wish.size, wish.channels))):
        seen = survey(limited(found.entries, recipe.limit))
        recipe = settle(wish, stored, seen.size, seen.channels)
    if recipe.tiles != "none":
        found.entries = with_tiles(found.entries, recipe)
    plan = _compare(folder, recipe, found, before, force)
    plan.survey, plan.labelled = seen, labelled
    if stored is not None and recipe.channels == "gray" and wish.channels is None:
        plan.greyed = _first_in_colour(plan.items)
    if not plan.items:
        raise no_pictures(wish.sources, found)
    return plan


def _label(found: Found, recipe: Recipe) -> Labelled | None:
    """Give the pictures the labels of a CSV file, if that is where they come from."""
    if recipe.labels in LABELS:
        return None
    found.entries, labelled = with_labels(found.entries, recipe.labels)
    return labelled


@dataclass
class _State:
    """The records, and how far the folder bears them out.

    Args:
        records: the newest of each source, in the order of the old data set.
        valid: those that were made with the very options of this run.
        rows: of valid records, where the old pack has their pixels.
        deleted: sources whose picture was deleted by hand.
        changed: sources whose picture holds other bytes than the record says, or is not there.
    """

    records: dict[str, Record]
    valid: dict[str, Record]
    rows: dict[str, int]
    deleted: set[str]
    changed: set[str]


def _compare(folder: Path, recipe: Recipe, found: Found, before: Before, force: bool) -> Plan:
    """Compare the sources with what is on record, and the records with the files in the folder."""
    known = {record.source: record for record in before.manifest.records} if before.manifest else {}
    redone = before.manifest.heading.recipe.differences(recipe) if before.manifest else []
    resumed = before.journal is not None and not before.journal.differences(recipe) and not force
    valid = {} if force or redone else dict(known)
    if resumed:
        valid |= {record.source: record for record in before.journalled}
    records = known | valid
    made = [record for record in records.values() if record.file is not None]
    classes = sorted({record.label for record in made if record.label is not None})
    since = (folder / MANIFEST).stat().st_mtime_ns if before.manifest else 0
    difference = disk.Difference()
    if folder.exists():
        difference = disk.compare(folder, columns_of(made, classes, [])[0], since)
    every = {record.file for record in (*known.values(), *before.journalled) if record.file is not None}
    before.loose |= every - {record.file for record in made}
    foreign = sorted(set(difference.added) - before.loose)
    deleted = {made[row].source for row in difference.missing if known.get(made[row].source) is made[row]}
    deleted |= {
        source for source, record in known.items()
        if record.file and records[source] is not record and not os.path.lexists(folder / record.file)
    }  # fmt: skip
    changed = {made[row].source for row in (*difference.missing, *difference.changed)} - deleted
    rows = {source: row for source, row in _pack_rows(before).items() if valid.get(source) is known[source]}
    plan = Plan(folder, recipe, [], before, foreign, found.passed_over, None, redone)
    _fill(plan, found, _State(records, valid, rows, deleted, changed))
    _check_vanished(plan, force)
    return plan


def _fill(plan: Plan, found: Found, state: _State) -> None:
    """Put the items into their order: as found; those whose source is gone stay behind the one they stood behind.

    A part of a file is gone with the file; while the file is there, the parts are those that it has now.
    """
    there = {entry.source for entry in (*found.entries, *found.faults)}
    wholes = {entry.base for entry in found.entries}
    behind: dict[str, list[Item]] = {}
    anchor = ""
    for source, record in state.records.items():
        if source in there:
            anchor = source
        elif record.file is not None and whole_of(source, record.part) not in wholes:
            behind.setdefault(anchor, []).append(_without_source(record, state))
    plan.items += behind.get("", [])
    for entry in [*limited(found.entries, plan.recipe.limit, first=state.valid.keys()), *found.faults]:
        source = entry.source
        item = Item(entry, state.records.get(source), row=state.rows.get(source), write=source not in state.deleted)
        item.keep = _unchanged(entry, item, state)
        if item.keep and item.old is not None and not _is_same_file(item.old, entry):
            item.old = replace(item.old, size_bytes=entry.size_bytes, mtime_ns=entry.mtime_ns)
            plan.restamped += 1
        plan.mended += source in state.changed and source in state.rows
        plan.items += [item, *behind.get(source, [])]
    plan.deleted = len(state.deleted)
    plan.vanished = sum(len(items) for items in behind.values())


def _without_source(record: Record, state: _State) -> Item:
    """Return the item of a picture whose source is gone: it stays when its pixels are still there."""
    source = record.source
    row = state.rows.get(source)
    lost = row is None and source in state.deleted | state.changed
    item = Item(None, record, source in state.valid and not lost, row, write=source not in state.deleted)
    item.rewrite = source in state.changed and item.keep
    return item


def _unchanged(entry: Entry, item: Item, state: _State) -> bool:
    """Tell whether the record of an item still says what would be made of its source."""
    record = state.valid.get(entry.source)
    if record is None or not (_is_same_file(record, entry) or record.member == entry.member is not None):
        return False
    if record.skipped is not None:
        return not record.skipped.startswith(RETRIED)
    if record.label != entry.label and entry.size_bytes is not None:  # a drawn picture is labelled when it is drawn
        return False
    if entry.source in state.deleted:
        return item.row is not None
    return entry.source not in state.changed


def _is_same_file(record: Record, entry: Entry) -> bool:
    """Tell whether the file is as it was; what came from stdin has neither size nor time, but its members have."""
    same = (record.size_bytes, record.mtime_ns) == (entry.size_bytes, entry.mtime_ns)
    return same and (entry.size_bytes is not None or record.member == entry.member)


def _pack_rows(before: Before) -> dict[str, int]:
    if before.manifest is None or before.pack is None:
        return {}
    return {record.source: row for row, record in enumerate(before.manifest.made())}


def _first_in_colour(items: list[Item]) -> str | None:
    for item in items:
        if item.entry is not None and not item.keep:
            try:
                if not item.entry.origin.look(item.entry).gray:
                    return item.entry.source
            except Unreadable:
                continue
    return None


def _check_vanished(plan: Plan, force: bool) -> None:
    """Refuse to make everything again while sources are gone; with ``force`` their pictures are given up."""
    lost = [item.old.source for item in plan.items if item.entry is None and not item.keep and item.old]
    if lost and plan.redone and not force:
        found = f"found changed options ({', '.join(plan.redone)}) and {len(lost)} sources gone, such as {lost[0]}"
        message = f"{plan.folder}: {found}, expected all sources, to make everything again"
        raise RefusedError(f"{message}; --force gives up those pictures", hint=other_output(plan.folder))
    plan.items = [item for item in plan.items if item.entry is not None or item.keep]
    plan.vanished -= len(lost)
