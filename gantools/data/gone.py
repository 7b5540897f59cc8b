"""Pictures whose sources are gone: they stay, or ``--prune`` removes them; never because a disk is not mounted."""

import os

from gantools.data.comparison import Standing
from gantools.data.lists import LIST
from gantools.data.sources import Found
from gantools.data.work import Item, Plan
from gantools.errors import Again, RefusedError
from gantools.files.nearby import other_output

REMOVES = "--prune --force makes all again without them"


def settle_gone(plan: Plan, gone: list[Item], found: Found, standing: Standing) -> None:
    """Put the pictures whose source is gone in their old places, or leave them out.

    Args:
        plan: with the pictures that have a source.
        gone: the others.
        found: what the sources hold now.
        standing: of the records.

    Raises:
        RefusedError: all is to be made again, which cannot be done without the sources; or ``--prune`` would remove
            all pictures, or all of a source that gives nothing any more.
    """
    acts = standing.acts
    if acts.prune:
        pruned = [item.source for item in gone if not _is_hidden(item.source, found)]
        if not acts.force:
            _check_prune(plan, pruned, found)
        plan.pruned, removed = len(pruned), set(pruned)
        gone = [item for item in gone if item.source not in removed]
    lost = [item.source for item in gone if not item.keep]
    if lost and plan.redone and not acts.force:
        what = f"found changed options ({', '.join(plan.redone)}) and {len(lost)} sources gone, such as {lost[0]}"
        message = f"{plan.folder}: {what}, expected all sources, to make everything again"
        raise RefusedError(f"{message}; --force gives up those pictures", hint=other_output(plan.folder))
    kept = [item for item in gone if item.keep]
    plan.vanished = len(kept)
    plan.deleted += sum(not item.write for item in kept)
    if acts.restore:
        plan.restored += sum(item.source in standing.deleted for item in kept)
        plan.lost = [source for source in lost if source in standing.deleted]
    _put_in_place(plan, kept)


def _put_in_place(plan: Plan, kept: list[Item]) -> None:
    """Bring the pictures into the order of the old data set; what is new stays behind."""
    records = plan.before.manifest.records if plan.before.manifest else []
    place = {record.source: number for number, record in enumerate(records)}
    both = [*plan.items, *kept]
    plan.items = sorted(both, key=lambda item: place.get(item.source, len(place)))


def _check_prune(plan: Plan, pruned: list[str], found: Found) -> None:
    """Refuse to empty the data set, or a whole source, which is more often a disk that is not there than a wish."""
    manifest = plan.before.manifest
    if not pruned or manifest is None:
        return
    hint = Again(drop=("--prune",))
    made = manifest.made()
    if len(pruned) >= len(made):
        what = f"found the sources of all {len(made)} pictures gone, expected some to be left"
        remedy = f" {REMOVES}" if found.entries else ""
        raise RefusedError(f"{plan.folder}: {what}; is a disk not mounted?{remedy}", hint=hint)
    for root in plan.recipe.sources:
        mine = [source for source in pruned if _belongs(source, root, plan.recipe.sources)]
        if mine and not _gives(root, found) and not _was_taken_away(root, mine):
            what = f"found nothing of the {len(mine)} pictures that it gave, expected some of them"
            raise RefusedError(f"{root}: {what}; is a disk not mounted? {REMOVES}", hint=hint)


def _gives(root: str, found: Found) -> bool:
    """Tell whether a source still gives a picture."""
    return bool(found.gave.get(root)) or any(_is_below(entry.source, root) for entry in found.entries)


def _was_taken_away(root: str, mine: list[str]) -> bool:
    """Tell whether a source was one picture, gone from a folder that is there and holds others."""
    if mine != [root]:
        return False
    try:
        return bool(os.listdir(os.path.dirname(root) or "."))
    except OSError:
        return False


def _belongs(source: str, root: str, roots: tuple[str, ...]) -> bool:
    """Tell whether a picture may be one of a source; what no path leads to may come from any list."""
    if root.startswith(LIST):
        return not any(_is_below(source, other) for other in roots if not other.startswith(LIST))
    return _is_below(source, root)


def _is_below(source: str, root: str) -> bool:
    return source == root or source.startswith((root.rstrip("/") + "/", root + "#"))


def _is_hidden(source: str, found: Found) -> bool:
    """Tell whether a source may be there but cannot be looked at: in a shut folder, or behind an archive's damage."""
    return any(_is_below(source, fault.source) for fault in found.faults)
