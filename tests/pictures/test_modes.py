"""Golden pixels of each mode, computed here in closed form from files made byte by byte (T16)."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gantools.pictures.open import look, open_picture
from gantools.pictures.reasons import PictureError

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)
MAGENTA = (200, 0, 100)


def png(samples: np.ndarray, colour_type: int, bits: int, *chunks: tuple[bytes, bytes]) -> BytesIO:
    """Write a PNG; samples (H, W) or (H, W, C), one value a sample."""
    height, width = samples.shape[:2]
    if bits < 8:
        rows = np.packbits((samples[..., None] >> np.arange(bits)[::-1]) & 1).reshape(height, -1)
    else:
        rows = np.frombuffer(samples.astype(f">u{bits // 8}").tobytes(), np.uint8).reshape(height, -1)
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    body = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    parts = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in body)
    return BytesIO(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def tiff(samples: np.ndarray, photometric: int, *, bits: int = 0, sample_format: int = 1, extra: int | None = None,
         colours: np.ndarray | None = None, order: str = "<") -> BytesIO:  # fmt: skip
    """Write an uncompressed TIFF, little-endian or big-endian; samples (H, W) or (H, W, C), colours (256, 3)."""
    height, width = samples.shape[:2]
    bands = samples.shape[2] if samples.ndim == 3 else 1
    data = samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    palette = b"" if colours is None else (colours.T.astype(f"{order}u2") * 257).tobytes()
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, bits or samples.dtype.itemsize * 8), (259, 3, 1, 1)]
    tags += [(262, 3, 1, photometric), (273, 4, 1, 8), (277, 3, 1, bands), (278, 4, 1, height), (279, 4, 1, len(data))]
    tags += [(320, 3, 768, 8 + len(data))] if palette else []
    tags += [(338, 3, 1, extra)] if extra is not None else []
    tags += [(339, 3, 1, sample_format)]
    entries = b"".join(
        struct.pack(f"{order}HHI", tag, kind, count)
        + (struct.pack(f"{order}HH", value, 0) if (kind, count) == (3, 1) else struct.pack(f"{order}I", value))
        for tag, kind, count, value in tags
    )
    table = struct.pack(f"{order}H", len(tags)) + entries + struct.pack(f"{order}I", 0)
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return BytesIO(mark + struct.pack(f"{order}I", 8 + len(data) + len(palette)) + data + palette + table)


def over(colour: np.ndarray, alpha: np.ndarray, background: tuple[int, int, int]) -> np.ndarray:
    """Composite straight alpha in real numbers."""
    share = alpha[..., None] / 255.0
    return np.floor(colour * share + np.array(background) * (1 - share) + 0.5).astype(np.uint8)


def pixels(source: BytesIO, channels: str, notes: list[str] | None = None, **options) -> np.ndarray:
    """Open a picture as an array."""
    return np.asarray(open_picture(source, channels=channels, notes=notes, **options))


def gray3(levels: np.ndarray) -> np.ndarray:
    """Repeat grey levels as red, green and blue."""
    return np.stack([levels] * 3, axis=-1)


def test_sixteen_bit_gray_png_is_rounded_to_8_bits():
    """A 16-bit grey value v becomes round(v / 257); a full ramp keeps all 256 levels and nothing is clipped."""
    values = np.linspace(0, 65535, 64 * 64).round().astype(np.uint16).reshape(64, 64)
    source = png(values, 0, 16)
    expected = np.round(values / 257.0).astype(np.uint8)
    assert len(np.unique(pixels(source, "gray"))) == 256
    np.testing.assert_array_equal(pixels(source, "gray"), expected)
    np.testing.assert_array_equal(pixels(source, "rgb"), gray3(expected))
    assert look(source).gray and look(source).mode == "I;16"


def test_sixteen_bit_rgb_png_is_right_within_one_level():
    """A 16-bit colour value keeps its high byte, at most one level from v / 257, in the right channel."""
    ramp = RAMP.astype(np.uint16)
    values = np.stack([ramp * 257, ramp * 256 + 200, (255 - ramp) * 257], axis=-1)
    found = pixels(png(values, 2, 16), "rgb")
    assert np.abs(found - values / 257.0).max() < 1.0
    np.testing.assert_array_equal(found[..., 0], RAMP)
    np.testing.assert_array_equal(found[..., 2], 255 - RAMP)


def test_sixteen_bit_gray_with_alpha_is_known_as_gray():
    """Grey and alpha of 16 bits, which Pillow opens as RGBA, look grey and composite in grey."""
    values = np.stack([RAMP.astype(np.uint16) * 257, RAMP.T.astype(np.uint16) * 257], axis=-1)
    source = png(values, 4, 16)
    assert look(source).gray and look(source).alpha
    expected = over(gray3(RAMP), RAMP.T, (0, 0, 0))[..., 0]
    np.testing.assert_array_equal(pixels(source, "gray", background=(0, 0, 0)), expected)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_of_gray_span_black_to_white(bits):
    """1, 2 and 4 bits of grey are spread evenly over 0..255."""
    values = RAMP >> (8 - bits)
    expected = (values.astype(int) * 255 // (2**bits - 1)).astype(np.uint8)
    source = png(values, 0, bits)
    np.testing.assert_array_equal(pixels(source, "gray"), expected)
    assert look(source).gray and not look(source).alpha


@pytest.mark.parametrize(("bits", "key"), [(1, 1), (8, 77), (16, 77 * 257)])
def test_one_transparent_gray_value_becomes_alpha(bits, key):
    """A tRNS value of a grey PNG is transparent everywhere, shows the background, and nothing else does."""
    values = RAMP >> 7 if bits == 1 else RAMP.astype(np.uint16) * (257 if bits == 16 else 1)
    source = png(values, 0, bits, (b"tRNS", struct.pack(">H", key)))
    levels = values * 255 if bits == 1 else RAMP
    alpha = np.where(values == key, 0, 255).astype(np.uint8)
    assert look(source).alpha and look(source).gray
    np.testing.assert_array_equal(pixels(source, "rgba")[..., 3], alpha)
    np.testing.assert_array_equal(pixels(source, "rgb", background=MAGENTA), over(gray3(levels), alpha, MAGENTA))


def test_one_transparent_colour_becomes_alpha():
    """A tRNS colour of an RGB PNG is transparent only where all three values match."""
    colours = np.stack([RAMP, RAMP // 2, 255 - RAMP], axis=-1)
    key = colours[3, 7]
    colours[0, 0] = key * np.array([1, 1, 0], np.uint8)
    source = png(colours, 2, 8, (b"tRNS", struct.pack(">3H", *key)))
    alpha = np.where((colours == key).all(-1), 0, 255).astype(np.uint8)
    assert (alpha == 0).sum() == 1
    np.testing.assert_array_equal(pixels(source, "rgba"), np.dstack([colours, alpha]))
    np.testing.assert_array_equal(pixels(source, "rgb"), over(colours, alpha, (255, 255, 255)))


def test_a_transparent_colour_of_16_bits_is_compared_and_noted():
    """A 16-bit tRNS colour finds its pixels although they are decoded to 8 bits, and the note says how."""
    colours = np.zeros((16, 16, 3), np.uint16)
    colours[4, 5] = (0x1234, 0x5678, 0x9ABC)
    notes: list[str] = []
    source = png(colours, 2, 16, (b"tRNS", struct.pack(">3H", 0x1234, 0x5678, 0x9ABC)))
    alpha = pixels(source, "rgba", notes)[..., 3]
    assert alpha[4, 5] == 0 and (alpha == 0).sum() == 1
    assert "high bytes" in notes[0]


def test_gray_with_alpha_shows_the_coloured_background():
    """Grey with alpha over a coloured background gives colours for rgb and the luma of the background for gray."""
    source = png(np.stack([RAMP, RAMP.T], axis=-1), 4, 8)
    np.testing.assert_array_equal(pixels(source, "rgb", background=MAGENTA), over(gray3(RAMP), RAMP.T, MAGENTA))
    luma = round(0.299 * 200 + 0.114 * 100)
    expected = over(gray3(RAMP), RAMP.T, (luma,) * 3)[..., 0]
    np.testing.assert_array_equal(pixels(source, "gray", background=MAGENTA), expected)


def test_hidden_colour_under_full_transparency_never_shows():
    """RGBA is composited exactly; rgba keeps the file's own values."""
    values = np.dstack([RAMP, RAMP.T, 255 - RAMP, np.flipud(RAMP)])
    source = png(values, 6, 8)
    np.testing.assert_array_equal(pixels(source, "rgba"), values)
    expected = over(values[..., :3], values[..., 3], MAGENTA)
    np.testing.assert_array_equal(pixels(source, "rgb", background=MAGENTA), expected)
    luma = expected @ np.array([0.299, 0.587, 0.114])
    assert np.abs(pixels(source, "gray", background=MAGENTA) - luma).max() <= 0.51


