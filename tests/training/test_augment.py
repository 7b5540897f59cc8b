"""Augmentation in front of D: what each change does, to whom, how strongly, and that penalties see through it."""

import pytest
import torch

from gantools.config.catalog import AUGMENTATIONS
from gantools.data.batches import Batches
from gantools.nets.base import Views
from gantools.training.augment import Augmented, adapt, change, draw
from gantools.training.engine import Phase
from gantools.training.penalties import Shown, r1
from tests.tiny import config_of, fresh, some_pictures, take, through_bytes

CPU = torch.device("cpu")
ALL = "color,translation,cutout"
PICTURES = torch.rand(16, 3, 8, 12, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.parametrize("operations", AUGMENTATIONS[1:])
def test_strength_is_the_share_of_pictures_that_change(operations: str) -> None:
    """At 0 every picture stays, at 1 every one is changed (a move may be by no pixel), at a half about half are."""
    images, numbers = PICTURES.repeat(16, 1, 1, 1), draw(1, 256, CPU)
    shares = [
        (change(images, operations, numbers, strength) != images).flatten(1).any(1).float().mean().item()
        for strength in (0.0, 0.5, 1.0)
    ]
    assert shares[0] == 0
    assert shares[2] > 0.8
    assert 0.25 < shares[1] < 0.95


def test_a_translation_moves_whole_pixels_and_fills_with_grey() -> None:
    """Each picture is moved by up to an eighth of each side; what comes in is 0, what stays is exact."""
    numbers = draw(2, 16, CPU)
    moved = change(PICTURES, "translation", numbers, 1.0)
    found = set()
    for before, after in zip(PICTURES, moved, strict=True):
        fits = []
        for dy in (-1, 0, 1):
            for dx in (-2, -1, 0, 1, 2):  # round(8/8), round(12/8)
                padded = torch.nn.functional.pad(before, (2, 2, 1, 1))
                fits += [(dy, dx)] if torch.equal(padded[:, 1 - dy : 9 - dy, 2 - dx : 14 - dx], after) else []
        assert len(fits) == 1
        found.add(fits[0])
    assert len(found) > 5


def test_a_cutout_blanks_half_of_each_side() -> None:
    """Inside the picture a rectangle of 4 x 6 of 8 x 12 pixels is 0; none is larger."""
    holes = (change(torch.ones(64, 1, 8, 12), "cutout", draw(3, 64, CPU), 1.0) == 0).sum(dim=(1, 2, 3))
    assert holes.max() == 4 * 6
    assert holes.min() >= 2 * 3


def test_colour_leaves_alpha_alone_and_means_what_it_says() -> None:
    """Alpha keeps its bits; the mean of a grey picture moves by the brightness alone, at most half."""
    images = torch.cat([PICTURES, PICTURES[:, :1]], dim=1)
    changed = change(images, "color", draw(4, 16, CPU), 1.0)
    assert torch.equal(changed[:, 3], images[:, 3])
    grey = torch.zeros(16, 1, 4, 4)
    moved = change(grey, "color", draw(4, 16, CPU), 1.0)
    assert 0.2 < moved.abs().max() <= 0.5
    assert torch.equal(moved.amax(dim=(1, 2, 3)), moved.amin(dim=(1, 2, 3)))


def test_views_of_one_picture_change_alike() -> None:
    """A half-size view is moved and cut like the full one: enlarging and changing commute where pixels are even."""
    numbers = torch.full((1, 10), 0.99)
    numbers[:, :3] = 0  # all changes are made
    small = PICTURES[:1, :, :, :8]
    large = small.repeat_interleave(2, 2).repeat_interleave(2, 3)
    for operations in ("color", "translation", "color,translation"):
        one, two = (change(view, operations, numbers, 1.0) for view in (small, large))
        torch.testing.assert_close(one.repeat_interleave(2, 2).repeat_interleave(2, 3), two)


def test_gradients_pass_through_twice() -> None:
    """All changes together are differentiable twice, as finite differences confirm in float64."""
    images = PICTURES[:1, :, :, :6].double().requires_grad_(True)
    numbers = draw(6, 1, CPU).double()

    def squared(x: torch.Tensor) -> torch.Tensor:
        return change(x, ALL, numbers, 1.0).square().sum(dim=(1, 2, 3))

    assert torch.autograd.gradcheck(squared, (images,))
    assert torch.autograd.gradgradcheck(squared, (images,))


def test_a_penalty_is_taken_at_the_pictures_before_augmentation() -> None:
    """R1 of an augmented critic is the gradient with respect to the pictures themselves: what is cut has none."""

    def total(views: Views) -> torch.Tensor:
        return views[-1].sum(dim=(1, 2, 3))

    numbers = draw(7, 16, CPU)
    eye = Augmented(total, "cutout", numbers, 1.0)
    value = r1(Shown(eye, (PICTURES,)), Shown(eye, (PICTURES,)), 0)
    left = (change(torch.ones_like(PICTURES), "cutout", numbers, 1.0)).sum(dim=(1, 2, 3))
    torch.testing.assert_close(value, left)


@pytest.mark.parametrize(
    ("logits", "before", "after"),
    [
        ([1.0, 1.0, 1.0, -1.0], 0.5, 0.4),
        ([1.0, 1.0, 1.0, 1.0], 0.5, 0.6),
        ([1.0] * 4, 0.75, 0.8),
        ([-1.0] * 4, 0.05, 0.0),
    ],
)
def test_an_adaptive_strength_follows_the_sign_of_d(logits: list[float], before: float, after: float) -> None:
    """A mean sign above 0.6 raises it by batch / images, a lower one lowers it, within 0 and its most."""
    config = config_of("augmented adaptive", **{"augment.images": 40, "augment.target": 0.6, "augment.strength": 0.8})
    found = adapt(torch.tensor(before), torch.tensor(logits), config)
    assert found.item() == pytest.approx(after, abs=1e-6)


def test_an_adaptive_strength_moves_and_is_stored() -> None:
    """D turns move the strength, G turns do not, and a run read back has the very same number."""
    state = take(fresh("augmented adaptive"), Phase.D_ONLY, 3)
    moved = state.strength.item()
    assert moved > 0
    take(state, Phase.G_ONLY, 1)
    assert state.strength.item() == moved
    assert through_bytes(state).strength.item() == moved


def test_mirrored_reals_are_a_keyed_half() -> None:
    """With mirror some reals are flipped left to right, the same ones each time, and none is otherwise."""
    plain, mirrored = fresh("fc"), fresh("fc", **{"augment.mirror": "yes"})
    flips = []
    for _ in range(5):
        one, two = Batches(some_pictures())(plain).images, Batches(some_pictures())(mirrored).images
        for before, after in zip(one, two, strict=True):
            assert torch.equal(after, before) or torch.equal(after, before.flip(-1))
            flips.append(not torch.equal(after, before))
    assert 4 < sum(flips) < 16
