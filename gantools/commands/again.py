"""The command line that goes on with a run, or tries it again: what a hint shows, to be typed as it stands."""

import shlex
from pathlib import Path

from gantools.commands.places import STREAM
from gantools.commands.rescue import last_good
from gantools.commands.session import Session
from gantools.errors import UnhealthyError
from gantools.training.advice import ALLOW_LOSS, remedy
from gantools.training.health import State, verdict


def resume_line(session: Session) -> str:
    """Return the command that goes on with this run."""
    return shlex.join([*_words(session), *_machine_words(session)])


def line_with(session: Session, options: str) -> str:
    """Return the command that goes on with this run, with other options."""
    return shlex.join([*_words(session), *shlex.split(options), *_machine_words(session)])


def unhealthy(error: UnhealthyError, session: Session, *, has_saved: bool) -> tuple[State, UnhealthyError]:
    """Say which state ended a run, and add to ``error`` what is left of it and how to try again.

    Args:
        has_saved: this process has written the output, so that it holds this very run.
    """
    request, config = session.request, session.state.config
    found = verdict(config, session.state.register).state
    state = found if found is State.COLLAPSED else State.DIVERGED
    options = _rates(session) if request.command != "train" else remedy(config, state) or ""
    is_own = request.resume or request.start == request.output
    output = Path(request.output)
    if request.output == STREAM or not (output.exists() and (is_own or has_saved)):
        again = options.removesuffix(f" {ALLOW_LOSS}")  # a new run may have any loss
        return state, UnhealthyError(f"{error.message}; no checkpoint was written", hint=again)
    good = last_good(output)
    if good is None:
        return state, UnhealthyError(f"{error.message}; no good checkpoint is left", hint=line_with(session, options))
    message, line = f"{error.message}; {good} holds the last good checkpoint", line_with(session, options)
    copied = "" if good == output else f"{shlex.join(['cp', str(good), str(output)])} && "
    return state, UnhealthyError(message, hint=copied + line)


def _rates(session: Session) -> str:
    """Return half the rate of the network that a phase command trains."""
    optimizer = session.state.config.optimizer
    return (
        f"--lr-g {optimizer.lr_g / 2:g}" if session.request.command == "train-g" else f"--lr-d {optimizer.lr_d / 2:g}"
    )


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
