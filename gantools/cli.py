"""The Typer app: which commands there are, and which exit code each kind of error ends with."""

import os
import signal
import sys
import traceback
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any, NamedTuple, NoReturn

import typer

from gantools import __version__
from gantools.commands.doors import HELP_WIDTH, CommandList, GroupedCommand, Manner
from gantools.commands.product import drop_stdout, emit_text
from gantools.commands.shells import ASK, SCRIPTS, answer
from gantools.commands.shortage import less_memory
from gantools.console import Console
from gantools.errors import (
    FULL_DISK,
    Again,
    ExitCode,
    GantoolsError,
    ResourceError,
    full_disk,
    is_out_of_memory,
    unknown_name,
)

SUMMARY = """
Example:
  gantools prepare demo:stickers -o data
  gantools train data -o c.safetensors
  gantools sample --n 64 c.safetensors

Train generative adversarial networks from the shell. These three lines draw a set of pictures, train on it and
sample; write a folder of your own pictures in place of demo:stickers.
"""
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": HELP_WIDTH}


class Entry(NamedTuple):
    """One command as the suite lists it; ``place`` is ``module:function``, imported when the command is asked for."""

    name: str
    place: str
    example: str
    purpose: str


COMMANDS: tuple[Entry, ...] = (
    Entry(
        "prepare",
        "gantools.commands.prepare:prepare",
        "gantools prepare photos -o data",
        "Make pictures of any kind into a clean, uniform image folder.",
    ),
    Entry(
        "train",
        "gantools.commands.train:train",
        "gantools train data -o c.safetensors",
        "Train a generative adversarial network on a folder of pictures: k discriminator steps, one generator step, "
        "repeat.",
    ),
    Entry(
        "train-d",
        "gantools.commands.train:train_d",
        "gantools train-d c.safetensors data --steps 2",
        "Train only the discriminator of a checkpoint; the generator is frozen.",
    ),
    Entry(
        "train-g",
        "gantools.commands.train:train_g",
        "gantools train-g c.safetensors --steps 1",
        "Train only the generator of a checkpoint; the discriminator is frozen.",
    ),
    Entry(
        "sample",
        "gantools.commands.sample:sample",
        "gantools sample --n 64 c.safetensors",
        "Draw pictures from a checkpoint: a folder of them, or one sheet.",
    ),
    Entry(
        "stylize",
        "gantools.commands.stylize:stylize",
        "gantools stylize photo.jpg --style painting.jpg -o out.png",
        "Redraw pictures in the style of others.",
    ),
    Entry(
        "inspect",
        "gantools.commands.inspect:inspect",
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


class Commands(Mapping[str, Any]):
    """The commands by name, in the order of their use. Each is made when it is asked for: to import all takes 0.1 s."""

    def __init__(self) -> None:
        self._entries = {entry.name: entry for entry in COMMANDS}
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _command(self._entries[name])
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def build_suite() -> CommandList:
    """Return the suite with every command."""
    app = typer.Typer(
        cls=CommandList,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,  # Typer's own loses quotes and blanks, and writes into files of the user
        context_settings=SETTINGS,
    )
    app.callback(help=SUMMARY)(suite)
    made = typer.main.get_command(app)
    assert isinstance(made, CommandList), "that is what was asked for"
    made.commands = Commands()  # type: ignore[assignment]
    return made


def _command(entry: Entry) -> Any:
    """Import the function of a command, and return the command."""
    module, _, name = entry.place.partition(":")
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
    text = f"Example:\n  {entry.example}\n\n{entry.purpose}"
    define = app.command(entry.name, cls=GroupedCommand, help=text, short_help=entry.purpose, context_settings=SETTINGS)
    define(getattr(import_module(module), name))
    return typer.main.get_command(app)


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
    command = build_suite()
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
    if is_out_of_memory(error):
        reason = str(error).partition("\n")[0]
        message = f"memory: found too little{f' ({reason})' if reason else ''}, expected enough for this work"
        return ResourceError(
            f"{message}: end other programs, or do less at once", hint=less_memory(error, manner.params)
        )
    return None


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
