"""Telling pictures from other files by name and by the first bytes; nothing is opened for it."""

from gantools.data.entry import RAW_SUFFIXES
from gantools.pictures.reasons import MAGIC

PICTURE_SUFFIXES = RAW_SUFFIXES | {
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".webp", ".avif", ".avifs", ".gif", ".bmp", ".dib",
    ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".qoi", ".jp2", ".j2k", ".jpf", ".jpx", ".tga", ".icb",
    ".vda", ".vst", ".heic", ".heif", ".hif", ".ico", ".svg", ".psd",
}  # fmt: skip
LONG_MAGIC = tuple(magic for magic in MAGIC if len(magic) >= 3)  # two bytes could be any file
CLUTTER = {"__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information"}
HEAD_BYTES = 264  # enough for every kind that is told by its first bytes


def is_clutter(name: str) -> bool:
    """Tell whether a file or folder is hidden, or one that an operating system leaves behind."""
    return name.startswith(".") or name in CLUTTER


def is_picture(head: bytes) -> bool:
    """Tell whether a file that begins with ``head`` is a picture of a kind that is told by its first bytes."""
    return (
        head.startswith(LONG_MAGIC)
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis", b"heic", b"heix", b"mif1"))
    )
