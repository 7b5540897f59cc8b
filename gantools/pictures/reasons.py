"""Why a file cannot be used as a picture, in plain words. Whatever Pillow raises ends here as one short clause."""

import re
import struct
from collections.abc import Collection, Iterable

from gantools.errors import InputError
from gantools.pictures.formats import AVIF_BRANDS, DEFAULT_FORMATS, brands, told_by

HEAD_BYTES = 256 * 1024  # enough to pass the EXIF, thumbnail and profile blocks that stand before a JPEG's frame header
HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
FOREIGN = {
    b"%PDF": "PDF document, not supported: export as PNG",
    b"%!PS": "PostScript drawing, not supported: export as PNG",
    b"version https://git-lfs": "Git LFS pointer, not the picture itself",
    b"PK\x03\x04": "zip archive, not a picture",
    b"\x1f\x8b": "gzip archive, not a picture",
}
NO_MEMORY = "more memory needed than there is"
READ_WITH = ", which is read with "
"""What stands before the option with which a file is read."""


class PictureError(InputError):
    """A file that cannot be used as a picture.

    Args:
        name: the file's path, or how else the user knows it.
        reason: one short clause without the path, for example ``"cut off"``; also kept as an attribute.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: cannot be read ({reason}), expected a whole picture")
        self.reason = reason


class OtherFormat(PictureError):
    """A picture of a format that can be read but was not asked for."""


class Unusable(Exception):
    """A picture refused by our own rules; its text is the reason."""


def too_many(found: str, limit_pixels: int) -> str:
    """Return the reason for a canvas of ``found`` pixels (a number, or width x height)."""
    return f"too many pixels: {found}, more than {limit_pixels:,}"


def reason_for(error: Exception, head: bytes, formats: Iterable[str], limit_pixels: int) -> str:
    """Put an exception that was raised while a picture was read into plain words.

    Args:
        error: what Pillow, NumPy or the system raised.
        head: the first ``HEAD_BYTES`` of the file.
        formats: the formats that were tried, as Pillow names them.
        limit_pixels: the largest canvas accepted.
    """
    text = str(error)
    kind = type(error).__name__
    if isinstance(error, Unusable):
        return text
    if kind == "DecompressionBombError":
        count = re.search(r"\d+", text)
        return too_many(f"{int(count.group()):,}" if count else "a huge canvas", limit_pixels)
    if kind == "UnidentifiedImageError":
        return _unidentified(head, set(formats))
    if isinstance(error, MemoryError) or "out of memory" in text.lower():
        return NO_MEMORY
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if "text chunk" in text.lower() or "MAX_TEXT" in text:
        return "text chunk that expands to a huge size"
    if text == "cannot load this image":
        return "no pixel data"
    if "truncat" in text.lower() or "not enough" in text.lower() or isinstance(error, EOFError | struct.error):
        return "cut off"
    return "damaged picture data"


def unasked(error: Exception, head: bytes, formats: Collection[str]) -> str | None:
    """Return the format of a file that no decoder took because ``formats``, a list that was typed, leaves it out."""
    if type(error).__name__ != "UnidentifiedImageError" or set(formats) == set(DEFAULT_FORMATS):
        return None
    kind = told_by(head) or ("TGA" if _looks_like_tga(head) else None)
    return kind if kind not in formats else None


def _looks_like_tga(head: bytes) -> bool:
    """Tell a TGA, which begins with no mark of its own, by a header that makes sense."""
    if len(head) < 18 or head[1] > 1 or head[2] not in (1, 2, 3, 9, 10, 11):
        return False
    width, height = int.from_bytes(head[12:14], "little"), int.from_bytes(head[14:16], "little")
    return bool(width and height) and head[16] in (1, 8, 15, 16, 24, 32)


def _unidentified(head: bytes, formats: set[str]) -> str:
    """Say what a file is that no decoder took."""
    if not head:
        return "empty file"
    if head[4:8] == b"ftyp":
        return _boxed(head)
    for magic, reason in FOREIGN.items():
        if head.startswith(magic):
            return reason
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return _markup(head[:2048].lower())
    kind = told_by(head)
    if kind is None:
        return "not a picture"
    if kind not in formats:
        return f"{kind} picture{READ_WITH}--formats default,{kind.lower()}"
    bits = _jpeg_precision(head) if kind == "JPEG" else None
    if bits is not None and bits != 8:
        return f"{bits} bits per sample JPEG, not supported: export as 8 bits"
    return f"{kind} of an unusual kind, or with a damaged header"


def _boxed(head: bytes) -> str:
    """Tell HEIF from AVIF and film by the brands in the first box."""
    found = brands(head)
    if found & AVIF_BRANDS:
        return "AVIF of an unusual kind, or with a damaged header"
    if found & HEIF_BRANDS:
        return "HEIF picture, not supported: export as JPEG"
    return "film or other media file, not a picture"


def _markup(text: bytes) -> str:
    if b"<svg" in text:
        return "SVG drawing, not supported: export as PNG"
    if b"<html" in text or b"<!doctype html" in text:
        return "web page, not a picture"
    return "text, not a picture"


def _jpeg_precision(head: bytes) -> int | None:
    """Return the bits per sample of a JPEG's frame header, or None where there is none in ``head``."""
    position = 2
    while position + 5 <= len(head) and head[position] == 0xFF:
        marker = head[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return head[position + 4]
        position += 2 + int.from_bytes(head[position + 2 : position + 4], "big")
    return None
