"""The story of a run over images seen: losses, figures and what happened, from its checkpoint or its metrics file.

Standard library only. A metrics file tells more: finer losses, figures, and where D turns were skipped.
"""

import json
import math
import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from gantools.config.run import RunConfig
from gantools.config.sizes import scales
from gantools.errors import Again, InputError
from gantools.files.document import Document
from gantools.files.nearby import similar
from gantools.training.register import Point as HistoryPoint

Point = tuple[int, float | None]
MarkKind = Literal["start", "change", "drop", "growth", "fault", "verdict", "other"]
KINDS: dict[str, MarkKind] = {"diverged": "fault", "collapsed": "fault", "health": "verdict", "growth": "growth"}
COMPARABLE = ("reals", "n", "seed", "features")
"""Figures can be compared where these are equal."""

SIGNS = ("spread", "twins")
"""Columns of the register's history that tell how various the fakes were."""

FACTS = ("value", "low", "high", "floor")

GROWING = "progressive"
SILENT = ("end", "saved", "drop", "figures", "start")
TEXTS = ("what", "text", "state")


class FigurePoint(NamedTuple):
    """A figure at a count of images: its value, its interval, and the same of real pictures; None where unknown."""

    images: int
    value: float
    low: float | None
    high: float | None
    floor: float | None


@dataclass(frozen=True)
class Mark:
    """Something that happened.

    Args:
        images: when.
        kind: what kind of thing.
        text: what, foreign text included.
    """

    images: int
    kind: MarkKind
    text: str


