"""Telling how a run goes: the display a few times a second, the metrics file at fixed counts, events as they come."""

import math
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from gantools.commands.forecast import forecast
from gantools.commands.session import Session
from gantools.commands.watch import Watch
from gantools.console import Console
from gantools.events import TurnDone
from gantools.files.metrics import MetricsFile
from gantools.panel import TrainingPanel
from gantools.progress import Progress
from gantools.training.balance import rate_factor
from gantools.training.health import verdict
from gantools.training.register import named_ratios
from gantools.training.schedules import augment_strength, rate_share

if TYPE_CHECKING:
    from gantools.training.state import TrainState

METRICS_EVERY = 50
"""Turns of the counted network from one line of the metrics file to the next."""

REFRESH_S = 0.2
STEPS = {"train": "rounds", "train-d": "D steps", "train-g": "G steps"}
SKIPS_EVERY_S = 10.0
ESTIMATE_AFTER_S = 2.0
WORTH_ESTIMATING_S = 15.0


class Reporter:
    """Keeps the display, the metrics file and the account of what happened up to date.

    Args:
        session: the run.
        bar: its progress; what it counts is ``scale``'s.
        panel: its losses and events.
        metrics: where the losses and the drops go.
        console: told of what happens.
    """

    def __init__(
        self, session: Session, bar: Progress, panel: TrainingPanel, metrics: MetricsFile, console: Console
    ) -> None:
        self.session, self.bar, self.panel, self.metrics, self.console = session, bar, panel, metrics, console
        self.counted = counter(session.request.command)
        self._shown = self._start = self._told = time.monotonic()
        self._first = self.counted(session.state.register.d_steps, session.state.register.g_steps)
        self._factor = rate_factor(session.state.config.balance, session.state.register.images)
        self._skipped = session.state.register.skipped
        self._watch = Watch(session, console, metrics)
        self._is_estimated, self._forecast = False, partial(forecast, session, is_new=not session.state.register.images)

    def after(self, event: TurnDone, is_counted: bool, target: int | None) -> None:
        """Report one turn: metrics and health at fixed counts, the display a few times a second.

        Raises:
            UnhealthyError: the run is lost, and ``--on-collapse`` says that it ends then.
        """
        steps = self.counted(event.d_steps, event.g_steps)
        if is_counted and steps % METRICS_EVERY == 0:
            self._write(event)
        self._tell_drop(event)
        self._watch.after(event)
        now = time.monotonic()
        if now - self._shown >= REFRESH_S:
            self._shown = now
            self._show(steps)
            self._estimate(steps, target, now)

    def last(self) -> None:
        """Show the state at the end."""
        register = self.session.state.register
        self._told = -math.inf
        self._show(self.counted(register.d_steps, register.g_steps))

    def _show(self, steps: int) -> None:
        state = self.session.state
        state.pull()
        register = state.register
        self.panel.update((register.loss_d, register.loss_g), verdict(state.config, register).short)
        self.bar.update(scale(self.session, steps) or 0)
        self._tell_skips()

    def _tell_drop(self, event: TurnDone) -> None:
        """Tell of a drop of the rates at the turn after which it holds."""
        factor = rate_factor(self.session.state.config.balance, event.images)
        if factor != self._factor:
            text = f"both rates are now {factor:g} of where they began"
            self.console.event(event.images, text, f"{text}, at {event.images} images")
            self.metrics.add(event="drop", images=event.images, factor=factor)
            self._factor = factor

    def _tell_skips(self) -> None:
        """Tell of skipped D turns, together and a few times a minute: they may be many."""
        register, now = self.session.state.register, time.monotonic()
        if register.skipped > self._skipped and now - self._told >= SKIPS_EVERY_S:
            below = self.session.state.config.balance.skip_d_below
            text = f"skipped {register.skipped - self._skipped} D turns, D loss below {below:g}"
            self.console.event(register.images, text, f"{text}, at {register.images} images")
            self._skipped, self._told = register.skipped, now

    def _estimate(self, steps: int, target: int | None, now: float) -> None:
        """Say once, when the first turns have been timed, what was chosen and how long the run will take."""
        if self._is_estimated or now - self._start < ESTIMATE_AFTER_S or steps <= self._first:
            return
        self._is_estimated = True
        rate = (steps - self._first) / (now - self._start)
        left = None if target is None else (target - steps) / rate
        if left is None or left > WORTH_ESTIMATING_S:
            self.console.line(self._forecast(rate * self.session.state.config.batch, left))

    def _write(self, event: TurnDone) -> None:
        state = self.session.state
        state.pull()
        register, optimizer = state.register, state.config.optimizer
        factor, signs = rate_share(state.config, register.images), named_ratios(register.signs)
        self.metrics.add(
            images=event.images,
            d_steps=event.d_steps,
            g_steps=event.g_steps,
            epoch=register.epoch,
            loss_d=register.loss_d,
            loss_g=register.loss_g,
            lr_d=optimizer.lr_d * factor,
            lr_g=optimizer.lr_g * factor,
            augment=_strength(state),
            skipped=register.skipped,
            nonfinite=register.nonfinite,
            spread=signs["spread"],
            twins=signs["twins"],
            gap=signs["gap"],
            order=signs["order"],
            overfitting=signs["overfitting"],
        )


def _strength(state: "TrainState") -> float:
    """Return how probable each change of a picture is just now."""
    augment, register = state.present.augment, state.register
    if augment.operations == "none":
        return 0.0
    return register.augment_strength if augment.schedule == "adaptive" else augment_strength(augment, register.images)


def counter(command: str) -> Callable[[int, int], int]:
    """Return which of (d_steps, g_steps) the command counts."""
    return (lambda d_steps, g_steps: d_steps) if command == "train-d" else (lambda d_steps, g_steps: g_steps)


def unit(session: Session) -> str:
    """Return the plural of what the display counts."""
    return "images" if session.request.command == "train" else STEPS[session.request.command]


def scale(session: Session, steps: int | None) -> int | None:
    """Return what the display counts: images for ``train``, steps for a phase."""
    if steps is None or session.request.command != "train":
        return steps
    register = session.state.register
    return register.images + (steps - register.g_steps) * session.state.config.batch