def test_palette_with_partly_transparent_entries():
    """A palette's colours and their own alphas are looked up, then composited."""
    colours = np.random.RandomState(1).randint(0, 256, (256, 3)).astype(np.uint8)
    alphas = np.arange(255, -1, -1).astype(np.uint8)
    source = png(RAMP, 3, 8, (b"PLTE", colours.tobytes()), (b"tRNS", alphas.tobytes()))
    np.testing.assert_array_equal(pixels(source, "rgba"), np.dstack([colours[RAMP], alphas[RAMP]]))
    np.testing.assert_array_equal(pixels(source, "rgb"), over(colours[RAMP], alphas[RAMP], (255, 255, 255)))
    assert look(source).alpha and not look(source).gray


@pytest.mark.parametrize("tint", [0, 1])
def test_a_palette_is_gray_when_all_its_colours_are(tint):
    """A palette of greys looks grey; one colour in it is enough for it not to."""
    colours = gray3(255 - np.arange(256)).astype(np.uint8)
    colours[9, 0] ^= tint
    source = png(RAMP, 3, 8, (b"PLTE", colours.tobytes()))
    assert look(source).gray is (tint == 0)
    np.testing.assert_array_equal(pixels(source, "rgb"), colours[RAMP])


def test_gif_with_a_transparent_index():
    """A GIF's transparent index shows the background; a grey ramp palette, which Pillow opens as L, too."""
    picture = Image.fromarray(RAMP)
    stream = BytesIO()
    picture.save(stream, "GIF", transparency=7)
    expected = gray3(RAMP).copy()
    expected[RAMP == 7] = MAGENTA
    np.testing.assert_array_equal(pixels(stream, "rgb", background=MAGENTA), expected)
    assert look(stream).alpha and look(stream).gray


