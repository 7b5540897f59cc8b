"""What ``prepare --dry-run`` says would happen, source by source."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from gantools.commands.prepare_account import describe, option_rows, resolved
from gantools.commands.prepare_strict import passes
from gantools.commands.product import emit_json
from gantools.console import Console
from gantools.errors import ExitCode

if TYPE_CHECKING:
    from gantools.data.recipe import Wish
    from gantools.data.work import Item, Plan

SHOWN = 20
ACTS = {
    "new": "new",
    "again": "made again",
    "copy": "left out as a copy, looked at again",
    "unusable": "gives no picture",
    "skipped": "skipped before",
    "deleted": "deleted by hand, stays out",
    "vanished": "source gone, picture stays",
    "unchanged": "unchanged",
}
QUIET = ("unchanged", "skipped")  # counted, and named with -v only


def rehearse(plan: "Plan", wish: "Wish", strict_threads: int | None, console: Console, json: bool) -> int:
    """Say what would be done, write nothing; read every picture when ``strict_threads`` are given for it."""
    describe(plan, console)
    if strict_threads is not None:
        passes(plan, strict_threads, console)
    console.table(option_rows(plan, wish), title="options")
    _name_acts(plan, console)
    removed = f", {plan.pruned} removed" if plan.pruned else ""
    console.line(f"dry run: {plan.to_make} pictures would be made{removed}; nothing was written")
    if json:
        would = {"output": plan.folder, "dry_run": True, "to_make": plan.to_make}
        emit_json("prepare", {**would, **resolved(plan), **_acts(plan)})
    return ExitCode.DONE


def _name_acts(plan: "Plan", console: Console) -> None:
    """Name what would be done with each source, at most 20 of a kind, and all with -v; then count."""
    acts = [(item.source, act_of(item)) for item in plan.items]
    shown: Counter[str] = Counter()
    for source, act in acts:
        shown[act] += 1
        is_listed = act not in QUIET and shown[act] <= SHOWN
        (console.line if is_listed else console.detail)(f"{ACTS[act]}: {source}")
    for act, count in shown.items():
        if act not in QUIET and count > SHOWN:
            console.line(f"{ACTS[act]}: {count - SHOWN} more, which -v names")
    console.table([(ACTS[act], f"{shown[act]:,}") for act in ACTS if shown[act]], title="would be")


def _acts(plan: "Plan") -> dict[str, Any]:
    """Return what would be done, as JSON values: the counts, and each source with its act."""
    acts = [(item.source, act_of(item)) for item in plan.items]
    counts = Counter(act for _, act in acts)
    return {
        "acts": {act: counts[act] for act in ACTS} | {"pruned": plan.pruned},
        "items": [{"source": source, "act": act} for source, act in acts],
    }


def act_of(item: "Item") -> str:
    """Return the name of what would be done with one picture. Whether it can be read is seen only when it is made."""
    from gantools.data.entry import Refusal

    old, skipped = item.old, item.old is not None and item.old.skipped is not None
    if item.entry is None:
        return "vanished"
    if not item.write:
        return "deleted"
    if item.keep:
        kept = "skipped" if skipped else "unchanged"
        return "again" if item.rewrite else kept
    if isinstance(item.entry.origin, Refusal):
        return "unusable"
    if skipped and old is not None and old.twin is not None:
        return "copy"
    return "new" if old is None else "again"
