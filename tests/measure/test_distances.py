"""Fréchet distance and KID against closed forms, scipy and torch-fidelity, and what the bootstrap makes of them."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from scipy.stats import t as student_t

from gantools.measure import resampling
from gantools.measure.distances import Moments, frechet, frechet_distance, kid
from gantools.measure.resampling import Counts, Estimate, Floats, draw_counts, interval, standard_error, student
from gantools.vision import import_torchvision

Measure = Callable[[Floats, Floats, Counts], Estimate]
MEASURES = pytest.mark.parametrize("measure", [frechet, kid])


def vectors(seed: int, count: int = 300, dim: int = 8, shift: float = 0.0, spread: float = 1.0) -> Floats:
    """Draw normal vectors (n, D)."""
    return np.random.RandomState(seed).standard_normal((count, dim)) * spread + shift


def value(measure: Measure, fakes: Floats, reals: Floats) -> float:
    """Return a figure without its bootstrap."""
    return measure(fakes, reals, Counts(np.ones((1, len(fakes))), np.ones((1, len(reals))))).value


def test_frechet_of_two_normals_is_the_closed_form() -> None:
    """Of normals with diagonal covariances it is the sum of squared gaps of means and of deviations."""
    first = Moments(11, np.array([0.0, 1.0]), np.diag([4.0, 9.0]) * 10)
    second = Moments(11, np.array([3.0, 1.0]), np.diag([1.0, 25.0]) * 10)
    assert frechet_distance(first, second) == pytest.approx(3**2 + (2 - 1) ** 2 + (3 - 5) ** 2)


def test_frechet_agrees_with_scipy_and_torch_fidelity() -> None:
    """The matrix square root of scipy and the statistics of torch-fidelity give the same distance."""
    mix = np.random.RandomState(5).standard_normal((8, 8))
    x, y = vectors(0) @ mix, vectors(1, shift=0.3)
    ours = frechet_distance(Moments.of(x), Moments.of(y))
    first, second = np.cov(x.T), np.cov(y.T)
    gap = x.mean(0) - y.mean(0)
    assert ours == pytest.approx(gap @ gap + np.trace(first + second - 2 * sqrtm(first @ second).real), rel=1e-6)
    import_torchvision()
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    statistics = [fid_features_to_statistics(torch.from_numpy(rows)) for rows in (x, y)]
    theirs = fid_statistics_to_metric(*statistics, False)
    assert ours == pytest.approx(theirs["frechet_inception_distance"], rel=1e-6)


def test_kid_agrees_with_torch_fidelity() -> None:
    """On one subset of all pictures it is torch-fidelity's kernel distance; the kernel is the same by default."""
    import_torchvision()
    from torch_fidelity.metric_kid import kid_features_to_metric

    x, y = vectors(0), vectors(1, shift=0.2, spread=1.3)
    options = {"kid_subsets": 1, "kid_subset_size": 300, "verbose": False}
    theirs = kid_features_to_metric(torch.from_numpy(x), torch.from_numpy(y), **options)
    assert value(kid, x, y) == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-9)


def test_kid_of_equal_distributions_is_zero_on_average() -> None:
    """It is unbiased: over many pairs of small samples its mean is within its own noise of 0."""
    found = [value(kid, vectors(2 * seed, 12), vectors(2 * seed + 1, 12)) for seed in range(400)]
    assert abs(np.mean(found)) < 3 * np.std(found) / 20


@MEASURES
def test_identity_is_zero_and_shift_grows(measure: Measure) -> None:
    """Equal sets are at 0, or where the figure is unbiased at 0 at most; a larger shift is further away."""
    x = vectors(0)
    shifted = [value(measure, x + shift, x) for shift in (0.0, 0.2, 0.4, 0.8)]
    assert shifted[0] <= 1e-9
    assert shifted == sorted(shifted)
    assert shifted[1] > 0.01


