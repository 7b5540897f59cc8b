"""``prepare --strict``: the first bad picture ends the run before anything is written."""

from typing import TYPE_CHECKING, Annotated

import typer

from gantools.commands.doors import typed_again
from gantools.commands.options import RUN
from gantools.commands.signals import StopRequest
from gantools.console import Console
from gantools.errors import Again, UsageError

if TYPE_CHECKING:
    from gantools.data.work import Plan

Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        rich_help_panel=RUN,
        help="Read all first; the first bad picture, also of an earlier run, ends with 4 and nothing is written.",
    ),
]


def check_strict(strict: bool, tolerate: str | None) -> None:
    """Refuse to end at the first bad picture and to tolerate some.

    Raises:
        UsageError: both were typed.
    """
    if strict and tolerate is not None:
        message = f"--strict: found it beside --tolerate {tolerate}, expected one of them: strict tolerates none"
        raise UsageError(message, hint=Again(drop=("--tolerate",)))


def passes(plan: "Plan", threads: int, console: Console, request: StopRequest | None = None) -> bool:
    """Read every picture; False when a signal ended it.

    Raises:
        InputError: there is a bad one.
    """
    from gantools.data.strict import checked

    with console.progress("check", len(plan.items), "pictures") as progress:
        for done in checked(plan, threads):
            progress.update(done)
            if request is not None and request.signal is not None:
                console.line(f"stopped after {done} of {len(plan.items)} pictures were checked: nothing was written")
                console.next(typed_again(Again()) or "gantools prepare --help")
                return False
    return True
