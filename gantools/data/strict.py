"""Looking for the first bad picture before anything is written."""

from collections.abc import Iterator
from contextlib import closing

from gantools.data.build import tasks
from gantools.data.entry import LeftOut, Unreadable
from gantools.data.making import Loader
from gantools.data.nothing import other_pictures
from gantools.data.parallel import in_order
from gantools.data.work import Item, Plan
from gantools.errors import Again, Hint, InputError

WAITING = 8  # chunks that are decoded ahead of the first that is looked at


def checked(plan: Plan, jobs: int) -> Iterator[int]:
    """Read every picture that the plan makes, to its last pixel, and yield how many items are done.

    Nothing is written, so that a data set is as it was when a picture turns out to be bad. It costs the reading a
    second time: pictures that are written while others are still unread would have to be taken back.

    Args:
        plan: what is to be made.
        jobs: threads, at least 1. They do not change which picture is the first.

    Raises:
        InputError: a picture, or a source, gives nothing, or gave nothing in an earlier run; the first in the order
            of the manifest. What the options leave out is no fault.
    """

    def faults(task: list[tuple[Item, Loader | None]]) -> tuple[int, InputError | None]:
        found = (_fault(item, loader, plan) for item, loader in task)
        return len(task), next(filter(None, found), None)

    done = 0
    results = in_order(faults, tasks(plan.items), jobs, WAITING)
    with closing(results):  # type: ignore[type-var]
        for count, fault in results:
            if fault is not None:
                raise fault
            done += count
            yield done


def _fault(item: Item, loader: Loader | None, plan: Plan) -> InputError | None:
    """Return what is wrong with an item, or None."""
    if loader is None:
        record = item.old
        if record is None or record.skipped is None or record.asked:
            return None
        message = f"{record.source}: skipped by an earlier run ({record.skipped}), expected a whole picture"
        return InputError(message, hint=_hint(plan, record.source, record.skipped))
    try:
        loader(plan.recipe)
    except LeftOut:
        return None
    except Unreadable as error:
        assert item.entry is not None
        source = item.entry.source
        reason = error.reason.partition("; what stands before")[0]  # of an archive: nothing is used of it
        message = f"{source}: cannot be used ({reason}), expected a whole picture"
        return InputError(message, hint=_hint(plan, source, reason))
    return None


def _hint(plan: Plan, source: str, reason: str) -> Hint:
    """Return the line that mends the picture, where there is one, else the line that skips it."""
    mended = other_pictures(plan.recipe.sources, source, reason)
    return mended if mended.first or mended.put else Again(drop=("--strict",))