@pytest.mark.parametrize("sizes", [(1, 299), (100, 200), (7, 60, 233)])
def test_moments_do_not_depend_on_batches(sizes: tuple[int, ...]) -> None:
    """Vectors that come in batches, far from 0, have the moments of the whole set."""
    x = vectors(0, shift=1e4)
    parts = np.split(x, np.cumsum(sizes)[:-1])
    moments = Moments.of(parts[0])
    for part in parts[1:]:
        moments.add(part)
    np.testing.assert_allclose(moments.mean, x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(x.T), atol=1e-9)


def test_kid_does_not_depend_on_the_rows_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of the kernel matrix add up to the same figure in every replicate."""
    x, y, counts = vectors(0), vectors(1), draw_counts(0, 300, 5)
    whole = kid(x, y, counts)
    monkeypatch.setattr(resampling, "BLOCK_BYTES", 8 * 300 * 7)
    parts = kid(x, y, counts)
    assert parts.value == pytest.approx(whole.value)
    np.testing.assert_allclose(parts.replicates, whole.replicates)


@MEASURES
def test_standard_error_is_the_spread_over_samples(measure: Measure) -> None:
    """What the bootstrap says of one pair of samples is what many pairs show, to a quarter."""
    found = [measure(vectors(s, shift=0.5), vectors(s + 500), draw_counts(s, 300)) for s in range(60)]
    seen = np.std([each.value for each in found])
    told = np.mean([standard_error(each, 300) for each in found])
    assert told == pytest.approx(seen, rel=0.25)


@MEASURES
def test_interval_of_a_difference_leaves_out_what_is_shared(measure: Measure) -> None:
    """The same fakes with a little noise are told apart far more sharply than two intervals would."""
    x, y, counts = vectors(0, shift=0.5), vectors(1), draw_counts(0, 300)
    old, new = measure(x, y, counts), measure(x + 0.02, y, counts)
    assert standard_error(new - old, 300) < 0.2 * standard_error(new, 300)
    same = interval(old - old, 300)
    assert (same.low, same.high) == (0.0, 0.0)


@pytest.mark.parametrize("count", [8, 12, 40])
def test_fewer_pictures_give_a_wider_interval(count: int) -> None:
    """With fewer pictures than features nothing fails, and the interval is wider than that of many."""
    for measure in (frechet, kid):
        few = measure(vectors(0, count, 64, 0.3), vectors(1, count, 64), draw_counts(0, count))
        many = measure(vectors(0, 400, 64, 0.3), vectors(1, 400, 64), draw_counts(0, 400))
        narrow, wide = (interval(found, pictures) for found, pictures in ((many, 400), (few, count)))
        assert np.isfinite([wide.low, wide.high]).all()
        assert wide.high - wide.low > narrow.high - narrow.low


def test_student_agrees_with_scipy() -> None:
    """The expansion is within 5 % at three degrees of freedom, the fewest that are used, and 1 % from seven on."""
    assert student(3) == pytest.approx(student_t.ppf(0.975, 3), rel=0.05)
    for freedom in (7, 10, 50, 2000):
        assert student(freedom) == pytest.approx(student_t.ppf(0.975, freedom), rel=0.01)


def test_moments_of_all_give_the_distance_where_a_choice_is_kept() -> None:
    """Merged batch by batch they give the distance of all vectors; the interval is that of all, from the choice."""
    fakes, reals = vectors(0, 400, shift=0.3), vectors(1, 400)
    whole = []
    for found in (fakes, reals):
        moments = Moments.of(found[:64])
        for start in range(64, 400, 64):
            moments = moments.merged(Moments.of(found[start : start + 64]))
        whole.append(moments)
    expected = frechet(fakes, reals, draw_counts(0, 400))
    some = frechet(fakes[::4], reals[::4], draw_counts(0, 100), (whole[0], whole[1]))
    assert some.value == pytest.approx(expected.value, rel=1e-9)
    assert standard_error(some, 400) == pytest.approx(standard_error(expected, 400), rel=0.35)
    unit = whole[0].standard(np.full(8, 0.5), 2.0)
    np.testing.assert_allclose(unit.covariance, np.cov((fakes - 0.5) / 2, rowvar=False), atol=1e-12)
    np.testing.assert_allclose(unit.mean, ((fakes - 0.5) / 2).mean(0), atol=1e-12)
