"""Precision, recall, density, coverage, memorisation and diversity against others' code and brute force."""

import numpy as np
import pytest
import torch
from prdc import compute_prdc
from scipy.signal import convolve2d

from gantools.measure import resampling
from gantools.measure.diversity import WEIGHTS, ms_ssim, similarity, vendi, vendi_score
from gantools.measure.manifold import manifold, memorisation, nearest_of
from gantools.measure.resampling import Counts, draw_counts, standard_error
from tests.measure.test_distances import vectors


def plain(count: int) -> Counts:
    """Count each picture once, without replicates."""
    return Counts(np.ones((1, count)), np.ones((1, count)))


def test_neighbour_figures_agree_with_prdc() -> None:
    """The four figures are those of the authors' own package: k 3 for the first two, k 5 for the others."""
    fakes, reals = vectors(0, shift=0.4, spread=0.8), vectors(1)
    ours = {name: found.value for name, found in manifold(fakes, reals, plain(300)).items()}
    narrow, wide = compute_prdc(reals, fakes, 3), compute_prdc(reals, fakes, 5)
    theirs = {name: (narrow if name in ("precision", "recall") else wide)[name] for name in ours}
    assert ours == pytest.approx(theirs)


def test_neighbour_figures_do_not_depend_on_the_rows_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of the distance matrix give the same replicates."""
    fakes, reals, counts = vectors(0, 60), vectors(1, 60), draw_counts(0, 60, 5)
    whole = manifold(fakes, reals, counts)
    monkeypatch.setattr(resampling, "BLOCK_BYTES", 8 * 120 * 7)
    for name, found in manifold(fakes, reals, counts).items():
        np.testing.assert_allclose(found.replicates, whole[name].replicates)


def test_collapse_shows_in_coverage_and_recall() -> None:
    """Fakes of one kind among reals of two are precise, but cover one half; copies of reals cover all."""
    reals = np.concatenate([vectors(1, 150), vectors(2, 150, shift=9.0)])
    found = manifold(vectors(0, 300), reals, draw_counts(0, 300, 5))
    assert found["precision"].value > 0.8
    assert 0.3 < found["coverage"].value < 0.55
    assert found["recall"].value < 0.55
    assert manifold(reals, reals, plain(300))["coverage"].value == 1.0


@pytest.mark.parametrize("name", ["precision", "recall", "density", "coverage"])
def test_neighbour_errors_are_the_spread_over_samples(name: str) -> None:
    """What the bootstrap says of one pair of samples is what many pairs show, to a third."""
    found = [
        manifold(vectors(s, 150, shift=0.5), vectors(s + 500, 150), draw_counts(s, 150, 40))[name] for s in range(40)
    ]
    told = np.mean([standard_error(each, 150) for each in found])
    assert told == pytest.approx(np.std([each.value for each in found]), rel=0.35)


@pytest.mark.parametrize("count", [8, 9])
def test_eight_pictures_have_all_figures(count: int) -> None:
    """With hardly more pictures than neighbours nothing fails and every figure is finite."""
    found = manifold(vectors(0, count), vectors(1, count), draw_counts(0, count))
    assert np.isfinite([each.replicates for each in found.values()]).all()


def test_memorisation_is_one_for_fresh_pictures_and_falls_with_copies() -> None:
    """Fresh fakes are as far from the training pictures as held-out ones; slightly changed copies are near."""
    train, held_out, fresh = vectors(1, 500), vectors(2, 200), vectors(3, 200)
    blocks = [train[:200], train[200:]]
    below, near, copied = nearest_of([held_out, fresh, train[:200] + 0.05], blocks)
    brute = np.sqrt(((held_out[:, None] - train[None]) ** 2).sum(2)).min(1)
    np.testing.assert_allclose(below, brute, rtol=1e-4)
    counts = draw_counts(0, 200)
    assert memorisation(near, below, counts).value == pytest.approx(1.0, abs=0.1)
    assert memorisation(copied, below, counts).value < 0.2
    assert memorisation(below, below, plain(200)).value == 1.0


@pytest.mark.parametrize("count", [9, 10])
def test_medians_are_numpys(count: int) -> None:
    """The ratio is that of the medians, for odd and even numbers of pictures."""
    first, second = np.abs(vectors(0, count, 1)[:, 0]), np.abs(vectors(1, count, 1)[:, 0])
    assert memorisation(first, second, plain(count)).value == pytest.approx(np.median(first) / np.median(second))


def test_vendi_counts_the_kinds() -> None:
    """Equal shares of k vectors at right angles score k, one vector many times 1; the ratio compares two sets."""
    assert vendi_score(np.repeat(np.eye(8)[:5], 20, 0)) == pytest.approx(5.0)
    assert vendi_score(np.repeat(np.eye(8)[:1], 20, 0)) == pytest.approx(1.0)
    x = vectors(0, 40)
    unit = x / np.sqrt((x**2).sum(1, keepdims=True))
    values = np.linalg.eigvalsh(unit @ unit.T / 40)  # the kernel itself, as the paper has it
    values = values[values > 1e-12]
    assert vendi_score(x) == pytest.approx(np.exp(-(values * np.log(values)).sum()))
    few, many = np.repeat(np.eye(8)[:2], 20, 0), np.repeat(np.eye(8)[:4], 10, 0)
    assert vendi(few, many, plain(40)).value == pytest.approx(0.5)


def ssim_by_hand(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Return SSIM and its contrast-structure part of one scale, by scipy's plain convolution."""
    offsets = np.arange(11) - 5
    taps = np.exp(-(offsets**2) / 4.5)
    window = np.outer(taps, taps) / taps.sum() ** 2

    def mean(image: np.ndarray) -> np.ndarray:
        return convolve2d(image, window, mode="valid")

    m1, m2 = mean(first), mean(second)
    v1, v2, v12 = mean(first**2) - m1**2, mean(second**2) - m2**2, mean(first * second) - m1 * m2
    structure = (2 * v12 + 9e-4) / (v1 + v2 + 9e-4)
    return float((structure * (2 * m1 * m2 + 1e-4) / (m1**2 + m2**2 + 1e-4)).mean()), float(structure.mean())


