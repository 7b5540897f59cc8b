"""Taking turns until a bound, a signal or a fault ends them: when to save, what to report, how to go on."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gantools.commands.bounds import Bounds, Cadence
from gantools.commands.places import STREAM
from gantools.commands.product import binary_stdout
from gantools.commands.session import Session
from gantools.commands.signals import StopRequest
from gantools.console import Console, duration, quantity
from gantools.events import Saved, TurnDone
from gantools.files.metrics import MetricsFile
from gantools.progress import Progress
from gantools.training.balance import rate_factor
from gantools.training.health import reading

if TYPE_CHECKING:
    from gantools.files.checkpoint import Packed
    from gantools.files.document import Document

METRICS_EVERY = 50
"""Turns of the counted network from one line of the metrics file to the next."""

STEPS = {"train": "rounds", "train-d": "D steps", "train-g": "G steps"}
REFRESH_S = 0.2
ESTIMATE_AFTER_S = 2.0
WORTH_ESTIMATING_S = 15.0
PREVIEW_PICTURES = 64


@dataclass
class Outcome:
    """How a run ended: the signal that asked for it or None, and the last checkpoint that was written."""

    signal: int | None
    saved: Saved


class Saver:
    """Writes the checkpoint and the preview, and knows when it is time to.

    Args:
        session: the run.
        cadence: how often.
    """

    def __init__(self, session: Session, cadence: Cadence, console: Console) -> None:
        self.session, self.cadence, self.console = session, cadence, console
        self.last: Saved | None = None
        self._cost_s: float | None = None
        self._then = time.monotonic()

    def cost_s(self, turn_s: float) -> float:
        """Return what a save will take: as the last one did, or a guess from a turn (standing latents, preview)."""
        return self._cost_s or 0.5 + 8 * turn_s * 64 / self.session.state.config.batch

    def is_due(self, steps: int) -> bool:
        """Say whether a save is due after ``steps`` steps of the counted network."""
        if self.cadence.steps is not None:
            return steps % self.cadence.steps == 0
        return self.cadence.seconds is not None and time.monotonic() - self._then >= self.cadence.seconds

    def save(self) -> Saved:
        """Write the state as it is; to standard output only at the end.

        Raises:
            UnhealthyError: a weight is not finite; nothing is written.
            ResourceError: the disk is full; the old file is unchanged.
        """
        from gantools.files.checkpoint import pack, write

        began = time.monotonic()
        session = self.session
        packed = pack(session.state, session.data, session.lineage)
        if session.request.output == STREAM:
            binary_stdout().write(packed.data)
            binary_stdout().flush()
        else:
            write(Path(session.request.output), packed)
        self._draw_preview(packed.document)
        self.last = self._saved(packed)
        self._then = time.monotonic()
        self._cost_s = max(0.1, 1.5 * (self._then - began))
        return self.last

    def _saved(self, packed: "Packed") -> Saved:
        saved = Saved(Path(self.session.request.output), packed.document.digest, self.session.state.register.images)
        self.console.line(f"saved {saved.path} at {saved.images} images, content {saved.digest[:12]}")
        return saved

    def _draw_preview(self, document: "Document") -> None:
        """Write the sheet that ``sample --grid`` would draw from this checkpoint and the run's seed."""
        preview = self.session.request.preview
        if preview is None:
            return
        from gantools.files.atomic import write_bytes
        from gantools.sampling.plan import Wish, make_plan
        from gantools.sampling.produce import single_bytes

        state = self.session.state
        wish = Wish(
            self.session.request.output,
            count=PREVIEW_PICTURES,
            start=0,
            seed=state.config.seed,
            weights="average",
            grid=True,
            format=None,
            output=preview,
            force=True,
        )
        sheet = single_bytes(make_plan(wish, document), state.average, lambda done: None)
        write_bytes(preview, sheet, durable=False)


def take_turns(
    session: Session, bounds: Bounds, saver: Saver, metrics: MetricsFile, stop: StopRequest, console: Console
) -> Outcome:
    """Take turns until the first bound is reached or a signal came, then save.

    Raises:
        UnhealthyError: the run diverged; the file on disk stays the last finite one.
    """
    from gantools.data.batches import Batches
    from gantools.training.engine import Phase, turns

    state, request = session.state, session.request
    phase = Phase(request.command)
    reals = Batches(session.pictures) if session.pictures is not None else None
    target = bounds.target(request.command, state.register, state.config, session.data.count)
    deadline = bounds.deadline()
    counted = _counter(request.command)
    is_unsaved = not _is_on_disk(session)
    began = counted(state.register.d_steps, state.register.g_steps)
    if not is_unsaved and target is not None and began >= target:
        console.line(f"nothing to do: {request.output} has {began} {STEPS[request.command]}, the bound is {target}")
    with console.progress(request.command, _scale(session, target), _unit(session), _scale(session, began) or 0) as bar:
        report = Reporter(session, bar, metrics, counted, console)
        steps, turn_s, events = began, 0.0, turns(state, phase, reals)
        while (target is None or steps < target) and stop.signal is None:
            now = time.monotonic()
            if now + turn_s + saver.cost_s(turn_s) >= deadline:
                break
            event = next(events)
            turn_s = time.monotonic() - now
            is_unsaved = True
            is_counted = event.network == ("d" if phase is Phase.D_ONLY else "g")
            steps = counted(event.d_steps, event.g_steps)
            report.after(event, is_counted, target)
            if is_counted and request.output != STREAM and saver.is_due(steps):
                saver.save()
                is_unsaved = False
        report.last()
    if steps == began and saver.last is None and stop.signal is None and (target is None or steps < target):
        console.warn("--max-time was over before the first step was done: start-up and the save took all of it")
    saved = saver.save() if is_unsaved else saver.last or _stored(session)
    return Outcome(stop.signal, saved)


