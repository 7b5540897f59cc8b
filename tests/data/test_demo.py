"""The drawn sets: keyed, factored uniformly and independently, and painted as recorded."""

import colorsys
from collections import Counter
from itertools import combinations, product

import numpy as np
import pytest

from gantools.data import demo
from gantools.errors import Again, UsageError

HUES = {"red": 4, "yellow": 43, "green": 139, "blue": 213, "violet": 282}  # degrees, by the names' plain meaning


def picture(index, *, seed=0, height=32, width=32):
    """Draw one sticker."""
    return demo.draw("stickers", index, seed=seed, height=height, width=width)


@pytest.fixture(scope="module")
def many():
    """Return the factors of 1,500 small pictures."""
    return [picture(index, height=8, width=8).factors for index in range(1500)]


def chi_square(observed, expected):
    """Return the chi-square statistic of counts against one expected count."""
    return sum((count - expected) ** 2 / expected for count in observed)


def bound(freedom):
    """Return a value that a chi-square of ``freedom`` degrees exceeds with a chance of about 1e-4.

    Source: Wilson and Hilferty 1931, the cube-root approximation; 3.72 normal deviations.
    """
    return freedom * (1 - 2 / (9 * freedom) + 3.72 * (2 / (9 * freedom)) ** 0.5) ** 3


def vivid_hues(image):
    """Return the hue in degrees of every pixel more strongly coloured than any sky."""
    pixels = np.asarray(image, dtype=np.int64).reshape(-1, 3)
    vivid = pixels[pixels.max(axis=1) - pixels.min(axis=1) > 118]
    return np.array([360 * colorsys.rgb_to_hsv(*(pixel / 255))[0] for pixel in vivid])


def nearest_hue(hue):
    """Return the name of the hue nearest to so many degrees."""
    return min(HUES, key=lambda name: abs((hue - HUES[name] + 180) % 360 - 180))


def test_picture_is_a_function_of_its_key():
    """The same set, seed, index and size give the same bytes, whatever was drawn before."""
    first = picture(7)
    picture(8)
    again = picture(7)
    assert first.image.tobytes() == again.image.tobytes()
    assert first.factors == again.factors


def test_other_seeds_and_indices_give_other_pictures():
    """Forty pictures of two seeds are forty different pictures."""
    assert len({picture(index, seed=seed).image.tobytes() for seed in (0, 1) for index in range(20)}) == 40


def test_first_picture_stays_as_it_is():
    """The factors behind seed 0 do not change between releases: a set is named by its seed alone."""
    factors = picture(0).factors
    assert [factors[name] for name in ("kind", "color", "background")] == ["duck", "red", "dawn"]
    assert factors["size"] == pytest.approx(0.851236, abs=1e-6)


def test_every_factor_is_uniform(many):
    """Each level of each discrete factor occurs as often as the others, within a chi-square bound."""
    for name, levels in demo.factors("stickers").items():
        counts = Counter(factors[name] for factors in many)
        assert set(counts) == set(levels)
        assert chi_square(counts.values(), len(many) / len(levels)) < bound(len(levels) - 1)


def test_factors_are_pairwise_independent(many):
    """Each pair of levels occurs as often as every other, within a chi-square bound."""
    for (first, left), (second, right) in combinations(demo.factors("stickers").items(), 2):
        counts = Counter((factors[first], factors[second]) for factors in many)
        observed = [counts[pair] for pair in product(left, right)]
        assert chi_square(observed, len(many) / len(observed)) < bound(len(observed) - 1)


def test_all_modes_occur(many):
    """Every combination of kind, colour and background is among the first 1,500 pictures."""
    modes = {(factors["kind"], factors["color"], factors["background"]) for factors in many}
    levels = demo.factors("stickers")
    assert modes == set(product(levels["kind"], levels["color"], levels["background"]))


def test_continuous_factors_fill_their_range(many):
    """Size and position are uniform over their ranges: each tenth holds a tenth of the pictures."""
    for name, low, high in (("size", 0.80, 0.92), ("x", -0.3, 0.3), ("y", -0.3, 0.3)):
        values = np.array([factors[name] for factors in many])
        assert low <= values.min() and values.max() <= high
        counts, _ = np.histogram(values, bins=10, range=(low, high))
        assert chi_square(counts, len(many) / 10) < bound(9)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (28, 28), (32, 48), (64, 24), (9, 130)])
