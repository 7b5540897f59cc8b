"""The one place where pictures are opened: a file of any format and mode -> upright sRGB pixels of 8 bits.

What a PNG says about its gamma outside a colour profile (gAMA, cHRM) is not applied, as in most viewers of photos.
"""

import ctypes
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Literal

from PIL import Image, ImageFile, _imaging

from gantools.errors import GantoolsError, unknown_name
from gantools.pictures.formats import ALIASES, DEFAULT_FORMATS, EVERY
from gantools.pictures.fractions import Box, decode_smaller, extent
from gantools.pictures.icc import to_srgb
from gantools.pictures.memory import decoding_budget, needed_bytes
from gantools.pictures.modes import Traits, planes, traits
from gantools.pictures.reasons import HEAD_BYTES, OtherFormat, PictureError, reason_for, too_many, unasked

__all__ = ["DEFAULT_FORMATS", "MAX_PIXELS", "Channels", "Look", "PictureError", "look", "open_picture"]

Channels = Literal["gray", "rgb", "rgba"]
MAX_PIXELS = 178_000_000  # just under where Pillow itself refuses: 534 MB as RGB. Guess.
ORIENTATION = 274
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Look:
    """What a picture's header says.

    Args:
        width: pixels, of the upright picture.
        height: pixels, of the upright picture.
        mode: Pillow's name of the pixel mode in the file.
        gray: grey values only: a grey mode, or a palette whose colours are all grey.
        alpha: it can have transparent places: an alpha plane, or a transparent colour or palette entry.
        format: Pillow's name of the file format.
    """

    width: int
    height: int
    mode: str
    gray: bool
    alpha: bool
    format: str


def look(source: Path | str | BinaryIO, formats: tuple[str, ...] = DEFAULT_FORMATS) -> Look:
    """Read the header of a picture; no pixel is decoded, so a file that is cut off further down still passes.

    An orientation that stands behind the pixels of a PNG, or only in the XMP block of a TIFF, is not seen here.

    Args:
        source: a regular file that exists, or a binary stream, which is read from its start.
        formats: the formats to try, as Pillow names them.

    Raises:
        OtherFormat: a picture of a format that ``formats`` leaves out.
        PictureError: not a picture, or more than ``MAX_PIXELS`` pixels.
        UsageError: a format that is in no list.
    """
    with opened(source, formats) as image:
        return look_at(image)


def look_at(image: ImageFile.ImageFile) -> Look:
    """Return what the header of an opened picture says, before its pixels are loaded."""
    facts = traits(image)
    width, height = image.size
    if _orientation(image, []) >= 5:
        width, height = height, width
    return Look(width, height, image.mode, facts.gray, facts.alpha, image.format or "")


def open_picture(
    source: Path | str | BinaryIO,
    *,
    channels: Channels,
    background: tuple[int, int, int] = (255, 255, 255),
    at_least: tuple[int, int] | None = None,
    formats: tuple[str, ...] = DEFAULT_FORMATS,
    notes: list[str] | None = None,
) -> Image.Image:
    """Read a picture as upright 8-bit sRGB pixels; of an animation or a stack of pages, the first. Safe in threads.

    Large pictures wait for one another: what threads decode at once is bounded by ``memory.decoding_budget``.

    Args:
        source: a regular file that exists, or a binary stream, which is read from its start.
        channels: what comes out: ``gray`` (the luma of ITU-R BT.601), ``rgb`` or ``rgba`` (straight alpha).
        background: sRGB, 0 to 255; shows through transparent places for ``gray`` and ``rgb``.
        at_least: (width, height) of the upright picture. A JPEG is decoded at 1/2, 1/4 or 1/8 where it is at least
            that large then. None decodes it whole.
        formats: the formats to try, as Pillow names them.
        notes: gets a line for each thing that had to be assumed or left out, such as an unreadable colour profile.

    Returns:
        A loaded picture of mode L, RGB or RGBA that no longer needs the file.

    Raises:
        PictureError: anything that keeps the file from being read; ``reason`` says what in plain words.
        UsageError: a format that is in no list.
    """
    return look_and_open(
        source, channels=channels, background=background, at_least=at_least, formats=formats, notes=notes
    )[1]


def look_and_open(
    source: Path | str | BinaryIO,
    *,
    channels: Channels,
    background: tuple[int, int, int] = (255, 255, 255),
    at_least: tuple[int, int] | None = None,
    formats: tuple[str, ...] = DEFAULT_FORMATS,
    notes: list[str] | None = None,
) -> tuple[Look, Image.Image, Box]:
    """Do as ``open_picture`` does; return what the header says, the picture, and where in it the picture lies."""
    notes = [] if notes is None else notes
    with opened(source, formats) as image:
        facts, mode, size = traits(image), image.mode, image.size
        scale = 1
        if at_least and image.format in ("JPEG", "MPO"):
            scale = decode_smaller(image, at_least[::-1] if _orientation(image, []) >= 5 else at_least)
        with decoding_budget().taken(needed_bytes(image, facts)):
            picture = finished(image, facts, channels, background, notes)
            decoding_budget().keep(picture)
        # Not look_at before: what stands behind a PNG's pixels is known only now.
        orientation = _orientation(image, [])
        width, height = size[::-1] if orientation >= 5 else size
        seen = Look(width, height, mode, facts.gray, facts.alpha, image.format or "")
        return seen, picture, extent((width / scale, height / scale), picture.size, orientation)