class Reporter:
    """Keeps the progress display and the metrics file up to date."""

    def __init__(
        self,
        session: Session,
        bar: Progress,
        metrics: MetricsFile,
        counted: Callable[[int, int], int],
        console: Console,
    ) -> None:
        self.session, self.bar, self.metrics, self.counted, self.console = session, bar, metrics, counted, console
        self._shown = self._start = time.monotonic()
        self._first = counted(session.state.register.d_steps, session.state.register.g_steps)
        self._is_estimated = False

    def after(self, event: TurnDone, is_counted: bool, target: int | None) -> None:
        """Report one turn: metrics at fixed counts, the display a few times a second."""
        steps = self.counted(event.d_steps, event.g_steps)
        if is_counted and steps % METRICS_EVERY == 0:
            self._write(event)
        now = time.monotonic()
        if now - self._shown >= REFRESH_S:
            self._shown = now
            self._show(steps)
            self._estimate(steps, target, now)

    def last(self) -> None:
        """Show the state at the end."""
        register = self.session.state.register
        self._show(self.counted(register.d_steps, register.g_steps))

    def _show(self, steps: int) -> None:
        state = self.session.state
        state.pull()
        register = state.register
        words = reading(state.config.loss.name, register)
        note = f"D {_number(register.loss_d)}, G {_number(register.loss_g)}, {words}"
        self.bar.update(_scale(self.session, steps) or 0, note)

    def _estimate(self, steps: int, target: int | None, now: float) -> None:
        """Say once, when the first turns have been timed, how long the run will take."""
        if self._is_estimated or target is None or now - self._start < ESTIMATE_AFTER_S or steps <= self._first:
            return
        self._is_estimated = True
        rate = (steps - self._first) / (now - self._start)
        left = (target - steps) / rate
        if left > WORTH_ESTIMATING_S:
            images = rate * self.session.state.config.batch
            self.console.line(f"estimated time: {duration(left)} at {quantity(images)} images/s; stop at any time")

    def _write(self, event: TurnDone) -> None:
        state = self.session.state
        state.pull()
        register, optimizer = state.register, state.config.optimizer
        factor = rate_factor(state.config.balance, register.images)
        self.metrics.add(
            images=event.images,
            d_steps=event.d_steps,
            g_steps=event.g_steps,
            epoch=register.epoch,
            loss_d=register.loss_d,
            loss_g=register.loss_g,
            lr_d=optimizer.lr_d * factor,
            lr_g=optimizer.lr_g * factor,
            skipped=register.skipped,
            nonfinite=register.nonfinite,
        )


def _counter(command: str) -> Callable[[int, int], int]:
    """Return which of (d_steps, g_steps) the command counts."""
    return (lambda d_steps, g_steps: d_steps) if command == "train-d" else (lambda d_steps, g_steps: g_steps)


def _unit(session: Session) -> str:
    return "images" if session.request.command == "train" else STEPS[session.request.command]


def _scale(session: Session, steps: int | None) -> int | None:
    """Return what the display counts: images for ``train``, steps for a phase."""
    if steps is None or session.request.command != "train":
        return steps
    register = session.state.register
    return register.images + (steps - register.g_steps) * session.state.config.batch


def _is_on_disk(session: Session) -> bool:
    """Say whether the output already holds this very state: a run resumed without a change."""
    request = session.request
    is_own = request.resume or request.start == request.output
    is_same = session.lineage.parent is not None and not session.notes
    return request.output != STREAM and is_own and is_same and Path(request.output).exists()


def _stored(session: Session) -> Saved:
    """Return what the output holds when no turn was taken: it stays as it is, byte for byte."""
    assert session.lineage.parent is not None, "it was read from a file"
    return Saved(Path(session.request.output), session.lineage.parent, session.state.register.images)


def _number(loss: float | None) -> str:
    return "-" if loss is None else f"{loss:.2f}"
