"""Sources that name or hold others: lists of paths, and what comes from stdin."""

import os
from collections.abc import Callable
from io import BytesIO
from typing import BinaryIO

from gantools.data.entry import Entry, Loaded, Natural, digest_of
from gantools.data.pixels import decoded, natural
from gantools.data.recipe import Recipe
from gantools.errors import InputError

LIST = "files-from:"
STDIN = "-"
MAX_LIST_BYTES = 1 << 28
STEM_DIGITS = 12


class StdinOrigin:
    """One picture from stdin.

    Args:
        data: its file.
        formats: in which it may be.
    """

    def __init__(self, data: bytes, formats: tuple[str, ...]) -> None:
        self._data, self._formats = data, formats

    def look(self, entry: Entry) -> Natural:
        """Read the header."""
        return natural(BytesIO(self._data), self._formats)

    def loader(self, entry: Entry) -> Callable[[Recipe], Loaded]:
        """Return what decodes it."""
        return lambda recipe: decoded(self._data, recipe)

    def header(self, entry: Entry) -> BinaryIO:
        """Return the file."""
        return BytesIO(self._data)

    def contents(self, entry: Entry) -> Callable[[], bytes]:
        """Return what gives the file's bytes."""
        return lambda: self._data


def reads_stdin(source: str) -> bool:
    """Tell whether a source is stdin, or a list that comes from there."""
    return source in (STDIN, LIST + STDIN)


def stdin_picture(stream: BinaryIO, formats: tuple[str, ...]) -> Entry:
    """Return the picture that stdin holds. It is called after its content, as another one may come next time."""
    stream.seek(0)
    data = stream.read()
    digest = digest_of(data)[:STEM_DIGITS]
    return Entry(f"{STDIN}#{digest}", digest, None, None, None, StdinOrigin(data, formats), group=STDIN)


def names_in(source: str, stdin: BinaryIO | None) -> list[str]:
    """Return what a list names, each once, in its order. A list with a NUL byte in it is NUL-separated.

    Args:
        source: ``files-from:LIST``.
        stdin: what came from there; None for nothing, and then a list from stdin is empty.

    Raises:
        InputError: the list is no file, cannot be read, or is too long.
    """
    path = source.removeprefix(LIST)
    if path == STDIN:
        if stdin is None:
            return []
        stdin.seek(0)
        data = stdin.read(MAX_LIST_BYTES + 1)
    else:
        data = _read(path)
    if len(data) > MAX_LIST_BYTES:
        raise InputError(f"{path}: found more than {MAX_LIST_BYTES} bytes, expected a list of paths")
    names = data.split(b"\0") if b"\0" in data else [line.removesuffix(b"\r") for line in data.split(b"\n")]
    return [os.fsdecode(name) for name in dict.fromkeys(names) if name]


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read(MAX_LIST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}), expected a list of paths") from error
