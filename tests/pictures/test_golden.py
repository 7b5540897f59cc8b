"""One file of each mode through the whole of ``prepare``, against pixels computed here in NumPy (T16).

Tolerances, in levels of 255: exact where the file has 8 bits; 1 for colours of 16 bits, of which Pillow keeps the high
byte; 1 where alpha is divided out or CMYK and YCbCr are rounded.
"""

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools.data.folder import open_data
from gantools.data.manifest import MANIFEST, read_manifest
from tests.data.makers import prepare
from tests.pictures.test_modes import MAGENTA, gray3, over, png, tiff
from tests.pictures.test_orientation import oriented

SIDE = 32
PLACES = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
V = (PLACES % 256).astype(np.uint8)
FEW = (PLACES % 256 // 4).astype(np.uint8)
DEEP = np.linspace(0, 65535, SIDE * SIDE).round().astype(np.uint16).reshape(SIDE, SIDE)
BACK = DEEP[::-1, ::-1]
EIGHT = np.floor(DEEP / 257 + 0.5).astype(np.uint8)
RGB = np.dstack([V, V[::-1], 255 - V.T])
RGB16 = np.dstack([DEEP, BACK, DEEP.T])
ALPHA = V.T
COLOURS = np.random.RandomState(1).randint(0, 256, (256, 3)).astype(np.uint8)
FEW_ALPHAS = np.arange(255, -1, -1).astype(np.uint8)
INK = np.dstack([V, V.T, np.full_like(V, 30), V[::-1]])
PALETTE = (b"PLTE", COLOURS.tobytes())


def palette(bits: int) -> BytesIO:
    """Return a PNG of 2 ** bits colours."""
    return png(V >> (8 - bits), 3, bits, (b"PLTE", COLOURS[: 2**bits].tobytes()))


def keyed(values: np.ndarray, key: int) -> np.ndarray:
    """Return an alpha plane that is clear where a value is the key."""
    return np.where(values == key, 0, 255).astype(np.uint8)


def ycbcr(values: np.ndarray) -> np.ndarray:
    """Return RGB of Y, Cb, Cr by the formulas of BT.601."""
    y, cb, cr = (values[..., band].astype(float) for band in range(3))
    red, blue = y + 1.402 * (cr - 128), y + 1.772 * (cb - 128)
    green = y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128)
    return np.clip(np.dstack([red, green, blue]), 0, 255)


