"""What a training run shows beside its bar: both losses over the run, a reading in words, the last events, the preview.

Text and styles only; the console draws it, and knows nothing of training.
"""

from collections import deque
from collections.abc import Iterable
from statistics import fmean

from gantools.progress import UNKNOWN, Cells, Line, Picture, Span, cut, quantity

MOST_POINTS = 512
"""Losses kept for the sparklines; when there are more, every second one is dropped."""

MOST_CELLS = 28
SHOWN_EVENTS = 3


class TrainingPanel:
    """The state of a run in a few lines that keep their places.

    Args:
        history: D loss and G loss of earlier turns, in their order; None where a loss was not finite.
    """

    def __init__(self, history: Iterable[tuple[float | None, float | None]] = ()) -> None:
        self.reading, self.preview = "", ""
        self.picture: Picture = []
        self._every, self._turn = 1, 0
        self._points: list[tuple[float | None, float | None]] = []
        self._last: tuple[float | None, float | None] = (None, None)
        self._events: deque[tuple[int, str]] = deque(maxlen=SHOWN_EVENTS)
        for losses in history:
            self._keep(losses)

    def update(self, losses: tuple[float | None, float | None], reading: str) -> None:
        """Take the last losses of D and of G, and what they mean in words."""
        self._last, self.reading = losses, reading
        self._keep(losses)

    def event(self, done: int, text: str) -> None:
        """Take note of something that happened when ``done`` images were seen."""
        self._events.append((done, text))

    def remark(self) -> str:
        """Return ``D 1.213, G 1.020, balanced``: three columns for a log."""
        d_loss, g_loss = self._last
        return f"D {_loss(d_loss)}, G {_loss(g_loss)}, {self.reading or UNKNOWN}"

    def lines(self, width: int, cells: Cells) -> list[Line]:
        """Return the sparklines, the reading, the last events, where the preview is, and the preview when shown."""
        lines = [self._spark_line(width, cells), [Span(cut(f"  {self.reading or 'starting'}", width), "strong")]]
        events = reversed(tuple(self._events))  # the display's thread reads what the work's thread writes
        lines += [[Span(cut(f"  {quantity(done):>5}  {text}", width), "faint")] for done, text in events]
        if self.preview:
            lines.append([Span(cut(f"  preview: {self.preview}", width), "faint")])
        return lines

    def _spark_line(self, width: int, cells: Cells) -> Line:
        """Return both losses with their courses: ``D <course> 1.213   G <course> 1.020``."""
        fixed = len("  D   1.213   G   1.020")
        room = max(0, min(MOST_CELLS, (width - fixed) // 2))
        line: Line = []
        for number, (name, gap) in enumerate((("D", "  "), ("G", "   "))):
            course = sparkline([point[number] for point in self._points], room, cells.levels)
            line += [
                Span(f"{gap}{name} ", "strong"),
                Span(f"{course:<{room}}", name),
                Span(f" {_loss(self._last[number]):>6}"),
            ]
        return line if sum(len(span.text) for span in line) <= width else [Span(cut("  " + self.remark(), width))]

    def _keep(self, losses: tuple[float | None, float | None]) -> None:
        self._turn += 1
        if self._turn % self._every:
            return
        self._points.append(losses)
        if len(self._points) > MOST_POINTS:
            self._points, self._every = self._points[1::2], 2 * self._every


def sparkline(values: list[float | None], width: int, levels: str) -> str:
    """Draw a course in at most ``width`` characters, from zero (or its lowest mean below) to its highest mean.

    Args:
        values: in their order; None draws nothing into its mean, a cell of None alone is a space.
        width: characters; fewer values take as many characters as there are values.
        levels: characters from low to high.

    Example:
        >>> sparkline([0.0, 1.0, 2.0, 4.0], 8, ".-=#"), sparkline([1.0, 1.0, 3.0, 3.0], 2, ".-=#")
        ('.-=#', '-#')
    """
    count = min(width, len(values))
    means: list[float | None] = []
    for cell in range(count):
        part = values[cell * len(values) // count : (cell + 1) * len(values) // count]
        known = [value for value in part if value is not None]
        means.append(fmean(known) if known else None)
    known_means = [mean for mean in means if mean is not None]
    low, high = min(0.0, *known_means, 0.0), max(0.0, *known_means, 0.0)
    step = (len(levels) - 1) / (high - low) if high > low else 0.0
    return "".join(" " if mean is None else levels[round((mean - low) * step)] for mean in means)


def _loss(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.3f}"


class PaintingPanel:
    """What ``stylize`` shows beside its bar: the three losses, and the course of their sum."""

    def __init__(self) -> None:
        self.picture: Picture = []
        self.reading = ""
        self._totals: list[float | None] = []
        self._last: tuple[float, float, float] | None = None

    def update(self, losses: tuple[float, float, float], reading: str) -> None:
        """Take content, style and variation loss, weighted, and where the work is in words."""
        self._last, self.reading = losses, reading
        self._totals.append(sum(losses))
        if len(self._totals) > MOST_POINTS:
            self._totals = self._totals[1::2]

    def event(self, done: int, text: str) -> None:
        """Show what happened in place of the reading, until the next iteration."""
        self.reading = text

    def remark(self) -> str:
        """Return ``content 0.012, style 0.034, variation 0.001, 362 px``: columns for a log."""
        names = ("content", "style", "variation")
        shown = [f"{value:.4g}" for value in self._last] if self._last else [UNKNOWN] * 3
        pairs = ", ".join(f"{name} {value}" for name, value in zip(names, shown, strict=True))
        return f"{pairs}, {self.reading or UNKNOWN}"

    def lines(self, width: int, cells: Cells) -> list[Line]:
        """Return the course of the sum and the losses."""
        course = sparkline(self._totals, max(0, min(MOST_CELLS, width - 4)), cells.levels)
        return [[Span(f"  {course}", "D")], [Span(cut(f"  {self.remark()}", width), "strong")]]
