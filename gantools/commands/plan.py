"""What a run is going to do, said before it does it: the plan in a few lines, --dry-run and --print-config."""

import json
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING

from gantools.commands.bounds import Bounds
from gantools.commands.load import warn_of_load
from gantools.commands.places import STREAM
from gantools.commands.product import emit_text
from gantools.commands.session import Request, Session, check_request, open_session, preview_config, require_free
from gantools.config.build import PictureShape, all_fields, values_of
from gantools.config.fields import setting_of
from gantools.config.remedies import remedies
from gantools.console import Console, duration, quantity
from gantools.wording import counted

if TYPE_CHECKING:
    from torch import nn

TIMED_ROUNDS = 2


def describe_plan(session: Session, bounds: Bounds, console: Console) -> None:
    """Say what will be trained, on what, where, and for how long: one subject a line, short ones for narrow screens."""
    console.table(_plan_rows(session, bounds))
    for note in session.notes:
        console.warn(note)
    warn_of_load(session.state.machine.threads, console)


def _plan_rows(session: Session, bounds: Bounds) -> list[tuple[str, str]]:
    state, request = session.state, session.request
    config, network, loss = state.config, state.config.network, state.config.loss
    size = {name: quantity(_count(getattr(state, name))) for name in ("generator", "discriminator")}
    shape = PictureShape(network.height, network.width, network.channels)
    removed = session.pictures.removed if session.pictures is not None else 0
    without = f" ({removed} deleted by hand are left out)" if removed else ""
    labels = f", the labels of {network.classes} classes with them" if network.classes else ""
    penalty = f" with {loss.penalty}, gamma {loss.gamma:g}" if loss.penalty != "none" else ""
    threads = counted(state.machine.threads, "thread")
    rates = f"rates G {config.optimizer.lr_g:g} D {config.optimizer.lr_d:g}"
    rows = [
        ("data", f"{session.data.count} pictures of {shape}{without}{labels}"),
        ("networks", f"{network.family}, G {size['generator']} and D {size['discriminator']} parameters"),
        ("recipe", f"{loss.name}{penalty}, batch {config.batch}, {rates}, seed {config.seed}"),
        *([("remedies", "; ".join(found))] if (found := remedies(config)) else []),
        ("machine", f"{state.machine.device}, {config.precision}, {threads}"),
    ]
    target = bounds.target(request.command, state.register, config, session.data.count)
    return [*rows, ("writes", _length(session, bounds, target))] if request.command == "train" else rows


def _count(network: "nn.Module") -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def time_plan(request: Request, bounds: Bounds, console: Console) -> None:
    """Check everything, show the resolved configuration, and time a round in memory; write nothing."""
    check_request(request)
    require_free(request)
    session = open_session(request)
    describe_plan(session, bounds, console)
    values = values_of(session.state.config)
    console.table([(name, f"{value}  ({session.origins[name]})") for name, value in values.items()])
    from gantools.data.batches import Batches
    from gantools.training.engine import Phase, turns

    assert session.pictures is not None, "train has data"
    state = session.state
    events = turns(state, Phase.BOTH, Batches(session.pictures))
    per_round = state.config.balance.d_steps + 1
    seconds = []
    for _ in range(1 + TIMED_ROUNDS):
        began = time.monotonic()
        for _ in range(per_round):
            next(events)
        state.pull()
        seconds.append(time.monotonic() - began)
    best = min(seconds[1:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    target = bounds.target("train", state.register, state.config, session.data.count)
    left = "until --max-time" if target is None else duration(max(0, target - state.register.g_steps) * best)
    console.line(
        f"a round takes {duration(best)}: {quantity(state.config.batch / best)} images/s; the run takes {left}"
    )
    on_gpu = state.machine.peak_device_bytes()
    beside = f" and {quantity(on_gpu)}B on the GPU" if on_gpu is not None else ""
    console.line(f"memory: {quantity(peak)}B{beside}; nothing was written")


def print_config(request: Request) -> None:
    """Print every value of the configuration and why it is that, one a line, on stdout."""
    resolved = preview_config(request)
    values, origins = values_of(resolved.config), resolved.origins
    if origins["precision"] == setting_of(all_fields()["precision"]).source:
        values["precision"], origins["precision"] = "auto", "bf16 where the device computes it natively, else fp32"
    for name, value in values.items():
        emit_text(f"{name}={json.dumps(value)}  # {origins[name]}")


def _length(session: Session, bounds: Bounds, target: int | None) -> str:
    state, output = session.state, session.request.output
    where = "standard output" if output == STREAM else str(Path(output))
    seen = state.register.images
    ends = []
    if target is not None:
        images = seen + max(0, target - state.register.g_steps) * state.config.batch
        ends.append(f"{quantity(images)} images ({target} rounds)")
    if bounds.max_time_s is not None:
        ends.append(duration(bounds.max_time_s))
    begins = f"from {quantity(seen)} images " if seen else ""
    return f"{where}, {begins}until {' or '.join(ends)}"
