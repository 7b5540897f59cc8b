"""Generations of a data set: the number that grows with each run that changed its pictures, and what each changed."""

from collections.abc import Sequence
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


def number_pictures(before: "Manifest | None", records: Sequence["Record"], digest: str) -> list[Generation]:
    """Give each picture that is new or changed the number of this generation; the others keep theirs.

    It is a function of the old manifest and the new records alone, so a run that was killed in between changes nothing.

    Args:
        before: the manifest that is there; None in a first run.
        records: of the new one.
        digest: of its pictures for training.

    Returns:
        The history with the newest generation at its end; that is the one before when no picture has changed.
    """
    if before is None:
        for record in records:
            record.generation = None
        return [Generation(1, digest, added=sum(record.split == "train" for record in records))]
    was = {record.source: record for record in before.records if record.file is not None}
    now = {record.source: record for record in records if record.file is not None}
    past = before.heading.history or [Generation(before.heading.generation, before.heading.digest)]
    number = before.heading.generation + 1
    added, removed, changed = (0 for _ in range(3))
    for source, record in now.items():
        old = was.get(source)
        if old is not None and _content(old) == _content(record):
            record.generation = old.generation
            continue
        record.generation = number
        is_train, was_train = record.split == "train", old is not None and old.split == "train"
        added += is_train and not was_train
        removed += was_train and not is_train
        changed += is_train and was_train
    removed += sum(old.split == "train" for source, old in was.items() if source not in now)
    is_same = was.keys() == now.keys() and all(record.generation != number for record in now.values())
    if is_same:
        return past
    return [*past, Generation(number, digest, added, removed, changed)][-KEPT:]


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
