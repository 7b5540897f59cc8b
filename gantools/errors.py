"""The exception tree and the exit codes. Every error that a user, a file or a device can cause is one of these.

GantoolsError            1   a bug; never raised on purpose
├── UsageError           2   flags that are wrong or contradict each other or the stored run
├── InputError           4   absent, unreadable, foreign or corrupt input; files that do not fit each other
├── RefusedError         5   the output exists and neither --force nor --resume was given
├── UnhealthyError       6   training diverged or collapsed; the last good checkpoint is kept
├── ResourceError        7   out of memory, disk full, device missing, output not writable
└── BusyError           75   another run holds the output's lock
"""

import errno
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import ClassVar


class ExitCode(IntEnum):
    """What a process says when it ends. Signals end with 128 + their number."""

    DONE = 0
    BUG = 1
    USAGE = 2
    PARTIAL = 3
    INPUT = 4
    REFUSED = 5
    UNHEALTHY = 6
    RESOURCES = 7
    GATE = 8
    BUSY = 75
    SIGNAL = 128


@dataclass(frozen=True)
class Again:
    """A hint: the command line that was typed, with some words changed. The doors know those words and write it out.

    Args:
        put: options, as they are typed: each takes the place of what was typed for it, or is added.
        drop: options or arguments that are left out; ``--set NAME`` means the ``--set`` of this field.
        swap: words, and what stands in their place: an argument, an option's name or its value.
        was: the wrong value of an option that may be repeated, which ``put`` replaces.
        first: a command line that comes before, joined with ``&&``.
        otherwise: the hint when nothing that was typed can be changed so.
    """

    put: str = ""
    drop: tuple[str, ...] = ()
    swap: Mapping[str, str] = field(default_factory=dict)
    was: str = ""
    first: str = ""
    otherwise: str | None = None


Hint = str | Again
"""A line to type as it stands. A text that begins with an option is short for ``Again`` with this option put in."""


class GantoolsError(Exception):
    """An error with three beats (thing, found, expected), a hint that can be typed, and an exit code.

    Args:
        message: one sentence: the thing by its public name, what was found, what was expected.
        hint: what to type.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(self, message: str, *, hint: Hint | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(GantoolsError):
    """Flags or configuration values are wrong, contradict each other, or contradict the stored run."""

    exit_code = ExitCode.USAGE


class InputError(GantoolsError):
    """An input is absent, unreadable, foreign, corrupt, or does not fit the other inputs."""

    exit_code = ExitCode.INPUT


class RefusedError(GantoolsError):
    """The output exists and nothing was said that allows replacing or continuing it."""

    exit_code = ExitCode.REFUSED


class UnhealthyError(GantoolsError):
    """Training diverged or collapsed; the last good checkpoint stays on disk."""

    exit_code = ExitCode.UNHEALTHY


class ResourceError(GantoolsError):
    """The machine lacks something: memory, disk space, a device, the right to write."""

    exit_code = ExitCode.RESOURCES


class BusyError(GantoolsError):
    """Another process holds the lock of the output."""

    exit_code = ExitCode.BUSY


def nearest(name: str, choices: Iterable[str]) -> list[str]:
    """Return up to three of ``choices`` that look like ``name``, best first.

    Those whose last part begins with it come before all others: ``latent`` is ``network.latent_dim``.
    """
    from difflib import get_close_matches

    known = list(choices)
    begun = [choice for choice in known if name and choice.rpartition(".")[2].startswith(name)]
    return list(dict.fromkeys((*begun, *get_close_matches(name, known, n=3, cutoff=0.5))))[:3]


def unknown_name(what: str, name: str, choices: Iterable[str]) -> UsageError:
    """Build the error for a name that is in no catalogue: the choices, and the line with the nearest of them.

    Args:
        what: the option that takes the name, or the kind of a source.
        name: as typed.
        choices: the catalogue.
    """
    known = sorted(choices)
    hint: Again | None = None
    if close := nearest(name, known):
        is_option = what.startswith("-")
        put = shlex.join([what, close[0]]) if is_option else ""
        hint = Again(put, was=name) if is_option else Again(swap={f"{what}:{name}": f"{what}:{close[0]}"})
    return UsageError(f"{what}: unknown name '{name}', expected one of {', '.join(known)}", hint=hint)


FULL_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def full_disk(path: Path | str | None, reason: str | None) -> ResourceError:
    """Build the error for an output that did not fit on the disk; the hint shows how much space there is."""
    found = f"no space left to write it ({reason})"
    message = f"{path or 'output'}: {found}, expected more; what was there before is unchanged"
    where = [] if path is None else [_existing(Path(path))]
    return ResourceError(message, hint=shlex.join(["df", "-h", *where]))


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says while ``path`` is written into a ResourceError."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL_DISK:
            raise full_disk(path, error.strerror) from error
        is_in_the_way = isinstance(error, FileExistsError | NotADirectoryError)
        reason = "a file is where a folder should be" if is_in_the_way else error.strerror or error
        message = f"{path}: cannot be written ({reason}), expected a place that can be written"
        raise ResourceError(message, hint=_elsewhere(path)) from error


def _elsewhere(path: Path) -> Hint:
    """Return the line with another place for ``path``, or the one that shows who may write there."""
    folder = os.path.abspath(path.parent)
    show = shlex.join(["ls", "-ld", _existing(path)])
    for place in ("", os.path.expanduser("~")):
        if os.path.abspath(place) != folder and os.access(place or ".", os.W_OK | os.X_OK):
            return Again(swap={str(path): os.path.join(place, path.name)}, otherwise=show)
    return show


def _existing(path: Path) -> str:
    """Return ``path`` if it is a folder, else the nearest folder above it that is there."""
    return str(next((folder for folder in (path, *path.parents) if os.path.isdir(folder)), Path("/")))


NO_MEMORY = (
    "out of memory",
    "allocate memory",
    "not enough memory",
    "failed to map segment",
    "can't start new thread",
    "could not create a primitive",
    "could not execute a primitive",
    "could not create a memory object",
)
"""What torch, oneDNN (the last three) and the system's loader say when an allocation fails."""


def is_out_of_memory(error: BaseException) -> bool:
    """Tell by type and text, because torch, which has its own error for it, must not be imported here."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    if any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError | ImportError) and any(words in text for words in NO_MEMORY)
