"""Sources against what is on record, and the records against the folder: which pictures are made, which stay."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from gantools.data import disk
from gantools.data.before import Before
from gantools.data.columns import columns_of
from gantools.data.entry import Entry, whole_of
from gantools.data.manifest import MANIFEST, Record
from gantools.data.recipe import Recipe
from gantools.data.sources import Found, limited
from gantools.data.work import Acts, Item, Plan
from gantools.pictures.reasons import NO_MEMORY

RETRIED = ("cannot be read", NO_MEMORY)
"""How a reason begins that may be gone next time though the file is the same: it could not be opened, or decoded."""


@dataclass
class Standing:
    """The records, and how far the folder bears them out.

    Args:
        acts: what the run is asked to do.
        records: the newest of each source, those of an unfinished run among them.
        valid: those that were made with the very options of this run.
        rows: of valid records, where the old pack has their pixels.
        deleted: sources whose picture was deleted by hand.
        changed: sources whose picture holds other bytes than the record says, or is not there.
        foreign: pictures in the folder that are none of ours.
        redone: the options whose change makes everything again.
        is_whole: whether the records are those of a finished run, and are trusted: they tell every part of a file.
        digests: of what the sources hold now, by the whole that they are a part of; filled where they are read again.
    """

    acts: Acts
    records: dict[str, Record]
    valid: dict[str, Record]
    rows: dict[str, int]
    deleted: set[str]
    changed: set[str]
    foreign: list[str]
    redone: list[str]
    is_whole: bool
    digests: dict[str, str] = field(default_factory=dict)


def standing_of(folder: Path, recipe: Recipe, before: Before, acts: Acts) -> Standing:
    """Compare the records with the options and with the files in the folder."""
    known = {record.source: record for record in before.manifest.records} if before.manifest else {}
    redone = before.manifest.heading.recipe.differences(recipe) if before.manifest else []
    resumed = before.journal is not None and not before.journal.differences(recipe) and not acts.force
    valid = {} if acts.force or redone else dict(known)
    if resumed:
        valid |= {r.source: r for r in before.journalled if valid.get(r.source) != r}
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
    is_whole = not before.unfinished and not acts.rehash
    return Standing(acts, records, valid, rows, deleted, changed, foreign, redone, is_whole)


def compare(plan: Plan, found: Found, standing: Standing) -> list[Item]:
    """Put the pictures that have a source into the plan, as found, and return those whose source is gone.

    A part of a file is gone with the file; while the file is there, the parts are those that it has now.

    Returns:
        The pictures without a source; none of them is in the plan yet.
    """
    found.faults = [fault for fault in found.faults if not _is_gone(fault, standing)]
    chosen = limited(found.entries, plan.recipe.limit, first=standing.valid.keys())
    plan.items = [_item(plan, entry, standing) for entry in (*chosen, *found.faults)]
    if not standing.records:
        return []
    there = {entry.source for entry in (*found.entries, *found.faults)}
    wholes = {entry.base for entry in found.entries}
    return [
        _without_source(record, standing)
        for source, record in standing.records.items()
        if source not in there and record.file is not None and whole_of(source, record.part) not in wholes
    ]


def settled(entries: list[Entry], standing: Standing) -> tuple[list[Entry], list[Entry]]:
    """Take the parts of unchanged files from their records, so that the files need not be opened to count them.

    Args:
        entries: whole files, as found.
        standing: of a finished data set without a limit, whose records tell all parts of each file.

    Returns:
        The parts of the files of which nothing is to be made, and the other files.
    """
    recorded: dict[str, list[Record]] = {}
    for source, record in standing.valid.items():
        recorded.setdefault(whole_of(source, record.part), []).append(record)
    parts: list[Entry] = []
    others: list[Entry] = []
    for entry in entries:
        records = recorded.get(entry.source, [])
        pieces = [replace(entry, source=record.source, part=record.part) for record in records]
        # A copy may have to be made again, for which its file is opened.
        has_copy = any(record.skipped is not None and record.twin is not None for record in records)
        if pieces and not has_copy and all(_unchanged(piece, standing) for piece in pieces):
            parts += pieces
        else:
            others.append(entry)
    return parts, others


def look_again(plan: Plan) -> None:
    """Make what was left out as a copy, when anything else is done: the picture that it copies may have gone.

    With nothing to do nothing is made. Which pictures are copies is so a function of all that the data set holds.
    """
    if not plan.nothing_to_do():
        for item in plan.items:
            item.keep = item.keep and not (item.old is not None and item.old.skipped and item.old.twin)


def _is_gone(fault: Entry, standing: Standing) -> bool:
    """Tell whether a list names a file that is gone and whose picture is in the data set."""
    record = standing.records.get(fault.source)
    return record is not None and record.file is not None and not os.path.lexists(fault.source)


def _item(plan: Plan, entry: Entry, standing: Standing) -> Item:
    """Return what becomes of a picture that has a source, and count what is to be told of it."""
    source = entry.source
    is_deleted = source in standing.deleted
    restore = is_deleted and standing.acts.restore
    item = Item(entry, standing.records.get(source), row=standing.rows.get(source), write=restore or not is_deleted)
    item.keep = _unchanged(entry, standing)
    item.rewrite = restore and item.keep
    if item.keep and item.old is not None and not _is_same_file(item.old, entry):
        item.old = replace(item.old, size_bytes=entry.size_bytes, mtime_ns=entry.mtime_ns, member=entry.member)
        plan.restamped += 1
    plan.mended += source in standing.changed and source in standing.rows
    plan.restored += restore
    plan.deleted += is_deleted and not restore
    return item


def _without_source(record: Record, standing: Standing) -> Item:
    """Return the item of a picture whose source is gone: it stays when its pixels are still there."""
    source = record.source
    row = standing.rows.get(source)
    is_deleted = source in standing.deleted
    lost = row is None and (is_deleted or source in standing.changed)
    restore = is_deleted and standing.acts.restore
    item = Item(None, record, source in standing.valid and not lost, row, write=restore or not is_deleted)
    item.rewrite = item.keep and (restore or source in standing.changed)
    return item


def _unchanged(entry: Entry, standing: Standing) -> bool:
    """Tell whether what is on record still says what would be made of a source."""
    source = entry.source
    record = standing.valid.get(source)
    if record is None or not _is_same_content(record, entry, standing):
        return False
    if record.skipped is not None and record.twin is None:
        return not record.skipped.startswith(RETRIED)
    if record.label != entry.label and entry.size_bytes is not None:  # a drawn picture is labelled when it is drawn
        return False
    if record.skipped is not None:
        return True
    if source in standing.deleted:
        return source in standing.rows
    return source not in standing.changed


def _is_same_content(record: Record, entry: Entry, standing: Standing) -> bool:
    """Tell whether a source holds what it held: by its bytes where they were read again, else by size and time."""
    digest = standing.digests.get(entry.base)
    if digest is not None and record.digest is not None:
        return digest == record.digest
    return _is_same_file(record, entry) or record.member == entry.member is not None


def _is_same_file(record: Record, entry: Entry) -> bool:
    """Tell whether the file is as it was; what came from stdin has neither size nor time, but its members have."""
    before = (record.size_bytes, record.mtime_ns, record.member)
    return before == (entry.size_bytes, entry.mtime_ns, entry.member)


def _pack_rows(before: Before) -> dict[str, int]:
    if before.manifest is None or before.pack is None:
        return {}
    return {record.source: row for row, record in enumerate(before.manifest.made())}
