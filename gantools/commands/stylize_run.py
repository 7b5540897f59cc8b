"""What ``stylize`` does once all is planned: pictures made one by one, shown as they go, and written."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gantools.commands.load import warn_of_load
from gantools.commands.product import binary_stdout
from gantools.commands.signals import StopRequest
from gantools.config.style import work_of
from gantools.console import Console, duration
from gantools.errors import UnhealthyError
from gantools.files.tar import tar_to
from gantools.panel import PaintingPanel
from gantools.wording import counted

if TYPE_CHECKING:
    from gantools.progress import Progress
    from gantools.style.paint import Painting
    from gantools.style.plan import Job, Plan
    from gantools.style.produce import Painted, Workshop

WORTH_ESTIMATING_S = 5.0


@dataclass(frozen=True)
class MachineWords:
    """What was typed of the machine."""

    device: str
    threads: int | None
    precision: str
    tile: str


@dataclass
class Run:
    """One call of the command, and what has become of it.

    Args:
        plan: what is to be made.
        console: where people are spoken to.
        deadline: on the monotonic clock.
        save_every: iterations; None: only the result is written.
    """

    plan: "Plan"
    console: Console
    deadline: float
    save_every: int | None
    signal: int | None = None

    def __post_init__(self) -> None:
        self.made: list[Painted] = []
        self.label = ""


@dataclass
class _Shown:
    """What is told of the work while it goes on: the bar, what stands beside it, and iterations of earlier pictures."""

    progress: "Progress"
    panel: PaintingPanel
    before: int = 0


def work(run: Run, stop: StopRequest, words: MachineWords) -> None:
    """Load torch and make the pictures, one by one; several for stdout go into a tar."""
    workshop = open_workshop(run, words)
    with ExitStack() as stack:
        add = stack.enter_context(tar_to(binary_stdout("stylized"))) if run.plan.is_tar else None
        shown: _Shown | None = None
        for number, job in enumerate(run.plan.jobs):
            painting = painting_of(run, workshop, job)
            if painting is None:
                continue
            if shown is None:
                _estimate(estimate_s(run.plan, job, painting), run.console)
                panel = PaintingPanel()
                shown = _Shown(stack.enter_context(_progress(run, painting, panel)), panel)
            shown.before = number * painting.iterations
            painted = _paint(run, workshop, job, painting, shown, stop)
            if painted is not None:
                _write(job, painted, add)
            if stop.signal is not None or time.monotonic() > run.deadline:
                break
    run.signal = stop.signal


def open_workshop(run: Run, words: MachineWords, *, writes: bool = True) -> "Workshop":
    """Load torch, and make ready what all pictures share; without ``writes`` the cache is left as it is."""
    from gantools.device import settle
    from gantools.style.memory import free_bytes, tile_for
    from gantools.style.produce import Workshop

    console, config = run.console, run.plan.wish.config
    machine = settle(words.device, words.threads, words.precision)
    console.detail(f"machine: {machine.device}, {machine.precision}, {counted(machine.threads, 'thread')}")
    warn_of_load(machine.threads, console)
    side: int | None
    if words.tile == "auto":
        on_gpu = machine.free_device_bytes()
        side = tile_for(config, free_bytes() if on_gpu is None else on_gpu)
        if side is not None:
            console.line(f"memory: too little to measure {config.size} px at once, goes in tiles of {side} px")
    else:
        side = int(words.tile)
    workshop = Workshop(run.plan.wish, machine, side, console.warn, writes=writes)
    run.label = workshop.label
    return workshop


def painting_of(run: Run, workshop: "Workshop", job: "Job") -> "Painting | None":
    """Return a picture ready to be redrawn; None: it is one of several and cannot be read.

    Raises:
        PictureError: it is the only one and cannot be read.
    """
    from gantools.pictures.reasons import PictureError
    from gantools.style.contents import unreadable

    try:
        return workshop.painting(job)
    except PictureError as error:
        if _is_alone(run.plan):
            raise unreadable(job.content, error) from error
        _skip(run, job, error.reason)
        return None


def _is_alone(plan: "Plan") -> bool:
    return len(plan.jobs) + len(plan.done) == 1


def _skip(run: Run, job: "Job", reason: str) -> None:
    run.plan.skipped[job.content.name] = reason
    run.console.warn(f"{job.content.name}: skipped ({reason})")


def estimate_s(plan: "Plan", job: "Job", painting: "Painting") -> float:
    """Return how long all pictures will take, from one evaluation of one of them; time goes as pixels."""
    pixels = [width * height for width, height in (each.size for each in plan.jobs)]
    return painting.estimate_s() * sum(pixels) / (job.size[0] * job.size[1])


def _estimate(seconds: float, console: Console) -> None:
    if seconds > WORTH_ESTIMATING_S:
        console.line(f"estimated time: {duration(seconds)}; stop at any time, what there is is saved")


def _progress(run: Run, painting: "Painting", panel: PaintingPanel) -> "AbstractContextManager[Progress]":
    total = painting.iterations * len(run.plan.jobs)
    steps = partial(work_of, painting.schedule)
    return run.console.progress("stylize", total, "iterations", deadline=run.deadline, panel=panel, work=steps)


def _paint(run: Run, workshop: "Workshop", job: "Job", painting: "Painting", shown: _Shown, stop: StopRequest
           ) -> "Painted | None":  # fmt: skip
    """Make one picture; once more, from the content and at a quarter of the rate, when it came out of one colour.

    None: it is one of several, and its losses became infinite that way too.
    """
    console, name = run.console, job.content.name
    try:
        painted = _made(run, workshop, job, painting, shown, stop)
        found = "the result is of one colour" if painted.is_flat and painted.note.ended == "whole" else ""
    except UnhealthyError:
        found = "the losses became infinite"
    if found:
        console.warn(f"{name}: {found}; it is made again, from the content and at a quarter of the rate")
        try:
            painted = _made(run, workshop, job, workshop.painting(job, is_gentle=True), shown, stop)
        except UnhealthyError:
            if _is_alone(run.plan):
                raise
            _skip(run, job, "the losses became infinite")
            return None
    if painted.is_flat:
        console.warn(f"{name}: the result is of one colour: the weights drowned the content; "
                     "a larger --content-weight, a smaller --rate or --start content helps")  # fmt: skip
    if painted.note.ended not in ("whole", "time"):
        shows = counted(painted.note.iterations, "iteration")
        console.line(f"{painted.note.ended}: ends here, {job.path or 'stdout'} shows {shows}")
    console.detail(f"{name}: {shown.panel.remark()}")
    run.made.append(painted)
    return painted


def _made(run: Run, workshop: "Workshop", job: "Job", painting: "Painting", shown: _Shown, stop: StopRequest
          ) -> "Painted":  # fmt: skip
    """Redraw one picture to its end, and show how it goes."""
    from gantools.style.objective import Losses
    from gantools.style.produce import moves, write

    losses, taken = Losses(0.0, 0.0, 0.0), 0
    for taken, moved in enumerate(moves(painting, run.deadline, lambda: stop.signal), 1):
        losses = moved.losses
        shown.panel.update((losses.content, losses.style, losses.variation), f"{moved.long_side} px")
        shown.progress.update(shown.before + taken)
        if run.save_every is not None and taken % run.save_every == 0:
            write(workshop.finished(job, painting, taken, losses, "unfinished"))
    painted = workshop.finished(job, painting, taken, losses, painting.ended)
    shown.progress.update(shown.before + (painting.iterations if painting.ended == "whole" else taken))
    return painted


def _write(job: "Job", painted: "Painted", add: Callable[[str, bytes], None] | None) -> None:
    """Write a picture to its file, into the tar, or as it is to stdout."""
    from gantools.style.produce import write

    if job.path is not None:
        write(painted)
    elif add is not None:
        add(job.member, painted.data)
    else:
        binary_stdout().write(painted.data)