def finished(
    image: ImageFile.ImageFile, facts: Traits, channels: Channels, background: tuple[int, int, int], notes: list[str]
) -> Image.Image:
    """Load an opened picture and return it as ``open_picture`` does; ``facts`` were read before."""
    image.load()
    colour, alpha = planes(image, facts, notes)
    profile = None if image.mode == "LAB" else image.info.get("icc_profile")
    picture = _compose(to_srgb(colour, profile, notes), alpha, channels, background)
    turn = UPRIGHT.get(_orientation(image, notes))
    # A copy, because what Pillow hands through unchanged is still tied to the file and its metadata.
    picture = picture.transpose(turn) if turn is not None else picture.copy()
    picture.info.clear()
    return picture


def _compose(
    colour: Image.Image, alpha: Image.Image | None, channels: Channels, background: tuple[int, int, int]
) -> Image.Image:
    """Join colour (L or RGB) and alpha (L) into the mode that ``channels`` asks for."""
    if channels == "rgba":
        picture = colour.convert("RGB")
        picture.putalpha(255 if alpha is None else alpha)
        return picture
    if channels == "rgb" and colour.mode != "RGB":
        colour = colour.convert("RGB")
    if alpha is not None:
        behind = Image.new("RGB", (1, 1), background).convert(colour.mode).resize(colour.size)
        colour = Image.composite(colour, behind, alpha)
    return colour.convert("L") if channels == "gray" else colour


def _orientation(image: ImageFile.ImageFile, notes: list[str]) -> int:
    """Return the EXIF orientation that is still to be applied, 1 to 8. Pillow turns TIFF pictures by itself."""
    if image.format == "TIFF":
        return 1
    try:
        orientation = image.getexif().get(ORIENTATION, 1)
    except Exception:  # a foreign block parsed by a lenient reader: it raises about anything
        notes.append("EXIF block ignored: unreadable")
        return 1
    return orientation if orientation in UPRIGHT else 1


@contextmanager
def opened(source: Path | str | BinaryIO, formats: tuple[str, ...]) -> Iterator[ImageFile.ImageFile]:
    """Open a picture; whatever goes wrong before the block ends becomes a PictureError."""
    names = _pillow_names(formats)
    name = str(source) if isinstance(source, Path | str) else str(getattr(source, "name", "the picture"))
    head = b""
    try:
        with _stream(source) as stream:
            try:
                _quiet()
                with Image.open(stream, formats=names) as image:
                    if image.width * image.height > MAX_PIXELS:
                        raise PictureError(name, too_many(f"{image.width} x {image.height}", MAX_PIXELS))
                    if image.format == "TIFF":
                        _quiet_libtiff()
                    yield image
            except GantoolsError:
                raise
            except Exception:
                stream.seek(0)
                head = stream.read(HEAD_BYTES)
                raise
    except GantoolsError:
        raise
    except Exception as error:
        if (kind := unasked(error, head, names)) is not None:
            raise OtherFormat(name, f"{kind} picture, not one of the formats asked for") from error
        raise PictureError(name, reason_for(error, head, names, MAX_PIXELS)) from error


@contextmanager
def _stream(source: Path | str | BinaryIO) -> Iterator[BinaryIO]:
    """Yield a seekable stream. Devices, pipes and folders are refused: opening them could wait for ever.

    A member of an archive has no descriptor of its own, which Pillow's way to libtiff takes for granted: such a
    stream is read whole first, and so is one that cannot seek.
    """
    if not isinstance(source, Path | str):
        plain = isinstance(source, BytesIO) or (source.seekable() and _has_descriptor(source))
        yield source if plain else BytesIO(source.read())
        return
    mode = os.stat(source).st_mode
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a device or a pipe"
        raise PictureError(str(source), f"{kind}, not a file")
    with open(source, "rb") as stream:
        yield stream


def _has_descriptor(stream: BinaryIO) -> bool:
    try:
        stream.fileno()
    except (AttributeError, OSError):
        return False
    return True


def _pillow_names(formats: tuple[str, ...]) -> tuple[str, ...]:
    """Check the names of formats and return them as ``Image.open`` wants them, which knows more than we allow."""
    if formats is DEFAULT_FORMATS:
        return formats
    names = tuple(ALIASES.get(name.upper(), name.upper()) for name in formats)
    for name in names:
        if name not in EVERY:
            raise unknown_name("formats", name, EVERY)
    return names


def _quiet() -> None:
    """Keep Pillow's warnings off stderr: what matters in them is an error or a note here.

    For the whole process and for good: ``warnings.catch_warnings`` swaps a global and is not safe in threads.
    """
    if not any(rule[3] is not None and getattr(rule[3], "pattern", "") == r"PIL\." for rule in warnings.filters):
        warnings.filterwarnings("ignore", module=r"PIL\.")


@cache
def _quiet_libtiff() -> None:
    """Keep libtiff from printing straight to stderr: it does, beside returning the error that Pillow raises."""
    try:
        set_handler = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError):
        return  # a Pillow built without libtiff, or with its symbols hidden
    set_handler.argtypes = [ctypes.c_void_p]
    set_handler.restype = ctypes.c_void_p
    set_handler(None)
