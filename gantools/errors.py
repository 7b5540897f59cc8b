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
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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


class GantoolsError(Exception):
    """An error with three beats (thing, found, expected), a hint that can be typed, and an exit code.

    Args:
        message: one sentence: the thing by its public name, what was found, what was expected.
        hint: a line that helps, best one that can be typed as it stands.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(self, message: str, *, hint: str | None = None) -> None:
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
    """Return up to three of ``choices`` that look like ``name``, best first."""
    from difflib import get_close_matches

    return get_close_matches(name, list(choices), n=3, cutoff=0.5)


def unknown_name(what: str, name: str, choices: Iterable[str]) -> UsageError:
    """Build the error for a name that is in no catalogue: the choices, and the nearest of them as the hint."""
    known = sorted(choices)
    close = nearest(name, known)
    hint = f"did you mean {' or '.join(close)}?" if close else None
    return UsageError(f"{what}: unknown name '{name}', expected one of {', '.join(known)}", hint=hint)


FULL_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says while ``path`` is written into a ResourceError."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL_DISK:
            message = f"{path}: no space left to write it ({error.strerror}); what was there before is unchanged"
            raise ResourceError(message, hint="free some space, or choose another folder with -o") from error
        message = f"{path}: cannot be written ({error.strerror or error}), expected a place that can be written"
        raise ResourceError(message, hint="choose another place with -o") from error
