"""What ``stylize`` tells before and after the work, and its product on stdout."""

import shlex
from typing import TYPE_CHECKING, Any

from gantools.commands.places import STREAM
from gantools.commands.product import emit_json, emit_paths
from gantools.commands.stylize_run import Run
from gantools.console import Console
from gantools.errors import ExitCode
from gantools.wording import counted

if TYPE_CHECKING:
    from gantools.style.plan import Plan
    from gantools.style.produce import Painted


def describe(plan: "Plan", console: Console) -> None:
    """Say what was skipped, and what will be made of the others and how."""
    for name, reason in plan.skipped.items():
        console.warn(f"{name}: skipped ({reason})")
    if not plan.jobs:
        return
    config = plan.wish.config
    styles = ", ".join(str(style.path) for style in plan.wish.styles)
    count = f"{len(plan.jobs)} pictures" if len(plan.jobs) > 1 else plan.jobs[0].content.name
    console.line(f"{count}: in the style of {styles}, at most {config.size} px long")
    console.line(
        f"features {config.features}, {config.objective} distance, {config.optimizer}, "
        f"{counted(config.iterations, 'iteration')} at each size; preset {config.preset}, seed {plan.wish.seed}"
    )


def tell(run: Run, json: bool, print0: bool) -> int:
    """Print the product on stdout, the next line on stderr; return the exit code."""
    plan, console, wish = run.plan, run.console, run.plan.wish
    if not plan.jobs:
        shown = "1 picture shows" if len(plan.done) == 1 else f"{len(plan.done)} pictures show"
        console.line(f"nothing to do: {shown} these files and settings already")
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
