"""What a run of ``prepare`` did, counted while it works."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from gantools.data.census import Census
from gantools.data.making import Made
from gantools.data.manifest import HOLDOUT, TRAIN, Record


@dataclass
class Report:
    """What a run did and what the data set now is.

    Args:
        train: pictures for training.
        holdout: pictures held out.
        made: pictures made by this run.
        skipped: of the sources tried by this run, those that gave no picture: name and reason.
        left_out: of the sources tried by this run, those that the options leave out: name and reason.
        skipped_before: those of both kinds that an earlier run skipped and that have not changed.
        copies: of those that are left out, the copies of earlier pictures.
        files: the pictures that are in the folder, in the order of the data set.
        labels: pictures of each class.
        digest: of the pictures for training.
        census: of the whole data set.
    """

    train: int = 0
    holdout: int = 0
    made: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    skipped_before: int = 0
    copies: list[Record] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    labels: Counter[str] = field(default_factory=Counter)
    digest: str = ""
    census: Census = field(default_factory=Census)

    def count(self, made: Made) -> None:
        """Count what became of one item."""
        record = made.record
        if record is None:
            return
        if record.skipped is not None:
            self._count_skipped(record, made.item.old)
            return
        if record.file is not None and made.item.write:
            self.files.append(record.file)
        self.made += record is not made.item.old
        self.holdout += record.split == HOLDOUT
        self.train += record.split == TRAIN
        if record.label is not None:
            self.labels[record.label] += 1

    def _count_skipped(self, record: Record, old: Record | None) -> None:
        """Count a source without a picture. A copy is looked at again in each run, and is news only once."""
        assert record.skipped is not None
        if record is old or (record.twin is not None and old is not None and old.skipped == record.skipped):
            self.skipped_before += 1
            return
        (self.left_out if record.asked else self.skipped).append((record.source, record.skipped))
        if record.twin is not None:
            self.copies.append(record)

    def unused(self, records: Iterable[Record]) -> list[tuple[str, str]]:
        """Return name and reason of what gave no picture: of this run's, else of those in ``records``."""
        tried = self.skipped + self.left_out
        return tried or [(record.source, record.skipped) for record in records if record.skipped is not None]
