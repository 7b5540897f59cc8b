"""The losses of stylizing against closed forms, brute force, and finite differences."""

import numpy as np
import pytest
import torch
from torch import Tensor

from gantools.draws import normal
from gantools.style.losses import (
    Moments,
    Wanted,
    gram_distance,
    mix,
    moments_distance,
    position_sums,
    variation_sum,
    wasserstein_distance,
)


def drawn(seed: int, *shape: int) -> Tensor:
    """Draw standard normal numbers; always the same."""
    return torch.from_numpy(normal(seed, *shape))


def moments_of(activations: Tensor) -> Moments:
    """Return the moments of activations (C, H, W)."""
    positions = activations.shape[1] * activations.shape[2]
    mean, second = position_sums(activations)
    return Moments(mean / positions, second / positions)


def diagonal(mean: list[float], variances: list[float]) -> Moments:
    """Return moments of independent channels."""
    centre = torch.tensor(mean)
    return Moments(centre, torch.diag(torch.tensor(variances)) + torch.outer(centre, centre))


def test_gram_distance_is_the_published_sum() -> None:
    """It equals the sum over layers' positions of Gatys 2016, equation 4, written out with NumPy."""
    found, wanted = drawn(1, 4, 6, 5), drawn(2, 4, 6, 5)
    grams = [np.einsum("ihw,jhw->ij", part.numpy(), part.numpy()) for part in (found, wanted)]
    published = ((grams[0] - grams[1]) ** 2).sum() / (4 * 4**2 * 30**2)
    assert float(gram_distance(moments_of(found), moments_of(wanted))) == pytest.approx(published, rel=1e-5)


def test_wasserstein_distance_of_independent_channels() -> None:
    """With diagonal covariances it is the sum of squared differences of means and of deviations, over the scale."""
    found, wanted = diagonal([1.0, 0.0], [4.0, 1.0]), diagonal([0.0, 0.0], [1.0, 9.0])
    assert float(wasserstein_distance(found, Wanted(wanted))) == pytest.approx((1.0 + 1.0 + 4.0) / 10.0, rel=1e-5)


@pytest.mark.parametrize(("positions", "rank"), [(3, 5), (40, 12)])
def test_wasserstein_distance_of_few_positions(positions: int, rank: int) -> None:
    """With fewer positions than channels the root is as thin as the rank, and the distance that of full matrices."""
    wanted, found = moments_of(drawn(8, 12, 2, positions)), moments_of(drawn(9, 12, 2, positions))
    aim = Wanted(wanted)
    assert aim.root.shape == (12, rank)
    own, other = (part.covariance().double().numpy() for part in (found, wanted))
    values, vectors = np.linalg.eigh(other)
    root = vectors * np.sqrt(values.clip(0.0)) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ own @ root).clip(0.0)).sum()
    means = float((found.mean - wanted.mean).square().sum())
    expected = (means + np.trace(own) + np.trace(other) - 2.0 * cross) / float(wanted.scale())
    assert float(wasserstein_distance(found, aim)) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("kind", ["gram", "moments", "wasserstein"])
def test_distance_to_itself_is_zero_and_grows(kind: str) -> None:
    """Every distance is zero for equal moments, and larger the more the activations are shifted."""
    wanted = drawn(3, 5, 8, 8)
    distance = {"gram": gram_distance, "moments": moments_distance,
                "wasserstein": lambda found, aim: wasserstein_distance(found, Wanted(aim))}[kind]  # fmt: skip
    values = [float(distance(moments_of(wanted + shift), moments_of(wanted))) for shift in (0.0, 0.5, 1.0)]
    assert values[0] == pytest.approx(0.0, abs=1e-5)
    assert values[0] < values[1] < values[2]


def test_root_has_the_right_slope() -> None:
    """The closed form of the Wasserstein distance's gradient agrees with finite differences."""
    wanted = Wanted(moments_of(drawn(4, 4, 7, 7)))
    start = drawn(5, 4, 6, 6).requires_grad_()
    wasserstein_distance(moments_of(start), wanted).backward()
    assert start.grad is not None
    direction = drawn(6, 4, 6, 6)
    step = 1e-2
    with torch.no_grad():
        ahead = float(wasserstein_distance(moments_of(start + step * direction), wanted))
        behind = float(wasserstein_distance(moments_of(start - step * direction), wanted))
    assert float((start.grad * direction).sum()) == pytest.approx((ahead - behind) / (2 * step), rel=1e-2)


def test_weights_leave_positions_out() -> None:
    """Sums with weights of zero and one are the sums over the positions with one."""
    activations, weights = drawn(7, 3, 4, 4), torch.zeros(4, 4)
    weights[:2] = 1.0
    for found, wanted in zip(position_sums(activations, weights), position_sums(activations[:, :2]), strict=True):
        torch.testing.assert_close(found, wanted)


def test_mixed_styles_are_those_of_both_together() -> None:
    """The mixture of two pictures of one size has the moments of the two side by side."""
    one, two = drawn(8, 3, 4, 4), drawn(9, 3, 4, 4) + 1.0
    found, wanted = mix([moments_of(one), moments_of(two)], [0.5, 0.5]), moments_of(torch.cat([one, two], 2))
    torch.testing.assert_close(found.covariance(), wanted.covariance())


@pytest.mark.parametrize("power", [1.0, 1.25])
def test_variation_is_the_sum_over_neighbours(power: float) -> None:
    """It equals a loop over pixels; beyond the border there is no difference."""
    image = drawn(10, 2, 3, 4)
    total = 0.0
    for channel in range(2):
        for row in range(3):
            for column in range(4):
                here = float(image[channel, row, column])
                down = float(image[channel, row + 1, column]) - here if row < 2 else 0.0
                right = float(image[channel, row, column + 1]) - here if column < 3 else 0.0
                total += (down**2 + right**2) ** power
    assert float(variation_sum(image, 3, 4, power)) == pytest.approx(total, rel=1e-4)


def test_eigenvalues_that_float32_cannot_find_come_in_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where LAPACK's float32 routine returns NaN, as it may for a matrix of low rank, the distance is finite."""
    exact = torch.linalg.eigh

    def broken(matrix: Tensor) -> tuple[Tensor, Tensor]:
        values, vectors = exact(matrix)
        return (values, vectors) if matrix.dtype == torch.float64 else (values * float("nan"), vectors)

    found, wanted = moments_of(drawn(7, 4, 5, 6)), Wanted(moments_of(drawn(8, 4, 5, 6)))
    usual = wasserstein_distance(found, wanted)
    monkeypatch.setattr(torch.linalg, "eigh", broken)
    assert torch.allclose(wasserstein_distance(found, wanted), usual, rtol=1e-4)
