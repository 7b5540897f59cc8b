"""How far a piece of work is, in words: counts, rates, times. Showing it is the console's part."""

import math
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

RATE_WINDOW_S = 60.0  # guess: long enough to be steady, short enough to notice a busy machine
BAR_CELLS = 28
SHORT_COUNT = 10_000
UNKNOWN = "-"
"""What a column of the plain line holds while nobody knows."""


class Span(NamedTuple):
    """A piece of a line and the name of its style (``console.STYLES``); the empty name is plain text."""

    text: str
    style: str = ""


Line = list[Span]


class Cells(NamedTuple):
    """The characters that a terminal can show: the full and the empty part of a bar, and rising levels."""

    full: str
    empty: str
    levels: str


BLOCKS = Cells("█", "░", "▁▂▃▄▅▆▇█")
ASCII = Cells("#", "-", "_.-=+*%#")


Color = tuple[int, int, int]
Picture = list[list[tuple[Color, Color]]]
"""Rows of character cells, each the colour (sRGB, 0 to 255) of its upper and of its lower half."""


class Panel(Protocol):
    """What a piece of work shows below its bar, and in one remark where there is no terminal."""

    picture: Picture

    def lines(self, width: int, cells: Cells) -> list[Line]:
        """Return lines of at most ``width`` columns."""

    def remark(self) -> str:
        """Return the state in a few words, in columns divided by a comma and a space."""

    def event(self, done: int, text: str) -> None:
        """Take note of something that happened when ``done`` units were done."""


def quantity(value: float) -> str:
    """Write a number short: whole below 1,000, then three digits with k, M, G or T.

    Example:
        >>> quantity(999), quantity(1_234_567), quantity(0.1234)
        ('999', '1.23M', '0.123')
    """
    if isinstance(value, int) and abs(value) < 1000:
        return str(value)
    for unit in ("", "k", "M", "G"):
        if abs(value) < 999.5:
            return _three_digits(value) + unit
        value /= 1000
    return _three_digits(value) + "T"


def duration(seconds: float) -> str:
    """Write a time span with its two largest units.

    Example:
        >>> duration(3.21), duration(125), duration(3725), duration(90000)
        ('3.2s', '2m 05s', '1h 02m', '1d 01h')
    """
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02}s"
    if whole < 86400:
        return f"{whole // 3600}h {whole % 3600 // 60:02}m"
    return f"{whole // 86400}d {whole % 86400 // 3600:02}h"


