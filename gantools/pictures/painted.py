"""The note inside a picture that ``stylize`` wrote: its command, and a digest of all that it was made of."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from gantools.files.header import canonical_json
from gantools.pictures.note import KEYWORD, is_whole
from gantools.pictures.write import read_text


@dataclass(frozen=True)
class PaintedNote:
    """What a stylised picture says about itself.

    Args:
        painted: 32 hexadecimal digits over the files, the settings and the features it was made of.
        command: the line that makes it; files are named without their folders.
        features: extractor and digest, as ``embedded 0123456789ab``.
        iterations: that were taken.
        losses: content, style and variation loss at the end, weighted.
        ended: ``whole``, or what cut it short: such a picture is made again.
    """

    painted: str
    command: str
    features: str
    iterations: int
    losses: tuple[float, float, float]
    ended: str = "whole"

    def texts(self) -> dict[str, str]:
        """Return the texts to write into the picture: one keyword, canonical JSON."""
        return {KEYWORD: canonical_json(asdict(self)).decode()}


def parse_painted(texts: dict[str, str]) -> PaintedNote | None:
    """Read back what ``PaintedNote.texts`` wrote; None when there is no such note, or another one."""
    try:
        note = PaintedNote(**json.loads(texts[KEYWORD]))
        losses = tuple(float(loss) for loss in note.losses)
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    words = (note.painted, note.command, note.features, note.ended)
    is_ours = all(type(word) is str for word in words) and type(note.iterations) is int and len(losses) == 3
    return note if is_ours else None


def is_painted(path: Path, digest: str) -> bool:
    """Say whether a whole picture stands there that was made of exactly what ``digest`` says."""
    note = parse_painted(read_text(path))
    return note is not None and note.painted == digest and note.ended == "whole" and is_whole(path)
