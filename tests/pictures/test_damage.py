"""Files that are no pictures, or are damaged: each gets a PictureError whose reason is one plain clause."""

import os
import struct
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from gantools.errors import ExitCode
from gantools.pictures.open import DEFAULT_FORMATS, PictureError, look, open_picture

AWKWARD = Path(__file__).parents[3] / "shared" / "data" / "awkward"
NOISE = np.random.RandomState(0).randint(0, 256, (64, 64, 3)).astype(np.uint8)
WIDEST_GIF = b"GIF89a" + struct.pack("<HHBBBsHHHHB", 65_535, 65_535, 0, 0, 0, b",", 0, 0, 65_535, 65_535, 0) + b"\2\0;"


def encoded(format: str, **options) -> bytes:
    """Return a noisy picture as a file."""
    stream = BytesIO()
    Image.fromarray(NOISE).save(stream, format, **options)
    return stream.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return one PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def twelve_bits() -> bytes:
    """Return a JPEG whose frame header says 12 bits."""
    data = bytearray(encoded("JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 1], data[frame + 4] = 0xC1, 12
    return bytes(data)


def text_bomb() -> bytes:
    """Return a small PNG with ten million characters of packed text."""
    info = PngImagePlugin.PngInfo()
    info.add_text("bomb", "A" * 10_000_000, zip=True)
    return encoded("PNG", pnginfo=info)


def square(side: int, bits: int = 8) -> bytes:
    """Return the skeleton of a grey PNG: no pixels."""
    header = struct.pack(">IIBBBBB", side, side, bits, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


BAD = {
    "empty": (b"", "empty file"),
    "noise": (NOISE.tobytes()[:500], "not a picture"),
    "web page": (b"\n<!DOCTYPE html><html>404</html>", "web page, not a picture"),
    "drawing": (b"<?xml version='1.0'?>\n<svg></svg>", "SVG drawing, not supported: export as PNG"),
    "markup": (b"<note>hello</note>", "text, not a picture"),
    "document": (b"%PDF-1.7 ...", "PDF document, not supported: export as PNG"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer, not the picture itself"),
    "heif": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 99, "HEIF picture, not supported: export as JPEG"),
    "heif under mif1": (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + b"\0" * 99, "HEIF picture, not supported"),
    "film": (b"\0\0\0\x18ftypisom\0\0\0\0isommp41" + b"\0" * 99, "film or other media file, not a picture"),
    "avif header": (encoded("AVIF")[:100], "AVIF of an unusual kind, or with a damaged header"),
    "12 bits": (twelve_bits(), "12 bits per sample JPEG"),
    "icon": (b"\0\0\1\0\1\0" + b"\0" * 50, "ICO picture, which is read with --formats default,ico"),
    "layers": (b"8BPS\0\1" + bytes(50), "PSD picture, which is read with --formats default,psd"),
    "jpeg cut": (encoded("JPEG")[:2000], "cut off"),
    "png cut": (encoded("PNG")[:5000], "cut off"),
    "gif cut": (encoded("GIF")[:1500], "cut off"),
    "bmp cut": (encoded("BMP")[:1500], "cut off"),
    "tiff cut": (encoded("TIFF")[:-3000], "cut off"),
    "ppm cut": (encoded("PPM")[:1500], "cut off"),
    "tga cut": (encoded("TGA")[:1500], "cut off"),
    "jpeg header cut": (encoded("JPEG")[:30], "cut off"),
    "png header cut": (encoded("PNG")[:20], "cut off"),
    "png header": (encoded("PNG")[:25] + b"\5" + encoded("PNG")[26:], "PNG of an unusual kind"),
    "png without pixels": (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
                           + chunk(b"IEND", b""), "no pixel data"),
    "text bomb": (text_bomb(), "text chunk that expands to a huge size"),
    "canvas": (square(50_000), "too many pixels: 2,500,000,000, more than 178,000,000"),
    "canvas just too large": (square(13_342), "too many pixels: 13342 x 13342, more than 178,000,000"),
    "gif canvas": (WIDEST_GIF, "too many pixels: 4,294,836,225, more than 178,000,000"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_the_reason_is_named(name, tmp_path):
    """Each kind of bad file gives its own reason, in a message with the path and what was expected, and exit code 4."""
    data, reason = BAD[name]
    path = tmp_path / "holiday.jpg"
    path.write_bytes(data)
    with pytest.raises(PictureError) as raised:
        open_picture(path, channels="rgb")
    assert raised.value.reason.startswith(reason)
    assert str(raised.value) == f"{path}: cannot be read ({raised.value.reason}), expected a whole picture"
    assert raised.value.exit_code == ExitCode.INPUT
    with pytest.raises(PictureError) as raised:
        open_picture(BytesIO(data), channels="rgb")
    assert raised.value.reason.startswith(reason)


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path):
    """A folder, a pipe and a device are told by name and never opened; an absent file is told in the system's words."""
    os.mkfifo(tmp_path / "pipe")
    places = [(tmp_path, "a folder"), (tmp_path / "pipe", "a device or a pipe"), (Path("/dev/zero"), "a device")]
    for place, reason in [*places, (tmp_path / "absent", "no such file or directory")]:
        for read in (look, lambda path: open_picture(path, channels="rgb")):
            with pytest.raises(PictureError, match=reason):
                read(place)


def test_the_header_alone_bounds_the_canvas():
    """A huge canvas is refused by ``look`` too, before any pixel is allocated."""
    with pytest.raises(PictureError, match="too many pixels: 13342 x 13342"):
        look(BytesIO(square(13_342)))
    assert look(BytesIO(square(13_341, bits=1))).width == 13_341


@pytest.mark.parametrize("format", DEFAULT_FORMATS)
def test_mutated_files_give_pixels_or_a_picture_error(format):
    """Forty mutations of a file in each format either open or raise PictureError, nothing else."""
    rng = np.random.RandomState(7)
    whole = encoded(format)
    outcomes = set()
    for _ in range(40):
        data = bytearray(whole[: rng.randint(1, len(whole) + 1)] if rng.rand() < 0.5 else whole)
        for position in rng.randint(0, min(len(data), 200), rng.randint(1, 4)):
            data[position] = rng.randint(256)
        for read in (look, lambda stream: open_picture(stream, channels="rgba")):
            try:
                read(BytesIO(data))
                outcomes.add("read")
            except PictureError as error:
                assert error.reason and "\n" not in error.reason
                outcomes.add("refused")
    assert "refused" in outcomes


REASONS = {
    "bmp_bad_width.bmp": "too many pixels",
    "bmp_short.bmp": "cut off",
    "empty.jpg": "empty file",
    "gif_huge_canvas.gif": "too many pixels",
    "html_error_page.jpg": "web page",
    "ico_multi.ico": "ICO picture, which is read with --formats default,ico",
    "jpeg_12bit.jpg": "12 bits per sample JPEG",
    "jpeg_truncated.jpg": "cut off",
    "png_bad_signature.png": "not a picture",
    "png_broken_data_stream.png": "damaged picture data",
    "png_no_pixel_data.png": "no pixel data",
    "png_text_bomb.png": "text chunk that expands to a huge size",
    "png_truncated.png": "cut off",
    "Thumbs.db": "not a picture",
    "tiff_crash.tif": "damaged picture data",
    "vector.svg": "SVG drawing",
}
awkward = pytest.mark.skipif(not AWKWARD.is_dir(), reason="the folder of awkward files is not here")


@awkward
def test_awkward_files_give_pixels_or_their_reason():
    """Of the awkward files sixteen are refused, each with its reason, and all others give pixels in all channels."""
    refused = {}
    for path in sorted(AWKWARD.iterdir()):
        try:
            for channels, mode in (("gray", "L"), ("rgb", "RGB"), ("rgba", "RGBA")):
                picture = open_picture(path, channels=channels)
                header = look(path)
                assert picture.mode == mode and picture.size == (header.width, header.height)
        except PictureError as error:
            refused[path.name] = error.reason
    assert set(refused) == set(REASONS)
    assert all(refused[name].startswith(reason) for name, reason in REASONS.items()), refused


@awkward
def test_awkward_files_leave_stderr_silent():
    """Neither Pillow's warnings nor what libtiff prints by itself reaches stderr, even with all warnings on."""
    script = (
        "import sys; from pathlib import Path\n"
        "from gantools.pictures.open import PictureError, look, open_picture\n"
        "for path in sorted(Path(sys.argv[1]).iterdir()):\n"
        "    for read in (look, lambda path: open_picture(path, channels='rgb')):\n"
        "        try: read(path)\n"
        "        except PictureError: pass\n"
    )
    command = [sys.executable, "-W", "always", "-c", script, str(AWKWARD)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=120)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


@awkward
def test_twins_among_the_awkward_files_look_alike():
    """One picture stored as JPEG, LAB TIFF and AVIF, and one as CMYK JPEG and TIFF, come out as the same picture."""

    def read(name: str) -> np.ndarray:
        return np.asarray(open_picture(AWKWARD / name, channels="rgb")).astype(float)

    portrait = read("NO_EXTENSION")
    assert np.abs(read("tiff_lab.tif") - portrait).mean() < 4
    assert np.abs(read("avif_plain.avif") - portrait).mean() < 4
    assert np.abs(read("jpeg_cmyk.jpg") - read("tiff_cmyk.tif")).mean() < 4
    assert read("jpeg_cmyk.jpg")[:5, :15, 0].mean() > 180 > 60 > read("jpeg_cmyk.jpg")[50:, :, 1:].mean()
    gray = np.asarray(open_picture(AWKWARD / "jpeg_gray.jpg", channels="gray")).astype(float)
    assert np.abs(portrait @ [0.299, 0.587, 0.114] - gray).mean() < 3