def test_premultiplied_gray_is_divided_by_its_alpha():
    """Grey premultiplied by alpha (TIFF, associated alpha) over black gives the stored values back."""
    alpha = np.maximum(RAMP.T, 1)
    stored = (RAMP.astype(int) * alpha // 255).astype(np.uint8)
    source = tiff(np.stack([stored, alpha], axis=-1), 1, bits=8, extra=1)
    assert look(source).mode == "La" and look(source).alpha and look(source).gray
    assert np.abs(pixels(source, "gray", background=(0, 0, 0)).astype(int) - stored).max() <= 1
    visible = alpha > 127
    assert np.abs(pixels(source, "rgba")[..., 0].astype(int) - RAMP)[visible].max() <= 2


def test_white_is_zero_sixteen_bit_tiff_is_turned_round():
    """A 16-bit TIFF in which 0 means white is inverted, which Pillow does not do."""
    values = RAMP.astype("<u2") * 257
    np.testing.assert_array_equal(pixels(tiff(values, 1), "gray"), RAMP)
    np.testing.assert_array_equal(pixels(tiff(values, 0), "gray"), 255 - RAMP)


def test_twelve_bit_tiff_reaches_white():
    """A TIFF of 12 bits a sample is scaled by 4095, so its brightest value is white."""
    values = np.linspace(0, 4095, 256).round().astype(int).reshape(16, 16)
    pairs = values.reshape(-1, 2)
    packed = np.stack([pairs[:, 0] >> 4, (pairs[:, 0] & 15) << 4 | pairs[:, 1] >> 8, pairs[:, 1] & 255], axis=-1)
    source = tiff(np.zeros((16, 16), np.uint8), 1, bits=12)
    whole = source.getvalue()
    data = packed.astype(np.uint8).tobytes()
    table = bytearray(whole[8 + 256 :])
    table[2 + 8 * 12 + 8 : 2 + 8 * 12 + 12] = struct.pack("<I", len(data))
    source = BytesIO(b"II*\0" + struct.pack("<I", 8 + len(data)) + data + bytes(table))
    np.testing.assert_array_equal(pixels(source, "gray"), np.round(values * 255 / 4095).astype(np.uint8))


@pytest.mark.parametrize(
    ("values", "sample_format", "lowest", "highest", "note"),
    [
        (RAMP.astype("<i4"), 2, 0, 255, "taken as 8 bits"),
        (RAMP.astype("<i4") * 257, 2, 0, 65535, ""),
        (RAMP.astype("<u4") << 24, 1, 0, 255 << 24, "scaled from 0..4278190080"),
        (RAMP.astype("<i4") - 100, 2, -100, 155, "scaled from -100..155"),
        ((RAMP.astype("<i4") * 100 - 9000).astype("<i2"), 2, -9000, 16500, "scaled from -9000..16500"),
    ],
)
def test_wide_whole_numbers_are_scaled_never_clipped(values, sample_format, lowest, highest, note):
    """Numbers of 32 bits are taken as 8 bits, as 16 bits, or from smallest to largest; what was assumed is noted."""
    notes: list[str] = []
    found = pixels(tiff(values, 1, sample_format=sample_format), "gray", notes)
    scaled = (values.astype(np.float64) - lowest) * 255 / (highest - lowest)
    np.testing.assert_array_equal(found, np.round(scaled).astype(np.uint8))
    assert (note in notes[0]) if note else notes == []


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (0.25, 0.5), (-3.0, 7.0), (0.0, 1000.0)])
def test_floats_are_taken_as_0_to_1_or_stretched(bounds):
    """Floats within [0, 1] keep their scale; others go from smallest to largest, and the note names both."""
    values = np.linspace(*bounds, 256, dtype="<f4").reshape(16, 16)
    notes: list[str] = []
    found = pixels(tiff(values, 1, sample_format=3), "gray", notes)
    inside = bounds[1] <= 1 and bounds[0] >= 0
    low, high = (0, 1) if inside else bounds
    assert np.abs(found - (values.astype(float) - low) / (high - low) * 255).max() <= 0.51
    assert notes == ([] if inside else [f"float values scaled from {bounds[0]:g}..{bounds[1]:g} to 0..255"])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_float_picture_that_is_not_finite_is_refused(value):
    """One NaN or infinity among float pixels refuses the picture: nothing is replaced in silence."""
    values = np.zeros((4, 4), "<f4")
    values[1, 2] = value
    with pytest.raises(PictureError, match="pixel values that are not finite numbers"):
        open_picture(tiff(values, 1, sample_format=3), channels="gray")


