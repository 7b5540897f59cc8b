"""The file formats of pictures: their names, endings and first bytes. Nothing is opened here.

What runs another program to draw (EPS), or is read only on one system (WMF), is in no list and cannot be asked for.
"""

from collections.abc import Sequence
from typing import NamedTuple

from gantools.errors import UsageError, nearest


class Format(NamedTuple):
    """One format.

    Args:
        endings: of file names, in lower case.
        magics: what its files begin with, where that tells them from all others.
    """

    endings: tuple[str, ...]
    magics: tuple[bytes, ...] = ()


# Under the names of Pillow. MPO, a camera's JPEG with further pictures behind the first, comes in under JPEG.
DEFAULT: dict[str, Format] = {
    "PNG": Format((".png", ".apng"), (b"\x89PNG\r\n\x1a\n",)),
    "JPEG": Format((".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), (b"\xff\xd8\xff",)),
    "WEBP": Format((".webp",)),
    "AVIF": Format((".avif", ".avifs")),
    "GIF": Format((".gif",), (b"GIF8",)),
    "BMP": Format((".bmp", ".dib"), (b"BM",)),
    "TIFF": Format((".tif", ".tiff"), (b"II*\x00", b"MM\x00*", b"II+\x00")),
    "PPM": Format((".ppm", ".pgm", ".pbm", ".pnm", ".pfm")),
    "QOI": Format((".qoi",), (b"qoif",)),
    "JPEG2000": Format((".jp2", ".j2k", ".jpf", ".jpx"), (b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51")),
    "TGA": Format((".tga", ".icb", ".vda", ".vst")),
}
FURTHER: dict[str, Format] = {
    "BLP": Format((".blp",), (b"BLP1", b"BLP2")),
    "DDS": Format((".dds",), (b"DDS ",)),
    "ICNS": Format((".icns",), (b"icns",)),
    "ICO": Format((".ico",), (b"\x00\x00\x01\x00",)),
    "PCX": Format((".pcx",)),
    "PSD": Format((".psd",), (b"8BPS",)),
    "SGI": Format((".sgi", ".bw", ".rgb", ".rgba"), (b"\x01\xda\x00\x01", b"\x01\xda\x01\x01", b"\x01\xda\x01\x02")),
    "SUN": Format((".ras",), (b"\x59\xa6\x6a\x95",)),
}
"""Read on request: seldom found among photos, and each reader is one more that a hostile file could aim at."""

EVERY = DEFAULT | FURTHER
DEFAULT_FORMATS = tuple(DEFAULT)
ALIASES = {"JPG": "JPEG", "MPO": "JPEG", "APNG": "PNG", "TIF": "TIFF", "JP2": "JPEG2000", "PGM": "PPM", "PBM": "PPM"}
NEVER = {
    "EPS": "which another program (Ghostscript) draws",
    "PS": "which another program (Ghostscript) draws",
    "PDF": "a document, which another program draws",
    "SVG": "a drawing, which another program draws",
    "WMF": "a drawing, which only Windows draws",
    "EMF": "a drawing, which only Windows draws",
    "HEIC": "which is not supported: export as JPEG",
    "HEIF": "which is not supported: export as JPEG",
}
AVIF_BRANDS = {b"avif", b"avis"}


def told_by(head: bytes) -> str | None:
    """Return the format of a file that begins with ``head``, where the first bytes tell it; None for any other.

    Example:
        >>> told_by(b"GIF89a"), told_by(b"P5 16 16"), told_by(b"words")
        ('GIF', 'PPM', None)
    """
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        return "AVIF" if brands(head) & AVIF_BRANDS else None
    if head[:1] == b"P" and head[1:2] in b"1234567fF" and head[2:3].isspace():
        return "PPM"
    return next((name for name, known in EVERY.items() if head.startswith(known.magics)), None)


def brands(head: bytes) -> set[bytes]:
    """Return what the first box of an AVIF, HEIF or film file says it is."""
    length = int.from_bytes(head[:4], "big")
    return {head[start : start + 4] for start in range(8, min(length, 256, len(head)), 4)}


def endings(formats: Sequence[str]) -> frozenset[str]:
    """Return the endings of the names of files in these formats."""
    return frozenset(ending for name in formats for ending in EVERY[name].endings)


def parse_formats(text: str) -> tuple[str, ...]:
    """Read names of formats with commas between them; ``default`` stands for those that are read anyway.

    Returns:
        The names, each once, in the order of the catalogue.

    Raises:
        UsageError: a name that is in no list, or one of a format that is never read.

    Example:
        >>> parse_formats("jpg,png"), parse_formats("default,ico") == (*DEFAULT_FORMATS, "ICO")
        (('PNG', 'JPEG'), True)
    """
    chosen: set[str] = set()
    for word in text.split(","):
        name = ALIASES.get(word.strip().upper(), word.strip().upper())
        if name not in EVERY and name != "DEFAULT":
            raise _refused(text, word, name)
        chosen |= DEFAULT.keys() if name == "DEFAULT" else {name}
    return tuple(name for name in EVERY if name in chosen)


def _refused(text: str, word: str, name: str) -> UsageError:
    known = ["default", *sorted(map(str.lower, EVERY))]
    if name in NEVER:
        rest = ",".join(other for other in text.split(",") if other != word)
        message = f"--formats: found {word.strip()}, {NEVER[name]}, expected some of {', '.join(known)}"
        return UsageError(message, hint=f"--formats {rest or 'default'}")
    close = nearest(word.strip().lower(), [*known, *map(str.lower, ALIASES)]) or ["default"]
    message = f"--formats: unknown name '{word.strip()}', expected some of {', '.join(known)}"
    mended = ",".join(close[0] if other == word else other for other in text.split(","))
    return UsageError(message, hint=f"--formats {mended}")
