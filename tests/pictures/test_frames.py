"""Frames and pages: composited here by the rules of each format, in NumPy, and compared pixel by pixel."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import Blend, Disposal
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from gantools.pictures import frames
from gantools.pictures.frames import MAX_FRAMES, frames_of, read_frames
from gantools.pictures.reasons import PictureError
from tests.pictures.test_damage import chunk

WHITE = (255, 255, 255)
COLOURS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [250, 250, 0]], np.uint8)


def read(source: BytesIO, channels: str = "rgba", background: tuple[int, int, int] = WHITE) -> list[np.ndarray]:
    """Return every frame as an array."""
    found = read_frames(source, channels=channels, background=background, wanted=lambda number: True)
    return [np.asarray(frame[0]) for frame in found if frame is not None]


def packed(codes: list[int]) -> bytes:
    """Write GIF pixel codes of 2 bits uncompressed: a clear code before each keeps the code size at 3 bits."""
    bits = "".join(f"{code:03b}"[::-1] for pixel in codes for code in (4, pixel)) + f"{5:03b}"[::-1]
    data = bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, len(bits), 8))
    blocks = b"".join(bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255))
    return b"\2" + blocks + b"\0"


def gif(canvas: tuple[int, int], parts: list[tuple[tuple[int, int, int, int], list[int], int, int | None]]) -> BytesIO:
    """Write a GIF; each part is (left, top, width, height), its pixels, how it is disposed of, what is clear in it."""
    data = b"GIF89a" + struct.pack("<HHBBB", *canvas, 0x81, 0, 0) + COLOURS.tobytes()
    for (left, top, width, height), pixels, disposal, clear in parts:
        control = struct.pack("<BHB", disposal << 2 | (clear is not None), 1, clear or 0)
        data += b"!\xf9\4" + control + b"\0," + struct.pack("<HHHHB", left, top, width, height, 0) + packed(pixels)
    return BytesIO(data + b";")


Part = tuple[tuple[int, int, int, int], list[int], int, int | None]
PARTS: list[Part] = [
    ((0, 0, 6, 4), [0] * 24, 1, None),
    ((1, 1, 2, 2), [1, 3, 3, 1], 2, 3),
    ((3, 0, 2, 3), [2] * 6, 3, None),
    ((0, 2, 3, 2), [3, 2, 3, 2, 3, 2], 1, 2),
    ((5, 3, 1, 1), [1], 0, None),
]


def composited(parts: list[Part] | None = None) -> list[np.ndarray]:
    """Draw ``PARTS``, or others, as GIF89a says: leave (0, 1), clear the place (2), or bring back what was (3)."""
    canvas = np.zeros((4, 6, 4), np.uint8)
    found = []
    for (left, top, width, height), pixels, disposal, clear in parts or PARTS:
        before = canvas.copy()
        place = canvas[top : top + height, left : left + width]
        values = np.array(pixels).reshape(height, width)
        drawn = values != clear
        place[drawn] = np.dstack([COLOURS[values], np.full_like(values, 255)])[drawn]
        found.append(canvas.copy())
        if disposal == 2:
            place[:] = 0
        elif disposal == 3:
            canvas = before
    return found


def test_gif_frames_are_composited_as_gif89a_says() -> None:
    """Frames with places of their own, clear pixels and each kind of disposal come out as a player shows them."""
    shown = read(gif((6, 4), PARTS))
    assert len(shown) == 5
    for number, (found, expected) in enumerate(zip(shown, composited(), strict=True)):
        assert np.array_equal(found[..., 3], expected[..., 3]), number
        assert np.array_equal(found[expected[..., 3] > 0], expected[expected[..., 3] > 0]), number


def test_an_opaque_gif_frame_is_cleared_not_filled() -> None:
    """A frame without clear pixels that asks for the background leaves a clear place, as browsers have it."""
    parts: list[Part] = [
        ((0, 0, 6, 4), [0] * 24, 1, None),
        ((1, 1, 3, 2), [1] * 6, 2, None),
        ((5, 3, 1, 1), [2], 0, None),
    ]
    for number, (found, expected) in enumerate(zip(read(gif((6, 4), parts)), composited(parts), strict=True)):
        assert np.array_equal(found[..., 3], expected[..., 3]), number
        assert np.array_equal(found[expected[..., 3] > 0], expected[expected[..., 3] > 0]), number


def test_clear_places_of_a_frame_show_the_background() -> None:
    """As RGB each frame is laid on the background where it is clear."""
    background = (1, 2, 3)
    for found, expected in zip(read(gif((6, 4), PARTS), "rgb", background), composited(), strict=True):
        assert np.array_equal(found, np.where(expected[..., 3:] > 0, expected[..., :3], background))


def apng(parts: list[tuple[tuple[int, int, int, int], tuple[int, ...], int, int]], apart: bool = False) -> BytesIO:
    """Write an APNG of 4x4 RGBA; each part is (left, top, width, height), a colour, disposal and blending.

    With ``apart`` a still picture that is no frame comes first.
    """

    def rows(width: int, height: int, colour: tuple[int, ...]) -> bytes:
        return zlib.compress((b"\0" + bytes(colour) * width) * height)

    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 6, 0, 0, 0))
    data += chunk(b"acTL", struct.pack(">II", len(parts), 0))
    data += chunk(b"IDAT", rows(4, 4, (9, 9, 9, 255))) if apart else b""
    sequence = 0
    for (left, top, width, height), colour, disposal, blend in parts:
        place = struct.pack(">IIIIHHBB", width, height, left, top, 1, 10, disposal, blend)
        data += chunk(b"fcTL", struct.pack(">I", sequence) + place)
        sequence += 1
        if sequence == 1 and not apart:
            data += chunk(b"IDAT", rows(width, height, colour))
        else:
            data += chunk(b"fdAT", struct.pack(">I", sequence) + rows(width, height, colour))
            sequence += 1
    return BytesIO(data + chunk(b"IEND", b""))


STEPS = [
    ((0, 0, 4, 4), (200, 0, 0, 255), 0, 0),
    ((1, 1, 2, 2), (0, 100, 0, 255), 1, 0),
    ((2, 2, 2, 2), (0, 0, 0, 128), 2, 1),
    ((0, 0, 3, 4), (0, 0, 50, 200), 1, 1),
    ((3, 3, 1, 1), (7, 7, 7, 255), 0, 0),
]


@pytest.mark.parametrize("apart", [False, True])
def test_apng_frames_are_composited_as_the_format_says(apart: bool) -> None:
    """Blending and disposal follow the APNG specification; a still picture apart from the animation is no frame."""
    canvas = np.zeros((4, 4, 4))
    source = apng(STEPS, apart)
    numbers = list(frames_of(source))
    assert numbers == [apart + number for number in range(5)]
    shown = read(source)
    for number, ((left, top, width, height), colour, disposal, blend) in zip(numbers, STEPS, strict=True):
        before = canvas.copy()
        place = canvas[top : top + height, left : left + width]
        over, under = colour[3] / 255, place[..., 3:] / 255 * (blend == 1)
        under = under * (1 - over)
        place[:] = np.dstack([(np.array(colour[:3]) * over + place[..., :3] * under) / (over + under),
                              255 * (over + under)])  # fmt: skip
        visible = canvas[..., 3] > 0
        assert np.abs(shown[number] - canvas)[visible].max() <= 1, number
        assert np.array_equal(shown[number][..., 3] > 0, visible)
        if disposal == 1:
            place[:] = 0
        elif disposal == 2:
            canvas = before


@pytest.mark.parametrize("format", ["WEBP", "TIFF", "PNG", "AVIF"])
def test_every_frame_of_each_format_comes_out(format: str) -> None:
    """Five pictures written as one file come back as five, in their order."""
    flat = [Image.new("RGB", (16, 16), tuple(colour)) for colour in np.vstack([COLOURS, [[9, 90, 200]]]).tolist()]
    stream = BytesIO()
    flat[0].save(stream, format, save_all=True, append_images=flat[1:], lossless=True, quality=100)
    assert list(frames_of(stream)) == list(range(5))
    for found, expected in zip(read(stream, "rgb"), flat, strict=True):
        assert np.abs(found.astype(int) - np.asarray(expected)).max() <= (6 if format == "AVIF" else 0)


def test_pages_keep_their_own_size_and_mode() -> None:
    """The pages of a TIFF are looked at one by one; a smaller copy of another page is none."""
    pages = [Image.new("L", (8, 6), 7), Image.new("RGB", (5, 9), (1, 2, 3)), Image.new("RGB", (2, 3), (9, 9, 9))]
    stream = BytesIO()
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:])
    seen = frames_of(stream)
    assert [(look.width, look.height, look.gray) for look in seen.values()] == [
        (8, 6, True),
        (5, 9, False),
        (2, 3, False),
    ]
    directory = ImageFileDirectory_v2()
    directory[254] = 1
    copy = Image.new("RGB", (2, 3), (9, 9, 9))
    copy.encoderinfo = {"tiffinfo": directory}
    stream = BytesIO()
    pages[0].save(stream, "TIFF", save_all=True, append_images=[copy, pages[1]])
    assert list(frames_of(stream)) == [0, 2]


def test_a_still_picture_is_one_frame_and_so_is_a_cameras() -> None:
    """A JPEG has one frame; of an MPO only the first picture counts."""
    stream = BytesIO()
    first, second = (Image.fromarray(np.full((16, 16, 3), level, np.uint8)) for level in (50, 200))
    first.save(stream, "MPO", save_all=True, append_images=[second])
    assert Image.open(stream).n_frames == 2
    assert list(frames_of(stream)) == [0]


def test_a_coloured_palette_of_a_later_frame_makes_no_gray_set() -> None:
    """An animated GIF counts as in colour even when its first frame is grey."""
    first, second = Image.new("L", (8, 8), 90), Image.new("RGB", (8, 8), (255, 0, 0))
    stream = BytesIO()
    first.save(stream, "GIF", save_all=True, append_images=[second])
    assert not frames_of(stream)[0].gray


def test_what_is_not_wanted_is_passed_over() -> None:
    """Frames that nobody wants come as None, and later ones are composited all the same."""
    found = list(read_frames(gif((6, 4), PARTS), channels="rgba", background=WHITE, wanted=lambda number: number == 4))
    assert [frame is None for frame in found] == [True] * 4 + [False]
    assert np.array_equal(np.asarray(found[4][0])[..., 3], composited()[4][..., 3])


def test_frames_are_capped_before_any_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many frames, too many pixels in all, or a page that is too large are refused from the headers."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 9, 8, 0, 0, 0, 0))
    claim = BytesIO(b"\x89PNG\r\n\x1a\n" + header + chunk(b"acTL", struct.pack(">II", MAX_FRAMES + 1, 0))
                    + chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 9, 9, 0, 0, 1, 1, 0, 0))
                    + chunk(b"IDAT", b"") + chunk(b"IEND", b""))  # fmt: skip
    with pytest.raises(PictureError, match="too many frames: 10,001, more than 10,000"):
        frames_of(claim)
    monkeypatch.setattr(frames, "MAX_FRAME_PIXELS", 99)
    with pytest.raises(PictureError, match="too many pixels: 120, more than 99 in all frames"):
        frames_of(gif((6, 4), PARTS))
    stream = BytesIO()
    Image.new("L", (5, 5)).save(stream, "TIFF", save_all=True, append_images=[Image.new("L", (9, 9))])
    with pytest.raises(PictureError, match="too many pixels: 106, more than 99 in all frames"):
        frames_of(stream)
    monkeypatch.setattr(frames, "MAX_PIXELS", 50)
    with pytest.raises(PictureError, match="too many pixels: 9 x 9, more than 50"):
        frames_of(stream)


def test_a_cut_animation_is_refused_not_taken_for_its_first_frame() -> None:
    """When the frames of a file cannot even be counted, none is read."""
    data = gif((6, 4), PARTS).getvalue()
    with pytest.raises(PictureError, match="cut off"):
        frames_of(BytesIO(data[:-40]))


def test_what_is_touched_inside_pillow_is_still_there() -> None:
    """The fields of Pillow's readers that compositing reads and sets exist; a Pillow that moves them fails here."""
    with Image.open(apng(STEPS)) as image:
        image.seek(2)
        assert (image.blend_op, image.dispose_op, image.default_image) == (Blend.OP_OVER, Disposal.OP_PREVIOUS, False)
        assert tuple(image.dispose_extent) == (2, 2, 4, 4)
    with Image.open(gif((6, 4), PARTS)) as image:
        image.seek(1)
        image.load()
        assert (image.disposal_method, tuple(image.dispose_extent)) == (2, (1, 1, 3, 3))
        assert image._mode == image.mode and image.im.size == (6, 4)
        assert hasattr(image, "dispose")
