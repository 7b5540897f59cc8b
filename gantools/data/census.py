"""What the pictures of a data set are and come from, counted from its records alone: no picture is read."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gantools.data.manifest import HOLDOUT, Record
from gantools.data.recipe import Recipe

MODE_NAMES = {
    "gray": "grey",
    "rgb": "colour",
    "gray+alpha": "grey with transparency",
    "rgb+alpha": "colour with transparency",
}
CROPPED = ("center", "top", "random")
LISTED_PAIRS = 1000


@dataclass
class Census:
    """What is counted. Sources are those of the pictures in the data set.

    Args:
        sizes: (width, height) in pixels -> sources; drawn ones have none.
        modes: ``gray`` or ``rgb``, with ``+alpha`` where there can be transparency -> sources.
        blank: pictures that are mostly of one colour.
        enlarged: pictures whose source, or what is kept of it, is smaller than they are.
        cut_off: the mean share of a source's area that the crop cuts off, in [0, 1).
        same: pictures in the data set with the pixels of an earlier one.
        near: pictures in the data set that look like an earlier one.
        left_out: copies that the options leave out.
        across_labels: copies, left out or not, whose label is not that of what they copy.
        across_splits: copies in the data set that are held out while what they copy is not, or the other way round.
        pairs: the copies: source, what it is a copy of, and the bits of 64 in which they look unlike.
    """

    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    blank: int = 0
    enlarged: int = 0
    cut_off: float = 0.0
    same: int = 0
    near: int = 0
    left_out: int = 0
    across_labels: int = 0
    across_splits: int = 0
    pairs: list[tuple[str, str, int | None]] = field(default_factory=list)

    @property
    def copies(self) -> int:
        """How many copies are in the data set."""
        return self.same + self.near

    def side_range(self) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]] | None:
        """Return the smallest, the middle and the largest size of the sources, by area; None when none is known."""
        if not self.sizes:
            return None
        ordered = sorted(self.sizes.elements(), key=lambda size: (size[0] * size[1], size))
        return ordered[0], ordered[len(ordered) // 2], ordered[-1]

    def rows(self, width: int, height: int) -> list[tuple[str, str]]:
        """Return what is worth a row of a table, name and value, for pictures of a size in pixels."""
        rows = []
        sides = self.side_range()
        if sides is not None and self.sizes.keys() != {(width, height)}:
            small, middle, large = ("x".join(map(str, size)) for size in sides)
            shown = small if len(self.sizes) == 1 else f"{small} to {large}, the middle one {middle}"
            rows.append(("sources", shown))
        if len(self.modes) > 1 or any("alpha" in mode for mode in self.modes):
            shown = ", ".join(f"{MODE_NAMES.get(mode, mode)} {count:,}" for mode, count in self.modes.most_common())
            rows.append(("modes", shown))
        copies = [(self.same, "the same as an earlier one"), (self.near, "nearly the same"),
                  (self.left_out, "left out"), (self.across_labels, "under another label")]  # fmt: skip
        if self.copies or self.left_out:
            rows.append(("copies", ", ".join(f"{count:,} {what}" for count, what in copies if count)))
        counts = [("blank", self.blank, "mostly of one colour"), ("enlarged", self.enlarged, "from smaller sources")]
        return rows + [(name, f"{count:,} {what}") for name, count, what in counts if count]

    def facts(self) -> dict[str, Any]:
        """Return the counts as JSON values; of many pairs the first."""
        sides = self.side_range()
        names = ("smallest", "median", "largest")
        return {
            "sources": dict(zip(names, map(list, sides), strict=True)) if sides else None,
            "modes": dict(self.modes),
            "blank": self.blank,
            "enlarged": self.enlarged,
            "cut_off": round(self.cut_off, 4),
            "duplicates": {
                "same": self.same,
                "near": self.near,
                "left_out": self.left_out,
                "across_labels": self.across_labels,
                "across_splits": self.across_splits,
                "pairs": [
                    {"source": source, "of": of, "distance": distance}
                    for source, of, distance in self.pairs[:LISTED_PAIRS]
                ],
            },
        }


class Counting:
    """A census that is taken record by record.

    Args:
        recipe: what was made of the sources.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._recipe, self._found, self._copies, self._cut_off = recipe, Census(), list[Record](), 0.0

    def add(self, record: Record) -> None:
        """Count one record."""
        found = self._found
        found.blank += record.blank is True
        if record.twin is not None:
            self._copies.append(record)
        if record.file is None or record.width is None or record.height is None:
            return
        found.sizes[record.width, record.height] += 1
        found.modes[record.mode or "rgb"] += 1
        kept, scale = _kept(record.width, record.height, self._recipe)
        found.enlarged += scale > 1
        self._cut_off += 1 - kept

    def result(self, records: Iterable[Record]) -> Census:
        """Return the counts.

        Args:
            records: all that were added, which are gone through only when there are copies.
        """
        found = self._found
        found.cut_off = self._cut_off / max(1, found.sizes.total())
        wanted = {record.twin for record in self._copies}
        originals = {record.source: record for record in records if record.source in wanted} if wanted else {}
        _count_copies(self._copies, originals, found)
        return found


def census(records: Sequence[Record], recipe: Recipe) -> Census:
    """Count what is on record about a data set.

    Args:
        records: all of them.
        recipe: what was made of the sources.
    """
    counting = Counting(recipe)
    for record in records:
        counting.add(record)
    return counting.result(records)


def _kept(width: int, height: int, recipe: Recipe) -> tuple[float, float]:
    """Return the share of a source's area that is kept, in (0, 1], and by how much its pixels are enlarged."""
    if recipe.tiles != "none":
        return 1.0, 1.0
    down, along = recipe.size[0] / height, recipe.size[1] / width
    if recipe.crop == "pad":
        return 1.0, min(down, along)
    kept = min(down, along) / max(down, along) if recipe.crop in CROPPED else 1.0
    return kept, max(down, along)


def _count_copies(copies: list[Record], originals: dict[str, Record], found: Census) -> None:
    for record in copies:
        twin = originals.get(record.twin or "")
        if twin is None:  # deleted by hand
            continue
        found.pairs.append((record.source, twin.source, record.distance))
        found.across_labels += record.label != twin.label
        if record.file is None:
            found.left_out += 1
            continue
        found.same += record.distance is None
        found.near += record.distance is not None
        found.across_splits += (record.split == HOLDOUT) != (twin.split == HOLDOUT)
