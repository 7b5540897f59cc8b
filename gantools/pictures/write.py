"""Pictures out: uint8 pixels -> the bytes of a PNG, WebP or JPEG with a few lines of text inside, and that text back.

A PNG holds each text under its own keyword. WebP and JPEG have no such place: there the texts are one JSON object in
the EXIF field ImageDescription.
"""

import json
import os
import stat
import struct
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from gantools.errors import UsageError
from gantools.pictures.png import MAGIC, png_files

Format = Literal["png", "webp", "jpeg"]
JPEG_QUALITY = 95
IMAGE_DESCRIPTION = 270
EXIF_START = b"Exif\x00\x00"
MAX_EXIF_TEXT = 60_000  # a JPEG's EXIF block ends at 65,533 bytes
MAX_TEXT_BYTES = 1 << 20


def png_bytes(pixels: NDArray[np.uint8], *, text: Mapping[str, str] | None = None, level: int = 1) -> bytes:
    """Encode a picture as PNG. The same pixels and text always give the same bytes.

    Args:
        pixels: uint8 (C, H, W), C = 1 (grey), 3 (RGB) or 4 (RGBA, straight alpha).
        text: keyword -> text; keywords of 1 to 79 Latin-1 characters. Written in the order of the keywords.
        level: zlib level, 0 to 9.
    """
    texts = PngImagePlugin.PngInfo()
    for keyword, value in sorted((text or {}).items()):
        texts.add_text(keyword, value)
    chunks = [(chunk[0], chunk[1]) for chunk in texts.chunks]
    return png_files(pixels.transpose(1, 2, 0)[None], chunks=chunks, level=level)[0]


def encode(pixels: NDArray[np.uint8], format: Format, text: Mapping[str, str] | None = None) -> bytes:
    """Encode a picture: PNG (level 1), WebP (lossless) or JPEG (quality 95, colour at full size).

    Args:
        pixels: uint8 (C, H, W), C = 1 (grey), 3 (RGB) or 4 (RGBA, straight alpha). WebP stores grey as RGB.
        format: the file format.
        text: keyword -> text, kept inside the file.

    Raises:
        UsageError: RGBA as JPEG, or more text than a WebP or JPEG file is given here (60,000 bytes).
    """
    if format == "png":
        return png_bytes(pixels, text=text)
    if format == "jpeg" and pixels.shape[0] == 4:
        message = "--format: found jpeg for pictures with alpha (channels rgba), expected png or webp"
        raise UsageError(message, hint="--format png")
    stream = BytesIO()
    if format == "webp":
        # exact: the colours under transparent places are kept, so that it holds the same pixels as the PNG.
        # Effort 25 of 100, method 1 of 6: a fifth of the default's time at 64 px, and 4 % more bytes.
        effort = {"lossless": True, "exact": True, "quality": 25, "method": 1}
        _picture(pixels).save(stream, "WEBP", exif=_exif_block(text), **effort)
    else:
        _picture(pixels).save(stream, "JPEG", quality=JPEG_QUALITY, subsampling=0, exif=_exif_block(text))
    return stream.getvalue()


def read_text(path: Path) -> dict[str, str]:
    """Read the texts inside a PNG, WebP or JPEG file without decoding a pixel.

    Returns:
        keyword -> text; empty when there is none, and for every file that is absent, foreign or damaged. In a PNG
        only texts before the pixels count, where this module writes them.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return {}
        with open(path, "rb") as stream:
            start = stream.read(12)
            if start.startswith(MAGIC):
                stream.seek(8)
                return dict(_png_texts(stream))
            if start.startswith(b"\xff\xd8"):
                stream.seek(2)
                return _texts_of(_jpeg_exif(stream))
            return _texts_of(_webp_exif(stream)) if start[8:] == b"WEBP" else {}
    except (OSError, ValueError, IndexError, struct.error):
        return {}


def _picture(pixels: NDArray[np.uint8]) -> Image.Image:
    assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[0] in (1, 3, 4), (pixels.dtype, pixels.shape)
    if pixels.shape[0] == 1:
        return Image.fromarray(np.ascontiguousarray(pixels[0]))
    return Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))


def _exif_block(text: Mapping[str, str] | None) -> bytes:
    """Return an EXIF block with the texts as JSON in ASCII, or nothing when there are none."""
    if not text:
        return b""
    document = json.dumps(dict(text), sort_keys=True)
    if len(document) > MAX_EXIF_TEXT:
        message = f"--format: found {len(document)} bytes of text for a picture, expected at most {MAX_EXIF_TEXT}"
        raise UsageError(message, hint="--format png")
    block = Image.Exif()
    block[IMAGE_DESCRIPTION] = document
    return block.tobytes()


def _texts_of(exif: bytes) -> dict[str, str]:
    """Read back what ``_exif_block`` wrote; a foreign block gives nothing."""
    block = Image.Exif()
    try:
        block.load(exif)
        texts = json.loads(block.get(IMAGE_DESCRIPTION, ""))
    except Exception:  # a foreign block parsed by a lenient reader: it raises about anything
        return {}
    if not isinstance(texts, dict) or not all(isinstance(value, str) for value in texts.values()):
        return {}
    return texts


def _png_texts(stream: BinaryIO) -> Iterator[tuple[str, str]]:
    """Yield the plain texts (tEXt, iTXt) before the first chunk of pixels."""
    while True:
        length, kind = struct.unpack(">I4s", stream.read(8))
        if kind in (b"IDAT", b"IEND"):
            return
        if kind not in (b"tEXt", b"iTXt") or length > MAX_TEXT_BYTES:
            stream.seek(length + 4, os.SEEK_CUR)
            continue
        keyword, _, rest = stream.read(length).partition(b"\0")
        stream.seek(4, os.SEEK_CUR)
        if kind == b"tEXt":
            yield keyword.decode("latin-1"), rest.decode("latin-1")
        elif rest[:1] == b"\0":  # not compressed; then the method, the language and the translated keyword
            yield keyword.decode("latin-1"), rest[2:].split(b"\0", 2)[2].decode("utf-8")


def _jpeg_exif(stream: BinaryIO) -> bytes:
    """Return the EXIF block of a JPEG, which stands before its frame header, or nothing."""
    while True:
        marker, length = struct.unpack(">HH", stream.read(4))
        if not 0xFFE0 <= marker <= 0xFFFE or length < 2:
            return b""
        data = stream.read(length - 2)
        if marker == 0xFFE1 and data.startswith(EXIF_START):
            return data


def _webp_exif(stream: BinaryIO) -> bytes:
    """Return the EXIF block of a WebP, which stands behind its pixels, or nothing."""
    while True:
        kind, length = struct.unpack("<4sI", stream.read(8))
        if kind == b"EXIF":
            return stream.read(min(length, MAX_TEXT_BYTES))
        stream.seek(length + length % 2, os.SEEK_CUR)
