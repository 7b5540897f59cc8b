"""The door ``prepare``: pictures of any kind to a clean, uniform folder. It never loads torch."""

import os
import re
import shlex
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gantools.commands.options import (
    MACHINE,
    RUN,
    Allowance,
    Color,
    Debug,
    DryRun,
    Json,
    Output,
    Print0,
    Quiet,
    Verbose,
    console_from,
    parse_percent_or_count,
)
from gantools.commands.product import emit_json, emit_paths
from gantools.commands.signals import StopRequest, stop_requests
from gantools.config.sizes import parse_size
from gantools.console import Console
from gantools.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from gantools.data.build import Report
    from gantools.data.plan import Plan
    from gantools.data.recipe import Wish

PICTURES = "Pictures"
SHOWN = 20
CROPS = {"center": "centre crop", "top": "crop from the top", "random": "random crop", "none": "stretched"}


class _Stopped(Exception):
    """A signal asked for the end."""


def prepare(
    sources: Annotated[list[str], typer.Argument(metavar="SRC...", help="Files, folders, IDX files, demo:NAME.")],
    output: Output = None,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="64|64x48",
            show_default="the sources' own up to 64, else 64",
            rich_help_panel=PICTURES,
            help="Width, or width x height, in pixels.",
        ),
    ] = None,
    crop: Annotated[
        Literal["center", "top", "random", "none"] | None,
        typer.Option(
            help="What is kept of another shape; none stretches.", show_default="center", rich_help_panel=PICTURES
        ),
    ] = None,
    channels: Annotated[
        Literal["auto", "rgb", "gray", "rgba"] | None,
        typer.Option(help="auto: grey if all are grey, else RGB.", show_default="auto", rich_help_panel=PICTURES),
    ] = None,
    background: Annotated[
        str | None,
        typer.Option(
            metavar="COLOR",
            help="Behind transparent places: a name or #rrggbb.",
            show_default="white",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    labels: Annotated[
        Literal["folders", "none"] | None,
        typer.Option(
            help="Whether sub-folders and label files name classes.", show_default="folders", rich_help_panel=PICTURES
        ),
    ] = None,
    holdout: Annotated[
        str | None,
        typer.Option(
            metavar="5%",
            help="Share that training never reads, chosen by content.",
            show_default="0%",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="At most N pictures, the classes in turn.",
            show_default="all",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", help="Of random crops and of drawn pictures.", show_default="0", rich_help_panel=RUN),
    ] = None,
    tolerate: Annotated[
        str, typer.Option(metavar="1%|N", help="Bad pictures that still end with 0.", rich_help_panel=RUN)
    ] = "0",
    jobs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=256, help="Threads.", show_default="one a core", rich_help_panel=MACHINE),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            rich_help_panel="Output",
            help="Make all again; use a folder with other files, which stay and are left out of training.",
        ),
    ] = False,
    dry_run: DryRun = False,
    json: Json = False,
    print0: Print0 = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: Color = "auto",
    debug: Debug = False,
) -> int:
    """Turn pictures of any kind into a uniform folder; again, only what is new or changed. Return the exit code."""
    console = console_from(quiet, verbose, color)
    if json and print0:
        raise UsageError("--json and -0: both say what stdout gets, expected one of them", hint="--json")
    if output is None or str(output) == "-":
        hint = shlex.join(["gantools", "prepare", *sources[:SHOWN], "-o", "data"])
        found = "no output" if output is None else "stdout as output"
        raise UsageError(f"prepare: found {found}, expected -o and the name of a folder", hint=hint)
    allowed = parse_percent_or_count(tolerate)
    typed: dict[str, Any] = {
        "size": parse_size(size) if size is not None else None,
        "crop": crop,
        "channels": channels,
        "background": _parse_color(background),
        "labels": labels,
        "holdout": _parse_share(holdout),
        "limit": limit,
        "seed": seed,
    }

    from gantools.data.recipe import Wish

    wish = Wish(tuple(sources), **typed)
    threads = jobs or len(os.sched_getaffinity(0))
    if dry_run:
        return _rehearse(output, wish, force, console, json)
    return _run(
        output, wish, force, threads, console, lambda plan, report: _tell(plan, report, allowed, console, json, print0)
    )


