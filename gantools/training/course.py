"""The course of a run, as its history holds it: the points before and those of now, on which a verdict looks."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from gantools.training.register import Point


@dataclass(frozen=True)
class Course:
    """The points before, those of now, and the rounds that all of them took."""

    before: list[Point]
    now: list[Point]
    rounds: int

    def mean(self, name: str) -> float:
        """Return the mean of a sign over the points of now."""
        return fmean(getattr(point, name) for point in self.now)

    def nearness(self) -> float:
        """Return the gap of now as a share of the first one."""
        first = (self.before or self.now)[0].gap
        return self.mean("gap") / first if first else 1.0

    def d_losses(self) -> list[float]:
        """Return the D losses of now."""
        return [point.loss_d for point in self.now if point.loss_d is not None]


def fresh(points: Iterable[Point]) -> list[Point]:
    """Return the points that measured something since the one before; train-g alone measures nothing."""
    found: list[Point] = []
    for point in points:
        is_new = not found or point.d_steps > found[-1].d_steps
        if is_new and None not in (point.spread, point.gap, point.order):
            found.append(point)
    return found


def variety(point: Point) -> float:
    """Return how much fakes differ, as a share of the reals: all of them, or each from the one most like it."""
    assert point.spread is not None, "points without signs were left out"
    return point.spread if point.twins is None else min(point.spread, point.twins)


def best_variety(points: list[Point]) -> float:
    """Return the most variety of fakes that had come half the way to the pictures; noise differs too. At most 1."""
    first = points[0].gap
    return min(1.0, max((variety(p) for p in points if first and p.gap is not None and p.gap < first / 2), default=0.0))
