"""The door ``sample``: latents to pictures."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gantools.commands.load import warn_of_load
from gantools.commands.options import (
    RUN,
    Color,
    Debug,
    Device,
    Force,
    Json,
    Output,
    Print0,
    Quiet,
    Seed,
    Threads,
    Verbose,
    console_from,
)
from gantools.commands.product import binary_stdout, emit_json, emit_paths, read_stdin, require_one_product
from gantools.config.build import PictureShape
from gantools.console import Console, quantity, safe
from gantools.errors import Again, InputError
from gantools.files.atomic import write_bytes
from gantools.files.document import STDIN, Document, parse_document, read_document
from gantools.files.header import parse_header
from gantools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from gantools.nets.base import Generator
    from gantools.sampling.plan import Plan, Spot

STREAM = "-"
STDIN_LIMIT = 16 << 30
MOST = 10**9


def sample(
    checkpoint: Annotated[str, typer.Argument(metavar="CKPT", help="Checkpoint, or - for standard input.")],
    n: Annotated[
        int, typer.Option("--n", metavar="N", min=1, max=MOST, help="How many pictures.", rich_help_panel=RUN)
    ] = 64,
    start: Annotated[
        int, typer.Option(metavar="N", min=0, max=MOST, help="Index of the first one.", rich_help_panel=RUN)
    ] = 0,
    seed: Seed = 0,
    weights: Annotated[
        Literal["average", "live"],
        typer.Option(help="The generator's moving average, or the generator as it is.", rich_help_panel=RUN),
    ] = "average",
    truncation: Annotated[
        float,
        typer.Option(
            metavar="PSI",
            min=0.0,
            max=2.0,
            help="Draw styles to their mean (stylegan2): 1 not at all, 0.7 fewer odd pictures, 0 all alike.",
            rich_help_panel=RUN,
        ),
    ] = 1.0,
    label: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CLASS",
            help="Draw this class, by name or number; repeatable: N of each. Untyped: as often as they occur.",
            show_default=False,
            rich_help_panel=RUN,
        ),
    ] = None,
    output: Output = None,
    grid: Annotated[bool, typer.Option("--grid", help="One sheet of all pictures.", rich_help_panel="Output")] = False,
    format_: Annotated[
        Literal["png", "webp", "jpeg"] | None,
        typer.Option(
            "--format", help="File format; png, unless -o names another.", show_default=False, rich_help_panel="Output"
        ),
    ] = None,
    force: Force = False,
    device: Device = "auto",
    threads: Threads = None,
    json: Json = False,
    print0: Print0 = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: Color = "auto",
    debug: Debug = False,
) -> None:
    """Draw pictures from a checkpoint; a second time on the same one there is nothing to do."""
    from gantools.sampling.plan import SUFFIXES, Wish, make_plan, missing

    console = console_from(quiet, verbose, color)
    wish = Wish(checkpoint, n, start, seed, weights, grid, format_, output, force, truncation, tuple(label or ()))
    require_one_product(("-o -", str(output) == STREAM), ("--json", json), ("-0", print0))
    source, document = _open(checkpoint)
    plan = make_plan(wish, document)
    if plan.path is None:
        name = "samples" if plan.kind == "folder" else f"sample{SUFFIXES[plan.format]}"
        binary_stdout(name)  # refuses a terminal before anything is computed
    spots = missing(plan)
    _describe(plan, document, len(spots), console)
    if spots:
        _make(plan, source, spots, device, threads, console)
    if plan.path is not None:
        _tell(plan, document, len(spots), console, json, print0)


def _open(checkpoint: str) -> tuple[Path | bytes, Document]:
    """Read what the checkpoint says about itself; of a file nothing else is read.

    Raises:
        InputError: absent, foreign or damaged.
    """
    if checkpoint != STREAM:
        return Path(checkpoint), read_document(Path(checkpoint))[1]
    data = read_stdin(STDIN_LIMIT)
    return data, parse_document(parse_header(data, len(data), STDIN), STDIN)


def _describe(plan: "Plan", document: Document, count: int, console: Console) -> None:
    network, wish = document.config.network, plan.wish
    shape = PictureShape(network.height, network.width, network.channels)
    seen = f"{quantity(document.register.images)} images seen"
    console.line(f"{wish.source}: {network.family}, {shape}, {seen}, {wish.weights} weights")
    if count:
        where = "stdout" if plan.path is None else str(plan.path)
        last = wish.start + wish.count - 1
        names = ", ".join(safe(plan.classes[label]) for label in plan.asked)
        of = f" of {'each of ' if len(plan.asked) > 1 else ''}{names}" if names else ""
        console.line(f"pictures {wish.start} to {last} of seed {wish.seed}{of} go to {where}")


def _make(
    plan: "Plan", source: Path | bytes, spots: "list[Spot]", device: str, threads: int | None, console: Console
) -> None:
    """Load torch, compute and write."""
    from gantools.device import settle
    from gantools.files.checkpoint import load_average

    machine = settle(device, threads, "fp32")
    generator, document = load_average(source, plan.wish.weights)
    if document.digest != plan.digest:
        message = f"{plan.wish.source}: found another checkpoint than a moment ago, expected it to stay"
        raise InputError(message, hint=Again())
    generator.to(machine.device)
    generator.truncation = plan.wish.truncation
    console.detail(f"machine: {machine.device}, fp32, {counted(machine.threads, 'thread')}")
    warn_of_load(machine.threads, console)
    total = len(spots) if plan.kind == "folder" else len(plan.spots)
    with console.progress("sample", total, "pictures") as progress:
        _write(plan, generator, spots, progress.update)


def _write(plan: "Plan", generator: "Generator", spots: "list[Spot]", on_done: "Callable[[int], None]") -> None:
    from gantools.sampling.produce import single_bytes, write_folder, write_tar

    if plan.kind != "folder":
        data = single_bytes(plan, generator, on_done)
        if plan.path is None:
            binary_stdout().write(data)
        else:
            write_bytes(plan.path, data, durable=False)
        return
    steps = write_tar(plan, generator, binary_stdout()) if plan.path is None else write_folder(plan, generator, spots)
    for done in steps:
        on_done(done)


def _tell(plan: "Plan", document: Document, made: int, console: Console, json: bool, print0: bool) -> None:
    """Print the product on stdout, the next line on stderr."""
    wish = plan.wish
    total = len(plan.written())
    if not made:
        console.line(f"nothing to do: {plan.path} already shows this checkpoint, seed and weights")
    elif made < total:
        console.line(f"{total - made} of {total} pictures were there already")
    if json:
        emit_json("sample", {
            "checkpoint": wish.source, "digest": document.digest, "images": document.register.images,
            "seed": wish.seed, "start": wish.start, "n": wish.count, "weights": wish.weights, "format": plan.format,
            "truncation": wish.truncation, "grid": wish.grid, "output": plan.path, "written": made,
            "unchanged": total - made, "paths": list(plan.files()),
            "labels": [None if spot.label is None else plan.classes[spot.label] for spot in plan.spots],
        })  # fmt: skip
    else:
        emit_paths(plan.files(), print0)
    if plan.kind == "folder" and wish.output is None and wish.count > 1:
        labels = [word for name in wish.labels for word in ("--label", name)]
        console.next(shlex.join(["gantools", "sample", "--n", str(wish.count), *labels, "--grid", wish.source]))