def _rehearse(folder: Path, wish: "Wish", force: bool, console: Console, json: bool) -> int:
    """Check everything, say what would be done, write nothing."""
    from gantools.data.plan import make_plan

    plan = make_plan(folder, wish, force=force)
    _describe(plan, console)
    console.table(_options(plan, wish), title="options")
    console.line("dry run: nothing was written")
    if json:
        emit_json("prepare", {"output": folder, "dry_run": True, "to_make": plan.to_make, **_shape_document(plan)})
    return ExitCode.DONE


def _run(folder: Path, wish: "Wish", force: bool, threads: int, console: Console, tell: Any) -> int:
    """Do the work under the folder's lock."""
    from gantools.data.build import execute
    from gantools.data.plan import make_plan
    from gantools.files.lock import locked

    with locked(folder), stop_requests() as request:
        plan = make_plan(folder, wish, force=force)
        _describe(plan, console)
        try:
            if plan.nothing_to_do():
                report = execute(plan, threads)
            else:
                with console.progress("prepare", len(plan.items), "pictures") as progress:
                    report = execute(plan, threads, lambda done: _advance(progress.update, done, request))
        except _Stopped:
            console.line("stopped; the same line goes on from here")
            console.next(shlex.join(["gantools", "prepare", *plan.recipe.sources[:SHOWN], "-o", str(folder)]))
            return ExitCode.SIGNAL + (request.signal or 0)
    code: int = tell(plan, report)
    return code


def _advance(update: Any, done: int, request: StopRequest) -> None:
    update(done)
    if request.signal is not None:
        raise _Stopped


def _describe(plan: "Plan", console: Console) -> None:
    """Say what was chosen and what is in the folder already, before the work begins."""
    recipe = plan.recipe
    sources = ", ".join(recipe.sources[:3]) + (f" and {len(recipe.sources) - 3} more" if recipe.sources[3:] else "")
    console.line(f"{sources}: {len(plan.items)} sources -> {plan.folder}: {recipe.shape}, {CROPS[recipe.crop]}")
    for line in _remarks(plan):
        console.line(line)
    if plan.foreign:
        count, first = len(plan.foreign), plan.foreign[0]
        console.warn(f"{plan.folder}: {count} pictures are none of ours ({first}): they stay, training leaves them out")
    if plan.greyed is not None:
        console.warn(f"{plan.greyed}: in colour, becomes grey as the data set is; --channels rgb makes all again")
    for kind, count in plan.passed_over.most_common():
        console.detail(f"passed over: {count} {kind}")


def _remarks(plan: "Plan") -> list[str]:
    """Return what is worth knowing before the work, a line each."""
    remarks = []
    if plan.survey is not None:
        remarks.append(f"size: {plan.survey.size_reason}; channels: {plan.survey.channels_reason}")
    if plan.recipe.holdout:
        remarks.append(f"held out of training: {100 * plan.recipe.holdout:.3g} %, by content")
    if plan.before.unfinished:
        remarks.append("an earlier run did not end: going on from there")
    if plan.redone:
        remarks.append(f"changed options: {', '.join(plan.redone)}; everything is made again")
    counts = [
        (sum(plan.passed_over.values()), "other files passed over"),
        (plan.vanished, "sources are gone: their pictures stay"),
        (plan.mended, "pictures were changed by hand: made again"),
        (plan.deleted, "pictures were deleted by hand: they stay out of training"),
    ]
    return remarks + [f"{count} {what}" for count, what in counts if count]


