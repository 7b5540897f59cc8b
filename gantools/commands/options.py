"""The options that several commands share: their names, help and groups, and how counts, times and shares are read.

Four names of the environment are read in all: GANTOOLS_DEVICE and GANTOOLS_THREADS here, GANTOOLS_CACHE in cache.py,
NO_COLOR in the console. There are no automatic names.
"""

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from gantools.commands.doors import source_name
from gantools.console import Color as ColorName
from gantools.console import Console
from gantools.errors import Again, UsageError

OUTPUT = "Output"
RUN = "Run"
MACHINE = "Machine"
MESSAGES = "Messages"

COUNT_UNITS = {"": 1, "k": 1000, "M": 1_000_000}
TIME_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
PROCESSORS = max(2, os.cpu_count() or 1)
"""The most compute threads: more wait for each other, and a step then takes minutes."""

NUMBER = r"(\d+(?:\.\d+)?|\.\d+)"


@dataclass(frozen=True)
class Allowance:
    """Part of a whole: a share in [0, 1], or a count; the other one is zero."""

    share: float
    count: int

    def of(self, total: int) -> int:
        """Return how many of ``total`` that is, rounded down."""
        return min(total, math.floor(self.share * total + 1e-9) + self.count)


def parse_count(text: str, flag: str = "--images") -> int:
    """Read ``500``, ``10k`` or ``2M`` as a whole number.

    Raises:
        UsageError: not of that form, or not whole (``1.5k`` is, ``1.5`` is not).
    """
    match = re.fullmatch(NUMBER + r"([kM]?)", text, re.ASCII)
    value = float(match[1]) * COUNT_UNITS[match[2]] if match else 0.5
    if not math.isfinite(value) or abs(value - round(value)) > 1e-6:
        raise UsageError(f"{flag}: found '{text}', expected a whole number like 500, 10k or 2M", hint=f"{flag} 10k")
    return round(value)


def parse_duration(text: str, flag: str = "--max-time") -> float:
    """Read ``90s``, ``50m`` or ``1.5h`` as seconds, above zero. The unit must be there.

    Raises:
        UsageError: not of that form, or zero.
    """
    match = re.fullmatch(NUMBER + r"([smh])", text, re.ASCII)
    seconds = float(match[1]) * TIME_UNITS[match[2]] if match else 0.0
    if not 0 < seconds < math.inf:
        meant = re.match(NUMBER + r"([smh]|$)", text, re.ASCII)  # 5min, 30sec, 2 without a unit
        likely = meant[1] + (meant[2] or "m") if meant and float(meant[1]) > 0 else "50m"
        message = f"{flag}: found '{text}', expected a time with its unit like 90s, 50m or 1.5h"
        raise UsageError(message, hint=f"{flag} {likely}")
    return seconds


def parse_percent_or_count(text: str, flag: str = "--tolerate") -> Allowance:
    """Read ``1%`` as a share of 0.01 and ``5`` as a count of 5.

    Raises:
        UsageError: not of that form, or more than 100 %.
    """
    match = re.fullmatch(NUMBER + r"\s?%", text, re.ASCII)
    if match and float(match[1]) <= 100:
        return Allowance(float(match[1]) / 100, 0)
    if re.fullmatch(r"\d{1,18}", text, re.ASCII):
        return Allowance(0.0, int(text))
    raise UsageError(f"{flag}: found '{text}', expected a share like 1% or a count like 5", hint=f"{flag} 1%")


def console_from(quiet: bool, verbose: bool, color: ColorName) -> Console:
    """Make the console that the options ask for.

    Raises:
        UsageError: quiet and verbose at once.
    """
    if quiet and verbose:
        raise UsageError("-q and -v: found both, expected at most one", hint=Again(drop=("--quiet",)))
    return Console(quiet, verbose, color)


def _check_device(ctx: typer.Context, param: typer.CallbackParam, text: str) -> str:
    """Refuse what cannot be a device's name; whether the device exists is seen later."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d{1,3})?", text, re.ASCII):
        name = source_name(ctx, param)
        raise UsageError(f"{name}: found '{text}', expected auto, cpu, cuda or cuda:N", hint="--device auto")
    return text


Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="PATH", show_default=False, help="Where to write.", rich_help_panel=OUTPUT),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an output that exists.", rich_help_panel=OUTPUT)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.", rich_help_panel=OUTPUT)]
Print0 = Annotated[
    bool, typer.Option("--print0", "-0", help="End each printed path with NUL instead of a new line.",
                       rich_help_panel=OUTPUT)
]  # fmt: skip
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Check everything, say what would be done, write nothing.",
                       rich_help_panel=RUN)
]  # fmt: skip
Seed = Annotated[
    int, typer.Option("--seed", metavar="N", help="The number from which every draw follows.", rich_help_panel=RUN)
]
Device = Annotated[
    str,
    typer.Option("--device", metavar="auto|cpu|cuda|cuda:N", envvar="GANTOOLS_DEVICE", show_envvar=True,
                 callback=_check_device, help="Where to compute.", rich_help_panel=MACHINE),
]  # fmt: skip
Precision = Annotated[
    Literal["auto", "fp32", "bf16"],
    typer.Option("--precision", help="Number format of the forward and backward passes.", rich_help_panel=MACHINE),
]
Threads = Annotated[
    int | None,
    typer.Option("--threads", metavar="N", envvar="GANTOOLS_THREADS", show_envvar=True, min=1, max=PROCESSORS,
                 show_default=False, help="Processor threads; all of them when not given.", rich_help_panel=MACHINE),
]  # fmt: skip
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.", rich_help_panel=MESSAGES)]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print more.", rich_help_panel=MESSAGES)]
Color = Annotated[
    Literal["auto", "always", "never"],
    typer.Option("--color", help="Colour and live display on stderr.", rich_help_panel=MESSAGES),
]
Debug = Annotated[bool, typer.Option("--debug", help="Print the traceback of an error.", rich_help_panel=MESSAGES)]
