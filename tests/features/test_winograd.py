"""Fast convolutions: the sums of the plain ones, in another order."""

import pytest
import torch
from torch import nn

from gantools.draws import normal, uniform
from gantools.features.winograd import FEWEST, Winograd, fits


@pytest.mark.parametrize(("height", "width"), [(21, 30), (64, 33), (4, 3), (1, 1)])
def test_values_and_gradients_are_those_of_the_plain_convolution(height: int, width: int) -> None:
    """Also where a side is no multiple of a tile, and where a picture is smaller than one."""
    plain = nn.Conv2d(FEWEST, 2 * FEWEST, 3, padding=1, padding_mode="replicate").requires_grad_(False)
    plain.weight.data = torch.from_numpy(uniform(1, *plain.weight.shape)) * 0.05
    assert fits(plain)
    x = torch.from_numpy(uniform(2, 1, FEWEST, height, width)).requires_grad_()
    slope = torch.from_numpy(uniform(3, 1, 2 * FEWEST, height, width))
    found, wanted = Winograd(plain)(x), plain(x)
    (back,), (wanted_back,) = (torch.autograd.grad(value, x, slope) for value in (found, wanted))
    assert float((found - wanted).detach().norm() / wanted.detach().norm()) < 1e-5
    assert float((back - wanted_back).norm() / wanted_back.norm()) < 1e-5


def test_bf16_stays_within_its_rounding() -> None:
    """In bf16 values and slopes are those of the plain convolution in float32, but for 2 % of their norm."""
    plain = nn.Conv2d(FEWEST, FEWEST, 3, padding=1, padding_mode="replicate").requires_grad_(False)
    plain.weight.data = torch.from_numpy(normal(1, *plain.weight.shape)) * (2 / (9 * FEWEST)) ** 0.5
    x = torch.from_numpy(normal(2, 1, FEWEST, 32, 32)).relu().requires_grad_()
    slope = torch.from_numpy(normal(3, 1, FEWEST, 32, 32))
    with torch.autocast("cpu", torch.bfloat16):
        found = Winograd(plain)(x)
    wanted = plain(x)
    assert found.dtype == torch.bfloat16
    (back,) = torch.autograd.grad(found, x, slope.bfloat16())
    (wanted_back,) = torch.autograd.grad(wanted, x, slope)
    for one, other in ((found.detach(), wanted.detach()), (back, wanted_back)):
        assert 0.005 < float((one - other).norm() / other.norm()) < 0.025


@pytest.mark.parametrize(
    "other",
    [
        nn.Conv2d(FEWEST, FEWEST, 3, padding=1, stride=2),
        nn.Conv2d(FEWEST, FEWEST, 1),
        nn.Conv2d(FEWEST, FEWEST, 3, padding=1, groups=2),
        nn.Conv2d(3, FEWEST, 3, padding=1),
    ],
)
def test_other_convolutions_stay_as_they_are(other: nn.Module) -> None:
    """Strides, groups and few channels are not for it."""
    assert not fits(other)
