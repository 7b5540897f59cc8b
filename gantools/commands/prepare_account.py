"""What ``prepare`` says before and after its work: to people, and as a JSON document."""

import shlex
from collections import Counter
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gantools.commands.options import Allowance
from gantools.commands.prepare_product import Product
from gantools.commands.product import emit_json
from gantools.console import Console
from gantools.errors import ExitCode

if TYPE_CHECKING:
    from gantools.data.recipe import Wish
    from gantools.data.report import Report
    from gantools.data.work import Plan

SHOWN = 20
CROPS = {
    "center": "centre crop",
    "top": "crop from the top",
    "random": "random crop",
    "none": "stretched",
    "pad": "padded",
}


def describe(plan: "Plan", console: Console) -> None:
    """Say what was chosen and what is in the folder already, before the work begins."""
    recipe = plan.recipe
    shaped = CROPS[recipe.crop] if recipe.tiles == "none" else f"tiles ({recipe.tiles})"
    console.line(f"{_named(recipe.sources)}: {len(plan.items)} sources -> {plan.folder}: {recipe.shape}, {shaped}")
    for line in _remarks(plan):
        console.line(line)
    if plan.foreign:
        count, first = len(plan.foreign), plan.foreign[0]
        console.warn(f"{plan.folder}: pictures of other origin, which stay and are left out: {count}, such as {first}")
    if plan.greyed is not None:
        console.warn(f"{plan.greyed}: in colour, becomes grey as the data set is; --channels rgb makes all again")
    if plan.lost:
        what = "deleted by hand and their sources gone: they cannot come back"
        console.warn(f"{plan.folder}: pictures {what}: {len(plan.lost)}, such as {plan.lost[0]}")
    if plan.labelled is not None and plan.labelled.absent:
        count, first = len(plan.labelled.absent), plan.labelled.absent[0]
        console.warn(f"{plan.labelled.path}: names that no source has: {count}, such as {first}")
    for kind, count in plan.passed_over.most_common():
        console.detail(f"passed over: {count} {kind}")


def _named(sources: tuple[str, ...]) -> str:
    """Name the first sources, and how many more there are."""
    return ", ".join(sources[:3]) + (f" and {len(sources) - 3} more" if sources[3:] else "")


def _remarks(plan: "Plan") -> list[str]:
    """Return what is worth knowing before the work, a line each."""
    from gantools.data.walk import LINKED

    remarks = []
    if plan.survey is not None:
        remarks.append(f"size: {plan.survey.size_reason}; channels: {plan.survey.channels_reason}")
    if plan.recipe.holdout:
        remarks.append(f"held out of training: {100 * plan.recipe.holdout:.3g} %, by content")
    if plan.before.unfinished:
        remarks.append("an earlier run did not end: going on from there")
    if plan.others:
        remarks.append(f"{_named(plan.others)}: another source for {plan.folder}, beside {_named(plan.beside)}")
    if plan.redone:
        remarks.append(f"changed options: {', '.join(plan.redone)}; everything is made again")
    counts = [
        (plan.passed_over.total() - plan.passed_over[LINKED], "other files passed over"),
        (plan.passed_over[LINKED], "links to folders passed over, which --follow reads"),
        (plan.labelled.unlabelled if plan.labelled else 0, f"sources without a label in {plan.recipe.labels}"),
        (plan.pruned, "sources gone, whose pictures are removed"),
        (plan.mended, "pictures changed by hand, made again"),
        (plan.restored, "pictures deleted by hand, which come back"),
    ]
    if plan.vanished:
        remarks.append(f"sources gone, whose pictures stay: {plan.vanished}; --prune removes them")
    if plan.deleted:
        remarks.append(
            f"pictures deleted by hand, which stay out of training: {plan.deleted}; --restore brings them back"
        )
    return remarks + [f"{what}: {count}" for count, what in counts if count]


def option_rows(plan: "Plan", wish: "Wish") -> list[tuple[str, str]]:
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


