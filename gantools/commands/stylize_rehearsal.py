"""What ``stylize --dry-run`` says would happen."""

import resource
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from gantools.commands.product import emit_json
from gantools.commands.stylize_account import describe
from gantools.commands.stylize_run import MachineWords, Run, estimate_s, open_workshop, painting_of
from gantools.config.style import PRESETS
from gantools.console import duration, quantity
from gantools.errors import ExitCode
from gantools.features.names import NETWORKS, has_weights
from gantools.wording import counted

if TYPE_CHECKING:
    from gantools.config.style import StyleConfig

SHOWN = 20


def rehearse(run: Run, words: MachineWords, typed: Mapping[str, Any], json: bool) -> int:
    """Say what would be made of what, and how; take one evaluation for time and memory; write nothing; end as the run.

    Args:
        run: planned.
        words: of the machine.
        typed: the configuration's fields by name; None: not typed.
        json: also as a document on stdout.
    """
    plan, console = run.plan, run.console
    describe(plan, console)
    console.table(_option_rows(plan.wish.config, typed), title="options")
    for number, job in enumerate(plan.jobs):
        width, height = job.size
        line = f"would be made: {job.path or job.member or 'stdout'}, {width} x {height} px, from {job.content.name}"
        (console.line if number < SHOWN else console.detail)(line)
    if len(plan.jobs) > SHOWN:
        console.line(f"would be made: {len(plan.jobs) - SHOWN} more, which -v names")
    for path in plan.done:
        console.detail(f"unchanged: {path}")
    seconds = _measured_s(run, words) if plan.jobs else 0.0
    kept = f", {len(plan.done)} {'is' if len(plan.done) == 1 else 'are'} there already" if plan.done else ""
    console.line(f"dry run: {counted(len(plan.jobs), 'picture')} would be made{kept}; nothing was written")
    if json:
        emit_json("stylize", {
            "dry_run": True, "features": run.label or plan.wish.config.features,
            "to_make": len(plan.jobs), "unchanged": len(plan.done), "skipped": plan.skipped, "seconds": seconds,
            "pictures": [
                {"path": job.path, "content": job.content.name, "width": job.size[0], "height": job.size[1]}
                for job in plan.jobs
            ],
        })  # fmt: skip
    return int(ExitCode.PARTIAL if plan.skipped else ExitCode.DONE)


def _option_rows(config: "StyleConfig", typed: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return each value of the configuration, with where it came from."""
    rows = []
    for field in fields(config):
        value = getattr(config, field.name)
        text = ",".join(value) or "the features' own" if isinstance(value, tuple) else str(value)
        rows.append((field.name, f"{text}  ({_origin(field.name, config, typed)})"))
    return rows


def _origin(name: str, config: "StyleConfig", typed: Mapping[str, Any]) -> str:
    """Say where a value came from: a rate can be the optimizer's own, layers the features', and ``auto`` is settled."""
    value, usual, given = getattr(config, name), getattr(PRESETS[config.preset], name), typed.get(name)
    if name == "features" and value != (usual if given is None else given):
        return "settled from auto"
    if given is not None:
        return "typed"
    if value == usual:
        return f"preset {config.preset}"
    return "the optimizer's" if name == "rate" else "the features'"


def _measured_s(run: Run, words: MachineWords) -> float | None:
    """Say how long the work would take and how much memory; return the seconds, None when nothing can be measured."""
    wish = run.plan.wish
    if wish.weights is None and wish.config.features in NETWORKS and not has_weights(wish.config.features, wish.cache):
        run.console.line(f"features {wish.config.features}: its weights would be downloaded, time is known then")
        return None
    workshop = open_workshop(run, words, writes=False)
    for job in run.plan.jobs:
        painting = painting_of(run, workshop, job)
        if painting is not None:
            seconds = estimate_s(run.plan, job, painting)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            rounds = (
                f"{counted(painting.iterations, 'iteration')} a picture over {counted(len(painting.schedule), 'size')}"
            )
            run.console.line(f"features {workshop.label}, {rounds}; estimated time: {duration(seconds)}")
            run.console.line(f"memory: {quantity(peak)}B")
            return seconds
    return None
