"""Line charts as inline SVG: axes with units, numbered marks, bands; drawn once wide and once narrow."""

from dataclasses import dataclass, field, replace

from gantools.inspection.markup import text
from gantools.inspection.story import Mark, MarkKind, Point
from gantools.pictures.plot import short_number, ticks

MOST_POINTS = 600
NEAR_PX = 17.0
LANES = 3
MOST_FLAGS = 24
SMOOTH_SHARE = 24


@dataclass(frozen=True)
class Line:
    """One line: its name, the class that colours it, its points; ``is_noisy`` draws its running mean over it."""

    name: str
    kind: str
    points: list[Point]
    is_noisy: bool = True


@dataclass(frozen=True)
class Flag:
    """One or more things that happened at one place, under one number."""

    number: int
    images: int
    kind: MarkKind
    texts: tuple[str, ...]


@dataclass(frozen=True)
class LineChart:
    """What a chart shows.

    Args:
        title: said to those who cannot see it.
        lines: at least one.
        level: a y marked by a dashed line, with its name.
        bands: stretches of images marked at the foot, with the class that colours them.
        flags: numbered marks.
        ranges: images, and the lowest and highest that a value there may be.
        end: images at the right edge.
        unit: of the y axis.
    """

    title: str
    lines: list[Line]
    level: tuple[float, str] | None = None
    bands: list[tuple[int, int, str]] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    ranges: list[tuple[int, float, float]] = field(default_factory=list)
    end: int = 0
    unit: str = ""


def flags_of(marks: list[Mark]) -> tuple[list[Flag], int]:
    """Number what happened; what happened at the same count stands under one number.

    Returns:
        The flags and how many marks are left out: where there are many, those of a run that only went on, and then the
        oldest.
    """
    kept = marks if len(marks) <= MOST_FLAGS else [mark for mark in marks if mark.kind != "start"][-MOST_FLAGS:]
    flags: list[Flag] = []
    for mark in kept:
        if flags and flags[-1].images == mark.images:
            flags[-1] = replace(flags[-1], texts=(*flags[-1].texts, mark.text))
        else:
            flags.append(Flag(len(flags) + 1, mark.images, mark.kind, (mark.text,)))
    return flags, len(marks) - len(kept)


def draw(chart: LineChart) -> str:
    """Return a chart for wide and one for narrow windows; the page shows one of them."""
    return _Paper(chart, 760, 300, "wide").svg() + _Paper(chart, 380, 260, "narrow").svg()


def draw_narrow(chart: LineChart) -> str:
    """Return a chart that stands beside others in wide windows too."""
    return _Paper(chart, 380, 240, "small").svg()


def legend(chart: LineChart, more: list[tuple[str, str]]) -> str:
    """Return what the colours mean; ``more`` has classes and texts."""
    items = [(line.kind, line.name) for line in chart.lines] + more
    shown = "".join(f'<span class="key {kind}">{text(name)}</span>' for kind, name in items)
    return f'<p class="legend">{shown}</p>'


def flag_list(flags: list[Flag]) -> str:
    """Return the list of what happened, by the numbers in the chart."""
    if not flags:
        return ""
    items = "".join(
        f'<li><span class="flag {flag.kind}">{flag.number}</span><span class="when">{flag.images:,} images</span>'
        f"<span>{'<br>'.join(map(text, flag.texts))}</span></li>"
        for flag in flags
    )
    return f'<ol class="flags">{items}</ol>'


