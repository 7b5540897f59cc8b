"""The note inside a picture that ``sample`` wrote: which checkpoint, seed and index it shows, and its command."""

import json
import os
import shlex
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from gantools.errors import RefusedError
from gantools.files.header import canonical_json
from gantools.files.nearby import free_name
from gantools.pictures.write import read_text

KEYWORD = "gantools"
ENDS = {b"\x89PNG": b"IEND\xaeB`\x82", b"\xff\xd8\xff": b"\xff\xd9"}
"""How whole PNG and JPEG files begin and end. The text of a WebP stands at its end already."""


@dataclass(frozen=True)
class Note:
    """What a written picture says about itself.

    Args:
        digest: content digest of the checkpoint.
        weights: ``average`` or ``live``.
        seed: keys the latents.
        index: the picture's index; of a sheet, the first one's.
        count: 1, or how many pictures the sheet holds.
        command: the line that makes it; it names the checkpoint's file without its folder.
        truncation: how much of their distance to the mean its styles keep, 1 for all.
        labels: the class that it shows; of a sheet, those of its rows. None where the run has no labels, or a sheet
            holds what was drawn.
    """

    digest: str
    weights: str
    seed: int
    index: int
    count: int
    command: str
    truncation: float = 1.0
    labels: tuple[str, ...] = ()

    def texts(self) -> dict[str, str]:
        """Return the texts to write into the picture: one keyword, canonical JSON; what is usual is left out."""
        usual = {"truncation": 1.0, "labels": ()}
        told = {name: value for name, value in asdict(self).items() if usual.get(name) != value}
        return {KEYWORD: canonical_json(told).decode()}

    def shows_same(self, other: "Note") -> bool:
        """Say whether both show the same pixels, whatever the checkpoint's file is called."""
        return replace(self, command="") == replace(other, command="")


def parse_note(texts: dict[str, str]) -> Note | None:
    """Read back what ``Note.texts`` wrote; None when there is no such note, or another program's."""
    try:
        found = json.loads(texts[KEYWORD])
        note = Note(**found | {"labels": tuple(found.get("labels", ()))})
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    words = (note.digest, note.weights, note.command, *note.labels)
    numbers = (note.seed, note.index, note.count)
    is_ours = all(type(word) is str for word in words) and all(type(number) is int for number in numbers)
    return note if is_ours and type(note.truncation) is float else None


def read_note(path: Path) -> Note | None:
    """Read the note of a picture file; None for every file that ``sample`` did not write."""
    return parse_note(read_text(path))


def require_ours(path: Path, option: str, *, force: bool) -> None:
    """Refuse to write over a picture that gantools did not write.

    Args:
        path: where a picture is to go.
        option: that names it, for the hint.
        force: what stands there may be replaced.

    Raises:
        RefusedError: something else stands there, and not ``force``.
    """
    if path.exists() and not force and KEYWORD not in read_text(path):
        message = f"{path}: exists and was not written by gantools, expected a free name, or --force to replace it"
        raise RefusedError(message, hint=shlex.join([option, free_name(str(path))]))


def is_whole(path: Path) -> bool:
    """Say whether a picture file ends as its format does: a crash of the machine may have cut it."""
    try:
        with open(path, "rb") as stream:
            start = stream.read(4)
            end = next((end for magic, end in ENDS.items() if start.startswith(magic)), b"")
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - len(end)))
            return stream.read() == end
    except OSError:
        return False
