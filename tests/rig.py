"""Two commands that go wrong on demand, behind the real front: what every command inherits is tested on them."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from gantools import cli, errors
from gantools.commands import options, product


class OutOfMemoryError(RuntimeError):
    """What torch raises on a device is a RuntimeError of this name."""


ERRORS: dict[str, BaseException] = {
    "bug": ValueError("odd \x1b[2J"),
    "usage": errors.UsageError("--steps: found 'x', expected a number", hint="--steps 10"),
    "input": errors.InputError("a\nb.png: found a web page, expected a picture"),
    "refused": errors.RefusedError("c: exists, expected a free name", hint="--seed 1"),
    "unhealthy": errors.UnhealthyError("run: ten turns were not finite, expected finite losses"),
    "resources": errors.ResourceError("cuda: found no device, expected one"),
    "busy": errors.BusyError("c: another run is writing it"),
    "interrupt": KeyboardInterrupt(),
    "disk": OSError(28, "No space left on device", "out.png"),
    "memory": MemoryError("Unable to allocate 8.00 TiB"),
    "device-memory": OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    "exit": typer.Exit(3),
    "parameter": typer.BadParameter("no such thing"),
}


def work(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="What to do.")] = "nothing",
    steps: Annotated[int, typer.Option("--steps", min=1, help="How many rounds.", rich_help_panel="Length")] = 3,
    output: options.Output = None,
    json: options.Json = False,
    print0: options.Print0 = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    color: options.Color = "auto",
    debug: options.Debug = False,
) -> errors.ExitCode:
    """Do what is asked."""
    console = options.console_from(quiet, verbose, color)
    if what in ERRORS:
        raise ERRORS[what]
    if what == "progress":
        with console.progress("train", 30, "rounds") as tracker:
            for done in range(31):
                tracker.update(done)
                if done == 10:
                    console.line("saved [/foo] \x1b[2J")
    if what == "flood":
        while True:
            product.emit_paths(["a" * 1000])
    if what == "chatter":
        while True:
            console.line("a" * 1000)
    if what == "descriptors":
        console.line(" ".join(str(os.fstat(number).st_rdev != 0) for number in (0, 1, 2)))
        product.emit_paths([str(os.open(os.devnull, os.O_RDONLY))])
    if what == "paths":
        product.emit_paths([Path(os.fsdecode(b"caf\xe9\x1b.png")), "b.png"], print0)
    if what == "bytes":
        product.binary_stdout().write(b"\x89PNG")
    if what == "read":
        product.emit_text(str(len(product.read_stdin(limit=10))))
    if what == "json":
        product.emit_json("work", {"loss": [float("nan"), 1.5, float("inf")], "path": Path("a"), "name": "\x1b\u202e"})
    if what == "machine":
        product.emit_text(f"{device} {threads} {precision} {seed}")
    return errors.ExitCode.GATE if what == "gate" else errors.ExitCode.DONE


def sample(
    checkpoint: Annotated[Path, typer.Argument(metavar="CKPT")],
    other: Annotated[Path, typer.Argument(metavar="DATA")],
    grid: Annotated[bool, typer.Option("--grid", help="One sheet.")] = False,
) -> None:
    """Do nothing, with two arguments and an option of its own."""


COMMANDS = (
    cli.Entry("work", "tests.rig:work", "gantools work nothing", "Do what is asked."),
    cli.Entry("sample", "tests.rig:sample", "gantools sample c data", "Do nothing."),
)

if __name__ == "__main__":
    cli.COMMANDS = COMMANDS
    sys.exit(cli.main())
