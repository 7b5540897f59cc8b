"""Taking turns until a bound, a signal or a fault ends them; then the last save."""

import signal
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from gantools.commands.bounds import Bounds
from gantools.commands.evaluator import Evaluator
from gantools.commands.places import STREAM
from gantools.commands.reporter import STEPS, Reporter, counter, scale, unit
from gantools.commands.saver import Saver
from gantools.commands.session import Session
from gantools.commands.signals import StopRequest
from gantools.events import Saved
from gantools.files.metrics import MetricsFile

WARM_TURNS = 8
SIGNAL_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}


@dataclass
class Outcome:
    """How a run ended: the signal that asked for it or None, and the last checkpoint that was written."""

    signal: int | None
    saved: Saved


def take_turns(
    session: Session,
    bounds: Bounds,
    saver: Saver,
    evaluator: Evaluator | None,
    metrics: MetricsFile,
    stop: StopRequest,
) -> Outcome:
    """Take turns until the first bound is reached or a signal came, then save. A run that a count ends is judged there.

    Raises:
        UnhealthyError: the run diverged; the file on disk stays the last finite one.
    """
    request, register, console = session.request, session.state.register, saver.console
    target = bounds.target(request.command, register, session.state.config, session.data.count)
    deadline = bounds.deadline()
    began = _reached(session)
    is_current = _is_on_disk(session)
    if is_current and target is not None and began >= target:
        console.line(f"nothing to do: {request.output} has {began} {STEPS[request.command]}, the bound is {target}")
    with console.progress(
        request.command,
        scale(session, target),
        unit(session),
        scale(session, began) or 0,
        deadline=deadline,
        panel=saver.panel,
    ) as bar:
        report = Reporter(session, bar, saver.panel, metrics, console)
        turned, unsaved = _turn(target, deadline, saver, evaluator, report, stop)
        report.last()
        is_whole = turned and target is not None and _reached(session) >= target
        if evaluator is not None and is_whole and evaluator.has_time(deadline - saver.cost_s(0.0)):
            evaluator.evaluate(stop)
    if stop.signal is not None:
        name = SIGNAL_NAMES[signal.Signals(stop.signal)]
        console.line(f"{name}: ends here, saves {request.output} at {register.images} images")
    elif not turned and (target is None or began < target):
        console.warn("--max-time was over before the first step was done: start-up and the save took all of it")
    needs_save = unsaved if turned else not is_current
    return Outcome(stop.signal, saver.save() if needs_save else saver.last or _stored(session))


def _turn(
    target: int | None,
    deadline: float,
    saver: Saver,
    evaluator: Evaluator | None,
    report: Reporter,
    stop: StopRequest,
) -> tuple[bool, bool]:
    """Take turns up to ``target``, ``deadline`` or a signal; return whether any was taken, and any not saved yet."""
    from gantools.data.batches import Batches
    from gantools.training.engine import Phase, turns

    session = report.session
    phase = Phase(session.request.command)
    events = turns(session.state, phase, Batches(session.pictures) if session.pictures is not None else None)
    steps, turned, unsaved = _reached(session), False, False
    times: deque[float] = deque([0.0] * WARM_TURNS, maxlen=2 * WARM_TURNS)  # a first or a lone slow turn tells nothing
    turns_ahead = session.state.config.balance.d_steps + 1 if phase is Phase.BOTH else 1
    while (target is None or steps < target) and stop.signal is None:
        now, turn_s = time.monotonic(), median(times)
        is_between = phase is not Phase.BOTH or session.state.register.d_since_g == 0  # time ends a run between rounds
        if is_between and now + turns_ahead * turn_s + saver.cost_s(turn_s) >= deadline:
            break
        event = next(events)
        times.append(time.monotonic() - now)
        turned = unsaved = True
        is_counted = event.network == ("d" if phase is Phase.D_ONLY else "g")
        steps = _reached(session)
        report.after(event, is_counted, target)
        saver.timeline.after(event)
        if is_counted and session.request.output != STREAM and saver.is_due(steps):
            saved = saver.save()
            report.metrics.add(event="saved", images=saved.images, digest=saved.digest)
            unsaved = False
        if is_counted and evaluator is not None and evaluator.is_due(steps, deadline - saver.cost_s(turn_s)):
            evaluator.evaluate(stop)
    return turned, unsaved


def _reached(session: Session) -> int:
    """Return how many steps of the counted network were taken in all."""
    register = session.state.register
    return counter(session.request.command)(register.d_steps, register.g_steps)


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
