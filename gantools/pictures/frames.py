"""The pictures of one file: the frames of an animation, composited as its format says, or the pages of a TIFF."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from PIL import Image, ImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.PngImagePlugin import Blend, Disposal, PngImageFile

from gantools.pictures.memory import decoding_budget, needed_bytes
from gantools.pictures.modes import planes, traits
from gantools.pictures.open import DEFAULT_FORMATS, MAX_PIXELS, Channels, Look, finished, look_at, opened
from gantools.pictures.reasons import Unusable, too_many

MAX_FRAMES = 10_000
MAX_FRAME_PIXELS = 2_000_000_000  # of all frames together: 230 pages of A4 at 300 dpi, 960 frames of 1080p. Guess.
THUMBNAIL = 1  # of the tag NewSubfileType: a smaller copy of another page
NEW_SUBFILE_TYPE = 254
RESTORE_TO_BACKGROUND = 2
SINGLE = ("MPO", "PSD")  # what they hold besides are copies for other screens, or layers of the one picture


def frames_of(source: Path | str | BinaryIO, formats: tuple[str, ...] = DEFAULT_FORMATS) -> dict[int, Look]:
    """Return what the headers say of each frame or page, by its number from 0; a still picture has one.

    No pixel is decoded. The further pictures of a camera's JPEG (MPO) are copies for other screens, and the layers of
    a Photoshop file are parts of the one picture: they have one frame. Left out are pages of a TIFF that are smaller
    copies of others, and what a PNG shows to those who know no animation. An animated GIF counts as in colour, because
    each frame may bring a palette.

    Args:
        source: a regular file that exists, or a binary stream, which is read from its start.
        formats: the formats to try, as Pillow names them.

    Raises:
        PictureError: as ``look``; also too many frames, or too many pixels in all of them.
    """
    with opened(source, formats) as image:
        count = 1 if image.format in SINGLE else int(getattr(image, "n_frames", 1))
        if count > MAX_FRAMES:
            raise Unusable(f"too many frames: {count:,}, more than {MAX_FRAMES:,}")
        if image.format == "TIFF":
            return _pages(image, count)
        _check_total(count * image.width * image.height)
        seen = look_at(image)
        first = int(count > 1 and bool(getattr(image, "default_image", False)))
        gray = seen.gray and (count == 1 or image.format != "GIF")
        return dict.fromkeys(range(first, count), replace(seen, gray=gray))


def read_frames(
    source: Path | str | BinaryIO,
    *,
    channels: Channels,
    background: tuple[int, int, int],
    wanted: Callable[[int], bool],
    formats: tuple[str, ...] = DEFAULT_FORMATS,
) -> Iterator[tuple[Image.Image, list[str]] | None]:
    """Yield each frame from the first on as ``open_picture`` would return it, with its notes; None for unwanted ones.

    Args:
        source: as for ``frames_of``; it stays open until the iterator is closed.
        channels: what comes out.
        background: sRGB, shows through transparent places.
        wanted: tells which frames to decode. Of an animation the others are composited as far as later ones need it.
        formats: the formats to try.

    Raises:
        PictureError: the file cannot be read from this frame on.
    """
    with opened(source, formats) as image:
        count = int(getattr(image, "n_frames", 1))
        canvas = Image.new("RGBA", image.size) if image.format == "PNG" and count > 1 else None
        for number in range(count):
            image.seek(number)
            _check_size(image)
            notes: list[str] = []
            shown, facts, frame = image, traits(image), None
            with decoding_budget().taken(needed_bytes(image, facts)):
                if canvas is not None:
                    shown, canvas = _blend(cast(PngImageFile, image), canvas, notes)
                    facts = replace(facts, alpha=True, gray=False)
                elif image.format == "GIF":
                    image.load()
                if wanted(number):
                    frame = finished(shown, facts, channels, background, notes)
                    decoding_budget().keep(frame)
            yield None if frame is None else (frame, notes)
            if image.format == "GIF":
                _clear(cast(GifImageFile, image))


def _pages(image: ImageFile.ImageFile, count: int) -> dict[int, Look]:
    """Look at every page of a TIFF, which may differ in size and mode."""
    found: dict[int, Look] = {}
    for number in range(count):
        image.seek(number)
        if number and image.tag_v2.get(NEW_SUBFILE_TYPE, 0) & THUMBNAIL:  # type: ignore[attr-defined]
            continue
        _check_size(image)
        found[number] = look_at(image)
        _check_total(sum(seen.width * seen.height for seen in found.values()))
    return found


def _blend(image: PngImageFile, canvas: Image.Image, notes: list[str]) -> tuple[ImageFile.ImageFile, Image.Image]:
    """Return what an APNG shows with its current frame, and the canvas for the next one.

    Not left to Pillow: it blends the alpha too, so that a half-clear frame makes an opaque picture half-clear.
    """
    if image.default_image and image.tell() == 0:
        return image, canvas
    left, upper, right, lower = map(int, image.dispose_extent or (0, 0, *image.size))
    is_over, facts = image.blend_op == Blend.OP_OVER, traits(image)
    image.blend_op = Blend.OP_SOURCE
    image.load()
    part = image.crop((left, upper, right, lower))
    part.info = image.info
    colour, alpha = planes(part, facts, notes)
    frame, shown = colour.convert("RGB"), canvas.copy()
    frame.putalpha(255 if alpha is None else alpha)
    if is_over:
        shown.alpha_composite(frame, (left, upper))
    else:
        shown.paste(frame, (left, upper))
    after = canvas if image.dispose_op == Disposal.OP_PREVIOUS else shown.copy()
    if image.dispose_op == Disposal.OP_BACKGROUND:
        after.paste((0, 0, 0, 0), (left, upper, right, lower))
    shown.info = {name: value for name, value in image.info.items() if name in ("exif", "icc_profile")}
    return cast(ImageFile.ImageFile, shown), after


def _clear(image: GifImageFile) -> None:
    """Make the place of a GIF's frame clear before the next, where the frame asks for it.

    Pillow takes the background colour, as the letter of GIF89a has it; every browser and most editors clear.
    """
    if image.disposal_method == RESTORE_TO_BACKGROUND and image.dispose_extent is not None:
        left, upper, right, lower = image.dispose_extent
        image.im, image._mode = image.convert("RGBA").im, "RGBA"
        image.info.pop("transparency", None)
        image.dispose = Image.new("RGBA", (right - left, lower - upper)).im


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise Unusable(too_many(f"{image.width} x {image.height}", MAX_PIXELS))


def _check_total(pixels: int) -> None:
    if pixels > MAX_FRAME_PIXELS:
        raise Unusable(f"{too_many(f'{pixels:,}', MAX_FRAME_PIXELS)} in all frames")
