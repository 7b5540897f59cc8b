"""The door ``stylize``: pictures redrawn in the style of others."""

import math
import time
from dataclasses import replace

from gantools.commands.cache import cache_folder
from gantools.commands.eyes import require_features
from gantools.commands.options import (
    Color,
    Debug,
    Device,
    DryRun,
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
from gantools.commands.places import STREAM
from gantools.commands.product import binary_stdout, read_stdin, require_one_product
from gantools.commands.signals import stop_requests
from gantools.commands.stylize_account import describe, tell
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
from gantools.commands.stylize_rehearsal import rehearse
from gantools.commands.stylize_run import MachineWords, Run, work
from gantools.config.style import resolve
from gantools.errors import Again, UsageError
from gantools.features.names import STYLING
from gantools.files.nearby import some_picture

STDIN_LIMIT = 4 << 30


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
    dry_run: DryRun = False,
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
    typed = {
        "size": size, "style_size": style_size, "style_scale": style_scale, "iterations": iterations, "start": start,
        "content_weight": content_weight, "style_weight": style_weight, "tv_weight": tv_weight,
        "objective": objective, "optimizer": optimizer, "rate": rate, "features": features,
        "style_layers": _names(style_layers), "content_layers": _names(content_layers),
    }  # fmt: skip
    config = resolve(preset, typed)
    config = replace(config, features=settled_features(config.features, weights, cache_folder(), console.warn))
    styles = tuple(read_style(text) for text in style)
    wish = Wish(
        tuple(contents), styles, config, seed, weights, preserve_color, output, force, cache_folder(), tuple(mask or ())
    )
    if save_every is not None and str(output) == STREAM:
        raise UsageError("--save-every and -o -: found both, expected a file to write again and again",
                         hint=Again(drop=("--save-every",)))  # fmt: skip
    plan = make_plan(wish, read_stdin(STDIN_LIMIT, some_picture(STREAM)) if STREAM in contents else None)
    if str(output) == STREAM and not dry_run:
        binary_stdout("stylized" if plan.is_tar else "stylized.png")  # refuses a terminal before anything is computed
    run = Run(plan, console, deadline, save_every)
    words = MachineWords(device, threads, precision, tile)
    if dry_run:
        return rehearse(run, words, typed, json)
    describe(plan, console)
    if plan.jobs:
        with stop_requests() as stop:
            work(run, stop, words)
    return tell(run, json, print0)


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())


def _check_tile(text: str) -> None:
    if text != "auto" and not (text.isdecimal() and text.isascii() and 64 <= int(text) <= 1 << 16):
        raise UsageError(f"--tile: found '{text}', expected auto or a number of pixels, at least 64",
                         hint="--tile 512")  # fmt: skip