def test_ms_ssim_agrees_with_plain_convolution() -> None:
    """On 32 px there are two scales, with the paper's first two weights scaled to sum to 1."""
    draw = np.random.RandomState(0)
    first = draw.rand(32, 32)
    second = 0.5 * first + 0.5 * draw.rand(32, 32)
    half = [image.reshape(16, 2, 16, 2).mean((1, 3)) for image in (first, second)]
    weights = np.array(WEIGHTS[:2]) / sum(WEIGHTS[:2])
    expected = ssim_by_hand(first, second)[1] ** weights[0] * ssim_by_hand(*half)[0] ** weights[1]
    found = ms_ssim(*(torch.from_numpy(image)[None, None] for image in (first, second)))
    assert float(found) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("side", [5, 11, 28, 64, 180])
def test_ms_ssim_is_one_for_twins_at_every_size(side: int) -> None:
    """A picture is wholly like itself, with one scale under 22 px and five from 176 px on; others are less so."""
    images = torch.rand(2, 3, side, side, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    np.testing.assert_allclose(ms_ssim(images, images), 1.0)
    assert float(ms_ssim(images[:1], images[1:])) < 0.5


def test_likeness_is_the_mean_over_pairs() -> None:
    """Replicates move with how often a pair's first picture counts."""
    counts = np.array([[1.0] * 6, [3, 1, 0, 1, 0, 1]])
    found = similarity(np.array([0.9, 0.3, 0.0]), counts)
    assert found.value == pytest.approx(0.4)
    assert found.replicates == pytest.approx([0.9])