def test_a_constant_float_picture_is_black_and_noted():
    """A float picture of one value outside [0, 1] has no range to stretch: it becomes black, and the note says so."""
    notes: list[str] = []
    assert not pixels(tiff(np.full((4, 4), 9.0, "<f4"), 1, sample_format=3), "gray", notes).any()
    assert "9..9" in notes[0]


def test_cmyk_without_a_profile():
    """CMYK ink c on black ink k leaves (255 - c)(255 - k) / 255 of light, in a TIFF and in an Adobe-inverted JPEG."""
    ink = np.dstack([RAMP, RAMP.T, np.full_like(RAMP, 30), np.flipud(RAMP)])
    expected = (255 - ink[..., :3].astype(float)) * (255 - ink[..., 3:].astype(float)) / 255
    assert np.abs(pixels(tiff(ink, 5, bits=8), "rgb") - expected).max() <= 1.5
    solid = Image.new("CMYK", (16, 16), (255, 64, 0, 32))
    stream = BytesIO()
    solid.save(stream, "JPEG", quality=100)
    expected_solid = np.array([0, 191, 255]) * 223 / 255
    assert np.abs(pixels(stream, "rgb") - expected_solid).max() <= 3


def test_lab_matches_the_colorimetry():
    """CIELAB (D50) comes out as the sRGB colours of the CIE formulas with the Bradford adaptation."""
    lightness, a, b = 153, np.int8(40), np.int8(-35)
    values = np.empty((4, 4, 3), np.uint8)
    values[:] = (lightness, np.uint8(a), np.uint8(b))
    fy = (lightness * 100 / 255 + 16) / 116
    xyz = np.array([0.9642, 1.0, 0.8249]) * np.array([fy + 40 / 500, fy, fy + 35 / 200]) ** 3
    to_linear = np.array([[3.1339, -1.6169, -0.4906], [-0.9788, 1.9161, 0.0335], [0.0719, -0.2290, 1.4052]])
    linear = to_linear @ xyz
    expected = 255 * np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    assert np.abs(pixels(tiff(values, 8, bits=8), "rgb")[0, 0] - expected).max() <= 2