def test_size_is_as_asked_and_changes_no_factor(height, width):
    """Pictures of any size of at least 8 px are RGB of just that size, with the factors of any other size."""
    for index in range(5):
        drawn = picture(index, height=height, width=width)
        assert (drawn.image.mode, drawn.image.size) == ("RGB", (width, height))
        assert drawn.factors == picture(index).factors
        assert np.asarray(drawn.image).std() > 10


def test_label_is_the_kind():
    """The label of a picture is its kind, and its factors are named as the set's are."""
    for index in range(20):
        drawn = picture(index)
        assert drawn.label == drawn.factors["kind"]
        assert set(drawn.factors) == {*demo.factors("stickers"), "size", "x", "y"}


@pytest.mark.parametrize("side", [28, 32])
def test_recorded_color_is_the_dominant_hue(side):
    """The most frequent vivid hue of a picture is the one recorded, at the sizes that are trained."""
    for index in range(150):
        drawn = picture(index, height=side, width=side)
        hues = Counter(nearest_hue(hue) for hue in vivid_hues(drawn.image))
        assert hues.most_common(1)[0][0] == drawn.factors["color"], index


def test_recorded_background_is_the_sky_of_the_picture():
    """The upper row tells the background: dark is night, bluish is day, reddish is dawn."""
    for index in range(150):
        drawn = picture(index)
        red, _, blue = np.median(np.asarray(drawn.image)[0], axis=0)
        seen = "night" if max(red, blue) < 140 else "day" if blue > red else "dawn"
        assert seen == drawn.factors["background"], index


def box(drawn):
    """Return (left, upper, right, lower) of all that is white, the rim above all: no sky is brighter than 246."""
    white = np.asarray(drawn.image).min(axis=2) > 249
    rows, columns = np.flatnonzero(white.any(axis=1)), np.flatnonzero(white.any(axis=0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


@pytest.mark.parametrize(("height", "width"), [(96, 96), (64, 160)])
def test_recorded_position_and_size_are_those_in_the_picture(height, width):
    """The box around the white rim has the recorded side, and its centre lies where x and y say.

    The side is allowed 5 %, since the rim is narrower around sharp corners, and the pixel that is not purely white.
    """
    for index in range(60):
        drawn = picture(index, height=height, width=width)
        left, upper, right, lower = box(drawn)
        side = drawn.factors["size"] * min(height, width)
        assert max(right - left, lower - upper) == pytest.approx(side, abs=1 + 0.05 * side), index
        assert (left + right) / 2 == pytest.approx((width + drawn.factors["x"] * (width - side)) / 2, abs=1.5), index
        assert (upper + lower) / 2 == pytest.approx((height + drawn.factors["y"] * (height - side)) / 2, abs=1.5), index


def test_shadow_of_a_low_sticker_does_not_come_back_at_the_top():
    """The upper row of a picture whose sticker lies low is sky alone."""
    low = [drawn for drawn in map(picture, range(200)) if drawn.factors["y"] > 0.2]
    assert len(low) > 5
    for drawn in low:
        assert len(np.unique(np.asarray(drawn.image)[0], axis=0)) == 1


def test_things_look_to_the_right():
    """A duck's orange beak lies on its right side."""
    drawn = next(d for d in (picture(i, height=64, width=64) for i in range(50)) if d.factors["kind"] == "duck")
    pixels = np.asarray(drawn.image, dtype=np.int64)
    beak = np.flatnonzero((np.abs(pixels - (246, 132, 32)).sum(axis=2) < 12).any(axis=0))
    left, _, right, _ = box(drawn)
    assert beak.mean() > (left + right) / 2


def test_sets_have_a_default_count_and_size():
    """A set says how many pictures it makes by itself, enough for each mode to occur many times."""
    assert [demo.default_count(name) for name in demo.NAMES] == [4000]
    assert demo.DEFAULT_SIDE_PX == 32


@pytest.mark.parametrize(
    "call",
    [
        demo.default_count,
        demo.factors,
        lambda name: demo.draw(name, 0, seed=0, height=32, width=32),
    ],
)
def test_unknown_set_is_named_with_the_nearest(call):
    """A set that does not exist is refused with those that do and the nearest as the hint."""
    with pytest.raises(UsageError, match="unknown name 'sticker', expected one of stickers") as caught:
        call("sticker")
    assert caught.value.hint == Again(swap={"demo:sticker": "demo:stickers"})
