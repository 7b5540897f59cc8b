"""Modes counted: figures of what a recogniser takes fakes for, against counts by hand and closed forms."""

import numpy as np
import pytest

from gantools.measure.modes import codes_of, modes, shares_of
from gantools.measure.report import Figure, difference
from gantools.measure.resampling import draw_counts, interval, standard_error, student

ONCE = np.ones((1, 6))


def test_modes_are_kinds_of_the_data_that_a_sure_fake_shows() -> None:
    """A fake that the recogniser is unsure of counts for nothing, nor does a kind that the data have not."""
    data = np.repeat([0, 1, 2], 10)
    found = modes(np.array([0, 0, 1, 2, 3, 3]), np.array([0.99, 0.5, 0.95, 0.6, 1.0, 1.0]), data, 4, ONCE)
    assert found["modes"].value == 2  # 0 and 1: 2 is unsure, 3 is in no picture of the data
    assert found["recognised"].value == pytest.approx(4 / 6)


def test_none_of_few_fakes_is_no_proof_of_none() -> None:
    """With five fakes of which none is recognised the interval reaches far; with two thousand it does not."""
    data = np.repeat([0, 1], 10)
    for n, least, most in ((5, 0.3, 0.6), (2000, 0.0, 0.002)):
        found = modes(np.zeros(n, np.int64), np.zeros(n), data, 2, draw_counts(0, n).fakes)
        assert found["recognised"].value == found["modes"].value == 0
        assert least < interval(found["recognised"], n).high < most
        assert interval(found["modes"], n).high > 1


@pytest.mark.parametrize(
    ("pictures", "first", "second", "verdict"),
    [(200, 0, 1, "not separable"), (200, 1, 1, "not separable"), (200, 200, 199, "not separable"),
     (500, 488, 490, "not separable"), (200, 0, 12, "better"), (500, 488, 440, "worse")],
)  # fmt: skip
def test_shares_near_all_or_none_are_not_told_apart_by_a_picture(
    pictures: int, first: int, second: int, verdict: str
) -> None:
    """What the replicates of two models lack adds up, each alone; it does not cancel in their difference."""
    counts = draw_counts(0, pictures).fakes
    old, new = (
        Figure("recognised", modes(*(np.zeros(pictures, np.int64), sure.astype(float)), np.zeros(9, int), 2, counts)
               ["recognised"], 1.0, pictures)
        for sure in (np.arange(pictures) < first, np.arange(pictures)[::-1] < second)
    )  # fmt: skip
    found = difference(new, old)
    assert found.verdict == verdict
    both = [standard_error(each.estimate, pictures) for each in (old, new)]
    assert found.high - found.low > 2 * student(pictures - 1) * 0.8 * np.hypot(*both)


def test_the_divergence_is_that_of_the_shares() -> None:
    """Against a plain sum of p log(p / q), where a kind that the data lack has half a picture."""
    data = np.array([0] * 30 + [1] * 10)
    found = modes(np.array([0, 0, 0, 1, 1, 2]), np.ones(6), data, 3, ONCE)["kl"].value
    q = np.array([30.5, 10.5, 0.5]) / 41.5
    p = np.array([3, 2, 1]) / 6
    assert found == pytest.approx(float((p * np.log(p / q)).sum()))


def test_equal_shares_have_no_divergence_and_one_kind_has_the_most() -> None:
    """0 for the data's own shares; log(K) for a generator that draws one kind of K equal ones."""
    even = np.repeat(np.arange(4), 25_000)
    counts = np.ones((1, 100_000))
    sure = np.ones(100_000)
    assert modes(even, sure, even, 4, counts)["kl"].value == pytest.approx(0.0, abs=1e-9)
    assert modes(np.zeros(100_000, np.int64), sure, even, 4, counts)["kl"].value == pytest.approx(np.log(4), abs=1e-4)


def test_combinations_of_factors_have_a_number_each() -> None:
    """Every combination of 5, 5 and 3 levels has its own code below 75, and every share is above 0."""
    levels = np.stack(np.meshgrid(range(5), range(5), range(3), indexing="ij"), -1).reshape(-1, 3)
    codes = codes_of(levels, (5, 5, 3))
    assert sorted(codes) == list(range(75))
    assert shares_of(codes[:10], 75).min() > 0
