"""The manifest: what a prepared data set is, one JSON line for the whole and one for each source. It is the truth.

It is written last; what lies beside it is made so that it can be checked against it.
"""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any

from gantools import __version__
from gantools.data.generations import Generation, generation_from
from gantools.data.recipe import Recipe, recipe_from
from gantools.errors import InputError
from gantools.files.header import canonical_json

FORMAT = 1
MANIFEST = "manifest.jsonl"
PACK = "pack.safetensors"
PREVIOUS_PACK = ".pack.previous"  # the old pack, while pack and manifest change places
JOURNAL = ".unfinished"  # records of a run that has not ended; also says that pictures may be ahead of the manifest
FILE_NAME = re.compile(r"(?!\.)[^/\0]+(/(?!\.)[^/\0]+)?\.png")
TRAIN, HOLDOUT = "train", "holdout"


@dataclass(slots=True)
class Record:
    """One source and what became of it. What is None is not written.

    Args:
        source: its path as typed, with ``#number`` for one of many in a file.
        digest: of its bytes, 64 hexadecimal digits.
        size_bytes: of the file it is in.
        mtime_ns: of that file.
        member: of one in an archive, its own size, and its time or checksum.
        label: its class.
        split: ``train`` or ``holdout``.
        file: the picture made of it, relative to the data set.
        pixels: digest of the picture's pixels, 32 hexadecimal digits.
        encoded: digest of the picture's file.
        encoded_bytes: size of the picture's file.
        notes: what had to be assumed to read it.
        factors: what is known of a drawn picture.
        skipped: why nothing was made of it.
        part: of one of several that were made of one picture's file, what ``source`` has behind that file's ``#``.
        asked: True when it was skipped because the options ask for it, which is no fault.
        generation: of the data set, in which its picture was made or last changed; None for the first.
        width: of the source as it is, upright, in pixels; None for a drawn one.
        height: likewise.
        mode: of the source: ``gray`` or ``rgb``, with ``+alpha`` behind it where it can have transparent places.
        blank: True when the picture is mostly of one colour.
        twin: source of an earlier picture with the same pixels, or that looks alike.
        distance: bits of 64 in which it looks unlike its twin; None when the pixels are the same.
    """

    source: str
    digest: str | None = None
    size_bytes: int | None = None
    mtime_ns: int | None = None
    member: str | None = None
    label: str | None = None
    split: str | None = None
    file: str | None = None
    pixels: str | None = None
    encoded: str | None = None
    encoded_bytes: int | None = None
    notes: list[str] | None = None
    factors: dict[str, str | float] | None = None
    skipped: str | None = None
    part: str | None = None
    asked: bool | None = None
    generation: int | None = None
    width: int | None = None
    height: int | None = None
    mode: str | None = None
    blank: bool | None = None
    twin: str | None = None
    distance: int | None = None

    def line(self) -> bytes:
        """Return the record as a line of the manifest."""
        return canonical_json({name: value for name in FIELDS if (value := getattr(self, name)) is not None}) + b"\n"


FIELDS = tuple(field.name for field in fields(Record))


@dataclass
class Heading:
    """What holds for the whole data set: the manifest's first line.

    Args:
        recipe: the options it was made with.
        classes: the names of the labels.
        digest: of the pictures that are for training.
        foreign: pictures in the folder that ``prepare`` did not make; they are left out of training.
        history: the generations, the newest last; empty where the manifest does not tell them.
    """

    recipe: Recipe
    classes: list[str] = field(default_factory=list)
    digest: str = ""
    foreign: list[str] = field(default_factory=list)
    history: list[Generation] = field(default_factory=list)

    @property
    def generation(self) -> int:
        """The number of the newest generation; 1 where the manifest does not tell it."""
        return self.history[-1].number if self.history else 1

    def line(self) -> bytes:
        """Return the heading as a line."""
        shape = self.recipe.shape
        document = {
            "kind": "dataset",
            "format": FORMAT,
            "writer": __version__,
            "options": self.recipe.document(),
            "channels": shape.channels,
            "height": shape.height,
            "width": shape.width,
            "classes": self.classes,
            "digest": self.digest,
            "foreign": self.foreign,
            "generation": self.generation,
            "history": [generation.document() for generation in self.history],
        }
        return canonical_json(document) + b"\n"


