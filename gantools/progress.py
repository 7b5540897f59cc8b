"""How far a piece of work is, in words: counts, rates, times. Showing it is the console's part."""

import time
from collections import deque
from collections.abc import Callable

RATE_WINDOW_S = 60.0  # guess: long enough to be steady, short enough to notice a busy machine
BAR_CELLS = 28


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
    """

    def __init__(
        self, what: str, total: int | None, unit: str, done: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.what, self.total, self.unit = what, total, unit
        self.done, self.first, self.note = done, done, ""
        self._clock = clock
        self._start = self._updated = clock()
        self._samples: deque[tuple[float, int]] = deque([(self._start, done)])

    def update(self, done: int, note: str = "") -> None:
        """Say that ``done`` units are done in all, with a short remark to show beside."""
        now = self._clock()
        self.done, self.note, self._updated = done, note, now
        if now - self._samples[-1][0] >= 1.0:
            self._samples.append((now, done))
        while len(self._samples) > 2 and now - self._samples[0][0] > RATE_WINDOW_S:
            self._samples.popleft()

    def plain_line(self) -> str:
        """Return the state as one line for a log."""
        parts = [f"{self.what}: {self._count()}"]
        if self.total:
            parts.append(f"{100 * self.done // self.total}%")
        parts += [part for part in (self._rate_text(), self._time_text(), self.note) if part]
        return ", ".join(parts)

    def final_line(self) -> str:
        """Return the line that stays when the work has ended."""
        line = f"{self.what}: {self._count()} in {duration(self._clock() - self._start)}"
        return f"{line}, {self.note}" if self.note else line

    def live_lines(self, width: int, cells: str = "#-") -> list[str]:
        """Return what a terminal of ``width`` columns shows: the state, and the note below it.

        Args:
            width: columns; no line is longer.
            cells: the characters of the full and of the empty part of the bar.
        """
        fixed = f"{self._count():>{self._count_width()}}  {self._rate_text():>9}  {self._time_text():>12}"
        space = width - len(fixed) - len(self.what) - 4
        bar = ""
        if self.total and space >= 4:
            length = min(space, BAR_CELLS)
            full = min(length, length * self.done // self.total)
            bar = cells[0] * full + cells[1] * (length - full) + "  "
        lines = [f"{self.what}  {bar}{fixed}".rstrip(), f"  {self.note}"]
        return [line if len(line) <= width else line[: width - 3] + "..." for line in lines if line.strip()]

    def rate(self) -> float:
        """Return units a second over the last minute; 0 while nothing is known."""
        then, before = self._samples[0]
        return (self.done - before) / (self._updated - then) if self._updated > then else 0.0

    def _count(self) -> str:
        return f"{self.done}/{self.total} {self.unit}" if self.total is not None else f"{self.done} {self.unit}"

    def _count_width(self) -> int:
        return len(self._count()) - len(str(self.done)) + len(str(self.total or self.done))

    def _rate_text(self) -> str:
        rate = self.rate()
        if rate <= 0:
            return ""
        return f"{quantity(float(rate))}/s" if rate >= 1 else f"{duration(1 / rate)} each"

    def _time_text(self) -> str:
        rate, now = self.rate(), self._clock()
        if self.total is None:
            return duration(now - self._start)
        if rate <= 0 or self.done >= self.total:
            return ""
        return f"{duration(max(0.0, (self.total - self.done) / rate - (now - self._updated)))} left"


def _three_digits(value: float) -> str:
    decimals = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2 if abs(value) >= 0.9995 else 3
    return f"{value:.{decimals}f}"