def tell(plan: "Plan", report: "Report", allowed: Allowance, console: Console, product: Product) -> int:
    """Print the summary, the product and the next line; return the exit code."""
    from gantools.data.advice import advise

    advice = advise(report.census, plan.recipe, report.train, report.labels)
    for source, reason in report.skipped[:SHOWN]:
        console.line(f"skipped: {source}: {reason}")
    if len(report.skipped) > SHOWN:
        console.line(
            f"skipped: {len(report.skipped) - SHOWN} more, each with its reason in {plan.folder}/manifest.jsonl"
        )
    copies = {record.source for record in report.copies}
    others = [(source, reason) for source, reason in report.left_out if source not in copies]
    for reason, sources in _by_reason(others).items():
        console.line(f"left out as asked: {len(sources)}, such as {sources[0]}: {reason}")
    _name_copies(plan, report, console)
    if plan.nothing_to_do():
        before = f", {report.skipped_before} sources skipped by an earlier run" if report.skipped_before else ""
        console.line(f"nothing to do: {plan.folder} already holds {report.train + report.holdout} pictures{before}")
    else:
        console.table(_summary(plan, report))
        for one in advice:
            console.warn(one.text)
    product.draw(plan.folder, console)
    if product.json:
        warnings = {"warnings": [asdict(one) for one in advice], "sheet": product.sheet}
        emit_json("prepare", {**_document(plan, report), **warnings})
    else:
        product.emit(plan.folder, report.files)
    console.next(shlex.join(["gantools", "train", str(plan.folder), "-o", _checkpoint_beside(plan.folder)]))
    tried = report.made + len(report.skipped)
    return ExitCode.PARTIAL if len(report.skipped) > allowed.of(tried) else ExitCode.DONE


def _name_copies(plan: "Plan", report: "Report", console: Console) -> None:
    """Name the first copies that this run left out, and with -v those that are in the data set."""
    from gantools.data.twins import told

    for record in report.copies[:SHOWN]:
        console.line(f"left out: {record.source}: {told(record.twin, record.distance)}")
    if len(report.copies) > SHOWN:
        console.line(f"left out: {len(report.copies) - SHOWN} more copies, each in {plan.folder}/manifest.jsonl")
    if not report.census.left_out:
        for source, twin, distance in report.census.pairs:
            console.detail(f"copy: {source}: {told(twin, distance)}")


def _by_reason(left_out: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the sources that were left out for each reason."""
    found: dict[str, list[str]] = {}
    for source, reason in left_out:
        found.setdefault(reason, []).append(source)
    return found


def _checkpoint_beside(folder: Path) -> str:
    """Return the name of a checkpoint beside the data set, also for ``.`` and ``..``."""
    named = folder if folder.name not in ("", "..") else folder.resolve()
    return str(named.with_name(f"{named.name or 'gantools'}.safetensors"))


def _summary(plan: "Plan", report: "Report") -> list[tuple[str, str]]:
    total = report.train + report.holdout
    rows = [("pictures", f"{total} of {plan.recipe.shape}, {report.made} made now")]
    if report.holdout:
        rows.append(("held out", str(report.holdout)))
    if report.labels:
        shown = ", ".join(f"{label} {count}" for label, count in sorted(report.labels.items())[:SHOWN])
        rows.append(("labels", f"{shown}, ..." if len(report.labels) > SHOWN else shown))
    if report.skipped or report.left_out or report.skipped_before:
        before = f", {report.skipped_before} in earlier runs" if report.skipped_before else ""
        rows.append(("skipped", f"{len(report.skipped) + len(report.left_out)}{before}"))
    return [*rows, *report.census.rows(*plan.recipe.size[::-1]), ("digest", report.digest[:16])]


def resolved(plan: "Plan") -> dict[str, Any]:
    """Return what was chosen and what was in the way, as JSON values."""
    channels, height, width = plan.recipe.shape
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "options": {field.name: getattr(plan.recipe, field.name) for field in fields(plan.recipe)},
        "passed_over": dict(plan.passed_over),
        "vanished": plan.vanished,
        "deleted": plan.deleted,
        "pruned": plan.pruned,
        "restored": plan.restored,
        "changed_options": plan.redone,
        "foreign": plan.foreign,
        "labels_absent": len(plan.labelled.absent) if plan.labelled else 0,
        "labels_missing": plan.labelled.unlabelled if plan.labelled else 0,
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
        "left_out": dict(Counter(reason for _, reason in report.left_out)),
        "skipped_before": report.skipped_before,
        "labels": dict(sorted(report.labels.items())),
        "digest": report.digest,
        **report.census.facts(),
        **resolved(plan),
    }
