"""The sources of ``prepare``: the argument, the options beside it, and stdin where ``-`` was typed."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from gantools.commands.cache import cache_folder
from gantools.console import Console
from gantools.errors import Again, InputError, UsageError
from gantools.files.nearby import some_pictures

if TYPE_CHECKING:
    from gantools.data.torchvision_library import Library

SOURCES = "Sources"
STDIN = "-"
PUBLISHED = "torchvision:"

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SRC...]",
        show_default=False,
        help="Files, folders, tar and zip archives, IDX and CIFAR files, torchvision:NAME, demo:NAME; - is a picture "
        "or a tar on stdin.",
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

Root = Annotated[
    Path | None,
    typer.Option(
        "--root",
        metavar="DIR",
        rich_help_panel=SOURCES,
        show_default="download into the cache",
        help="The folder that holds a copy of torchvision:NAME, as torchvision's own root; nothing is downloaded then.",
    ),
]


def typed_sources(sources: list[str] | None, files_from: str | None, root: Path | None) -> tuple[str, ...]:
    """Return what was typed as sources; a list is one of them.

    Raises:
        UsageError: none, two that both read stdin, or none that ``--root`` could be for.
    """
    every = tuple(sources or ()) + (() if files_from is None else (f"files-from:{files_from}",))
    if not every:
        message = "prepare: found no SRC, expected 'gantools prepare SRC... -o DATA'"
        raise UsageError(message, hint="gantools prepare --help")
    if STDIN in every and f"files-from:{STDIN}" in every:
        message = "- and --files-from -: found two that read stdin, expected one"
        raise UsageError(message, hint=Again(drop=("--files-from",)))
    if root is not None and files_from is None and not any(source.startswith(PUBLISHED) for source in every):
        message = f"--root: found it without {PUBLISHED}NAME, expected one: it says where a copy of one is"
        raise UsageError(message, hint=Again(drop=("--root",)))
    return every


def fetched(sources: tuple[str, ...], root: Path | None, console: Console, *, writes: bool = True) -> "Library | None":
    """Return the copies of published sets; one that was typed and is nowhere is downloaded first.

    None where no source is such a set, nor a list that may name one.

    Args:
        sources: in their normal form.
        root: a folder of copies, to which nothing is written; None for the cache.
        console: tells of a download.
        writes: False in a rehearsal.

    Raises:
        InputError: there is no copy of a set that was typed, or none that can be used.
        ResourceError: no space for a download.
    """
    from gantools.data.lists import LIST

    if not any(source.startswith((PUBLISHED, LIST)) for source in sources):
        return None
    from gantools.data.torchvision_library import Library

    library = Library(cache_folder(), root, writes=writes)
    for source in sources:
        if not source.startswith(PUBLISHED):
            continue
        if root is None and writes and not library.has(source):
            console.line(f"{source}: downloading into {library.root_of(source)}")
            library.download(source, partial(_tell, console, source))
        library.require(source)
    return library


def _tell(console: Console, source: str, megabytes: int) -> None:
    console.line(f"{source}: {megabytes} MB so far")


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
