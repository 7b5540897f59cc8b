"""Everything that reaches stdout, and stdin where ``-`` was written. People are spoken to elsewhere (console.py)."""

import contextlib
import json
import math
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from gantools.console import safe
from gantools.errors import Again, Hint, InputError, UsageError
from gantools.files.nearby import free_name, other_checkpoint

CHUNK_BYTES = 1 << 20


def emit_paths(paths: Iterable[Path | str], print0: bool = False) -> None:
    """Print paths, one a line or each ended by NUL, in the very bytes of their names.

    On a terminal characters that are not printable are escaped. A closed stdout is nobody's loss.
    """
    if sys.stdout is None:
        return
    if sys.stdout.isatty() and not print0:
        for path in paths:
            sys.stdout.write(safe(os.fspath(path)) + "\n")
    else:
        end = b"\0" if print0 else b"\n"
        sys.stdout.flush()
        for path in paths:
            sys.stdout.buffer.write(os.fsencode(path) + end)
    sys.stdout.flush()


def emit_json(command: str, document: Mapping[str, Any]) -> None:
    """Print one JSON document whose first key names its schema, ``gantools.<command>/1``.

    Args:
        command: the command's name.
        document: values that JSON knows, tuples and paths; NaN and the infinities become null.
    """
    text = json.dumps(_plain({"schema": f"gantools.{command}/1", **document}), indent=2, allow_nan=False)
    emit_text(text)


def emit_text(text: str) -> None:
    """Print lines that are themselves the product, for example a version."""
    if sys.stdout is not None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


@contextlib.contextmanager
def gone_stdout() -> Iterator[None]:
    """Go on when stdout has gone away while the block writes; what it still held is dropped."""
    try:
        yield
    except OSError:
        drop_stdout()


def drop_stdout() -> None:
    """Send what stdout still holds, and all that follows, to /dev/null, so that it fails once only."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def require_one_product(*chosen: tuple[str, bool]) -> None:
    """Refuse two things on stdout.

    Args:
        chosen: flags that say what stdout gets, each with whether it was typed.

    Raises:
        UsageError: names the first two.
    """
    both = [flag for flag, is_on in chosen if is_on]
    if len(both) > 1:
        raise UsageError(
            f"{both[0]} and {both[1]}: both say what stdout gets, expected one of them", hint=Again(drop=(both[1],))
        )


def binary_stdout(name: str = "c.safetensors") -> BinaryIO:
    """Return the stream that takes the bytes of ``-o -``.

    Args:
        name: of a file that could take them instead, for the hint.

    Raises:
        UsageError: stdout is a terminal, or closed.
    """
    if sys.stdout is None:
        raise UsageError("-o -: stdout is closed, expected a file or a pipe", hint=shlex.join(["-o", free_name(name)]))
    if sys.stdout.isatty():
        message = "-o -: stdout is a terminal, expected a file or a pipe"
        raise UsageError(message, hint=shlex.join(["-o", free_name(name)]))
    sys.stdout.flush()
    return sys.stdout.buffer


def read_stdin(limit: int, hint: Hint | None = None) -> bytes:
    """Read all of stdin, for an input given as ``-``.

    Args:
        limit: bytes; more is refused before it is kept.
        hint: what to type where stdin has nothing; None: the same with a checkpoint that lies here.

    Raises:
        UsageError: stdin is a terminal.
        InputError: stdin is closed, empty, unreadable, or longer than ``limit``.
    """
    hint = other_checkpoint("-") if hint is None else hint
    if sys.stdin is None:
        raise InputError("-: stdin is closed, expected a file or a pipe", hint=hint)
    if sys.stdin.isatty():
        raise UsageError("-: stdin is a terminal, expected a file or a pipe", hint=hint)
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := sys.stdin.buffer.read(CHUNK_BYTES):
            size += len(chunk)
            if size > limit:
                raise InputError(f"-: found more than {limit} bytes on stdin, expected at most that many")
            chunks.append(chunk)
    except OSError as error:
        raise InputError(f"-: stdin cannot be read ({error.strerror}), expected data") from error
    if not chunks:
        message = "-: found nothing on stdin, expected data: the command before the pipe says why"
        raise InputError(message, hint=hint)
    return b"".join(chunks)


def _plain(value: Any) -> Any:
    """Return ``value`` made of what JSON can say."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
