"""ICC profiles, made here byte by byte, against the closed form of the sRGB curve."""

import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from gantools.pictures.open import open_picture

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)
SRGB_PRIMARIES_D50 = (
    (0.4360747, 0.2225045, 0.0139322),
    (0.3850649, 0.7168786, 0.0971045),
    (0.1430804, 0.0606169, 0.7141733),
)


P3_PRIMARIES_D50 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))


def profile(space: bytes, gamma: float, primaries: tuple[tuple[float, ...], ...] = SRGB_PRIMARIES_D50) -> bytes:
    """Write a version 2 profile: grey, or RGB with the primaries' XYZ adapted to D50."""

    def xyz(values):
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(gamma * 256))
    tags = {
        b"wtpt": xyz((0.9642, 1.0, 0.8249)),
        b"desc": b"desc\0\0\0\0" + struct.pack(">I4s", 4, b"own\0") + b"\0" * 80,
    }
    if space == b"GRAY":
        tags[b"kTRC"] = curve
    else:
        tags |= {name + b"XYZ": xyz(values) for name, values in zip((b"r", b"g", b"b"), primaries, strict=True)}
        tags |= {name + b"TRC": curve for name in (b"r", b"g", b"b")}
    offset, table, data = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        value += b"\0" * (-len(value) % 4)
        table += name + struct.pack(">II", offset + len(data), len(value))
        data += value
    header = struct.pack(">I4xI4s4s4s12x4s28xiii", offset + len(data), 0x02400000, b"mntr", space, b"XYZ ", b"acsp",
                         63190, 65536, 54061)  # fmt: skip
    return header.ljust(128, b"\0") + table + data


def cmyk_profile() -> bytes:
    """Write a CMYK profile (one table of two points an ink) in which only black counts: L* falls evenly from 100."""
    even = bytes(range(256))
    lightness = b"".join(bytes((255 * (index % 2 == 0), 128, 128)) for index in range(16))
    identity = struct.pack(">9i", *(65536 * (index % 4 == 0) for index in range(9)))
    table = b"mft1\0\0\0\0\4\3\2\0" + identity + even * 4 + lightness + even * 3
    header = struct.pack(">I4xI4s4s4s12x4s", 144 + len(table), 0x02400000, b"prtr", b"CMYK", b"Lab ", b"acsp")
    header = header.ljust(68, b"\0") + struct.pack(">iii", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I4sII", 1, b"A2B0", 144, len(table)) + table


def saved(picture: Image.Image, icc: bytes, format: str = "PNG") -> BytesIO:
    """Return a file with a profile inside."""
    stream = BytesIO()
    picture.save(stream, format, icc_profile=icc, **({"quality": 100} if format == "JPEG" else {}))
    return stream


def srgb(linear: np.ndarray) -> np.ndarray:
    """Encode linear light, 0 to 1, as sRGB, 0 to 255 (IEC 61966-2-1)."""
    return 255 * np.where(linear > 0.0031308, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055, 12.92 * linear)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P"])
def test_a_linear_profile_is_encoded_as_srgb(mode):
    """Pixels of a linear-light profile get the sRGB curve, in each mode; alpha is left alone."""
    space = b"GRAY" if mode in ("L", "LA") else b"RGB "
    picture = Image.fromarray(RAMP)
    if mode.endswith("A"):
        picture = Image.merge("LA", [picture, Image.fromarray(np.flipud(RAMP))])
    notes: list[str] = []
    found = np.asarray(open_picture(saved(picture.convert(mode), profile(space, 1.0)), channels="rgba", notes=notes))
    assert notes == []
    assert np.abs(found[..., 1] - srgb(RAMP / 255.0)).max() <= 1.5
    assert np.abs(found[..., 0].astype(int) - found[..., 2]).max() <= 1
    np.testing.assert_array_equal(found[..., 3], np.flipud(RAMP) if mode.endswith("A") else 255)


def test_exchanged_primaries_exchange_the_colours():
    """A profile whose red is sRGB's blue turns red pixels blue."""
    picture = Image.new("RGB", (4, 4), (255, 0, 0))
    found = open_picture(saved(picture, profile(b"RGB ", 2.2, SRGB_PRIMARIES_D50[::-1])), channels="rgb")
    assert np.abs(np.array(found.getpixel((0, 0))) - (0, 0, 255)).max() <= 3


def test_display_p3_becomes_srgb():
    """Colours of Display P3's primaries go through XYZ to sRGB; what sRGB cannot show is cut off at its edge."""
    colours = np.random.RandomState(5).randint(0, 256, (32, 32, 3)).astype(np.uint8)
    icc = profile(b"RGB ", 2.2, P3_PRIMARIES_D50)
    found = np.asarray(open_picture(saved(Image.fromarray(colours), icc), channels="rgb")).astype(float)
    xyz = (colours / 255.0) ** (563 / 256) @ np.array(P3_PRIMARIES_D50)
    linear = xyz @ np.linalg.inv(np.array(SRGB_PRIMARIES_D50))
    inside = (linear >= 0).all(-1) & (linear <= 1).all(-1)
    assert 300 < inside.sum() < 1024
    assert np.abs(found - srgb(linear))[inside].max() <= 2.5
    assert np.abs(found - srgb(np.clip(linear, 0, 1))).max() <= 6


def test_a_gray_gamma_becomes_srgb():
    """Grey of gamma 1.8 keeps its light: it comes out darker or lighter as the sRGB curve asks."""
    found = np.asarray(open_picture(saved(Image.fromarray(RAMP), profile(b"GRAY", 1.8)), channels="gray"))
    assert np.abs(found - srgb((RAMP / 255.0) ** (461 / 256))).max() <= 1.5


def test_a_cmyk_profile_decides_the_colours():
    """CMYK pixels go through their profile: here coloured ink does not count, and black ink is even in L*."""
    ink = np.dstack([RAMP.T, np.flipud(RAMP), RAMP.T, RAMP])
    source = saved(Image.fromarray(ink, "CMYK"), cmyk_profile(), "TIFF")
    found = np.asarray(open_picture(source, channels="rgb"))
    lightness = 100 * (1 - RAMP / 255.0)
    luminance = np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / 903.3)
    assert np.abs(found - srgb(luminance)[..., None]).max() <= 2.5


