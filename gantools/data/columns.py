"""The columns of a pack, gathered record by record: what is kept in memory of each picture while a set is made."""

from array import array
from collections.abc import Iterable

import numpy as np

from gantools.data.manifest import TRAIN, Record
from gantools.data.pack import DIGEST_BYTES, NO_LABEL, Index, Shape, data_digest


class Columns:
    """What the pack stores of each picture beside its pixels; about 110 bytes a picture."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self._sizes = array("Q")
        self._encoded, self._pixels, self._splits = bytearray(), bytearray(), bytearray()
        self._labels: list[str | None] = []

    def add(self, record: Record) -> None:
        """Append a record that has a picture."""
        assert record.file is not None
        self.files.append(record.file)
        self._sizes.append(record.encoded_bytes or 0)
        self._encoded += bytes.fromhex(record.encoded or "")
        self._pixels += bytes.fromhex(record.pixels or "")
        self._splits += (record.split or TRAIN)[0].encode()
        self._labels.append(record.label)

    @property
    def train(self) -> int:
        """How many pictures are for training."""
        return self._splits.count(TRAIN[0].encode())

    def classes(self) -> list[str]:
        """Return the names of the labels, in the order of their numbers."""
        return sorted({label for label in self._labels if label is not None})

    def train_digest(self, shape: Shape) -> str:
        """Digest the pictures that are for training."""
        is_train = np.frombuffer(self._splits, np.uint8) == ord(TRAIN[0])
        return data_digest(np.frombuffer(self._pixels, np.uint8).reshape(-1, DIGEST_BYTES)[is_train].tobytes(), shape)

    def index(self, classes: list[str], foreign: list[str]) -> tuple[Index, list[int]]:
        """Return the columns as a pack stores them, and the labels' numbers."""
        numbers: dict[str | None, int] = {None: NO_LABEL}
        numbers |= {name: number for number, name in enumerate(classes)}
        index = Index(
            files=self.files,
            sizes=self._sizes.tolist(),
            encoded=self._encoded.hex(),
            pixels=self._pixels.hex(),
            splits=self._splits.decode(),
            classes=classes,
            foreign=foreign,
        )
        return index, [numbers[label] for label in self._labels]


def columns_of(records: Iterable[Record], classes: list[str], foreign: list[str]) -> tuple[Index, list[int]]:
    """Return the columns of records that have a picture, and the labels' numbers."""
    columns = Columns()
    for record in records:
        columns.add(record)
    return columns.index(classes, foreign)
