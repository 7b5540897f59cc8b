"""Line charts as pictures, drawn with Pillow alone."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Color = tuple[int, int, int]
Box = tuple[float, float, float, float]

INK: Color = (50, 54, 62)
FAINT: Color = (222, 225, 230)
SOFT: Color = (130, 136, 148)
FOLD = 2
"""Charts are drawn so many times larger and averaged down, for smooth lines."""

TEXT_PX = 13
TICKS = 5


@dataclass(frozen=True)
class Series:
    """One line: its name in the legend, its colour, its points (x, y); a y of None breaks the line."""

    name: str
    color: Color
    points: list[tuple[float, float | None]]


@dataclass(frozen=True)
class Chart:
    """What a chart shows.

    Args:
        title: written above it.
        x_name: written below the axis.
        series: at least one line; the y axis holds zero, and the middle 98 % of their values.
        level: a y that is marked by a dashed line, with its name, or None.
        marks: x and text of things that happened.
    """

    title: str
    x_name: str
    series: list[Series]
    level: tuple[float, str] | None = None
    marks: tuple[tuple[float, str], ...] = ()


def draw_chart(chart: Chart, width: int = 900, height: int = 480) -> NDArray[np.uint8]:
    """Draw a chart on white as uint8 (3, H, W); one chart, one picture."""
    image = Image.new("RGB", (width * FOLD, height * FOLD), "white")
    paper = _Paper(ImageDraw.Draw(image), *_ranges(chart), (60.0, 48.0, width - 20.0, height - 50.0))
    paper.axes(chart)
    for series in chart.series:
        paper.curve(series)
    for x, text in chart.marks:
        paper.mark(x, text)
    if chart.level is not None:
        paper.level(*chart.level)
    paper.legend(chart.series, width)
    return np.asarray(image.reduce(FOLD)).transpose(2, 0, 1).copy()


class _Paper:
    """A pen that takes values on both axes, and knows the box (left, top, right, bottom; pixels) of the plot."""

    def __init__(
        self, pen: ImageDraw.ImageDraw, x_range: tuple[float, float], y_range: tuple[float, float], box: Box
    ) -> None:
        self._pen, self._x, self._y, self._box = pen, x_range, y_range, box
        self._font = ImageFont.load_default(TEXT_PX * FOLD)
        self._lanes: list[list[tuple[float, float]]] = []

    def axes(self, chart: Chart) -> None:
        """Draw the title, the lines of the grid with their numbers, and the name of the x axis."""
        left, top, right, bottom = self._box
        self._text(left, 12, chart.title, INK)
        for value in ticks(*self._y):
            y = self._y_of(value)
            self._line([(left, y), (right, y)], FAINT)
            self._text(left - 8, y, short_number(value), SOFT, "rm")
        for value in ticks(*self._x):
            x = self._x_of(value)
            self._line([(x, bottom), (x, bottom + 4)], SOFT)
            self._text(x, bottom + 8, short_number(value), SOFT, "ma")
        self._line([(left, bottom), (right, bottom)], SOFT)
        self._text((left + right) / 2, bottom + 28, chart.x_name, SOFT, "ma")

    def mark(self, x_value: float, text: str) -> None:
        """Draw something that happened at ``x_value`` as a faint upright line with its text, below those in its way."""
        x = self._x_of(x_value)
        self._line([(x, self._box[1]), (x, self._box[3])], SOFT)
        is_right = x > (self._box[0] + self._box[2]) / 2
        width = self._pen.textlength(text, self._font) / FOLD + 10
        start, end = (x - width, x) if is_right else (x, x + width)
        lane = next((n for n, taken in enumerate(self._lanes) if all(end <= a or start >= b for a, b in taken)), None)
        if lane is None:
            lane = len(self._lanes)
            self._lanes.append([])
        self._lanes[lane].append((start, end))
        y = self._box[1] + 2 + lane * (TEXT_PX + 4)
        self._text(x + (-5 if is_right else 5), y, text, SOFT, "ra" if is_right else "la", halo=2)

    def level(self, y_value: float, text: str) -> None:
        """Draw a dashed line across at ``y_value``, when it lies within the plot."""
        if not self._y[0] <= y_value <= self._y[1]:
            return
        left, _, right, _ = self._box
        y = self._y_of(y_value)
        for start in np.arange(left, right, 10.0):
            self._line([(float(start), y), (float(min(start + 5, right)), y)], SOFT)
        self._text(right, y - 3, text, INK, "rd", halo=3)

    def curve(self, series: Series) -> None:
        """Draw a line; what lies outside the plot is drawn on its edge."""
        stretch: list[tuple[float, float]] = []
        for x_value, y_value in [*series.points, (0.0, None)]:
            if y_value is not None:
                stretch.append((self._x_of(x_value), self._y_of(min(max(y_value, self._y[0]), self._y[1]))))
                continue
            if len(stretch) == 1:
                stretch.append((stretch[0][0] + 1, stretch[0][1]))
            if stretch:
                self._line(stretch, series.color, 1.8)
            stretch = []

    def legend(self, series: list[Series], width: int) -> None:
        """Name each line in its colour at the upper right."""
        x = width - 20.0
        for one in reversed(series):
            self._text(x, 12, one.name, one.color, "ra")
            x -= self._pen.textlength(one.name, self._font) / FOLD + 18

    def _x_of(self, value: float) -> float:
        low, high = self._x
        return self._box[0] + (value - low) / (high - low) * (self._box[2] - self._box[0])

    def _y_of(self, value: float) -> float:
        low, high = self._y
        return self._box[3] - (value - low) / (high - low) * (self._box[3] - self._box[1])

    def _line(self, points: list[tuple[float, float]], color: Color, width: float = 1.0) -> None:
        scaled = [(x * FOLD, y * FOLD) for x, y in points]
        self._pen.line(scaled, color, round(width * FOLD), joint="curve")

    def _text(self, x: float, y: float, text: str, color: Color, anchor: str = "la", halo: int = 0) -> None:
        halo *= FOLD  # pixels of white around the letters
        self._pen.text((x * FOLD, y * FOLD), text, color, self._font, anchor, stroke_width=halo, stroke_fill="white")


def ticks(low: float, high: float) -> list[float]:
    """Return round numbers from ``low`` to ``high``, about five.

    Example:
        >>> ticks(0.0, 3.2), ticks(0.0, 150_000.0)
        ([0.0, 1.0, 2.0, 3.0], [0.0, 50000.0, 100000.0, 150000.0])
    """
    raw = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 12) for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _ranges(chart: Chart) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the ranges of both axes; single wild values are left outside."""
    xs = [x for series in chart.series for x, _ in series.points]
    ys = sorted(y for series in chart.series for _, y in series.points if y is not None)
    low = min([0.0, *ys[len(ys) // 100 : len(ys) // 100 + 1]])
    high = max([low, *ys[-1 - len(ys) // 100 :][:1]])
    return (0.0, max([1.0, *xs])), (low, high if high > low else low + 1.0)


def short_number(value: float) -> str:
    """Write a number of an axis: with k or M from a thousand on."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"
