"""The command line that goes on with a run, or tries it again: what a hint shows, to be typed as it stands."""

import shlex
from pathlib import Path

from gantools.commands.places import STREAM
from gantools.commands.session import Session
from gantools.errors import UnhealthyError


def resume_line(session: Session) -> str:
    """Return the command that goes on with this run."""
    return shlex.join([*_words(session), *_machine_words(session)])


def diverged(error: UnhealthyError, session: Session, *, has_saved: bool) -> UnhealthyError:
    """Add to ``error`` what is left, and how to try again at half the rates.

    Args:
        has_saved: this process has written the output, so that it holds this very run.
    """
    request, optimizer = session.request, session.state.config.optimizer
    is_own = request.resume or request.start == request.output
    halves = {"train-g": ("--lr-g", optimizer.lr_g / 2), "train-d": ("--lr-d", optimizer.lr_d / 2)}
    taken = halves.values() if request.command == "train" else [halves[request.command]]
    rates = [word for flag, rate in taken for word in (flag, f"{rate:g}")]
    if request.output != STREAM and Path(request.output).exists() and (is_own or has_saved):
        message = f"{error.message}; {request.output} holds the last finite checkpoint"
        return UnhealthyError(message, hint=shlex.join([*_words(session), *rates, *_machine_words(session)]))
    return UnhealthyError(f"{error.message}; no checkpoint was written", hint=" ".join(rates))


def _words(session: Session) -> list[str]:
    """Return the command line that goes on with the output of a run."""
    request, output = session.request, session.request.output
    data = [] if request.data is None else [str(request.data)]
    into = ["-o", STREAM] if output == STREAM else []
    if request.command != "train":
        return ["gantools", request.command, output, *data, *into]
    return ["gantools", "train", *data, "-o", output, *(["--from", STREAM] if into else ["--resume"])]


def _machine_words(session: Session) -> list[str]:
    """Return what was typed of the machine, the metrics and the figures: the next run should do likewise."""
    request = session.request
    words = ["--device", request.device] if request.device != "auto" else []
    words += ["--threads", str(request.threads)] if request.threads is not None else []
    words += request.evaluation.words if request.evaluation is not None else []
    return words + (["--metrics", str(request.metrics)] if request.metrics is not None else [])
