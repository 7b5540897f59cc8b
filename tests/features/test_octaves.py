"""The embedded features for styling: their patches are counted and found as if all were at hand."""

import pytest
import torch
from torch.nn import functional

from gantools.draws import uniform
from gantools.features import octaves


def test_strips_give_mean_and_covariance_of_all_patches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count, mean and covariance are those of all patches at once, and a patch is found at its place among them."""
    monkeypatch.setattr(octaves, "STRIP_PATCHES", 60)
    pictures = [torch.from_numpy(uniform(seed, 3, 12 + seed, 20)) for seed in (1, 2)]
    every = torch.cat([functional.unfold(picture[None], octaves.SIDE)[0].T for picture in pictures])
    count, mean, covariance = octaves._spread(pictures)
    assert count == len(every)
    torch.testing.assert_close(mean, every.mean(0))
    torch.testing.assert_close(covariance, torch.cov(every.T.double(), correction=0), rtol=1e-5, atol=1e-6)
    places = torch.tensor([count - 1, 0, 17, 150, 16, 200])
    assert torch.equal(octaves._patches_at(pictures, places), every[places])
