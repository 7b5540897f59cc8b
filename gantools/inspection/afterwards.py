"""What became of a run after a checkpoint: the last good one of a lost run does not know. Standard library only.

The metrics files beside it tell, by digests: which checkpoints the run saved, and which one it went on from.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

LOST = ("collapsed", "diverged")
MOST_FILES, MOST_BYTES = 32, 64 << 20
"""Metrics files that are read beside a checkpoint, and how large they may be in all: a report is to come at once."""


class Afterwards(NamedTuple):
    """How a run was lost after a checkpoint.

    Args:
        state: ``collapsed`` or ``diverged``.
        images: images seen by then.
        reason: the figures behind it; None where they are not on record.
        metrics: the file that tells, its name.
    """

    state: str
    images: int
    reason: str | None
    metrics: str

    def told(self) -> str:
        """Return a sentence without its subject, which is the run."""
        reason = "" if self.reason is None else f": {self.reason}"
        return f"went on from here and {self.state} at {self.images:,} images{reason} ({self.metrics})"


def afterwards(path: Path, digest: str) -> Afterwards | None:
    """Return how the run was lost that saved the checkpoint ``path`` of this content; None where nothing says so."""
    places = _readable([place for place in sorted(path.parent.glob("*.jsonl")) if place.is_file()][:MOST_FILES])
    return next((found for place in places if (found := _told_by(place, digest)) is not None), None)


def _readable(places: list[Path]) -> Iterator[Path]:
    """Yield the files that together are not too large; one that is too large for what is left is passed over."""
    left = MOST_BYTES
    for place in places:
        try:
            size = place.stat().st_size
        except OSError:
            continue
        if size <= left:
            left -= size
            yield place


def _told_by(place: Path, digest: str) -> Afterwards | None:
    """Return the loss that a metrics file has behind a checkpoint: of the last run that went on from it."""
    known, follows = {digest}, False
    found: Afterwards | None = None
    for line in _events(place):
        event, images = line["event"], line["images"]
        if event == "start":
            parent = line.get("parent")
            follows = isinstance(parent, str) and parent in known
            found = None if follows else found
        elif event in ("saved", "end"):
            if not follows and line.get("digest") == digest:
                follows, found = True, None
            known |= {str(line.get("digest"))} if follows else set()
        elif follows and event == "health":
            state = str(line.get("state"))
            found = Afterwards(state, images, str(line.get("reason")), place.name) if state in LOST else None
        elif follows and event in LOST and (found is None or found.state != event):
            found = Afterwards(event, images, None, place.name)
    return found


def _events(place: Path) -> Iterator[dict[str, Any]]:
    """Yield the events of a metrics file; what is no such line, or no such file, is passed over."""
    try:
        lines = [line for line in place.read_bytes().splitlines() if b'"event"' in line]
    except OSError:
        return
    for line in lines:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and isinstance(found.get("event"), str) and isinstance(found.get("images"), int):
            yield found
