"""Figures beside their floors and intervals, two models side by side, and the gate."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from gantools.features.base import Label
from gantools.measure.kinds import GATE, GOOD, KINDS
from gantools.measure.resampling import CONFIDENCE, Estimate, Interval, interval, standard_error, student

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
        most: what it can be with these data; its kind says what it can be at all.
    """

    name: str
    estimate: Estimate
    floor: float
    pictures: int
    label: Label | None = None
    most: float = math.inf

    @property
    def value(self) -> float:
        """The figure itself."""
        return self.estimate.value

    def bounds(self) -> Interval:
        """Return where the true value lies, as far as there can be values."""
        found, kind = interval(self.estimate, self.pictures), KINDS[self.name]
        most = max(min(kind.most, self.most), self.value)
        return Interval(max(found.low, min(kind.least, self.value)), min(found.high, most))

    def off(self) -> Estimate:
        """Return the figure, or how far it is off its floor when it is to be even with it."""
        if KINDS[self.name].better != "even":
            return self.estimate
        away = abs(self.estimate.value - self.floor)
        return replace(self.estimate, value=away, replicates=np.abs(self.estimate.replicates - self.floor))

    def facts(self) -> dict[str, Any]:
        """Return JSON values."""
        bounds = self.bounds()
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


@dataclass(frozen=True)
class Past:
    """A figure of which only value and noise are left.

    Args:
        error: its standard error.
    """

    name: str
    value: float
    error: float
    floor: float
    pictures: int
    label: Label | None

    def facts(self) -> dict[str, Any]:
        """Return JSON values."""
        features = None if self.label is None else self.label.facts()
        return {"value": self.value, "standard_error": self.error, "floor": self.floor, "n": self.pictures,
                "features": features}  # fmt: skip

    def off(self) -> float:
        """Return the figure, or how far it is off its floor when it is to be even with it."""
        return self.value if KINDS[self.name].better != "even" else abs(self.value - self.floor)


def past_figures(figures: dict[str, Any]) -> dict[str, Past]:
    """Read what ``Figure.facts`` gave; figures without a value, and those that are unknown here, are left out.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: something else.
    """
    found = {}
    for name, facts in figures.items():
        if name in KINDS and facts["value"] is not None:
            label = None if facts["features"] is None else Label(**facts["features"])
            numbers = [float(facts[key]) for key in ("value", "standard_error", "floor")]
            found[name] = Past(name, numbers[0], numbers[1], numbers[2], int(facts["n"]), label)
    if GATE not in found:
        raise ValueError(f"no {GATE}")
    return found


def difference(new: Figure, old: Figure | Past) -> Difference:
    """Return how much ``new`` lies above ``old``, with the interval; both are of the same reals.

    Two figures that were made with the same counts leave out the noise that they share. A past one is taken for
    independent, which makes the interval wider, never narrower, than it need be.

    Raises:
        ValueError: figures of different kinds, numbers of pictures or extractors, which cannot be compared.
    """
    if (new.name, new.pictures) != (old.name, old.pictures):
        found = f"{new.name} of {new.pictures} and {old.name} of {old.pictures} pictures"
        raise ValueError(f"found {found}, expected one figure of as many pictures")
    if new.label != old.label:
        raise ValueError(f"{new.name}: found features of {new.label} and of {old.label}, expected one extractor")
    if isinstance(old, Past):
        value = new.off().value - old.off()
        half = student(new.pictures - 1) * math.hypot(standard_error(new.off(), new.pictures), old.error)
        return Difference(new.name, value, value - half, value + half)
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
        bounds = figure.bounds()
        cells = written(figure.estimate.value), f"{written(bounds.low)} to {written(bounds.high)}"
        rows.append((name, *cells, written(figure.floor), GOOD[KINDS[name].better], KINDS[name].meaning))
    return rows


def comparison(
    new: dict[str, Figure], old: Mapping[str, Figure | Past]
) -> tuple[list[tuple[str, ...]], dict[str, Difference]]:
    """Return two models side by side as lines of cells, the heading first, and the differences.

    A figure of a recogniser is left out where the old one is of another recogniser.
    """
    gaps = {}
    rows: list[tuple[str, ...]] = [
        ("figure", "new", "old", "floor", "difference", f"{CONFIDENCE:.0%} interval", "the new one is")
    ]
    for name, figure in new.items():
        if name not in old or (KINDS[name].source == "recogniser" and old[name].label != figure.label):
            continue
        gap = gaps[name] = difference(figure, old[name])
        values = (written(x) for x in (figure.value, old[name].value, figure.floor, gap.value))
        rows.append((name, *values, f"{written(gap.low)} to {written(gap.high)}", gap.verdict))
    return rows, gaps


def written(value: float) -> str:
    """Write a figure for people: three digits that count, without powers of ten where it can be read without."""
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.1e}"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:#.3g}".rstrip(".")
