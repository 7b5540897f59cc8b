"""One run from its request to what is said at its end; the three training doors share it."""

import contextlib
import shlex
from dataclasses import dataclass

import typer

from gantools.commands.again import resume_line, unhealthy
from gantools.commands.bounds import Bounds, Cadence
from gantools.commands.evaluator import evaluator_for
from gantools.commands.loop import Outcome, take_turns
from gantools.commands.places import STREAM
from gantools.commands.plan import describe_plan
from gantools.commands.product import emit_json, emit_paths, gone_stdout, require_one_product
from gantools.commands.saver import Saver
from gantools.commands.session import Request, Session, check_request, open_session, output_lock
from gantools.commands.signals import stop_requests
from gantools.config.remedies import remedies
from gantools.console import Console
from gantools.errors import ExitCode, UnhealthyError
from gantools.files.atomic import sweep
from gantools.files.metrics import MetricsFile
from gantools.panel import TrainingPanel
from gantools.training.health import State


@dataclass(frozen=True)
class Voice:
    """How a command speaks: to people on stderr, and in which form its product is named on stdout.

    Args:
        show_preview: the grid of samples is drawn in the terminal too.
    """

    console: Console
    json: bool
    print0: bool
    show_preview: bool = False


def run(request: Request, bounds: Bounds, cadence: Cadence, voice: Voice) -> None:
    """Hold the output, open the run, take its turns, and say what came of it."""
    require_one_product(("-o -", request.output == STREAM), ("--json", voice.json), ("-0", voice.print0))
    check_request(request)
    with output_lock(request):
        if request.preview is not None:
            from gantools.pictures.note import require_ours

            require_ours(request.preview, "--preview", force=request.force)
            sweep(request.preview)
        with MetricsFile(request.metrics) as metrics:
            session = open_session(request)
            describe_plan(session, bounds, voice.console)
            outcome = _take(session, bounds, cadence, metrics, voice)
    _tell(session, outcome, voice)


def _take(session: Session, bounds: Bounds, cadence: Cadence, metrics: MetricsFile, voice: Voice) -> Outcome:
    """Take the turns between two lines of the metrics file."""
    register, console = session.state.register, voice.console
    if voice.show_preview and console.room() is None:
        console.warn(f"--show-preview: found no terminal with 256 colours; the grid is in {session.request.preview}")
    panel = TrainingPanel((point[2], point[3]) for point in register.history)
    saver = Saver(session, cadence, console, panel, voice.show_preview)
    counts = {"images": register.images, "d_steps": register.d_steps, "g_steps": register.g_steps}
    metrics.add(
        event="start",
        command=session.request.command,
        **counts,
        parent=session.lineage.parent,
        changes=session.notes,
        remedies=remedies(session.state.config),
    )
    with stop_requests() as stop, evaluator_for(session, metrics, console) as evaluator:
        try:
            outcome = take_turns(session, bounds, saver, evaluator, metrics, stop)
        except UnhealthyError as error:
            state, ended = unhealthy(error, session, has_saved=saver.last is not None)
            if state is State.COLLAPSED:
                metrics.add(event="collapsed", images=register.images)
            else:
                metrics.add(event="diverged", images=register.images)
            raise ended from error
    metrics.add(event="end", images=register.images, digest=outcome.saved.digest)
    if console.room() is not None:
        console.half_blocks(panel.picture)
    return outcome


def _tell(session: Session, outcome: Outcome, voice: Voice) -> None:
    """Print the product on stdout, the next line on stderr; end with 128 + n after a signal."""
    request, register, console = session.request, session.state.register, voice.console
    if request.preview is not None and request.preview.exists():
        console.line(f"preview: {request.preview}")
    if request.best is not None and request.best.exists():
        console.line(f"best: {request.best}")
    with gone_stdout() if outcome.signal is not None else contextlib.nullcontext():  # HUP: the terminal has closed
        if voice.json:
            document = {"checkpoint": request.output, "digest": outcome.saved.digest, "preview": request.preview}
            emit_json(request.command, document | register.to_json())
        elif request.output != STREAM:
            emit_paths([request.output], voice.print0)
    if request.command == "train" and request.output != STREAM:
        console.next(shlex.join(["gantools", "sample", "--n", "64", request.output]))
    if outcome.signal is not None:
        console.line(f"resume: {resume_line(session)}")
        raise typer.Exit(ExitCode.SIGNAL + outcome.signal)
