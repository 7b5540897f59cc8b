"""The sources of ``prepare``: the argument, the options beside it, and stdin where ``-`` was typed."""

import sys
from typing import Annotated, BinaryIO

import typer

from gantools.errors import Again, InputError, UsageError
from gantools.files.nearby import some_pictures

SOURCES = "Sources"
STDIN = "-"

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SRC...]",
        show_default=False,
        help="Files, folders, tar and zip archives, IDX files, demo:NAME; - is a picture or a tar on stdin.",
    ),
]

FilesFrom = Annotated[
    str | None,
    typer.Option(
        "--files-from",
        metavar="FILE",
        show_default=False,
        rich_help_panel=SOURCES,
        help="A list of sources, one a line, or NUL-separated where it has a NUL byte; - is stdin.",
    ),
]

Follow = Annotated[
    bool | None,
    typer.Option(
        "--follow/--no-follow",
        rich_help_panel=SOURCES,
        show_default="no-follow",
        help="Read the folders that links below a source lead to. A link to a file, or as SRC, is always read.",
    ),
]


def typed_sources(sources: list[str] | None, files_from: str | None) -> tuple[str, ...]:
    """Return what was typed as sources; a list is one of them.

    Raises:
        UsageError: none, or two that both read stdin.
    """
    every = tuple(sources or ()) + (() if files_from is None else (f"files-from:{files_from}",))
    if not every:
        message = "prepare: found no SRC, expected 'gantools prepare SRC... -o DATA'"
        raise UsageError(message, hint="gantools prepare --help")
    if STDIN in every and f"files-from:{STDIN}" in every:
        message = "- and --files-from -: found two that read stdin, expected one"
        raise UsageError(message, hint=Again(drop=("--files-from",)))
    return every


def reads_stdin(sources: tuple[str, ...]) -> bool:
    """Say whether a source reads stdin, and require that it can; nothing is read yet.

    Raises:
        UsageError: stdin is a terminal.
        InputError: stdin is closed.
    """
    if not {STDIN, f"files-from:{STDIN}"} & {*sources}:
        return False
    if sys.stdin is None or sys.stdin.isatty():
        other = Again(swap={STDIN: some_pictures()})
        if sys.stdin is None:
            raise InputError("-: stdin is closed, expected a file or a pipe", hint=other)
        raise UsageError("-: stdin is a terminal, expected a file or a pipe", hint=other)
    return True


def copy_of_stdin() -> BinaryIO:
    """Read stdin to its end into a nameless file.

    Raises:
        InputError: it is empty or cannot be read.
        ResourceError: no space for the copy.
    """
    from gantools.data.spool import spooled

    return spooled(sys.stdin.buffer)
