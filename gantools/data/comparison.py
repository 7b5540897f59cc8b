"""Sources against what is on record, and the records against the folder: which pictures are made, which stay."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from gantools.data import disk
from gantools.data.before import Before
from gantools.data.entry import Entry, whole_of
from gantools.data.manifest import MANIFEST, Record, columns_of
from gantools.data.recipe import Recipe
from gantools.data.sources import Found, limited
from gantools.data.work import Item, Plan
from gantools.errors import RefusedError
from gantools.files.nearby import other_output
from gantools.pictures.reasons import NO_MEMORY

RETRIED = ("cannot be read", NO_MEMORY)
"""How a reason begins that may be gone next time though the file is the same: it could not be opened, or decoded."""


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


def compare(folder: Path, recipe: Recipe, found: Found, before: Before, force: bool) -> Plan:
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
    before = (record.size_bytes, record.mtime_ns, record.member)
    return before == (entry.size_bytes, entry.mtime_ns, entry.member)


def _pack_rows(before: Before) -> dict[str, int]:
    if before.manifest is None or before.pack is None:
        return {}
    return {record.source: row for row, record in enumerate(before.manifest.made())}


def _check_vanished(plan: Plan, force: bool) -> None:
    """Refuse to make everything again while sources are gone; with ``force`` their pictures are given up."""
    lost = [item.old.source for item in plan.items if item.entry is None and not item.keep and item.old]
    if lost and plan.redone and not force:
        found = f"found changed options ({', '.join(plan.redone)}) and {len(lost)} sources gone, such as {lost[0]}"
        message = f"{plan.folder}: {found}, expected all sources, to make everything again"
        raise RefusedError(f"{message}; --force gives up those pictures", hint=other_output(plan.folder))
    plan.items = [item for item in plan.items if item.entry is not None or item.keep]
    plan.vanished -= len(lost)
