"""Cropping and resizing, on pictures whose result can be told by heart."""

import numpy as np
import pytest
from PIL import Image

from gantools.data.recipe import ChannelsName, Crop, Recipe
from gantools.data.shape import crop_box, padded, parse_color, to_pixels
from gantools.errors import UsageError
from gantools.keys import key
from tests.data.makers import noise

TILES = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]


def tiles(upright: bool) -> Image.Image:
    """Return three flat squares of 96 px, red, green, blue, beside or above each other."""
    picture = Image.new("RGB", (96, 288) if upright else (288, 96))
    for place, color in enumerate(TILES):
        picture.paste(color, (0, 96 * place, 96, 96 * place + 96) if upright else (96 * place, 0, 96 * place + 96, 96))
    return picture


def colors(picture: Image.Image, crop: Crop) -> set[tuple[int, ...]]:
    """Return the colours that are left of a picture at 32x32, away from its edge, which the filter reaches beyond."""
    pixels = to_pixels(picture, Recipe((), (32, 32), "rgb", crop=crop), "0")[:, 3:-3, 3:-3]
    return set(map(tuple, pixels.reshape(3, -1).T.tolist()))


@pytest.mark.parametrize(
    ("upright", "crop", "kept"), [(False, "center", 1), (True, "center", 1), (True, "top", 0), (False, "top", 1)]
)
def test_crop_keeps_the_right_square(upright: bool, crop: Crop, kept: int) -> None:
    """The centre crop keeps the middle of three squares, the crop from the top the upper one."""
    assert colors(tiles(upright), crop) == {TILES[kept]}


def test_no_crop_stretches() -> None:
    """Without a crop all three colours are left, a third each."""
    pixels = to_pixels(tiles(False), Recipe((), (48, 48), "rgb", crop="none"), "0")
    thirds = [pixels[:, :, i : i + 16].mean((1, 2)).argmax() for i in (0, 16, 32)]
    assert thirds == [0, 1, 2]
    assert abs(float(pixels[0].mean()) - 85) < 1


def test_picture_of_the_right_size_is_not_touched() -> None:
    """A picture that has the size already keeps every pixel."""
    picture = noise(1, 48, 32)
    pixels = to_pixels(picture, Recipe((), (32, 48), "rgb"), "0")
    assert np.array_equal(pixels, np.asarray(picture).transpose(2, 0, 1))


def test_size_is_width_by_height() -> None:
    """A recipe of height 32 and width 64 gives arrays (C, 32, 64)."""
    assert to_pixels(noise(1, 100, 100), Recipe((), (32, 64), "gray"), "0").shape == (1, 32, 64)


def test_resize_agrees_with_plain_averaging() -> None:
    """Shrinking smooth colours fourfold gives their block means within a few levels."""
    ramp = np.linspace(0, 255, 128)[None, :, None] * np.linspace(0.2, 1, 128)[:, None, None] * np.ones(3)
    picture = Image.fromarray(ramp.round().astype(np.uint8))
    pixels = to_pixels(picture, Recipe((), (32, 32), "rgb"), "0")
    means = ramp.reshape(32, 4, 32, 4, 3).mean((1, 3)).transpose(2, 0, 1)
    assert np.abs(pixels[:, 2:-2, 2:-2] - means[:, 2:-2, 2:-2]).max() < 2


def test_clear_pixels_do_not_bleed() -> None:
    """The colour hidden under clear places does not reach visible ones when RGBA is resized."""
    picture = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (0, 0, 32, 64))
    pixels = to_pixels(picture, Recipe((), (32, 32), "rgba"), "0")
    assert pixels[0][pixels[3] > 64].max() <= 2


@pytest.mark.parametrize(("channels", "beside"), [("rgb", [200, 0, 100]), ("gray", [71]), ("rgba", [200, 0, 100, 0])])
def test_padding_keeps_every_pixel(channels: ChannelsName, beside: list[int]) -> None:
    """A picture half as high as wide lies in the middle, pixel for pixel, on the background: its luma, or clear."""
    picture = noise(3, 64, 32)
    recipe = Recipe((), (64, 64), channels, crop="pad", background=(200, 0, 100))
    pixels = to_pixels(picture, recipe, "0")
    expected = np.empty((len(beside), 64, 64), np.uint8)
    expected[:] = np.array(beside)[:, None, None]
    colours = np.asarray(picture).astype(float)
    expected[:3, 16:48] = colours.transpose(2, 0, 1) if channels != "gray" else 0
    expected[3:, 16:48] = 255
    if channels == "gray":
        luma = colours @ [0.299, 0.587, 0.114]
        assert np.abs(pixels[0, 16:48] - luma).max() <= 0.51
        expected[0, 16:48] = pixels[0, 16:48]
    assert np.array_equal(pixels, expected)


@pytest.mark.parametrize(
    ("size", "target", "box"),
    [
        ((288, 96), (96, 96), (0, 32, 96, 64)),
        ((96, 288), (96, 96), (32, 0, 64, 96)),
        ((10, 10), (64, 48), (8, 0, 56, 48)),
        ((99, 33), (64, 64), (0, 21, 64, 42)),
        ((5000, 1), (64, 64), (0, 31, 64, 32)),
    ],
)
def test_padded_picture_is_as_large_as_it_fits(
    size: tuple[int, int], target: tuple[int, int], box: tuple[int, int, int, int]
) -> None:
    """Of any shape, larger or smaller, the whole picture comes out in the middle, at least one pixel high."""
    found = padded(Image.new("L", size, 255), target, (0, 0, 0))
    assert (found.size, found.getbbox()) == (target, box)
    assert found.crop(box).getextrema() == (255, 255)


def test_padding_loses_no_third() -> None:
    """Of three squares beside each other all are left when padded, in their order."""
    pixels = to_pixels(tiles(False), Recipe((), (48, 48), "rgb", crop="pad"), "0")
    assert [pixels[:, 24, column].argmax() for column in (8, 24, 40)] == [0, 1, 2]
    assert (pixels[:, :16] == 255).all() and (pixels[:, 32:] == 255).all()


def test_random_crop_follows_from_seed_and_content() -> None:
    """The place of a random crop is the same for one seed and content, differs for others, and lies inside."""
    boxes = [crop_box((300, 100), (64, 64), "random", key(seed, "crop", text)) for seed in (0, 1) for text in "abcdef"]
    first = boxes[0]
    assert crop_box((300, 100), (64, 64), "random", key(0, "crop", "a")) == first
    assert len(set(boxes)) == 12
    assert all(left >= 0 and right <= 300 and abs(right - left - 100) < 1e-9 and (upper, lower) == (0, 100)
               for left, upper, right, lower in boxes)  # fmt: skip


@pytest.mark.parametrize("size", [(1, 1), (1, 999), (7, 13), (640, 479), (1, 178_000_000)])
def test_box_never_leaves_the_picture(size: tuple[int, int]) -> None:
    """Whatever the proportions, the box lies inside the picture and is not empty."""
    for crop in ("center", "top", "random", "none"):
        left, upper, right, lower = crop_box(size, (48, 64), crop, 5)
        assert 0 <= left < right <= size[0]
        assert 0 <= upper < lower <= size[1]


def test_unknown_colour_is_named() -> None:
    """A background that is no colour is refused with what would be one."""
    assert parse_color("#ff8800") == (255, 136, 0)
    with pytest.raises(UsageError, match="--background: found 'blurple', expected a colour like white or #ff8800"):
        parse_color("blurple")