@dataclass
class Manifest:
    """A heading and the records: in the order of the sources, those of later generations behind the earlier ones."""

    heading: Heading
    records: list[Record]

    def made(self) -> list[Record]:
        """Return the records that have a picture; they are the rows of the pack."""
        return [record for record in self.records if record.file is not None]


def is_ours(path: Path) -> bool:
    """Tell whether the file ``path`` begins like a manifest."""
    try:
        with open(path, "rb") as stream:
            return _first(stream.readline()) is not None
    except OSError:
        return False


def read_heading(path: Path) -> Heading:
    """Read only the first line.

    Raises:
        InputError: unreadable, not a manifest, or written by a newer version.
    """
    with _reading(path), open(path, "rb") as stream:
        return _heading(stream.readline(), path)


def read_manifest(path: Path) -> Manifest:
    """Read a whole manifest.

    Raises:
        InputError: unreadable, not a manifest, damaged, or written by a newer version.
    """
    with _reading(path), open(path, "rb") as stream:
        heading = _heading(stream.readline(), path)
        records = []
        for number, line in enumerate(stream, 2):
            record = record_from(line)
            if record is None:
                raise InputError(f"{path}: found no record in line {number}, expected a whole manifest: it is damaged")
            records.append(record)
        return Manifest(heading, records)


def record_from(line: bytes) -> Record | None:
    """Read a line that ``Record.line`` wrote, or return None. No record names a file outside its folder."""
    try:
        record = Record(**json.loads(line)) if line.endswith(b"\n") else None
    except (ValueError, TypeError, RecursionError):
        return None
    if record is None or not isinstance(record.source, str):
        return None
    for name in ("label", "split", "mode"):  # texts that many records share are kept once
        if type(text := getattr(record, name)) is str:
            setattr(record, name, sys.intern(text))
    if record.file is None:
        return record
    sound = isinstance(record.file, str) and FILE_NAME.fullmatch(record.file) is not None
    texts = (record.pixels, record.encoded)
    sound = sound and all(isinstance(text, str) and re.fullmatch("[0-9a-f]{32}", text) for text in texts)
    return record if sound and type(record.encoded_bytes) is int and record.split in (TRAIN, HOLDOUT) else None


def manifest_bytes_digest(path: Path) -> str:
    """Digest the manifest's bytes: what a pack stores to say that it belongs to it.

    Raises:
        InputError: it cannot be read.
    """
    digest = blake2b(digest_size=32)
    with _reading(path), open(path, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def journal_records(path: Path) -> Iterator[Record]:
    """Yield the whole records of a journal, which ends anywhere; its first line is a heading."""
    with _reading(path), open(path, "rb") as stream:
        stream.readline()
        for line in stream:
            record = record_from(line)
            if record is not None:
                yield record


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what the system says while ``path`` is read into an InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}), expected a manifest") from error


def _first(line: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    ours = isinstance(document, dict) and document.get("kind") == "dataset" and "format" in document
    return document if ours else None


def _heading(line: bytes, path: Path) -> Heading:
    document = _first(line)
    if document is None:
        raise InputError(f"{path}: found another kind of file, expected a manifest that gantools prepare wrote")
    if document["format"] != FORMAT:
        found = f"format {document['format']} (written by gantools {document.get('writer')})"
        raise InputError(f"{path}: found {found}, expected format {FORMAT}", hint="pip install --upgrade gantools")
    try:
        classes, foreign = document["classes"], document["foreign"]
        if not all(isinstance(text, str) for text in (*classes, *foreign, document["digest"])):
            raise ValueError("texts that are none")
        history = [generation_from(past) for past in document.get("history", [])]
        return Heading(recipe_from(document["options"]), classes, document["digest"], foreign, history)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: found a damaged first line ({error}), expected a whole manifest") from error
