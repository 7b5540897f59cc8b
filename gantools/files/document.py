"""The one metadata key of a checkpoint: what it is, its configuration, register, data, lineage and content digest.

Read with the standard library alone, so that ``inspect`` and every early check work without torch.
"""

import json
import math
import os
import re
import shlex
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from gantools import __version__
from gantools.config.build import from_json, to_json
from gantools.config.run import RunConfig
from gantools.errors import Hint, InputError
from gantools.files.header import Header, canonical_json, cut, read_header
from gantools.files.nearby import other_checkpoint
from gantools.training.advice import judged
from gantools.training.register import Register, is_digest

METADATA_KEY = "gantools"
STDIN = "standard input"
"""How a checkpoint that came through a pipe is called in messages."""

FORMAT = 1


@dataclass(frozen=True)
class DataNote:
    """What a checkpoint remembers of its data beside the digest: no path.

    Args:
        held_out: digest of the held-out pictures, empty where there were none; None where that is not on record.
    """

    count: int
    classes: tuple[str, ...] = ()
    held_out: str | None = None


@dataclass(frozen=True)
class Event:
    """A change to a run that was accepted: at which counts, and what."""

    images: int
    d_steps: int
    g_steps: int
    what: str


@dataclass(frozen=True)
class Lineage:
    """Where a checkpoint comes from: the digest of the one that its process started from, and all changes."""

    parent: str | None = None
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Document:
    """Everything that a checkpoint says about itself.

    Args:
        kept: of one that was kept as the best of a run: the figure, with its noise. It is no part of the content.
    """

    config: RunConfig
    register: Register
    data: DataNote
    lineage: Lineage = field(default_factory=Lineage)
    machine: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    version: str = __version__
    kept: dict[str, Any] | None = None

    def content(self) -> dict[str, Any]:
        """Return what the content digest covers beside the tensors."""
        return {"config": to_json(self.config), "register": self.register.to_json()}

    def to_metadata(self) -> dict[str, str]:
        """Return the metadata of the file: one key, canonical JSON."""
        document = self.content() | {
            "format": FORMAT,
            "kind": "checkpoint",
            "version": self.version,
            "data": asdict(self.data),
            "lineage": asdict(self.lineage),
            "machine": self.machine,
            "digest": self.digest,
        }
        document["health"] = judged(self.config, self.register)
        if self.kept is not None:
            document["kept"] = self.kept
        return {METADATA_KEY: canonical_json(document).decode()}


def read_document(path: Path) -> tuple[Header, Document]:
    """Read the header of the checkpoint ``path`` and what it says; no tensor is touched.

    Raises:
        InputError: absent, foreign, damaged, or written by a newer version.
    """
    try:
        if not os.path.lexists(path):
            raise InputError(f"{path}: found nothing of that name, expected a checkpoint")
        if path.is_dir():
            raise InputError(f"{path}: found a folder, expected a checkpoint")
        header = read_header(path)
        return header, parse_document(header, str(path))
    except InputError as error:
        if error.hint is None:
            error.hint = hint_of_previous(path) or _way_on(path)
        raise


def hint_of_damage(path: Path) -> str:
    """Return the line that puts back the checkpoint before, or the one whose output tells a whole copy from this."""
    return hint_of_previous(path) or shlex.join(["sha256sum", str(path)])


def _way_on(path: Path) -> Hint:
    """Return what to type when a file is no whole checkpoint: what shows why, or the line with another one."""
    start = b""
    if path.is_file():
        with suppress(OSError), open(path, "rb") as stream:
            start = stream.read(64).lower()
    if start.startswith(b"version https://git-lfs"):
        return "git lfs pull"
    if start.lstrip().startswith((b"<!doc", b"<html")):
        return shlex.join(["head", "-n", "20", str(path)])
    if start[8:9] == b"{":
        return shlex.join(["ls", "-l", str(path)])
    return other_checkpoint(str(path))


def hint_of_previous(path: Path) -> str | None:
    """Return the line that puts the checkpoint before a damaged one in its place; None when there is none."""
    previous = path.with_name(path.name + ".prev")
    return shlex.join(["cp", str(previous), str(path)]) if previous.is_file() else None


def parse_document(header: Header, name: str) -> Document:
    """Read what a checkpoint's header says; ``name`` is shown in messages.

    Raises:
        InputError: not a gantools checkpoint, of a newer format, or damaged.
    """
    if METADATA_KEY not in header.metadata:
        _refuse(name, "a safetensors file that gantools did not write")
    try:
        found = json.loads(header.metadata[METADATA_KEY])
    except (ValueError, RecursionError):
        _refuse(name, "metadata that is no JSON")
    if not isinstance(found, dict) or type(found.get("format")) is not int:
        _refuse(name, "metadata without a format version")
    if found["format"] != FORMAT:
        _refuse_format(found["format"], str(found.get("version")), name)
    if found.get("kind") != "checkpoint":
        _refuse(name, f"a file of kind {found.get('kind')!r}")
    return _document(found, name)


def _refuse_format(number: int, version: str, name: str) -> NoReturn:
    """Refuse a checkpoint of another version, with the line that installs one which reads it.

    Raises:
        InputError: always.
    """
    message = f"{name}: found {cut(f'format {number}, written by gantools {version}')}, expected format {FORMAT}"
    if number > FORMAT:
        raise InputError(message, hint="pip install --upgrade gantools")
    is_version = re.fullmatch(r"\d+(\.\w+){1,4}", version, re.ASCII) is not None
    raise InputError(message, hint=f"pip install gantools=={version}" if is_version else None)


def _document(found: dict[str, Any], name: str) -> Document:
    try:
        count, classes, held_out = found["data"]["count"], found["data"]["classes"], found["data"].get("held_out")
        if type(count) is not int or count < 0:
            raise ValueError("a count of pictures")
        if not isinstance(classes, list) or not all(isinstance(label, str) for label in classes):
            raise ValueError("names of classes")
        events = tuple(
            Event(int(event["images"]), int(event["d_steps"]), int(event["g_steps"]), str(event["what"]))
            for event in found["lineage"]["events"]
        )
        config, register = from_json(found["config"], name), Register.from_json(found["register"], name)
        if config.network.classes and not config.network.classes == len(register.label_counts) == len(classes):
            raise ValueError("names and frequencies of classes")
        parent, digest = found["lineage"]["parent"], found["digest"]
        if not (is_digest(digest) and (parent is None or is_digest(parent))):
            raise ValueError("a digest")
        if not (held_out in (None, "") or is_digest(held_out)):
            raise ValueError("a digest")
        return Document(
            config=config,
            register=register,
            data=DataNote(count, tuple(classes), held_out),
            lineage=Lineage(parent, events),
            machine={str(key): value for key, value in found["machine"].items()},
            digest=digest,
            version=str(found["version"]),
            kept=_kept(found.get("kept")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(f"{name}: found metadata that cannot be read ({cut(repr(error))})") from error


def _kept(found: Any) -> dict[str, Any] | None:
    """Return by what a checkpoint was kept as the best one.

    Raises:
        ValueError: something else stands there.
    """
    if found is None:
        return None
    numbers = (found["value"], found["standard_error"])
    if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
        raise ValueError("the figure of a best checkpoint")
    if type(found["figure"]) is not str or type(found["n"]) is not int:
        raise ValueError("the figure of a best checkpoint")
    return dict(found)


def _refuse(name: str, found: str) -> NoReturn:
    raise InputError(f"{name}: found {cut(found)}, expected a gantools checkpoint")