@pytest.mark.parametrize("kind", ["gray", "rgb"])
def test_gray_pictures_come_out_gray(kind):
    """A grey picture keeps one channel for ``gray`` whether its profile is a grey or an RGB one."""
    source = saved(Image.fromarray(RAMP), profile(b"GRAY" if kind == "gray" else b"RGB ", 1.0))
    found = np.asarray(open_picture(source, channels="gray"))
    assert np.abs(found - srgb(RAMP / 255.0)).max() <= 1.5


def test_an_srgb_profile_changes_no_pixel():
    """Pixels under an sRGB profile come back bit for bit, not rounded through a transform."""
    colours = np.random.RandomState(3).randint(0, 256, (32, 32, 3)).astype(np.uint8)
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = open_picture(saved(Image.fromarray(colours), icc), channels="rgb")
    np.testing.assert_array_equal(np.asarray(found), colours)


@pytest.mark.parametrize(
    ("icc", "note"),
    [
        (b"no profile at all", "colour profile ignored: unreadable"),
        (profile(b"RGB ", 1.0)[:150], "colour profile ignored: unreadable"),
        (profile(b"GRAY", 1.0), "colour profile ignored: it is for GRAY, the picture is RGB"),
    ],
)
def test_a_profile_that_cannot_be_used_is_ignored_with_a_note(icc, note):
    """A broken profile, or one of another colour space, leaves the pixels as they are, and a note says so."""
    notes: list[str] = []
    picture = open_picture(saved(Image.new("RGB", (2, 2), (10, 20, 30)), icc), channels="rgb", notes=notes)
    assert picture.getpixel((0, 0)) == (10, 20, 30)
    assert notes == [note]
