"""The Typer app: which commands there are, and which exit code each kind of error ends with."""

import errno
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple, NoReturn

import typer

from gantools import __version__
from gantools.commands import inspect, prepare, sample, stylize, train
from gantools.commands.doors import HELP_WIDTH, CommandList, GroupedCommand, Manner
from gantools.commands.product import drop_stdout, emit_text
from gantools.commands.shells import ASK, SCRIPTS, answer
from gantools.console import Console
from gantools.errors import FULL_DISK, Again, ExitCode, GantoolsError, Hint, ResourceError, full_disk, unknown_name

SUMMARY = """
Example:
  gantools prepare demo:stickers -o data
  gantools train data -o c.safetensors
  gantools sample --n 64 c.safetensors

Train generative adversarial networks from the shell. These three lines draw a set of pictures, train on it and
sample; write a folder of your own pictures in place of demo:stickers.
"""
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": HELP_WIDTH}
USUAL_BATCH = 64
NO_MEMORY = (
    "out of memory",
    "allocate memory",
    "not enough memory",
    "failed to map segment",
    "can't start new thread",
)


class Entry(NamedTuple):
    """One command as the suite lists it."""

    name: str
    function: Callable[..., Any]
    example: str
    purpose: str


COMMANDS: tuple[Entry, ...] = (
    Entry(
        "prepare",
        prepare.prepare,
        "gantools prepare photos -o data",
        "Make pictures of any kind into a clean, uniform image folder.",
    ),
    Entry(
        "train",
        train.train,
        "gantools train data -o c.safetensors",
        "Train a generative adversarial network on a folder of pictures: k discriminator steps, one generator step, "
        "repeat.",
    ),
    Entry(
        "train-d",
        train.train_d,
        "gantools train-d c.safetensors data --steps 2",
        "Train only the discriminator of a checkpoint; the generator is frozen.",
    ),
    Entry(
        "train-g",
        train.train_g,
        "gantools train-g c.safetensors --steps 1",
        "Train only the generator of a checkpoint; the discriminator is frozen.",
    ),
    Entry(
        "sample",
        sample.sample,
        "gantools sample --n 64 c.safetensors",
        "Draw pictures from a checkpoint: a folder of them, or one sheet.",
    ),
    Entry(
        "stylize",
        stylize.stylize,
        "gantools stylize photo.jpg --style painting.jpg -o out.png",
        "Redraw pictures in the style of others.",
    ),
    Entry(
        "inspect",
        inspect.inspect,
        "gantools inspect c.safetensors",
        "Say what a checkpoint, a folder of pictures or a picture of ours is, and how healthy.",
    ),
)


def _show_version(wanted: bool) -> None:
    if wanted:
        emit_text(f"gantools {__version__}")
        raise typer.Exit


def _show_completion(shell: str | None) -> None:
    if shell is not None:
        if shell not in SCRIPTS:
            raise unknown_name("--show-completion", shell, SCRIPTS)
        emit_text(SCRIPTS[shell].rstrip("\n"))
        raise typer.Exit


def _show_man(ctx: typer.Context, wanted: bool) -> None:
    if wanted:
        from gantools.commands.manual import page

        emit_text(page(ctx.command, __version__).rstrip("\n"))
        raise typer.Exit


def suite(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
    show_completion: Annotated[
        str | None,  # not Literal: pydantic would look at its None, at every start
        typer.Option(
            metavar="|".join(SCRIPTS),
            callback=_show_completion,
            is_eager=True,
            help="Print the completion script of a shell.",
        ),
    ] = None,
    show_man: Annotated[
        bool, typer.Option("--show-man", callback=_show_man, is_eager=True, help="Print the manual page, for man.")
    ] = False,
) -> None:
    """Hold the options that stand before a command; each prints something and ends."""


def build_app() -> typer.Typer:
    """Return the app with every command in the order of its use."""
    app = typer.Typer(
        cls=CommandList,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,  # Typer's own loses quotes and blanks, and writes into files of the user
        context_settings=SETTINGS,
    )
    app.callback(help=SUMMARY)(suite)
    for name, function, example, purpose in COMMANDS:
        text = f"Example:\n  {example}\n\n{purpose}"
        app.command(name, cls=GroupedCommand, help=text, short_help=purpose, context_settings=SETTINGS)(function)
    return app


