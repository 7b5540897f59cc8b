"""The door ``stylize``: pictures redrawn in the style of others."""

import math
import shlex
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gantools.commands.cache import cache_folder
from gantools.commands.eyes import require_features
from gantools.commands.load import warn_of_load
from gantools.commands.options import (
    Color,
    Debug,
    Device,
    Force,
    Json,
    Output,
    Precision,
    Print0,
    Quiet,
    Seed,
    Threads,
    Verbose,
    console_from,
    parse_duration,
)
from gantools.commands.product import binary_stdout, emit_json, emit_paths, read_stdin, require_one_product
from gantools.commands.signals import StopRequest, stop_requests
from gantools.commands.stylize_options import (
    ContentLayers,
    Contents,
    ContentWeight,
    Features,
    Iterations,
    Masks,
    MaxTime,
    Objective,
    Optimizer,
    PreserveColor,
    Preset,
    Rate,
    SaveEvery,
    Size,
    Start,
    StyleFiles,
    StyleLayers,
    StyleScale,
    StyleSize,
    StyleWeight,
    TileSide,
    TvWeight,
    Weights,
)
from gantools.config.style import resolve, work_of
from gantools.console import Console, duration
from gantools.errors import Again, ExitCode, InputError, UsageError
from gantools.features.names import STYLING
from gantools.panel import PaintingPanel

if TYPE_CHECKING:
    from gantools.progress import Progress
    from gantools.style.plan import Job, Plan
    from gantools.style.produce import Painted, Workshop

STREAM = "-"
STDIN_LIMIT = 4 << 30
WORTH_ESTIMATING_S = 5.0


def stylize(
    contents: Contents,
    style: StyleFiles,
    mask: Masks = None,
    output: Output = None,
    style_size: StyleSize = None,
    style_scale: StyleScale = None,
    preserve_color: PreserveColor = "none",
    preset: Preset = "default",
    size: Size = None,
    iterations: Iterations = None,
    max_time: MaxTime = None,
    start: Start = None,
    seed: Seed = 0,
    content_weight: ContentWeight = None,
    style_weight: StyleWeight = None,
    tv_weight: TvWeight = None,
    objective: Objective = None,
    optimizer: Optimizer = None,
    rate: Rate = None,
    features: Features = None,
    weights: Weights = None,
    style_layers: StyleLayers = None,
    content_layers: ContentLayers = None,
    save_every: SaveEvery = None,
    force: Force = False,
    device: Device = "auto",
    precision: Precision = "auto",
    threads: Threads = None,
    tile: TileSide = "auto",
    json: Json = False,
    print0: Print0 = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: Color = "auto",
    debug: Debug = False,
) -> int:
    """Redraw pictures in the style of others; what is there already of the same files and settings is left alone."""
    from gantools.style.contents import read_style
    from gantools.style.plan import Wish, make_plan, settled_features

    deadline = math.inf if max_time is None else time.monotonic() + parse_duration(max_time)
    console = console_from(quiet, verbose, color)
    require_one_product(("-o -", str(output) == STREAM), ("--json", json), ("-0", print0))
    _check_tile(tile)
    require_features(features, weights, STYLING)
    config = resolve(preset, {
        "size": size, "style_size": style_size, "style_scale": style_scale, "iterations": iterations, "start": start,
        "content_weight": content_weight, "style_weight": style_weight, "tv_weight": tv_weight,
        "objective": objective, "optimizer": optimizer, "rate": rate, "features": features,
        "style_layers": _names(style_layers), "content_layers": _names(content_layers),
    })  # fmt: skip
    config = replace(config, features=settled_features(config.features, weights, cache_folder(), console.warn))
    styles = tuple(read_style(text) for text in style)
    wish = Wish(
        tuple(contents), styles, config, seed, weights, preserve_color, output, force, cache_folder(), tuple(mask or ())
    )
    if save_every is not None and str(output) == STREAM:
        raise UsageError("--save-every and -o -: found both, expected a file to write again and again",
                         hint=Again(drop=("--save-every",)))  # fmt: skip
    plan = make_plan(wish, read_stdin(STDIN_LIMIT) if STREAM in contents else None)
    if str(output) == STREAM:
        binary_stdout("stylized.png")  # refuses a terminal before anything is computed
    _describe(plan, console)
    run = _Run(plan, console, deadline, save_every)
    if plan.jobs:
        with stop_requests() as stop:
            _work(run, stop, (device, threads, precision, tile))
    return _tell(run, json, print0)


@dataclass
class _Run:
    """One call of the command, and what has become of it."""

    plan: "Plan"
    console: Console
    deadline: float
    save_every: int | None
    signal: int | None = None

    def __post_init__(self) -> None:
        self.made: list[Painted] = []
        self.label = ""


def _describe(plan: "Plan", console: Console) -> None:
    for name, reason in plan.skipped.items():
        console.warn(f"{name}: skipped ({reason})")
    if not plan.jobs:
        return
    config = plan.wish.config
    styles = ", ".join(str(style.path) for style in plan.wish.styles)
    count = f"{len(plan.jobs)} pictures" if len(plan.jobs) > 1 else plan.jobs[0].content.name
    console.line(f"{count}: in the style of {styles}, at most {config.size} px long")
    console.line(
        f"features {config.features}, {config.objective} distance, {config.optimizer}, {config.iterations} iterations "
        f"at the final size; preset {config.preset}, seed {plan.wish.seed}"
    )


