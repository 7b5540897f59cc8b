"""The sliced Wasserstein distance of patches against ProGAN's published procedure, done again with numpy and scipy."""

import numpy as np
import pytest
import torch
from scipy.ndimage import convolve

from gantools.measure.patches import (
    PATCHES,
    laplacian_pyramid,
    levels,
    projected_gaps,
    sliced_wasserstein,
    unit_directions,
)
from gantools.measure.resampling import draw_counts, standard_error


def pixels(seed: int, count: int = 24, channels: int = 1, side: int = 32, blur: int = 3) -> np.ndarray:
    """Draw blurred pictures, uint8."""
    noise = np.random.RandomState(seed).randint(0, 256, (count, channels, side, side))
    return torch.nn.functional.avg_pool2d(torch.from_numpy(noise).float(), blur, 1, blur // 2).byte().numpy()


def pyramid_by_scipy(image: np.ndarray, depth: int) -> list[np.ndarray]:
    """Return the Laplacian pyramid of one channel as the published code makes it."""
    taps = np.array([1.0, 4, 6, 4, 1])
    window = np.outer(taps, taps) / 256
    bands = [image]
    for _ in range(depth - 1):
        bands.append(convolve(bands[-1], window, mode="mirror")[::2, ::2])
        spread = np.zeros_like(bands[-2])
        spread[::2, ::2] = bands[-1]
        bands[-2] = bands[-2] - convolve(spread, window * 4, mode="mirror")
    return bands


def test_pyramid_is_progans() -> None:
    """Every band agrees with the published procedure, which filters with scipy."""
    image = pixels(0, 1, side=64)[0, 0].astype(np.float64)
    ours = laplacian_pyramid(torch.from_numpy(image).float()[None, None], 3)
    for band, expected in zip(ours, pyramid_by_scipy(image, 3), strict=True):
        np.testing.assert_allclose(band[0, 0], expected, atol=1e-3)


def test_projected_gap_is_progans() -> None:
    """It is the mean gap of the sorted projections x 1000, of patches normalised by channel over the set."""
    level = next(levels([pixels(0, channels=3), pixels(1, channels=3, blur=5)], 0))
    a, b = level.sets
    assert a.shape == (24 * PATCHES, 147)
    by_channel = a.reshape(-1, 3, 49)
    np.testing.assert_allclose(by_channel.mean((0, 2)), 0.0, atol=1e-4)
    np.testing.assert_allclose(by_channel.std((0, 2)), 1.0, atol=1e-4)
    directions = unit_directions(0, 147)
    np.testing.assert_allclose((directions**2).sum(0), 1.0, rtol=1e-5)
    expected = np.abs(np.sort(a @ directions, 0) - np.sort(b @ directions, 0)).mean() * 1e3
    assert projected_gaps([a, b], directions)[0][0] == pytest.approx(expected, rel=1e-4)


def test_patches_are_cut_out_of_their_picture() -> None:
    """Patch j of picture i shows a 7 x 7 piece of picture i: constant pictures give constant patches in order."""
    shades = np.repeat(np.arange(10, 250, 10, dtype=np.uint8), 16 * 16).reshape(24, 1, 16, 16)
    patches = next(levels([shades], 0)).sets[0].reshape(24, PATCHES * 49)
    assert (np.ptp(patches, 1) == 0).all()
    assert (np.diff(patches[:, 0]) > 0).all()


@pytest.mark.parametrize(("side", "sizes"), [(28, [28]), (64, [64, 32, 16]), (12, [12]), (8, [8])])
def test_levels_end_at_sixteen_pixels(side: int, sizes: list[int]) -> None:
    """Small pictures have one level, and 64 px three."""
    assert [level.side_px for level in levels([pixels(0, 8, side=side)] * 2, 0)] == sizes


def test_patches_tell_blur_from_detail() -> None:
    """Equal sets are at 0; blur is further off than other pictures of the same kind, beyond its error."""
    reals, same, blurred = pixels(0), pixels(1), pixels(2, blur=7)
    twin, near, far = sliced_wasserstein([reals, same, blurred], reals, 0, draw_counts(0, 24))
    assert twin.value == 0.0
    assert 0.0 < near.value < far.value - 3 * standard_error(far, 24)


def test_transparent_colours_do_not_count() -> None:
    """RGBA pictures that differ only where nothing is seen are at 0."""
    first, second = pixels(0, channels=4), pixels(1, channels=4)
    first[:, 3] = second[:, 3] = 0
    first[:, :, :16], second[:, :, :16] = 200, 200
    assert sliced_wasserstein([first], second, 0, draw_counts(0, 24))[0].value == 0.0


def test_patch_error_is_the_spread_over_samples() -> None:
    """What the influence of single pictures says is what many pairs of samples show, within a factor of 1.6."""
    found = []
    for seed in range(16):
        contrast = 0.4 + 0.6 * np.random.RandomState(seed).rand(12, 1, 1, 1)
        fakes = (pixels(200 + seed, 12, side=16, blur=5) * contrast).astype(np.uint8)
        found += sliced_wasserstein([fakes], pixels(100 + seed, 12, side=16), 0, draw_counts(seed, 12))
    told, seen = np.mean([standard_error(each, 12) for each in found]), np.std([each.value for each in found])
    assert seen / 1.6 < told < seen * 1.6
