"""What is found out about one thing: facts for programs, rows for people. And which kind of thing a path is."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gantools.errors import Again, InputError
from gantools.files.nearby import similar, some_checkpoint, some_data

Kind = Literal["checkpoint", "data", "picture"]
PICTURE_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
EXPECTED = "expected a checkpoint, a folder of pictures, or a picture that gantools wrote"
LONGEST = 200


@dataclass
class Finding:
    """What is known of a thing.

    Args:
        kind: what it is.
        facts: JSON values by name.
        rows: (name, value) for people, in order.
        details: more rows, which ``-v`` shows.
        next: the line to type next, without ``gantools``; empty when there is none.
    """

    kind: Kind
    facts: dict[str, Any]
    rows: list[tuple[str, str]]
    details: list[tuple[str, str]] = field(default_factory=list)
    next: list[str] = field(default_factory=list)


def kind_of(path: Path) -> Kind:
    """Tell by the first bytes what ``path`` may be; whether it is whole is seen when it is read.

    Raises:
        InputError: nothing of that name, unreadable, or a device or a pipe, which is never opened.
    """
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            return "data"
        if not stat.S_ISREG(mode):
            raise InputError(f"{path}: found a device or a pipe, {EXPECTED}")
        with open(path, "rb") as stream:
            start = stream.read(12)
    except FileNotFoundError as error:
        found = similar(str(path)) or some_checkpoint(str(path.parent)) or some_data()
        hint = Again(swap={str(path): found}) if found else "ls"
        raise InputError(f"{path}: found nothing of that name, {EXPECTED}", hint=hint) from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}), {EXPECTED}") from error
    return "picture" if start.startswith(PICTURE_STARTS) else "checkpoint"


def short(text: object) -> str:
    """Return a foreign text no longer than people read."""
    shown = str(text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."
