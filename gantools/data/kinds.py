"""Telling pictures from other files by name and by the first bytes; nothing is opened for it."""

from dataclasses import dataclass
from functools import cache

from gantools.data.entry import RAW_SUFFIXES
from gantools.pictures.formats import DEFAULT_FORMATS, endings, told_by

NAMED = frozenset({".heic", ".heif", ".hif", ".ico", ".svg", ".psd"})
"""Endings of what is among people's pictures and cannot be read, or not by default: it is not passed over."""
PICTURE_SUFFIXES = RAW_SUFFIXES | NAMED | endings(DEFAULT_FORMATS)
VAGUE = {"BMP", "PPM"}  # told by two bytes, with which any file could begin
CLUTTER = {"__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information"}
HEAD_BYTES = 264  # enough for every kind that is told by its first bytes


@dataclass(frozen=True)
class Rules:
    """What counts as a picture in a source.

    Args:
        seed: of drawn sets.
        follow: whether links to folders below a source are followed; one that is itself a source always is.
        formats: in which pictures may be.
    """

    seed: int = 0
    follow: bool = True
    formats: tuple[str, ...] = DEFAULT_FORMATS


def is_clutter(name: str) -> bool:
    """Tell whether a file or folder is hidden, or one that an operating system leaves behind."""
    return name.startswith(".") or name in CLUTTER


@cache
def suffixes(formats: tuple[str, ...]) -> frozenset[str]:
    """Return the endings of names that stand for pictures when these formats are read."""
    return PICTURE_SUFFIXES | endings(formats)


def is_picture(head: bytes, formats: tuple[str, ...] = DEFAULT_FORMATS) -> bool:
    """Tell whether a file that begins with ``head`` is a picture of a kind that is told by its first bytes.

    Formats that are read by default count even where ``formats`` leaves them out: they are then left out as asked.
    """
    kind = told_by(head)
    if kind is not None:
        return kind not in VAGUE and (kind in formats or kind in DEFAULT_FORMATS)
    return head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1")
