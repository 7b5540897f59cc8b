"""The door ``inspect``: what a checkpoint, a data set or a picture is, and how healthy. A header needs no torch."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gantools.commands.doors import typed_again
from gantools.commands.drawings import Drawings, draw, draw_in_terminal, require_drawings
from gantools.commands.eyes import require_features
from gantools.commands.judging import PICTURES, Answer, Question, judged, require_question
from gantools.commands.options import (
    OUTPUT,
    RUN,
    Color,
    Debug,
    Device,
    Force,
    Json,
    Quiet,
    Threads,
    Verbose,
    console_from,
)
from gantools.commands.product import emit_json, emit_text
from gantools.commands.quality_options import QUALITY, Features, Weights
from gantools.console import Console, safe
from gantools.errors import ExitCode, InputError, UsageError

MOST = 1_000_000

if TYPE_CHECKING:
    from gantools.inspection.finding import Finding


def inspect(
    things: Annotated[
        list[Path], typer.Argument(metavar="THING...", help="Checkpoints, folders of pictures, pictures of ours.")
    ],
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every byte: digest, shapes, finite numbers.", rich_help_panel=RUN)
    ] = False,
    diff: Annotated[
        Path | None,
        typer.Option(metavar="OTHER", show_default=False, help="Compare a checkpoint with another, tensor by tensor.",
                     rich_help_panel=RUN),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(metavar="DATA", show_default=False, rich_help_panel=QUALITY,
                     help="Judge a checkpoint by real pictures: the held-out ones when there are any."),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(metavar="OTHER", show_default=False, rich_help_panel=QUALITY,
                     help="With --against: set another checkpoint beside it, or the .json of its figures."),
    ] = None,
    gate: Annotated[
        bool,
        typer.Option("--gate", rich_help_panel=QUALITY,
                     help="With --compare: exit with 8 unless it is better than OTHER beyond noise, by kid."),
    ] = False,
    n: Annotated[
        int | None,
        typer.Option("--n", metavar="N", min=4, max=MOST, show_default=False, rich_help_panel=QUALITY,
                     help=f"How many pictures of each kind; {PICTURES:,} when not given, or all there are."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", show_default=False, rich_help_panel=QUALITY,
                     help="Of the fakes, the choice of reals and the intervals; 0 when not given."),
    ] = None,
    features: Features = None,
    weights: Weights = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", show_default=False, rich_help_panel=OUTPUT,
                     help="Draw it: the losses of a checkpoint, a sheet of a folder's pictures."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", show_default=False, rich_help_panel=OUTPUT,
                     help="Write a page about it, all in one file; with --against it shows real pictures too."),
    ] = None,
    metrics: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, rich_help_panel=OUTPUT,
                     help="With --html or --plot: the metrics file of the run, which tells more than its checkpoint."),
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Draw it in the terminal, on stderr.", rich_help_panel=OUTPUT)
    ] = False,
    force: Force = False,
    device: Device = "auto",
    threads: Threads = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: Color = "auto",
    debug: Debug = False,
) -> ExitCode:  # fmt: skip
    """Say what things are. All are looked at; one that cannot be used makes the exit code 4."""
    console = console_from(quiet, verbose, color)
    if diff is not None and len(things) > 1:
        message = f"--diff: found {len(things)} things beside {diff}, expected one checkpoint"
        raise UsageError(message, hint=shlex.join(["gantools", "inspect", str(things[0]), "--diff", str(diff)]))
    drawings = Drawings(plot, html, metrics, show)
    require_drawings(things, diff, drawings, against, quiet, force)
    typed = {"--gate": gate, "--compare": compare, "--n": n, "--seed": seed, "--features": features,
             "--weights": weights}  # fmt: skip
    require_question(things, against, typed, diff)
    require_features(features, weights)
    if against is not None:
        asked = Question(things[0], against, compare, gate, n or PICTURES, seed or 0, features or "auto", weights)
        answer = judged(asked, device, threads, console)
        finding = _checkpoint(things[0], verify)
        is_drawn = draw(things[0], finding, drawings, (asked, answer), (device, threads), console)
        code = _show_judgement(asked, answer, finding, json)
        is_drawn = draw_in_terminal(things[0], finding, drawings, (device, threads), console) and is_drawn
        return code if is_drawn else ExitCode.INPUT
    if diff is not None:
        _show_difference(things[0], diff, json, verbose)
        return ExitCode.DONE
    documents: list[dict[str, object]] = []
    findings: list[Finding] = []
    is_drawn = True
    for number, path in enumerate(things):
        try:
            finding = _find(path, verify)
        except InputError as error:
            console.error(error.message, typed_again(error.hint))
            documents.append({"thing": path, "kind": None, "error": error.message})
            continue
        findings.append(finding)
        is_drawn = draw(path, finding, drawings, None, (device, threads), console) and is_drawn
        documents.append({"thing": path, "kind": finding.kind, "verified": verify, **finding.facts})
        if not json:
            _print(f"{path}: {finding.kind}", finding.rows + (finding.details if verbose else []), number > 0)
        is_drawn = draw_in_terminal(path, finding, drawings, (device, threads), console) and is_drawn
    if json:
        emit_json("inspect", {"things": documents})
    elif len(things) == 1 and findings:
        _next(findings[0], console)
    return ExitCode.DONE if len(findings) == len(things) and is_drawn else ExitCode.INPUT


def _find(path: Path, verify: bool) -> "Finding":
    """Look at one thing; with ``verify`` read all of it.

    Raises:
        InputError: it cannot be used.
    """
    from gantools.inspection.finding import kind_of

    kind = kind_of(path)
    if kind == "checkpoint":
        return _checkpoint(path, verify)
    from gantools.inspection.pictures import data_finding, picture_finding, require_same_pixels

    if kind == "picture":
        return picture_finding(path, is_verified=verify)
    finding = data_finding(path)
    if verify:
        require_same_pixels(path)
        finding.rows.append(("verified", "all pictures for training read, their digest is right"))
    return finding


def _checkpoint(path: Path, verify: bool) -> "Finding":
    from gantools.inspection.checkpoint import checkpoint_finding

    finding = checkpoint_finding(path)
    if verify:
        from gantools.files.document import read_document
        from gantools.inspection.tensors import require_intact

        header, document = read_document(path)
        require_intact(path, header, document)
        from gantools.files.schema import require_schema  # last: it loads torch

        require_schema(header, document, str(path))
        finding.rows.append(("verified", "content digest, names, shapes, and every number finite"))
    return finding


def _show_difference(first: Path, second: Path, json: bool, verbose: bool) -> None:
    from gantools.inspection.difference import compare

    difference = compare(first, second)
    if json:
        emit_json("inspect", {"things": [first, second], "difference": difference.facts()})
    else:
        _print(f"{first} -> {second}", difference.rows() + (difference.details() if verbose else []), False)


def _show_judgement(question: Question, answer: Answer, finding: "Finding", json: bool) -> ExitCode:
    if json:
        drawn = {name: finding.facts[name] for name in ("plot", "html") if name in finding.facts}
        things = [{"thing": question.checkpoint, "kind": "checkpoint", "against": answer.facts} | drawn]
        emit_json("inspect", {"things": things})
    else:
        _print(f"{question.checkpoint} against {question.data}", answer.rows, False)
        for cells in answer.tables:
            widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
            lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in cells]
            emit_text("\n" + "\n".join("  " + line.rstrip() for line in lines))
    return ExitCode.GATE if answer.is_open is False else ExitCode.DONE


def _print(title: str, rows: list[tuple[str, str]], is_apart: bool) -> None:
    """Print a report on stdout: it is this command's product."""
    width = max(len(safe(name)) for name, _ in rows)
    lines = [safe(title), *(f"  {safe(name):<{width}}  {safe(value)}" for name, value in rows)]
    emit_text("\n".join(([""] if is_apart else []) + lines))


def _next(finding: "Finding", console: Console) -> None:
    if finding.next:
        console.next(shlex.join(["gantools", *finding.next]))