def main(arguments: list[str] | None = None) -> int:
    """Run one command line.

    Args:
        arguments: the words behind ``gantools``; those of this process by default.

    Returns:
        The exit code (see ``gantools.errors.ExitCode``).
    """
    _open_closed_descriptors()
    manner = Manner()
    try:
        try:
            code = _run(sys.argv[1:] if arguments is None else arguments, manner)
            _flush()
        except BaseException as error:
            code = _report(error, manner)
            _flush()
    except BrokenPipeError:
        _die_of_sigpipe()
    except OSError as error:
        code = _report(error, manner)
    return int(code)


def _run(arguments: list[str], manner: Manner) -> int:
    """Run a command and return its exit code; errors pass through as they are."""
    command = typer.main.get_command(build_app())
    manner.words, manner.root = tuple(arguments), command  # a copy: the parser eats its list
    if arguments[:1] == [ASK]:
        answer(command, arguments[1:])
        return ExitCode.DONE
    with command.make_context("gantools", arguments, obj=manner) as ctx:
        result = command.invoke(ctx)
    return result if isinstance(result, int) else ExitCode.DONE


def _report(error: BaseException, manner: Manner) -> int:
    """Say on stderr what went wrong, and return the exit code."""
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else ExitCode.DONE if error.code is None else ExitCode.BUG
    if isinstance(error, BrokenPipeError):
        raise error
    console = Console(color=manner.color)
    if manner.debug:
        for line in "".join(traceback.format_exception(error)).splitlines():
            console.line(line)
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        console.line("interrupted: every file that was written is whole; the same line goes on")
        console.next(manner.line(Again()) or "gantools --help")
        return ExitCode.SIGNAL + signal.SIGINT
    told = _as_ours(error, manner)
    if told is None:
        message = f"this is a bug in gantools: {type(error).__name__}: {error}; please report what --debug prints"
        console.error(message, None if manner.debug else manner.line("--debug"))
        return ExitCode.BUG
    console.error(told.message, manner.line(told.hint))
    return told.exit_code


def _as_ours(error: BaseException, manner: Manner) -> GantoolsError | None:
    """Return the error that a user can act upon, or None for a bug."""
    if isinstance(error, GantoolsError):
        return error
    if isinstance(error, OSError) and error.errno in FULL_DISK:
        return full_disk(error.filename, error.strerror)
    if _is_out_of_memory(error):
        reason = str(error).partition("\n")[0]
        message = f"memory: found too little{f' ({reason})' if reason else ''}, expected enough for this work"
        return ResourceError(f"{message}: end other programs, or do less at once", hint=_less_memory(error, manner))
    return None


def _less_memory(error: BaseException, manner: Manner) -> Hint:
    """Return the line that does less at once, or the one that shows what the memory is taken by."""
    params = manner.params
    if "batch" in params:
        return _smaller_batch(params)
    if params.get("jobs", 1) != 1:
        return "--jobs 1"
    return "--device cpu" if "device" in params and "cuda" in str(error).lower() else "free -h"


def _smaller_batch(params: dict[str, Any]) -> Hint:
    """Return half the batch that was typed, that a resumed run has stored, or that is usual."""
    assigned = next((text for text in params["set_"] or () if text.startswith("batch=")), "batch=")
    batch = params["batch"] or int(assigned.removeprefix("batch=") or 0)
    if not batch and params["resume"] and params["output"] is not None and params["output"].exists():
        from gantools.files.document import read_document

        batch = read_document(params["output"])[1].config.batch
    half = max(2, (batch or USUAL_BATCH) // 2)
    if assigned != "batch=":
        return Again(swap={assigned: f"batch={half}"}, put="--allow-change batch" if params["resume"] else "")
    return f"--batch {half}" + (" --allow-change batch" if params["resume"] else "")


def _is_out_of_memory(error: BaseException) -> bool:
    """Tell by type and text, because torch, which has its own error for it, must not be imported here."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    if any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError | ImportError) and any(words in text for words in NO_MEMORY)


def _open_closed_descriptors() -> None:
    """Open /dev/null where a standard stream was closed: else the next file would take its number and its output."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _flush() -> None:
    """Write out what stdout still holds. When that fails, the rest is dropped, so that it fails once only."""
    if sys.stdout is None or sys.stdout.closed:
        return
    try:
        sys.stdout.flush()
    except OSError:
        drop_stdout()
        raise


def _die_of_sigpipe() -> NoReturn:
    """End as a program does whose reader has gone: no message, by the signal itself."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGPIPE)
    os._exit(ExitCode.SIGNAL + signal.SIGPIPE)