def _options(plan: "Plan", wish: "Wish") -> list[tuple[str, str]]:
    """Return each option's value and where it came from."""
    stored = plan.before.manifest is not None or plan.before.journal is not None
    rows = []
    for field in fields(plan.recipe):
        value = getattr(plan.recipe, field.name)
        origin = "stored" if stored else "default"
        if plan.survey is not None and field.name in ("size", "channels"):
            origin = "from the sources"
        if getattr(wish, field.name) not in (None, "auto"):
            origin = "typed"
        text = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        if field.name == "size":
            text = f"{value[1]}x{value[0]}"
        rows.append((field.name, f"{text or '-'}  ({origin})"))
    return rows


def _tell(plan: "Plan", report: "Report", allowed: Allowance, console: Console, json: bool, print0: bool) -> int:
    """Print the summary, the product and the next line; return the exit code."""
    for source, reason in report.skipped[:SHOWN]:
        console.line(f"skipped: {source}: {reason}")
    if len(report.skipped) > SHOWN:
        console.line(
            f"skipped: {len(report.skipped) - SHOWN} more, each with its reason in {plan.folder}/manifest.jsonl"
        )
    if plan.nothing_to_do():
        console.line(f"nothing to do: {plan.folder} already holds {report.train + report.holdout} pictures")
    else:
        console.table(_summary(plan, report))
    if json:
        emit_json("prepare", _document(plan, report))
    else:
        emit_paths([plan.folder], print0)
    checkpoint = plan.folder.with_name(plan.folder.resolve().name + ".safetensors")
    console.next(shlex.join(["gantools", "train", str(plan.folder), "-o", str(checkpoint)]))
    tried = report.made + len(report.skipped)
    return ExitCode.PARTIAL if len(report.skipped) > allowed.of(tried) else ExitCode.DONE


def _summary(plan: "Plan", report: "Report") -> list[tuple[str, str]]:
    total = report.train + report.holdout
    rows = [("pictures", f"{total} of {plan.recipe.shape}, {report.made} made now")]
    if report.holdout:
        rows.append(("held out", str(report.holdout)))
    if report.labels:
        shown = ", ".join(f"{label} {count}" for label, count in sorted(report.labels.items())[:SHOWN])
        rows.append(("labels", f"{shown}, ..." if len(report.labels) > SHOWN else shown))
    if report.skipped or report.skipped_before:
        before = f", {report.skipped_before} in earlier runs" if report.skipped_before else ""
        rows.append(("skipped", f"{len(report.skipped)}{before}"))
    return [*rows, ("digest", report.digest[:16])]


def _shape_document(plan: "Plan") -> dict[str, Any]:
    channels, height, width = plan.recipe.shape
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "options": {field.name: getattr(plan.recipe, field.name) for field in fields(plan.recipe)},
        "passed_over": dict(plan.passed_over),
        "vanished": plan.vanished,
        "deleted": plan.deleted,
        "changed_options": plan.redone,
        "foreign": plan.foreign,
    }


def _document(plan: "Plan", report: "Report") -> dict[str, Any]:
    return {
        "output": plan.folder,
        "pictures": report.train + report.holdout,
        "train": report.train,
        "holdout": report.holdout,
        "made": report.made,
        "unchanged": report.train + report.holdout - report.made,
        "skipped": dict(Counter(reason for _, reason in report.skipped)),
        "skipped_before": report.skipped_before,
        "labels": dict(sorted(report.labels.items())),
        "digest": report.digest,
        **_shape_document(plan),
    }


def _parse_color(text: str | None) -> tuple[int, int, int] | None:
    """Read a colour's name or ``#rrggbb``."""
    if text is None:
        return None
    from PIL import ImageColor

    try:
        return ImageColor.getrgb(text)[:3]
    except ValueError:
        message = f"--background: found '{text}', expected a colour like white or #ff8800"
        raise UsageError(message, hint="--background white") from None


def _parse_share(text: str | None) -> float | None:
    """Read ``5%`` as 0.05; below 100 %."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s?%", text, re.ASCII)
    if match is None or float(match[1]) >= 100:
        raise UsageError(f"--holdout: found '{text}', expected a share below 100% like 5%", hint="--holdout 5%")
    return float(match[1]) / 100