@dataclass
class Story:
    """What is told of a run. Points are (images seen, value); a value of None was not finite.

    Args:
        loss_d, loss_g: losses.
        signs: name -> points: ``spread`` and ``twins``, each 1 where fakes are as various as reals.
        figures: name -> points that can be compared with the last one.
        judged: what they can be compared by.
        marks: in the order of their images.
        augment: strength of the augmentation; empty where it is not on record.
        skipped: (images, D turns skipped so far); empty where only the sum is known.
        nonfinite: likewise of turns that were not finite.
        unread: lines of the metrics file that are no whole lines.
    """

    loss_d: list[Point] = field(default_factory=list)
    loss_g: list[Point] = field(default_factory=list)
    signs: dict[str, list[Point]] = field(default_factory=dict)
    figures: dict[str, list[FigurePoint]] = field(default_factory=dict)
    judged: str = ""
    marks: list[Mark] = field(default_factory=list)
    augment: list[Point] = field(default_factory=list)
    skipped: list[tuple[int, int]] = field(default_factory=list)
    nonfinite: list[tuple[int, int]] = field(default_factory=list)
    unread: int = 0

    def cut(self, images: int) -> None:
        """Forget what lies behind a count: a run that was killed goes on from its last save, and does it again."""
        self.loss_d = [point for point in self.loss_d if point[0] <= images]
        self.loss_g = [point for point in self.loss_g if point[0] <= images]
        self.augment = [point for point in self.augment if point[0] <= images]
        kept = {name: [point for point in points if point.images <= images] for name, points in self.figures.items()}
        self.figures = {name: points for name, points in kept.items() if points}
        self.marks = [mark for mark in self.marks if mark.images <= images]
        self.skipped = [count for count in self.skipped if count[0] <= images]
        self.nonfinite = [count for count in self.nonfinite if count[0] <= images]

    def stretches(self, counts: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return from where to where a count rose, with neighbours joined."""
        found: list[tuple[int, int]] = []
        for (start, before), (end, after) in zip([(0, 0), *counts], counts, strict=False):
            if after > before:
                found = (
                    [*found[:-1], (found[-1][0], end)] if found and found[-1][1] >= start else [*found, (start, end)]
                )
        return found


def story_of(document: Document, metrics: Path | None = None) -> Story:
    """Tell the story of a checkpoint, with the finer points of its metrics file when there is one.

    Raises:
        InputError: the metrics file is absent, unreadable, or none.
    """
    register = document.register
    story = read_metrics(metrics) if metrics is not None else Story()
    story.cut(register.images)
    if len(story.loss_d) < len(register.history):
        story.loss_d = [(int(point[1] or 0), point[2]) for point in register.history]
        story.loss_g = [(int(point[1] or 0), point[3]) for point in register.history]
    for name in SIGNS:
        column = HistoryPoint._fields.index(name)
        points = [(int(point[1] or 0), point[column]) for point in register.history if len(point) > column]
        story.signs |= {name: points} if any(value is not None for _, value in points) else {}
    known = {(mark.images, mark.text) for mark in story.marks}
    events = [(event.images, event.what) for event in document.lineage.events]
    story.marks += [Mark(images, "change", what) for images, what in events if (images, what) not in known]
    story.marks += drops_of(document.config, register.images) + growth_of(document.config, register.images)
    story.marks.sort(key=lambda mark: mark.images)
    return story


def drops_of(config: RunConfig, images: int) -> list[Mark]:
    """Return the drops of the rates that have taken hold."""
    found, share = [], 1.0
    for factor, due in sorted(config.balance.lr_drops, key=lambda drop: drop[1]):
        share *= factor
        if due <= images:
            found.append(Mark(due, "drop", f"both rates are now {share:g} of where they began"))
    return found


def growth_of(config: RunConfig, images: int) -> list[Mark]:
    """Return where growing networks began with their next size; see ``nets/progressive.growth``."""
    network = config.network
    if network.family != GROWING:
        return []
    sizes = scales(network.height, network.width)[1:]
    due = [(network.grow_images * (2 * doubling + 1), size) for doubling, size in enumerate(sizes)]
    return [Mark(at, "growth", f"{width}x{height} begins to fade in") for at, (height, width) in due if at <= images]


def read_metrics(path: Path) -> Story:
    """Read a metrics file; lines that a kill has cut off are counted and left out.

    Raises:
        InputError: absent, unreadable, or no line of it is of a metrics file.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        message = f"--metrics {path}: cannot be read ({error.strerror}), expected a metrics file of gantools train"
        meant = similar(str(path), os.path.isfile)
        hint = Again(swap={str(path): meant}) if meant else shlex.join(["ls", str(path.parent)])
        raise InputError(message, hint=hint) from error
    story = Story()
    for line in filter(None, lines):
        try:
            found = json.loads(line)
            images = int(found["images"])
        except (ValueError, KeyError, TypeError, RecursionError):
            story.unread += 1
            continue
        _take(story, found, images)
    if story.unread == sum(map(bool, lines)):
        message = f"--metrics {path}: found no line with images seen, expected a metrics file of gantools train"
        raise InputError(message, hint=shlex.join(["head", "-n", "3", str(path)]))
    return story


def _take(story: Story, found: dict[str, Any], images: int) -> None:
    event = found.get("event")
    if event is None:
        story.loss_d.append((images, _number(found.get("loss_d"))))
        story.loss_g.append((images, _number(found.get("loss_g"))))
        if "augment" in found:
            story.augment.append((images, _number(found["augment"])))
        story.skipped.append((images, int(_number(found.get("skipped")) or 0)))
        story.nonfinite.append((images, int(_number(found.get("nonfinite")) or 0)))
    elif event == "start":
        _begin(story, found, images)
    elif event == "figures":
        _judge(story, found, images)
    elif event not in SILENT:
        said = next((str(found[name]) for name in TEXTS if found.get(name)), "")
        story.marks.append(Mark(images, KINDS.get(str(event), "other"), f"{event}: {said}" if said else str(event)))


def _begin(story: Story, found: dict[str, Any], images: int) -> None:
    """Take in that a run began or went on; one that begins at 0 is another run than what stands before it."""
    story.cut(images if images else -1)
    changes = found.get("changes")
    changes = [str(change).removeprefix("changed: ") for change in changes] if isinstance(changes, list) else []
    if images:
        command = str(found.get("command", "train"))
        story.marks.append(Mark(images, "start", "resumed" if command == "train" else f"{command} went on"))
    story.marks += [Mark(images, "change", change) for change in changes]


def _judge(story: Story, found: dict[str, Any], images: int) -> None:
    """Take in figures; those before that cannot be compared with them are left out."""
    judged = json.dumps([found.get(name) for name in COMPARABLE], sort_keys=True)
    if judged != story.judged:
        story.judged, story.figures = judged, {}
    figures = found.get("figures")
    for name, facts in figures.items() if isinstance(figures, dict) else ():
        value, *others = (_number(facts.get(key)) if isinstance(facts, dict) else None for key in FACTS)
        if value is not None:
            story.figures.setdefault(str(name), []).append(FigurePoint(images, value, *others))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