class Progress:
    """How far a piece of work is. ``Console.progress`` makes and shows it; the work calls ``update``.

    Args:
        what: the work's name.
        total: how many units there are, or None when nobody knows.
        unit: the plural of what is counted, for example ``"rounds"``.
        done: how many were done before; they do not count in the rate.
        clock: seconds that never run backwards.
        deadline: when the work must end, on that clock; infinity when only ``total`` ends it.
        panel: what the work shows beside the bar, or None.
        work: how much of the work so many units are; for units that take longer and longer.
    """

    def __init__(
        self,
        what: str,
        total: int | None,
        unit: str,
        done: int = 0,
        clock: Callable[[], float] = time.monotonic,
        *,
        deadline: float = math.inf,
        panel: Panel | None = None,
        work: Callable[[int], float] = float,
    ) -> None:
        self._work = work
        self.what, self.total, self.unit = what, total, unit
        self.done, self.first, self.deadline, self.panel = done, done, deadline, panel
        self._clock = clock
        self._start = self._updated = clock()
        self._samples: deque[tuple[float, int]] = deque([(self._start, done)])

    def update(self, done: int) -> None:
        """Say that ``done`` units are done in all."""
        now = self._clock()
        self.done, self._updated = done, now
        if now - self._samples[-1][0] >= 1.0:
            self._samples.append((now, done))
        while len(self._samples) > 2 and now - self._samples[0][0] > RATE_WINDOW_S:
            self._samples.popleft()

    def plain_line(self) -> str:
        """Return the state as one line for a log: columns divided by a comma and a space, always the same ones.

        They are count, share, rate, time left (or spent, when nobody knows the end), and the panel's remark.
        """
        share, left = self.share(), self.left_s()
        time_text = UNKNOWN if left is None else f"{_compact(left)} left"
        if self._is_endless():
            time_text = f"{_compact(self._clock() - self._start)} so far"
        parts = [
            f"{self.what}: {self._count()}",
            UNKNOWN if share is None else f"{math.floor(100 * share)}%",
            f"{_number(self.rate())}/s" if self.rate() > 0 else UNKNOWN,
            time_text,
        ]
        return ", ".join([*parts, self.panel.remark()] if self.panel else parts)

    def final_line(self) -> str:
        """Return the line that stays when the work has ended."""
        line = f"{self.what}: {self._count()} in {duration(self._clock() - self._start)}"
        return f"{line}, {self.panel.remark()}" if self.panel else line

    def live_lines(self, width: int, cells: Cells = ASCII) -> list[Line]:
        """Return what a terminal of ``width`` columns shows: the bar with its figures, and the panel below it.

        Args:
            width: columns; no line is longer.
            cells: the characters to draw with.
        """
        fixed = f"{self._live_count()}  {self._rate_text():>9}  {self._time_text():>12}"
        space = width - len(fixed) - len(self.what) - 4
        share, bar = self.share(), ""
        if share is not None and space >= 4:
            length = min(space, BAR_CELLS)
            full = min(length, math.floor(length * share))
            bar = cells.full * full + cells.empty * (length - full) + "  "
        first = cut(f"{self.what}  {bar}{fixed}".rstrip(), width)
        begin = len(self.what) + 2
        line = [Span(first[:begin], "strong"), Span(first[begin : begin + len(bar)], "bar")]
        below = self.panel.lines(width, cells) if self.panel else []
        return [[*line, Span(first[begin + len(bar) :])], *below]

    def rate(self) -> float:
        """Return units a second over the last minute; 0 while nothing is known."""
        then, before = self._samples[0]
        return (self.done - before) / (self._updated - then) if self._updated > then else 0.0

    def share(self) -> float | None:
        """Return how much of the work is done, in [0, 1]: by count or by time, whichever is further; None: unknown."""
        shares = [min(1.0, self._work(self.done) / self._work(self.total))] if self.total else []
        if self.deadline < math.inf:
            whole = max(self.deadline - self._start, 1e-9)
            shares.append(min(1.0, (self._clock() - self._start) / whole))
        return max(shares, default=None)

    def left_s(self) -> float | None:
        """Return the seconds until the work ends, by its rate or by its deadline, or None."""
        now, ends = self._clock(), []
        then, before = self._samples[0]
        done = self._work(self.done) - self._work(before)
        if self.total is not None and self.done >= self.total:
            ends.append(0.0)
        elif self.total is not None and done > 0 and self._updated > then:
            left = self._work(self.total) - self._work(self.done)
            ends.append(left / done * (self._updated - then) - (now - self._updated))
        if self.deadline < math.inf:
            ends.append(self.deadline - now)
        return max(0.0, min(ends)) if ends else None

    def _is_endless(self) -> bool:
        return self.total is None and self.deadline == math.inf

    def _count(self) -> str:
        return f"{self.done}/{self.total} {self.unit}" if self.total is not None else f"{self.done} {self.unit}"

    def _live_count(self) -> str:
        """Return the count as wide as it will ever be; long ones in three digits, so that 60 columns are enough."""
        if self.total is None:
            return f"{quantity(self.done):>5} {self.unit}"
        if self.total < SHORT_COUNT:
            return f"{self.done:>{len(str(self.total))}}/{self.total} {self.unit}"
        return f"{quantity(self.done):>5}/{quantity(self.total)} {self.unit}"

    def _rate_text(self) -> str:
        rate = self.rate()
        if rate <= 0:
            return ""
        return f"{quantity(float(rate))}/s" if rate >= 1 else f"{duration(1 / rate)} each"

    def _time_text(self) -> str:
        left = self.left_s()
        if left is not None:
            return f"{duration(left)} left" if left > 0 else ""
        return duration(self._clock() - self._start) if self._is_endless() else ""


def cut(text: str, width: int) -> str:
    """Return ``text`` within ``width`` columns; what is cut off shows as three dots."""
    return text if len(text) <= width else text[: max(0, width - 3)] + "..."[:width]


def _compact(seconds: float) -> str:
    """Write a time span as one word: ``4m55s``."""
    return duration(seconds).replace(" ", "")


def _number(value: float) -> str:
    """Write a number of three digits or more as programs read it, without a unit."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _three_digits(value: float) -> str:
    decimals = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2 if abs(value) >= 0.9995 else 3
    return f"{value:.{decimals}f}"
