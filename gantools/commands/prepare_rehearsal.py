"""What ``prepare --dry-run`` says would happen, source by source."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from gantools.console import Console

if TYPE_CHECKING:
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


def rehearse(plan: "Plan", console: Console) -> None:
    """Name what would be done with each source, at most 20 of a kind, and all with -v; then count."""
    acts = [(_source(item), act_of(item)) for item in plan.items]
    shown: Counter[str] = Counter()
    for source, act in acts:
        shown[act] += 1
        is_listed = act not in QUIET and shown[act] <= SHOWN
        (console.line if is_listed else console.detail)(f"{ACTS[act]}: {source}")
    for act, count in shown.items():
        if act not in QUIET and count > SHOWN:
            console.line(f"{ACTS[act]}: {count - SHOWN} more, which -v names")
    console.table([(ACTS[act], f"{shown[act]:,}") for act in ACTS if shown[act]], title="would be")


def acts_of(plan: "Plan") -> dict[str, Any]:
    """Return what would be done, as JSON values: the counts, and each source with its act."""
    acts = [(_source(item), act_of(item)) for item in plan.items]
    counts = Counter(act for _, act in acts)
    return {
        "acts": {act: counts[act] for act in ACTS},
        "items": [{"source": source, "act": act} for source, act in acts],
    }


def act_of(item: "Item") -> str:
    """Return the name of what would be done with one picture. Whether it can be read is seen only when it is made."""
    from gantools.data.entry import Refusal

    old, skipped = item.old, item.old is not None and item.old.skipped is not None
    if item.entry is None:
        return "vanished"
    if item.keep:
        kept = "skipped" if skipped else "unchanged"
        return ("again" if item.rewrite else kept) if item.write else "deleted"
    if isinstance(item.entry.origin, Refusal):
        return "unusable"
    if skipped and old is not None and old.twin is not None:
        return "copy"
    return "new" if old is None else "again"


def _source(item: "Item") -> str:
    if item.entry is not None:
        return item.entry.source
    assert item.old is not None
    return item.old.source
