"""Encoding, and text inside pictures."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from gantools.errors import UsageError
from gantools.pictures.write import encode, png_bytes, read_text

TEXT = {"gantools": '{"seed": 0, "index": 12}', "Comment": "Grüße, 日本語\nzwei Zeilen", "empty": ""}


def pixels(channels: int) -> np.ndarray:
    """Smooth colours, so that a JPEG stays close; alpha with whole transparency."""
    y, x = np.mgrid[0:24, 0:40]
    return np.stack([x * 6, y * 10, 255 - x * 6, np.where(x > 20, 0, 200)][:channels]).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("format", ["png", "webp"])
def test_png_and_webp_are_lossless(format, channels):
    """The pixels come back bit for bit, also the colours under full transparency."""
    picture = Image.open(BytesIO(encode(pixels(channels), format)))
    assert picture.format == format.upper()
    found = np.asarray(picture)
    expected = pixels(channels).transpose(1, 2, 0)
    if channels == 1:
        expected = expected if format == "webp" else expected[..., 0]
    np.testing.assert_array_equal(found, np.broadcast_to(expected, found.shape))


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_close_and_keeps_colour_at_full_size(channels):
    """A JPEG is within a few levels of the pixels, in its own mode, and its colour planes are not halved."""
    picture = Image.open(BytesIO(encode(pixels(channels), "jpeg")))
    assert picture.format == "JPEG" and picture.mode == ("L" if channels == 1 else "RGB")
    assert all(layer[1:3] == (1, 1) for layer in picture.layer)
    found = np.asarray(picture).reshape(24, 40, channels).transpose(2, 0, 1)
    assert np.abs(found.astype(int) - pixels(channels)).max() <= 6


def test_alpha_as_jpeg_is_refused():
    """RGBA as JPEG is a usage error that names both and the format to take."""
    with pytest.raises(
        UsageError, match=r"jpeg for pictures with alpha \(channels rgba\), expected png or webp"
    ) as raised:
        encode(pixels(4), "jpeg")
    assert raised.value.hint == "--format png"


@pytest.mark.parametrize("format", ["png", "webp", "jpeg"])
def test_text_comes_back(format, tmp_path):
    """Text of any script comes back from all three formats, and its order does not change the file's bytes."""
    data = encode(pixels(3), format, TEXT)
    path = tmp_path / "a"
    path.write_bytes(data)
    assert read_text(path) == TEXT
    assert encode(pixels(3), format, dict(reversed(TEXT.items()))) == data
    path.write_bytes(encode(pixels(3), format))
    assert read_text(path) == {}


def test_text_is_found_without_the_pixels(tmp_path):
    """The text of a PNG or JPEG is read from the start of the file: the rest may be missing."""
    for format in ("png", "jpeg"):
        data = encode(pixels(3), format, TEXT)
        path = tmp_path / format
        path.write_bytes(data[: data.index(b"IDAT" if format == "png" else b"\xff\xda") + 4])
        assert read_text(path) == TEXT


def test_png_level_changes_the_size_not_the_pixels():
    """Level 0 stores, level 9 packs; both hold the same pixels, and equal calls give equal bytes."""
    stored, packed = png_bytes(pixels(3), level=0), png_bytes(pixels(3), level=9)
    assert len(packed) < len(stored)
    assert np.array_equal(np.asarray(Image.open(BytesIO(stored))), np.asarray(Image.open(BytesIO(packed))))
    assert png_bytes(pixels(3), text=TEXT) == png_bytes(pixels(3).copy(), text=TEXT)


def test_too_much_text_for_exif_is_refused():
    """More text than an EXIF block holds is a usage error; a PNG takes it."""
    text = {"gantools": "x" * 70_000}
    with pytest.raises(UsageError, match="expected at most 60000"):
        encode(pixels(3), "jpeg", text)
    assert len(encode(pixels(3), "png", text)) > 70_000


def foreign_files() -> dict[str, bytes]:
    """Return files without our text in them: other kinds, other texts, damaged ones."""
    whole = encode(pixels(3), "png", TEXT)
    picture, info, exif = Image.new("L", (4, 4)), PngImagePlugin.PngInfo(), Image.Exif()
    info.add_text("packed", "x" * 100, zip=True)
    exif[270] = "a sunny day"
    zipped, described, listed = BytesIO(), BytesIO(), BytesIO()
    picture.save(zipped, "PNG", pnginfo=info)
    picture.save(described, "JPEG", exif=exif)
    exif[270] = '["a", "list"]'
    picture.save(listed, "WEBP", exif=exif)
    body = b"iTXtkey\0\0"
    broken = struct.pack(">I", 5) + body + struct.pack(">I", zlib.crc32(body))
    return {
        "empty": b"",
        "text": b"hello",
        "riff": b"RIFF\0\0\0\0WEBP",
        "jpeg": b"\xff\xd8\xff\xe1\0",
        "exif": b"\xff\xd8\xff\xe1\0\x0cExif\0\0junk",
        "huge chunk": whole[:8] + b"\xff\xff\xff\xfftEXt",
        "broken text": whole[:33] + broken,
        "cut": whole[:40],
        "zipped": zipped.getvalue(),
        "described": described.getvalue(),
        "listed": listed.getvalue(),
        "bmp": b"BM" + bytes(100),
    }


@pytest.mark.parametrize("name", foreign_files())
def test_foreign_files_have_no_text(name, tmp_path):
    """Files that this tool did not write, or only in part, give an empty table and never an error."""
    path = tmp_path / name
    path.write_bytes(foreign_files()[name])
    assert read_text(path) == {}


def test_absent_files_and_folders_have_no_text(tmp_path):
    """An absent file, a folder and a device give an empty table."""
    assert read_text(tmp_path / "absent") == read_text(tmp_path) == read_text(tmp_path / "a" / "b") == {}
