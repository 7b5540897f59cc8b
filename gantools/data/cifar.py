"""CIFAR-10 and CIFAR-100 in their binary version: records of one or two labels and 32x32 red, green and blue bytes.

Source: A. Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images", and the pages of the data sets.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from gantools.data.entry import Entry, Loaded, Natural, Unreadable, digest_of
from gantools.data.names import safe_name
from gantools.data.pixels import check_side
from gantools.data.recipe import Recipe
from gantools.errors import Again, InputError
from gantools.pictures.open import Look

SIDE_PX = 32
SEEN = Look(SIDE_PX, SIDE_PX, "RGB", gray=False, alpha=False, format="CIFAR")
PIXEL_BYTES = 3 * SIDE_PX * SIDE_PX
BLOCK_RECORDS = 1024
PAGE = "https://www.cs.toronto.edu/~kriz/"
PICKLE_MAGIC = tuple(bytes([0x80, version]) for version in range(2, 6))


@dataclass(frozen=True)
class Version:
    """One of the two data sets.

    Args:
        name: as people call it.
        files: the names of its binary files.
        pickles: the names of the files of its other version.
        classes: how many.
        label_bytes: in front of each picture; the last one is the class.
        names_file: lies beside and names the classes, one a line.
        archive: of the binary version.
        folder: what is in that.
    """

    name: str
    files: re.Pattern[str]
    pickles: re.Pattern[str]
    classes: int
    label_bytes: int
    names_file: str
    archive: str
    folder: str

    @property
    def record_bytes(self) -> int:
        """The bytes of one picture and its labels."""
        return self.label_bytes + PIXEL_BYTES


TEN = Version(
    "CIFAR-10",
    re.compile(r"(data_batch_\d+|test_batch)\.bin"),
    re.compile(r"data_batch_\d+|test_batch|batches\.meta"),
    10,
    1,
    "batches.meta.txt",
    "cifar-10-binary.tar.gz",
    "cifar-10-batches-bin",
)
HUNDRED = Version(
    "CIFAR-100",
    re.compile(r"(train|test)\.bin"),
    re.compile(r"train|test|meta"),
    100,
    2,
    "fine_label_names.txt",
    "cifar-100-binary.tar.gz",
    "cifar-100-binary",
)
VERSIONS = (TEN, HUNDRED)


class CifarOrigin:
    """The pictures of one binary file; each is read by itself, in any thread.

    Args:
        path: the file.
        version: what it is.
    """

    def __init__(self, path: str, version: Version) -> None:
        self._path, self._version = path, version

    def look(self, entry: Entry) -> Natural:
        """Return what all are."""
        return Natural(SIDE_PX, SIDE_PX, False)

    def loader(self, entry: Entry) -> Callable[[Recipe], Loaded]:
        """Return what reads the picture."""
        return lambda recipe: self._load(entry.number, recipe)

    def _load(self, number: int, recipe: Recipe) -> Loaded:
        check_side(SIDE_PX, SIDE_PX, recipe)
        size = self._version.record_bytes
        try:
            with open(self._path, "rb") as stream:
                stream.seek(number * size)
                record = stream.read(size)
        except OSError as error:
            raise Unreadable(f"cannot be read: {(error.strerror or str(error)).lower()}") from error
        if len(record) < size:
            raise Unreadable("cut off")
        planes = np.frombuffer(record, np.uint8, offset=self._version.label_bytes).reshape(3, SIDE_PX, SIDE_PX)
        pixels = np.ascontiguousarray(planes.transpose(1, 2, 0))  # (H, W, C)
        return Loaded(Image.fromarray(pixels), digest_of(b"32 32 3 " + pixels.tobytes()), seen=SEEN)


def cifar_entries(path: str, label: str | None, labels: bool) -> list[Entry] | None:
    """List the pictures of a binary file, or return None for a file that only has the name of one.

    Args:
        path: a file whose name ends in ``.bin``.
        label: for all, where labels are not wanted.
        labels: whether the classes are wanted, by name where the names lie beside, else as numbers.

    Raises:
        InputError: a file that must be one, by its name or by what lies beside, is cut off or damaged.
    """
    version = next((version for version in VERSIONS if version.files.fullmatch(os.path.basename(path))), None)
    if version is None:
        return None
    numbers, fault = _numbers(path, version)
    if fault:
        if version is HUNDRED and not Path(path).with_name(version.names_file).exists():
            return None  # any program may call a file train.bin
        raise InputError(f"{path}: found {fault}, expected whole records of {version.name}")
    names = _names(Path(path).with_name(version.names_file), version) if labels else []
    status, origin = os.stat(path), CifarOrigin(path, version)
    stem = os.path.basename(path).removesuffix(".bin")
    return [
        Entry(
            source=f"{path}#{i}",
            named=f"{stem}-{i:05}",
            label=names[number] if labels else label,
            size_bytes=status.st_size,
            mtime_ns=status.st_mtime_ns,
            origin=origin,
            number=i,
            group=f"{path}/{names[number]}" if labels else path,
        )
        for i, number in enumerate(numbers)
    ]


def pickled_kind(name: str, head: bytes) -> str | None:
    """Name what a file without pictures for us is when it is a batch of the version in pickles."""
    for version in VERSIONS:
        if version.pickles.fullmatch(name) and head.startswith(PICKLE_MAGIC):
            return f"pickled batch of {version.name}"
    return None


def packed_kind(parts: list[str]) -> str | None:
    """Name what a member of an archive is when it is a binary file in its own folder."""
    for version in VERSIONS:
        if version.folder in parts[:-1] and version.files.fullmatch(parts[-1]):
            return f"batch of {version.name}"
    return None


def refuse(source: str, kinds: Mapping[str, int]) -> None:
    """Refuse a source that holds nothing but what ``pickled_kind`` and ``packed_kind`` name.

    Raises:
        InputError: it does; the hint gets the pictures.
    """
    for version in VERSIONS:
        unpack = f"tar -xf {version.archive}"
        if kinds.get(f"pickled batch of {version.name}"):
            message = f"{source}: found {version.name} as pickles, which can run code, expected its binary version"
            hint = Again(swap={source: version.folder}, first=f"curl -LO {PAGE}{version.archive} && {unpack}")
            raise InputError(f"{message}: the same pictures", hint=hint)
        if kinds.get(f"batch of {version.name}"):
            message = f"{source}: found {version.name} packed in an archive, expected its files unpacked"
            raise InputError(message, hint=Again(swap={source: version.folder}, first=unpack))


def _numbers(path: str, version: Version) -> tuple[list[int], str]:
    """Return the class of each record, and what is wrong with the file, which may be nothing."""
    numbers: list[int] = []
    size = version.record_bytes
    with open(path, "rb") as stream:
        while block := stream.read(BLOCK_RECORDS * size):
            if len(block) % size:
                return [], f"{os.path.getsize(path)} bytes, which {size} does not divide"
            numbers += block[version.label_bytes - 1 :: size]
    if not numbers:
        return [], "an empty file"
    worst = max(numbers)
    return (numbers, "") if worst < version.classes else ([], f"a label of {worst}")


def _names(path: Path, version: Version) -> list[str]:
    """Return the names of the classes, or their numbers where no names lie beside."""
    if not path.is_file():
        return [str(number) for number in range(version.classes)]
    names = [safe_name(line.strip()) for line in path.read_text(errors="surrogateescape").splitlines() if line.strip()]
    if len(names) != version.classes or len(set(names)) != version.classes:
        raise InputError(f"{path}: found {len(set(names))} names, expected {version.classes}, one for each class")
    return names
