"""Generations of a data set: the number that grows with each run that changed its pictures, and what each changed."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gantools.data.manifest import Heading, Manifest, Record

KEPT = 1000  # generations in a heading: about 150 KB. Guess: three years of nights


@dataclass(frozen=True)
class Generation:
    """What one run made of a data set; all counts are of pictures for training.

    Args:
        number: from 1.
        digest: of the pictures that are for training.
        added: how many came.
        removed: how many went, or were held out from then on.
        changed: how many have other pixels or another label than before.
    """

    number: int
    digest: str
    added: int = 0
    removed: int = 0
    changed: int = 0

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def generation_from(document: Any) -> Generation:
    """Read what ``Generation.document`` returned.

    Raises:
        TypeError: it is no such document.
    """
    generation = Generation(**document)
    numbers = (generation.number, generation.added, generation.removed, generation.changed)
    if not isinstance(generation.digest, str) or not all(type(number) is int for number in numbers):
        raise TypeError("a generation of the wrong kind")
    return generation


class Numbering:
    """Gives each picture that is new or changed the number of this generation, one after the other.

    What comes out is a function of the old manifest and the new records alone, so a run that was killed in between
    changes nothing.

    Args:
        before: the manifest that is there; None in a first run, whose records carry no number.
    """

    def __init__(self, before: "Manifest | None") -> None:
        self._before = before
        records = before.records if before else []
        self._was = {record.source: record for record in records if record.file is not None}
        self._number = before.heading.generation + 1 if before else 1
        self._added = self._removed = self._changed = 0
        self._is_same = True

    def number(self, record: "Record") -> None:
        """Number a record that has a picture."""
        old = self._was.pop(record.source, None)
        if old is not None and _content(old) == _content(record):
            record.generation = old.generation
            return
        self._is_same = False
        record.generation = self._number if self._before else None
        is_train, was_train = record.split == "train", old is not None and old.split == "train"
        self._added += is_train and not was_train
        self._removed += was_train and not is_train
        self._changed += is_train and was_train

    def history(self, digest: str) -> list[Generation]:
        """Return the history with this generation at its end; the one before when no picture has changed.

        Args:
            digest: of the pictures for training.
        """
        past: list[Generation] = []
        if self._before:
            heading = self._before.heading
            past = heading.history or [Generation(heading.generation, heading.digest)]
            if self._is_same and not self._was:
                return past
        removed = self._removed + sum(old.split == "train" for old in self._was.values())
        return [*past, Generation(self._number, digest, self._added, removed, self._changed)][-KEPT:]


def since(heading: "Heading", digest: str) -> tuple[Generation, Generation] | None:
    """Return the newest generation of a digest, and the sum of all after it; None where it is not on record."""
    found = next((past for past in reversed(heading.history) if past.digest == digest), None)
    if found is None:
        return None
    later = [generation for generation in heading.history if generation.number > found.number]
    sums = (sum(getattr(past, name) for past in later) for name in ("added", "removed", "changed"))
    return found, Generation(heading.generation, heading.digest, *sums)


def _content(record: "Record") -> tuple[str | None, str | None, str | None]:
    return record.pixels, record.label, record.split
