"""Figures beside their floors and intervals, two models side by side, and the gate."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from gantools.features.base import Label
from gantools.measure.kinds import GOOD, KINDS
from gantools.measure.resampling import CONFIDENCE, Estimate, interval, standard_error

Verdict = Literal["better", "worse", "not separable"]


@dataclass(frozen=True)
class Figure:
    """One figure of a model.

    Args:
        name: a key of ``KINDS``.
        estimate: value and replicates.
        floor: the same of real pictures against the same reals; what a perfect model would have.
        pictures: how many fakes, and as many reals, it was made of.
        label: the extractor; None for figures of pixels.
    """

    name: str
    estimate: Estimate
    floor: float
    pictures: int
    label: Label | None = None

    def off(self) -> Estimate:
        """Return the figure, or how far it is off its floor when it is to be even with it."""
        if KINDS[self.name].better != "even":
            return self.estimate
        return Estimate(abs(self.estimate.value - self.floor), np.abs(self.estimate.replicates - self.floor))

    def facts(self) -> dict[str, Any]:
        """Return JSON values."""
        bounds = interval(self.estimate, self.pictures)
        return {
            "value": self.estimate.value,
            "low": bounds.low,
            "high": bounds.high,
            "standard_error": standard_error(self.estimate, self.pictures),
            "floor": self.floor,
            "n": self.pictures,
            "better": KINDS[self.name].better,
            "features": None if self.label is None else self.label.facts(),
        }


@dataclass(frozen=True)
class Difference:
    """A figure of one model less that of another, against the same reals; of an even one, of how far off they are.

    Args:
        low, high: the interval.
    """

    name: str
    value: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """Better or worse when the interval leaves out 0; equal figures are not separable."""
        is_lower_better = KINDS[self.name].better != "higher"
        if self.high < 0:
            return "better" if is_lower_better else "worse"
        if self.low > 0:
            return "worse" if is_lower_better else "better"
        return "not separable"

    def facts(self) -> dict[str, Any]:
        """Return JSON values."""
        return {"value": self.value, "low": self.low, "high": self.high, "verdict": self.verdict}


def difference(new: Figure, old: Figure) -> Difference:
    """Return how much ``new`` lies above ``old``, with the interval: both have the same reals and the same counts.

    Raises:
        ValueError: figures of different kinds, numbers of pictures or extractors, which cannot be compared.
    """
    if (new.name, new.pictures) != (old.name, old.pictures):
        found = f"{new.name} of {new.pictures} and {old.name} of {old.pictures} pictures"
        raise ValueError(f"found {found}, expected one figure of as many pictures")
    if new.label != old.label:
        raise ValueError(f"{new.name}: found features of {new.label} and of {old.label}, expected one extractor")
    gap = new.off() - old.off()
    bounds = interval(gap, new.pictures)
    return Difference(new.name, gap.value, bounds.low, bounds.high)


def is_ahead(new: Figure, old: Figure) -> bool:
    """Say whether ``new`` has the better value, be it by noise alone; both have the same reals and counts."""
    gap = difference(new, old).value
    return gap > 0 if KINDS[new.name].better == "higher" else gap < 0


def facts_of(figures: dict[str, Figure]) -> dict[str, Any]:
    """Return the figures of a model as JSON values."""
    return {name: figure.facts() for name, figure in figures.items()}


def table(figures: dict[str, Figure]) -> list[tuple[str, ...]]:
    """Return a model's figures as lines of cells, the heading first."""
    rows: list[tuple[str, ...]] = [
        ("figure", "value", f"{CONFIDENCE:.0%} interval", "floor", "good when", "what it says")
    ]
    for name, figure in figures.items():
        bounds = interval(figure.estimate, figure.pictures)
        cells = written(figure.estimate.value), f"{written(bounds.low)} to {written(bounds.high)}"
        rows.append((name, *cells, written(figure.floor), GOOD[KINDS[name].better], KINDS[name].meaning))
    return rows


def comparison(new: dict[str, Figure], old: dict[str, Figure]) -> list[tuple[str, ...]]:
    """Return two models side by side as lines of cells, the heading first."""
    rows: list[tuple[str, ...]] = [
        ("figure", "new", "old", "floor", "difference", f"{CONFIDENCE:.0%} interval", "the new one is")
    ]
    for name, figure in new.items():
        gap = difference(figure, old[name])
        values = (written(x) for x in (figure.estimate.value, old[name].estimate.value, figure.floor, gap.value))
        rows.append((name, *values, f"{written(gap.low)} to {written(gap.high)}", gap.verdict))
    return rows


def written(value: float) -> str:
    """Write a figure for people: three digits that count, without powers of ten where it can be read without."""
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.1e}"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:#.3g}".rstrip(".")
