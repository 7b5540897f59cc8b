"""The pictures of ``inspect``: --plot, --html and --show; which may stand beside what, and making them."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gantools.commands.doors import typed_again
from gantools.commands.judging import Answer, Question
from gantools.commands.page import checkpoint_text, require_page_place, write_page
from gantools.commands.showing import show
from gantools.console import Console
from gantools.errors import Again, InputError, UsageError

if TYPE_CHECKING:
    from gantools.inspection.finding import Finding

Machine = tuple[str, int | None]


@dataclass(frozen=True)
class Drawings:
    """What was typed.

    Args:
        plot, html: files to write, or None.
        metrics: of the run, for both.
        show: draw in the terminal.
    """

    plot: Path | None
    html: Path | None
    metrics: Path | None
    show: bool

    def flags(self) -> dict[str, Path | None]:
        """Return the files by flag that were typed."""
        return {flag: path for flag, path in (("--plot", self.plot), ("--html", self.html)) if path is not None}


def require_drawings(
    things: list[Path], diff: Path | None, drawings: Drawings, data: Path | None, quiet: bool, force: bool
) -> None:
    """Check what can be checked before anything is read.

    Args:
        things: what is inspected.
        diff: what it is compared with.
        drawings: what was typed.
        data: the real pictures by which it is judged.
        quiet: whether stderr is to stay empty.
        force: whether other files are replaced.

    Raises:
        UsageError: several things, --diff beside a drawing, a wrong name, options that contradict each other.
        RefusedError: something else stands where a file is to go.
    """
    flags = drawings.flags()
    if drawings.metrics is not None and not flags:
        message = "--metrics: found neither --html nor --plot, expected what is to be drawn from it"
        raise UsageError(message, hint=shlex.join(["--html", f"{things[0].stem or 'page'}.html"]))
    for flag, path in flags.items():
        if len(things) > 1 or diff is not None:
            found = "--diff" if diff is not None else f"{len(things)} things"
            message = f"{flag}: found {found} beside it, expected one thing"
            raise UsageError(message, hint=shlex.join(["gantools", "inspect", str(things[0]), flag, str(path)]))
    if drawings.show and diff is not None:
        raise UsageError("--show: found --diff beside it, expected one of them", hint=Again(drop=("--show",)))
    if drawings.show and quiet:
        raise UsageError("--show and -q: a drawing is no error, expected one of them", hint=Again(drop=("--quiet",)))
    if drawings.plot is not None:
        from gantools.inspection.plots import require_plot_place

        places = {place: "the pictures" for place in (*things, data) if place is not None}
        require_plot_place(drawings.plot, places, force=force)
    if drawings.html is not None:
        require_page_place(drawings.html, force)


def draw(
    path: Path,
    finding: "Finding",
    drawings: Drawings,
    asked: tuple[Question, Answer] | None,
    machine: Machine,
    console: Console,
) -> bool:
    """Write the drawings of one thing, or say why one cannot be made; return whether all were.

    Args:
        finding: gets to know of the files.
        asked: a judgement by real pictures, which the page then shows.
        machine: device and threads as typed.

    Raises:
        UsageError: --metrics of what is no checkpoint.
    """
    _require_run(finding, drawings.metrics)
    try:
        if drawings.plot is not None:
            from gantools.inspection.plots import write_plot

            write_plot(path, finding.kind, drawings.plot, drawings.metrics)
            finding.facts["plot"] = drawings.plot
            console.line(f"plot: {drawings.plot}")
        if drawings.html is not None:
            text = _page(path, finding, drawings, asked, machine, console)
            write_page(drawings.html, text)
            finding.facts["html"] = drawings.html
            console.line(f"page: {drawings.html}")
    except InputError as error:
        console.error(error.message, typed_again(error.hint))
        return False
    return True


def draw_in_terminal(path: Path, finding: "Finding", drawings: Drawings, machine: Machine, console: Console) -> bool:
    """Draw one thing in the terminal if that was asked, or say why it cannot be; call it when the report is out."""
    try:
        if drawings.show:
            show(path, finding.kind, machine, console)
    except InputError as error:
        console.error(error.message, typed_again(error.hint))
        return False
    return True


def _require_run(finding: "Finding", metrics: Path | None) -> None:
    if metrics is not None and finding.kind != "checkpoint":
        found = "a folder of pictures" if finding.kind == "data" else "a picture"
        message = f"--metrics {metrics}: found {found} to draw, expected a checkpoint"
        raise UsageError(message, hint=Again(drop=("--metrics",)))


def _page(
    path: Path,
    finding: "Finding",
    drawings: Drawings,
    asked: tuple[Question, Answer] | None,
    machine: Machine,
    console: Console,
) -> str:
    if finding.kind == "picture":
        raise InputError(f"{path}: found a picture, --html expected a checkpoint or a folder of pictures")
    if finding.kind == "checkpoint":
        return checkpoint_text(path, finding, drawings.metrics, asked, machine, console)
    from gantools.inspection.data_page import data_page

    return data_page(path, finding)
