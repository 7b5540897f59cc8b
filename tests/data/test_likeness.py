"""Likeness: how pictures look at a glance, against a transform written out as in the book."""

import gzip
import math
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gantools.data.likeness import NEAR_BITS, NEAR_LEVELS, Likeness, likenesses
from gantools.data.shape import pixels_of
from tests.data.makers import SHARED, needs_shared


def smooth(seed: int, side: int = 96, mode: str = "RGB") -> Image.Image:
    """Return a picture of soft patches, as a photograph has; another seed is another picture."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).convert(mode)


def look(image: Image.Image, side: int = 64) -> Likeness:
    """Return how a picture looks at a size."""
    return likenesses(pixels_of(image.resize((side, side), Image.Resampling.LANCZOS))[None])[0]


def are_alike(one: Likeness, two: Likeness) -> bool:
    """Compare as a data set is compared, one pair at a time."""
    bits = int(one.hash ^ two.hash).bit_count()
    levels = np.abs(one.cells.astype(int) - two.cells.astype(int)).max()
    return bits <= NEAR_BITS and bool(levels <= NEAR_LEVELS)


def test_hash_is_the_sign_of_each_wave_against_the_median() -> None:
    """The bits are those of cosine sums written out one by one, where these are not too near to the median to tell."""
    pixels = np.random.default_rng(3).integers(0, 256, (1, 1, 24, 32), np.uint8)
    waves = np.zeros((8, 8))
    for k in range(8):
        for m in range(8):
            for y in range(24):
                for x in range(32):
                    down = math.cos(math.pi * (k + 1) * (y + 0.5) / 24)
                    waves[k, m] += pixels[0, 0, y, x] * down * math.cos(math.pi * (m + 1) * (x + 0.5) / 32)
    above = waves - np.median(waves)
    bits = np.unpackbits(np.array([likenesses(pixels)[0].hash]).view(np.uint8)).reshape(8, 8)
    clear = np.abs(above) > 20
    assert clear.sum() >= 56
    assert np.array_equal(bits[clear], above[clear] > 0)


@pytest.mark.parametrize("side", [8, 28, 64])
def test_cells_are_means(side: int) -> None:
    """Cells are the mean levels of a 12x12 grid; a picture of fewer pixels has some of them twice."""
    pixels = np.random.default_rng(side).integers(0, 256, (2, 3, side, side), np.uint8)
    cells = likenesses(pixels)[1].cells.reshape(3, 12, 12)
    for row, column in ((0, 0), (5, 7), (11, 11)):
        top, left = row * side // 12, column * side // 12
        bottom, right = (max(low + 1, (n + 1) * side // 12) for low, n in ((top, row), (left, column)))
        mean = pixels[1, :, top:bottom, left:right].mean(axis=(1, 2))
        assert np.abs(cells[:, row, column] - mean).max() <= 0.5


def test_pictures_together_look_as_alone() -> None:
    """How a picture looks does not depend on those that are looked at with it."""
    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, 32, 48), np.uint8)
    for alone, together in zip((likenesses(one[None])[0] for one in pixels), likenesses(pixels), strict=True):
        assert alone.hash == together.hash
        assert np.array_equal(alone.cells, together.cells)


def test_copies_look_alike_and_others_do_not() -> None:
    """A picture saved as JPEG, shrunk, enlarged or a little brighter looks like itself, and like no other one."""
    looks = [look(smooth(seed)) for seed in range(40)]
    for seed, own in enumerate(looks):
        image, stream = smooth(seed), BytesIO()
        image.save(stream, "JPEG", quality=50)
        copies = [
            Image.open(stream),
            image.resize((72, 72), Image.Resampling.BICUBIC),
            image.resize((200, 200), Image.Resampling.BICUBIC),
            image.point(lambda level: min(255, round(level * 1.01))),
        ]
        assert all(are_alike(own, look(copy)) for copy in copies), seed
        assert [other for other in range(40) if are_alike(own, looks[other])] == [seed]


def test_colour_and_transparency_tell_pictures_apart() -> None:
    """The same drawing in another colour, or with another outline in its alpha, is no copy."""
    red, blue = Image.new("RGBA", (64, 64), (230, 20, 20)), Image.new("RGBA", (64, 64), (20, 20, 230))
    round_hole = Image.fromarray((np.hypot(*np.mgrid[-32:32, -32:32]) < 20).astype(np.uint8) * 255)
    for image in (red, blue):
        image.putalpha(round_hole)
    assert not are_alike(look(red), look(blue))
    grey = Image.new("RGBA", (64, 64), (128, 128, 128))
    clear = grey.copy()
    clear.putalpha(round_hole)
    assert not are_alike(look(grey), look(clear))


def test_plain_and_blank() -> None:
    """What has no pattern is plain; what is of one colour but for a hundredth is blank, whatever that colour is."""
    flat = np.full((64, 64, 3), (20, 90, 200), np.uint8)
    speck = flat.copy()
    speck[10:16, 10:16] = 255  # 36 of 4,096 pixels
    patch = flat.copy()
    patch[10:17, 10:17] = 255  # 49
    noisy = flat + np.random.default_rng(0).integers(0, 3, flat.shape, np.uint8)
    facts = [(found.plain, found.blank) for found in map(look, map(Image.fromarray, (flat, speck, patch, noisy)))]
    assert facts == [(True, True), (False, True), (False, False), (True, True)]
    assert (look(smooth(1)).plain, look(smooth(1)).blank) == (False, False)


@needs_shared
def test_handwritten_digits_are_no_copies() -> None:
    """Of 1,000 digits, of which the hash alone takes hundreds of pairs for copies, none looks like another."""
    data = gzip.decompress((SHARED / "mnist" / "t10k-images-idx3-ubyte.gz").read_bytes())
    looks = likenesses(np.frombuffer(data, np.uint8, offset=16)[: 1000 * 784].reshape(-1, 1, 28, 28))
    hashes = np.array([found.hash for found in looks])
    pairs = np.argwhere(np.triu(np.bitwise_count(hashes[:, None] ^ hashes) <= NEAR_BITS, 1))
    assert len(pairs) > 300
    assert not any(are_alike(looks[i], looks[j]) for i, j in pairs)