class _Paper:
    """A chart at one size, in pixels; the box of the plot leaves room for numbers, flags and names."""

    def __init__(self, chart: LineChart, width: int, height: int, name: str) -> None:
        self._chart, self._width, self._height, self._name = chart, width, height, name
        lanes = LANES if chart.flags else 0
        self._left, self._top, self._right, self._bottom = 46.0, 24.0 + 4 * lanes, width - 10.0, height - 42.0
        self._x = (0.0, float(max(1, chart.end, *(x for line in chart.lines for x, _ in line.points))))
        values = [y for line in chart.lines for _, y in line.points if y is not None]
        values += [y for _, *ends in chart.ranges for y in ends]
        self._y = _range(values + ([chart.level[0]] if chart.level else []))

    def svg(self) -> str:
        """Return the whole drawing."""
        chart = self._chart
        parts = [self._axes(), self._ranges(), *(self._band(*band) for band in chart.bands)]
        parts += [self._level(*chart.level)] if chart.level else []
        parts += [self._curve(line) for line in chart.lines]
        parts += self._flags()
        size = f'viewBox="0 0 {self._width} {self._height}"'
        return (
            f'<svg class="chart {self._name}" {size} role="img" aria-label="{text(chart.title)}">{"".join(parts)}</svg>'
        )

    def _axes(self) -> str:
        parts = []
        for value in ticks(*self._y):
            y = self._y_of(value)
            parts.append(f'<path class="grid" d="M{self._left:.1f} {y:.1f}H{self._right:.1f}"/>')
            parts.append(_words(self._left - 8, y + 4, short_number(value), "end"))
        wanted = ticks(*self._x)
        for value in wanted[:: 2 if self._name != "wide" and len(wanted) > 5 else 1]:
            x = self._x_of(value)
            parts.append(f'<path class="tick" d="M{x:.1f} {self._bottom:.1f}v5"/>')
            parts.append(_words(x, self._bottom + 19, short_number(value), _anchor(x, self._left, self._right)))
        parts.append(f'<path class="axis" d="M{self._left:.1f} {self._bottom:.1f}H{self._right:.1f}"/>')
        parts.append(_words((self._left + self._right) / 2, self._height - 6, "images seen", "middle", "name"))
        if self._chart.unit:
            parts.append(_words(4, 11, self._chart.unit, "start", "name"))
        return "".join(parts)

    def _band(self, start: int, end: int, kind: str) -> str:
        left, right = self._x_of(start), self._x_of(end)
        return f'<rect class="band {kind}" x="{left:.1f}" y="{self._bottom - 5:.1f}" width="{max(2.0, right - left):.1f}" height="5"/>'  # noqa: E501

    def _ranges(self) -> str:
        """Draw the area between the lowest and the highest values."""
        known = [(self._x_of(x), low, high) for x, low, high in self._chart.ranges]
        if not known:
            return ""
        upper = [f"{x:.1f} {self._y_of(high):.1f}" for x, _, high in known]
        lower = [f"{x:.1f} {self._y_of(low):.1f}" for x, low, _ in reversed(known)]
        return f'<path class="range" d="M{"L".join(upper + lower)}Z"/>'

    def _level(self, value: float, name: str) -> str:
        if not self._y[0] <= value <= self._y[1]:
            return ""
        y = self._y_of(value)
        line = f'<path class="level" d="M{self._left:.1f} {y:.1f}H{self._right:.1f}"/>'
        return line + _words(self._right, y - 5, name, "end", "halo")

    def _curve(self, line: Line) -> str:
        points = line.points[:: -(-len(line.points) // MOST_POINTS) or 1]
        if not line.is_noisy or len(points) < 2 * SMOOTH_SHARE:
            return f'<path class="line {line.kind}" d="{self._path(points)}"/>' + self._dots(line, points)
        smooth = running_mean(points, max(3, len(points) // SMOOTH_SHARE))
        return (
            f'<path class="line raw {line.kind}" d="{self._path(points)}"/>'
            f'<path class="line {line.kind}" d="{self._path(smooth)}"/>'
        )

    def _dots(self, line: Line, points: list[Point]) -> str:
        """Mark few points each: a line of one point could not be seen."""
        if len(points) > SMOOTH_SHARE:
            return ""
        places = [(self._x_of(x), self._y_of(y)) for x, y in points if y is not None]
        return "".join(f'<circle class="dot {line.kind}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places)

    def _path(self, points: list[Point]) -> str:
        parts, is_down = [], False
        for x, y in points:
            if y is not None:
                parts.append(f"{'L' if is_down else 'M'}{self._x_of(x):.1f} {self._y_of(y):.1f}")
            is_down = y is not None
        return "".join(parts)

    def _flags(self) -> list[str]:
        """Draw the numbered marks; those that would lie on each other go to the next of three lanes."""
        parts, ends = [], [-NEAR_PX] * LANES
        for flag in self._chart.flags:
            x = self._x_of(flag.images)
            lane = next((lane for lane in range(LANES) if x - ends[lane] >= NEAR_PX), LANES - 1)
            ends[lane] = x
            y = 9.0 + 9 * lane
            said = text(f"{flag.number}: at {flag.images:,} images, {'; '.join(flag.texts)}")
            parts.append(
                f'<g class="flag {flag.kind}"><title>{said}</title><path d="M{x:.1f} {y:.1f}V{self._bottom:.1f}"/>'
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8"/>{_words(x, y + 4, str(flag.number), "middle")}</g>'
            )
        return parts

    def _x_of(self, value: float) -> float:
        low, high = self._x
        return self._left + (value - low) / (high - low) * (self._right - self._left)

    def _y_of(self, value: float) -> float:
        low, high = self._y
        return self._bottom - (min(max(value, low), high) - low) / (high - low) * (self._bottom - self._top)


def running_mean(points: list[Point], width: int) -> list[Point]:
    """Return for each point the mean of the finite values at most ``width // 2`` points away."""
    half, found = width // 2, []
    for place, (x, _) in enumerate(points):
        near = [y for _, y in points[max(0, place - half) : place + half + 1] if y is not None]
        found.append((x, sum(near) / len(near) if near else None))
    return found


def _range(values: list[float]) -> tuple[float, float]:
    """Return the axis for values: zero and the middle 98 % of them."""
    ordered = sorted(values) or [0.0, 1.0]
    low = min(0.0, ordered[len(ordered) // 100])
    high = max(low, ordered[-1 - len(ordered) // 100])
    return low, high + (high - low) * 0.04 if high > low else low + 1.0


def _words(x: float, y: float, said: str, anchor: str, kind: str = "") -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<text{name} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text(said)}</text>'


def _anchor(x: float, left: float, right: float) -> str:
    return "start" if x - left < 1 else "end" if right - x < 14 else "middle"