def test_ycbcr_tiff():
    """Uncompressed YCbCr is turned into RGB by the BT.601 formulas."""
    values = np.empty((4, 4, 3), np.uint8)
    values[:] = (120, 100, 180)
    expected = (120 + 1.402 * 52, 120 + 0.344136 * 28 - 0.714136 * 52, 120 - 1.772 * 28)
    assert np.abs(pixels(tiff(values, 6, bits=8), "rgb")[0, 0] - expected).max() <= 1


@pytest.mark.parametrize("maximum", [255, 1023, 65535])
def test_pgm_of_any_maximum_reaches_white(maximum):
    """A PGM's own maximum becomes white, for 8 and 16 bits and between."""
    values = np.linspace(0, maximum, 256).round().astype(">u2" if maximum > 255 else np.uint8).reshape(16, 16)
    found = pixels(BytesIO(b"P5 16 16 %d\n" % maximum + values.tobytes()), "gray")
    assert np.abs(found - values.astype(float) * 255 / maximum).max() <= 0.51


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "PPM", "QOI", "JPEG2000", "TGA", "WEBP", "GIF"])
def test_every_lossless_format_gives_the_same_pixels(format):
    """The same RGB pixels come back from each lossless format read by default."""
    colours = np.dstack([RAMP, np.zeros_like(RAMP), np.zeros_like(RAMP)])
    stream = BytesIO()
    Image.fromarray(colours).save(stream, format, **({"lossless": True} if format == "WEBP" else {}))
    np.testing.assert_array_equal(pixels(stream, "rgb"), colours)
    assert look(stream).format == format


def test_the_first_picture_of_an_animation_is_taken():
    """Of a GIF, PNG, WebP and TIFF with several pictures the first comes out."""
    first, second = Image.new("RGB", (9, 9), (255, 0, 0)), Image.new("RGB", (9, 9), (0, 0, 255))
    for format in ("GIF", "PNG", "WEBP", "TIFF"):
        stream = BytesIO()
        first.save(stream, format, save_all=True, append_images=[second], lossless=True)
        assert Image.open(stream).n_frames == 2
        assert (pixels(stream, "rgb") == (255, 0, 0)).all(), format
