"""The three training doors: ``train``, ``train-d`` and ``train-g``."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from gantools.commands.bounds import DEFAULT_CADENCE, parse_bounds, parse_cadence
from gantools.commands.evaluation import parse_evaluation
from gantools.commands.options import (
    RUN,
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
    Threads,
    Verbose,
    console_from,
    parse_count,
)
from gantools.commands.places import STREAM
from gantools.commands.plan import print_config, time_plan
from gantools.commands.quality_options import EvaluateEvery, Features, Keep, Weights
from gantools.commands.run import Voice, run
from gantools.commands.session import Request
from gantools.commands.train_options import (
    RATES,
    Checkpoint,
    Data,
    Epochs,
    Images,
    LrD,
    LrG,
    MaxTime,
    Metrics,
    OnCollapse,
    Steps,
    Until,
    from_field,
)
from gantools.config.typed import collect, parse_augment, parse_drop
from gantools.errors import Again, UsageError
from gantools.files.nearby import other_checkpoint

NETWORKS = "Networks and loss"


def train(
    data: Data,
    output: Output = None,
    preset: Annotated[str | None, from_field("preset", NETWORKS, "NAME")] = None,
    arch: Annotated[str | None, from_field("network.family", NETWORKS, "NAME")] = None,
    loss: Annotated[str | None, from_field("loss.name", NETWORKS, "NAME")] = None,
    penalty: Annotated[str | None, from_field("loss.penalty", NETWORKS, "NAME")] = None,
    gamma: Annotated[float | None, from_field("loss.gamma", NETWORKS, "X")] = None,
    batch: Annotated[int | None, from_field("batch", NETWORKS, "N")] = None,
    lr_g: LrG = None,
    lr_d: LrD = None,
    d_steps: Annotated[int | None, from_field("balance.d_steps", RATES, "K")] = None,
    skip_d_below: Annotated[float | None, from_field("balance.skip_d_below", RATES, "X")] = None,
    lr_drop: Annotated[list[str] | None, from_field("balance.lr_drops", RATES, "FACTOR@IMAGES")] = None,
    freeze_d: Annotated[int | None, from_field("balance.freeze_d", RATES, "N")] = None,
    augment: Annotated[str | None, from_field("augment.operations", NETWORKS, "NAMES")] = None,
    mirror: Annotated[bool, from_field("augment.mirror", NETWORKS, "")] = False,
    conditional: Annotated[bool, from_field("network.conditional", NETWORKS, "")] = False,
    ema: Annotated[str | None, from_field("average.half_life_images", RATES, "IMAGES")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Any other field; see --print-config.", rich_help_panel=RUN),
    ] = None,
    seed: Annotated[int | None, from_field("seed", RUN, "N")] = None,
    steps: Steps = None,
    until: Until = None,
    images: Images = None,
    epochs: Epochs = None,
    max_time: MaxTime = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the output; start it when absent.", rich_help_panel=RUN)
    ] = False,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="CKPT", help="Go on with another checkpoint, or -.", rich_help_panel=RUN),
    ] = None,
    init: Annotated[
        Path | None, typer.Option(metavar="CKPT", help="Take weights only; counters at 0.", rich_help_panel=RUN)
    ] = None,
    allow_change: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A resumed run may change loss or batch.", rich_help_panel=RUN),
    ] = None,
    checkpoint_every: Annotated[
        str | None,
        typer.Option(
            metavar="TIME|Nsteps|Nimages",
            help="How often to save.",
            show_default="5m, sooner in the first minutes",
            rich_help_panel="Output",
        ),
    ] = None,
    preview: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Grid drawn at each save; CKPT's stem + .preview.png.",
            show_default=False,
            rich_help_panel="Output",
        ),
    ] = None,
    show_preview: Annotated[
        bool, typer.Option("--show-preview", help="Draw the grid in the terminal too.", rich_help_panel="Output")
    ] = False,
    metrics: Metrics = None,
    on_collapse: OnCollapse = "stop",
    evaluate_every: EvaluateEvery = None,
    keep: Keep = None,
    features: Features = None,
    weights: Weights = None,
    force: Force = False,
    dry_run: DryRun = False,
    print_config_: Annotated[
        bool, typer.Option("--print-config", help="Print each value and why; do nothing.", rich_help_panel=RUN)
    ] = False,
    device: Device = "auto",
    precision: Precision = "auto",
    threads: Threads = None,
    json: Json = False,
    print0: Print0 = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: Color = "auto",
    debug: Debug = False,
) -> None:
    """Train a GAN: D phase, G phase, repeat."""
    console = console_from(quiet, verbose, color)
    typed = collect(
        {
            "preset": preset, "network.family": arch, "loss.name": loss, "loss.penalty": penalty, "loss.gamma": gamma,
            "batch": batch, "optimizer.lr_g": lr_g, "optimizer.lr_d": lr_d, "balance.d_steps": d_steps,
            "balance.skip_d_below": skip_d_below, "balance.freeze_d": freeze_d, "seed": seed,
            "augment.operations": None if augment is None else parse_augment(augment),
            "augment.mirror": "yes" if mirror else None,
            "network.conditional": "yes" if conditional else None,
            "balance.lr_drops": tuple(map(parse_drop, lr_drop)) if lr_drop else None,
            "average.half_life_images": None if ema is None else parse_count(ema, "--ema"),
            "precision": None if precision == "auto" else precision,
        },
        set_ or [],
    )  # fmt: skip
    if sum([resume, from_ is not None, init is not None]) > 1:
        drop = ("--init",) if not resume else ("--from", "--init")
        message = "--resume, --from and --init: found more than one, expected at most one"
        raise UsageError(message, hint=Again(drop=drop))
    bounds = parse_bounds(steps, until, images, epochs, max_time)
    cadence = DEFAULT_CADENCE
    if checkpoint_every is not None:
        cadence = parse_cadence(checkpoint_every, "--checkpoint-every")
    target = str(output) if output is not None else f"{data.resolve().name or 'run'}.safetensors"
    has_name = target != STREAM and Path(target).name != ""  # `-o .` and `-o /` have none; they are refused below
    sheet = preview or (Path(target).with_suffix(".preview.png") if has_name else None)
    allowed = tuple(allow_change or ())
    judged = {"--keep": keep, "--features": features, "--weights": weights}
    evaluation = parse_evaluation(evaluate_every, target, judged)
    request = Request(
        "train",
        data,
        target,
        from_,
        init,
        typed,
        allowed,
        resume,
        force,
        device,
        threads,
        sheet,
        metrics,
        evaluation,
        on_collapse,
    )
    if print_config_:
        print_config(request)
    elif dry_run:
        time_plan(request, bounds, console)
    else:
        run(request, bounds, cadence, Voice(console, json, print0, show_preview))


def train_d(
    checkpoint: Checkpoint,
    data: Data,
    output: Output = None,
    steps: Steps = None,
    until: Until = None,
    images: Images = None,
    epochs: Epochs = None,
    max_time: MaxTime = None,
    lr_d: LrD = None,
    metrics: Metrics = None,
    on_collapse: OnCollapse = "stop",
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
    """Train only the discriminator; the generator is frozen."""
    voice = Voice(console_from(quiet, verbose, color), json, print0)
    start = _Start("train-d", checkpoint, data, output, {"optimizer.lr_d": lr_d})
    request = replace(
        start.request(), force=force, device=device, threads=threads, metrics=metrics, on_collapse=on_collapse
    )
    run(request, parse_bounds(steps, until, images, epochs, max_time), DEFAULT_CADENCE, voice)


def train_g(
    checkpoint: Checkpoint,
    data: Annotated[
        Path | None,
        typer.Argument(metavar="[DATA]", help="Pictures; only relativistic losses need them here."),
    ] = None,
    output: Output = None,
    steps: Steps = None,
    until: Until = None,
    images: Images = None,
    epochs: Epochs = None,
    max_time: MaxTime = None,
    lr_g: LrG = None,
    metrics: Metrics = None,
    on_collapse: OnCollapse = "stop",
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
    """Train only the generator, through the frozen discriminator."""
    voice = Voice(console_from(quiet, verbose, color), json, print0)
    start = _Start("train-g", checkpoint, data, output, {"optimizer.lr_g": lr_g})
    request = replace(
        start.request(), force=force, device=device, threads=threads, metrics=metrics, on_collapse=on_collapse
    )
    run(request, parse_bounds(steps, until, images, epochs, max_time), DEFAULT_CADENCE, voice)


@dataclass(frozen=True)
class _Start:
    """What a phase command was given: its checkpoint, its data, where to write, its rate."""

    command: str
    checkpoint: str
    data: Path | None
    output: Path | None
    rates: dict[str, Any]

    def request(self) -> Request:
        """Return the request: in place unless -o is given.

        Raises:
            UsageError: the checkpoint comes from a pipe and -o is missing, or DATA and CKPT are swapped.
        """
        command, checkpoint, data = self.command, self.checkpoint, self.data
        if checkpoint == STREAM and self.output is None:
            raise UsageError(f"{command} -: found no -o, expected where to write what comes from a pipe", hint="-o -")
        if checkpoint != STREAM and Path(checkpoint).is_dir():
            hint = other_checkpoint(checkpoint)
            if data is not None and data.is_file():
                hint = Again(swap={checkpoint: str(data), str(data): checkpoint})
            raise UsageError(f"{checkpoint}: found a folder where CKPT belongs, expected a checkpoint", hint=hint)
        target = str(self.output) if self.output is not None else checkpoint
        return Request(command, data, target, checkpoint, typed=collect(self.rates, []))
