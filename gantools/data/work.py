"""What a run of ``prepare`` has to do: the pictures of the new data set, item by item."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from gantools.data.before import Before
from gantools.data.entry import Entry
from gantools.data.labels import Labelled
from gantools.data.manifest import Record
from gantools.data.recipe import Recipe
from gantools.data.survey import Survey


@dataclass(frozen=True)
class Acts:
    """What one run is asked to do beyond what is new or changed; the next one does it only when asked again.

    Args:
        force: make everything again, and use a folder that holds other files.
        prune: remove the pictures whose sources are gone.
        restore: bring back the pictures that were deleted by hand.
        rehash: compare the sources by what they hold, not by size and time.
    """

    force: bool = False
    prune: bool = False
    restore: bool = False
    rehash: bool = False


@dataclass(slots=True)
class Item:
    """One picture of the new data set.

    Args:
        entry: its source; None when that is gone.
        old: what is on record about it.
        keep: whether the record stays as it is.
        row: its row in the old pack; None when its pixels are to be read from its PNG.
        write: False for a picture that was deleted by hand and is not to come back.
        rewrite: its file was changed or deleted by hand and is written again from the old pack.
    """

    entry: Entry | None
    old: Record | None = None
    keep: bool = False
    row: int | None = None
    write: bool = True
    rewrite: bool = False

    @property
    def source(self) -> str:
        """The name of its source, be it there or gone."""
        known = self.entry or self.old
        assert known is not None
        return known.source


@dataclass
class Plan:
    """All that a run will do.

    Args:
        folder: the data set.
        recipe: the resolved options.
        items: the pictures in their final order.
        before: what was there.
        foreign: pictures in the folder that are none of ours; they stay and are left out.
        passed_over: how many files of which kind are no pictures.
        survey: why the size and the channels are what they are; None when they were typed or stored.
        labelled: what a file of labels gave; None without one.
        greyed: a new source in colour whose picture becomes grey because the data set is; None for none.
        redone: the options whose change makes everything again.
        vanished: how many pictures stay though their source is gone.
        mended: how many pictures are made again because they were changed by hand.
        restamped: how many pictures stay as they are though size or time of their file have changed.
        deleted: how many pictures were deleted by hand and stay out.
        restored: how many of them come back.
        lost: sources of those that cannot: their source is gone, and no pack has their pixels.
        pruned: how many pictures are removed because their source is gone.
        beside: the sources that were on record when others were typed for the same data set.
        others: those others.
    """

    folder: Path
    recipe: Recipe
    items: list[Item]
    before: Before
    foreign: list[str]
    passed_over: Counter[str]
    survey: Survey | None
    redone: list[str]
    labelled: Labelled | None = None
    greyed: str | None = None
    vanished: int = 0
    mended: int = 0
    restamped: int = 0
    deleted: int = 0
    restored: int = 0
    lost: list[str] = field(default_factory=list)
    pruned: int = 0
    beside: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def to_make(self) -> int:
        """How many pictures are to be made."""
        return sum(not item.keep or item.rewrite for item in self.items)

    def nothing_to_do(self) -> bool:
        """Tell whether the run would write the very bytes that are there."""
        manifest = self.before.manifest
        if manifest is None or self.before.pack is None or self.before.unfinished or self.to_make or self.restamped:
            return False
        same = [item.old.source for item in self.items if item.old] == [record.source for record in manifest.records]
        heading = manifest.heading
        return same and heading.recipe == self.recipe and heading.foreign == self.foreign