def _work(run: _Run, stop: StopRequest, machine_words: tuple[str, int | None, str, str]) -> None:
    """Load torch and make the pictures, one by one."""
    from gantools.device import settle
    from gantools.style.memory import tile_for
    from gantools.style.produce import Workshop

    device, threads, precision, tile = machine_words
    console, plan = run.console, run.plan
    machine = settle(device, threads, precision)
    console.detail(f"machine: {machine.device}, {machine.precision}, {machine.threads} threads")
    warn_of_load(machine.threads, console)
    config = plan.wish.config
    side = tile_for(config) if tile == "auto" else int(tile)
    if tile == "auto" and side is not None:
        console.line(f"memory: too little to measure {config.size} px at once, goes in tiles of {side} px")
    workshop = Workshop(plan.wish, machine, side, console.warn)
    run.label = workshop.label
    with ExitStack() as stack:
        panel = PaintingPanel()
        progress: Progress | None = None
        for number, job in enumerate(plan.jobs):
            try:
                painting = workshop.painting(job)
            except InputError as error:
                if len(plan.jobs) + len(plan.done) == 1:
                    raise
                plan.skipped[job.content.name] = getattr(error, "reason", error.message)
                console.warn(f"{job.content.name}: skipped ({plan.skipped[job.content.name]})")
                continue
            if progress is None:
                _estimate(painting.estimate_s() * len(plan.jobs), console)
                total = painting.iterations * len(plan.jobs)
                progress = stack.enter_context(
                    console.progress(
                        "stylize",
                        total,
                        "iterations",
                        deadline=run.deadline,
                        panel=panel,
                        work=partial(work_of, painting.schedule),
                    )
                )
            _paint(run, workshop, job, painting, (progress, panel, number * painting.iterations, stop))
            if stop.signal is not None or time.monotonic() > run.deadline:
                break
    run.signal = stop.signal


def _paint(run: _Run, workshop: "Workshop", job: "Job", painting: Any, shown: tuple[Any, ...]) -> None:
    """Make one picture and write it."""
    from gantools.style.objective import Losses
    from gantools.style.produce import moves, write

    progress, panel, before, stop = shown
    losses, taken = Losses(0.0, 0.0, 0.0), 0
    for taken, moved in enumerate(moves(painting, run.deadline, lambda: stop.signal), 1):
        losses = moved.losses
        panel.update((losses.content, losses.style, losses.variation), f"{moved.long_side} px")
        progress.update(before + taken)
        if run.save_every is not None and taken % run.save_every == 0:
            write(workshop.finished(job, painting, taken, losses, "unfinished"))
    painted = workshop.finished(job, painting, taken, losses, painting.ended)
    progress.update(before + painting.iterations if painting.ended == "whole" else before + taken)
    if job.path is None:
        binary_stdout().write(painted.data)
    else:
        write(painted)
    if painted.is_flat:
        run.console.warn(f"{job.content.name}: the result is of one colour: the weights drowned the content; "
                         "a larger --content-weight, a smaller --rate or --start content helps")  # fmt: skip
    if painting.ended not in ("whole", "time"):
        run.console.line(f"{painting.ended}: ends here, {job.path or 'stdout'} shows {taken} iterations")
    run.console.detail(f"{job.content.name}: {panel.remark()}")
    run.made.append(painted)


def _estimate(seconds: float, console: Console) -> None:
    if seconds > WORTH_ESTIMATING_S:
        console.line(f"estimated time: {duration(seconds)}; stop at any time, what there is is saved")


def _tell(run: _Run, json: bool, print0: bool) -> int:
    """Print the product on stdout, the next line on stderr; return the exit code."""
    plan, console, wish = run.plan, run.console, run.plan.wish
    if not plan.jobs:
        console.line(f"nothing to do: {len(plan.done)} pictures show these files and settings already")
    elif plan.done:
        console.line(f"{len(plan.done)} of {len(plan.paths)} pictures were there already")
    made = {painted.job.path for painted in run.made}
    paths = [path for path in plan.paths if path in made or path in plan.done]
    if json:
        emit_json("stylize", {
            "features": run.label or wish.config.features, "objective": wish.config.objective,
            "preset": wish.config.preset, "size": wish.config.size, "seed": wish.seed,
            "written": len(run.made), "unchanged": len(plan.done), "skipped": plan.skipped, "paths": paths,
            "pictures": [_facts(painted) for painted in run.made],
        })  # fmt: skip
    elif str(wish.output) != STREAM:
        emit_paths(paths, print0)
    if run.signal is not None:
        return int(ExitCode.SIGNAL + run.signal)
    if len(paths) == 1:
        console.next(shlex.join(["gantools", "inspect", str(paths[0])]))
    elif paths:
        console.next(shlex.join(["gantools", "prepare", str(paths[0].parent), "-o", "data"]))
    return int(ExitCode.PARTIAL if plan.skipped else ExitCode.DONE)


def _facts(painted: "Painted") -> dict[str, Any]:
    content, style, variation = painted.note.losses
    return {
        "path": painted.job.path, "content": painted.job.content.name, "iterations": painted.note.iterations,
        "ended": painted.note.ended, "losses": {"content": content, "style": style, "variation": variation},
    }  # fmt: skip


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())


def _check_tile(text: str) -> None:
    if text != "auto" and not (text.isdecimal() and text.isascii() and 64 <= int(text) <= 1 << 16):
        raise UsageError(f"--tile: found '{text}', expected auto or a number of pixels, at least 64",
                         hint="--tile 512")  # fmt: skip