SMOOTH = np.dstack([64 + V // 2, 96 + V.T // 4, 160 - V // 4])
INKED = (255 - INK[..., :3].astype(float)) * (255 - INK[..., 3:].astype(float)) / 255
UNDER = (RGB.astype(int) * ALPHA[..., None] // 255).astype(np.uint8)
CLEAR = (b"tRNS", bytes([255] * 7 + [0]))
HIGH = (RGB16 >> 8).astype(np.uint8)

# A file, its pixels on a magenta background, and by how many levels they may differ.
GOLDEN: dict[str, tuple[BytesIO, np.ndarray, float]] = {
    "gray-1.png": (png(V >> 7, 0, 1), gray3((V >> 7) * 255), 0),
    "gray-2.png": (png(V >> 6, 0, 2), gray3((V >> 6) * 85), 0),
    "gray-4.png": (png(V >> 4, 0, 4), gray3((V >> 4) * 17), 0),
    "gray-8.png": (png(V, 0, 8), gray3(V), 0),
    "gray-16.png": (png(DEEP, 0, 16), gray3(EIGHT), 0),
    "gray-clear.png": (png(V, 0, 8, (b"tRNS", struct.pack(">H", 77))), over(gray3(V), keyed(V, 77), MAGENTA), 0),
    "gray-16-clear.png": (png(DEEP, 0, 16, (b"tRNS", struct.pack(">H", DEEP[3, 3]))),
                          over(gray3(EIGHT), keyed(DEEP, DEEP[3, 3]), MAGENTA), 0),
    "gray-alpha.png": (png(np.dstack([V, ALPHA]), 4, 8), over(gray3(V), ALPHA, MAGENTA), 0),
    "gray-alpha-16.png": (png(np.dstack([DEEP, BACK]), 4, 16),
                          over(gray3(DEEP >> 8), (BACK >> 8).astype(np.uint8), MAGENTA), 1),
    "palette-1.png": (palette(1), COLOURS[V >> 7], 0),
    "palette-2.png": (palette(2), COLOURS[V >> 6], 0),
    "palette-4.png": (palette(4), COLOURS[V >> 4], 0),
    "palette-8.png": (palette(8), COLOURS[V], 0),
    "palette-clear.png": (png(V, 3, 8, PALETTE, CLEAR), over(COLOURS[V], keyed(V, 7), MAGENTA), 0),
    "palette-alphas.png": (png(V, 3, 8, PALETTE, (b"tRNS", FEW_ALPHAS.tobytes())),
                           over(COLOURS[V], FEW_ALPHAS[V], MAGENTA), 0),
    "palette-alpha.tif": (tiff(np.dstack([V, ALPHA]), 3, extra=2, colours=COLOURS),
                          over(COLOURS[V], ALPHA, MAGENTA), 0),
    "rgb-8.png": (png(RGB, 2, 8), RGB, 0),
    "rgb-16.png": (png(RGB16, 2, 16), HIGH, 0),
    "rgb-16.tif": (tiff(RGB16, 2), HIGH, 0),
    "rgb-16-big.tif": (tiff(RGB16, 2, order=">"), HIGH, 0),
    "rgb-clear.png": (png(RGB, 2, 8, (b"tRNS", struct.pack(">3H", *RGB[5, 5]))),
                      over(RGB, np.where((RGB[5, 5] == RGB).all(-1), 0, 255), MAGENTA), 0),
    "rgba-8.png": (png(np.dstack([RGB, ALPHA]), 6, 8), over(RGB, ALPHA, MAGENTA), 0),
    "rgba-16.png": (png(np.dstack([RGB16, BACK]), 6, 16), over(HIGH, (BACK >> 8).astype(np.uint8), MAGENTA), 0),
    "rgba-16.tif": (tiff(np.dstack([RGB16, BACK]), 2, extra=2), over(HIGH, (BACK >> 8).astype(np.uint8), MAGENTA), 0),
    "rgba-premultiplied.tif": (tiff(np.dstack([UNDER, ALPHA]), 2, extra=1),
                               UNDER + (1 - ALPHA[..., None] / 255) * np.array(MAGENTA), 1.5),
    "deep-little.tif": (tiff(DEEP, 1), gray3(EIGHT), 0),
    "deep-big.tif": (tiff(DEEP, 1, order=">"), gray3(EIGHT), 0),
    "deep-turned-round.tif": (tiff(DEEP, 0), gray3(255 - EIGHT), 0),
    "whole-32.tif": (tiff(DEEP.astype(np.int32), 1, sample_format=2), gray3(EIGHT), 0),
    "float.tif": (tiff((DEEP / 65535).astype(np.float32), 1, sample_format=3), gray3(EIGHT), 0),
    "cmyk.tif": (tiff(INK, 5), INKED, 1.5),
    "ycbcr.tif": (tiff(SMOOTH, 6), ycbcr(SMOOTH), 1.5),
}  # fmt: skip
RAMPS = ("gray-16.png", "rgb-16.png", "rgb-16.tif", "deep-little.tif", "deep-big.tif", "whole-32.tif", "float.tif")
MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16", "I;16B", "I", "F", "CMYK", "YCbCr"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every file prepared in one run; the size is their own, so nothing is resized."""
    place = tmp_path_factory.mktemp("golden")
    (place / "odd").mkdir()
    for name, (source, _, _) in GOLDEN.items():
        (place / "odd" / name).write_bytes(source.getvalue())
    options = "--channels", "rgb", "--background", "rgb({},{},{})".format(*MAGENTA), "-q"
    assert prepare(place / "odd", "-o", place / "data", *options) == 0
    return place / "data"


@pytest.mark.parametrize("name", GOLDEN)
def test_pixels_are_golden(name: str, data: Path) -> None:
    """A file of each mode gives the pixels of the formula in its PNG, and the same ones in the pack."""
    records = read_manifest(data / MANIFEST).made()
    row = [record.source.rpartition("/")[2] for record in records].index(name)
    found = np.asarray(Image.open(data / str(records[row].file)))
    with open_data(data) as rows:
        assert np.array_equal(rows.read([row])[0], found.transpose(2, 0, 1))
    _, expected, tolerance = GOLDEN[name]
    assert found.shape == (SIDE, SIDE, 3)
    assert np.abs(found - np.asarray(expected, float)).max() <= tolerance


@pytest.mark.parametrize("name", RAMPS)
def test_a_deep_ramp_keeps_its_levels(name: str, data: Path) -> None:
    """A ramp of more than 8 bits keeps at least 250 levels, each within one of the exact value."""
    records = read_manifest(data / MANIFEST).made()
    file = next(record.file for record in records if record.source.endswith(f"/{name}"))
    levels = np.asarray(Image.open(data / str(file)))[..., 0]
    assert len(np.unique(levels)) >= 250
    assert np.abs(levels - DEEP / 257).max() <= 1


def test_the_files_are_of_each_mode() -> None:
    """Together they cover every mode in which Pillow opens a file, but LAB and La, which have tests of their own."""
    assert {Image.open(source).mode for source, _, _ in GOLDEN.values()} == MODES


def test_a_cmyk_jpeg_without_the_adobe_mark_is_read_as_one_with_it() -> None:
    """As browsers do, ink of a CMYK JPEG is taken as stored inverted, whether Adobe's mark says so or not."""
    from gantools.pictures.open import open_picture

    stream = BytesIO()
    Image.new("CMYK", (16, 16), (255, 64, 0, 32)).save(stream, "JPEG", quality=100)
    marked = stream.getvalue()
    place = marked.index(b"\xff\xee")
    plain = marked[:place] + marked[place + 2 + struct.unpack(">H", marked[place + 2 : place + 4])[0] :]
    assert b"Adobe" in marked and b"Adobe" not in plain
    for data in (marked, plain):
        found = np.asarray(open_picture(BytesIO(data), channels="rgb"))
        assert np.abs(found - np.array([0, 191, 255]) * 223 / 255).max() <= 3


TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda scene: scene,
    2: lambda scene: scene[:, ::-1],
    3: lambda scene: scene[::-1, ::-1],
    4: lambda scene: scene[::-1],
    5: lambda scene: scene.transpose(1, 0, 2),
    6: lambda scene: scene.transpose(1, 0, 2)[:, ::-1],
    7: lambda scene: scene[::-1, ::-1].transpose(1, 0, 2),
    8: lambda scene: scene.transpose(1, 0, 2)[::-1],
}


def test_every_orientation_comes_out_of_prepare_upright(tmp_path: Path) -> None:
    """All eight EXIF orientations of PNG, TIFF, WebP and JPEG files are undone on the way to the data set."""
    blocks = np.kron(np.arange(64).reshape(4, 4, 4), np.ones((8, 8, 1))).astype(np.uint8)[..., :3] * 4
    (tmp_path / "turned").mkdir()
    for number in TURNS:
        for format in ("PNG", "TIFF", "WEBP", "JPEG"):
            stream = oriented(Image.fromarray(blocks), number, format)
            (tmp_path / "turned" / f"{format}{number}.{format.lower()}").write_bytes(stream.getvalue())
    assert prepare(tmp_path / "turned", "-o", tmp_path / "data", "--size", "32", "-q") == 0
    for number, turn in TURNS.items():
        for format in ("PNG", "TIFF", "WEBP", "JPEG"):
            found = np.asarray(Image.open(tmp_path / "data" / f"{format}{number}.png")).astype(int)
            off = np.abs(found - turn(blocks))
            assert (np.median(off) if format == "JPEG" else off.max()) <= (4 if format == "JPEG" else 0), (
                format,
                number,
            )
