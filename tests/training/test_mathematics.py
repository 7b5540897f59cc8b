"""Losses, penalties, policies and schedules: worked cases, gradient checks, tables."""

import math

import pytest
import torch
from torch import Tensor, nn

from gantools.config.augment import AugmentConfig
from gantools.config.average import AverageConfig
from gantools.config.build import PictureShape, resolve
from gantools.config.catalog import FAMILIES, LOSSES, PENALTIES
from gantools.config.run import BalanceConfig, LossConfig, NetworkConfig
from gantools.nets.base import Discriminator, Start, Views
from gantools.training.balance import is_d_turn, path_weight, penalty_weight, rate_factor
from gantools.training.losses import Loss, loss_of
from gantools.training.penalties import Shown, path_lengths
from gantools.training.schedules import augment_strength, average_decay, present

LN, EXP = math.log, math.exp
REALS, FAKES = [-1.0, 0.0, 2.0], [1.0, 0.0, -2.0]
WORKED = {  # D's loss, then G's, on the logits above: by hand
    "bce": ([LN(1 + EXP(1)) * 2, LN(2) * 2, LN(1 + EXP(-2)) * 2], [LN(1 + EXP(-1)), LN(2), LN(1 + EXP(2))]),
    "minimax": ([LN(1 + EXP(1)) * 2, LN(2) * 2, LN(1 + EXP(-2)) * 2], [-LN(1 + EXP(1)), -LN(2), -LN(1 + EXP(-2))]),
    "lsgan": ([2.5, 0.5, 2.5], [0.0, 0.5, 4.5]),
    "hinge": ([4.0, 2.0, 0.0], [-1.0, 0.0, 2.0]),
    "wasserstein": ([2.0, 0.0, -4.0], [-1.0, 0.0, 2.0]),
    "relativistic": ([LN(1 + EXP(2)), LN(2), LN(1 + EXP(-4))], [LN(1 + EXP(-2)), LN(2), LN(1 + EXP(4))]),
    "relativistic-hinge": (  # means: reals 1/3, fakes -1/3; margins r + 1/3 and f - 1/3
        [1 + 2 / 3 + 1 + 2 / 3, 1 - 1 / 3 + 1 - 1 / 3, 0.0],
        [1 - 2 / 3 + 1 - 2 / 3, 1 + 1 / 3 + 1 + 1 / 3, 1 + 7 / 3 + 1 + 7 / 3],
    ),
}


def column(values: list[float]) -> Tensor:
    """Return logits in double precision that ask for a gradient."""
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_has_its_worked_values(name: str) -> None:
    """Both sides of each loss give the values computed by hand, and gradients that finite differences confirm."""
    loss: Loss = LOSSES[name].load()
    reals, fakes = column(REALS), column(FAKES)
    for found, worked in zip(
        (loss.discriminator(reals, fakes), loss.generator(fakes, reals)), WORKED[name], strict=True
    ):
        torch.testing.assert_close(found.detach(), torch.tensor(worked, dtype=torch.float64))
    smooth = column([-1.7, 0.3, 2.2]), column([0.4, -2.6, 1.9])
    assert torch.autograd.gradcheck(loss.discriminator, smooth)
    assert torch.autograd.gradcheck(loss.generator, smooth)


@pytest.mark.parametrize("name", LOSSES)
def test_the_generator_looks_at_reals_only_where_the_catalogue_says_so(name: str) -> None:
    """G's gradient through the logits of fakes depends on those of reals exactly for losses that compare."""
    loss: Loss = LOSSES[name].load()
    given = []
    for reals in ([-3.0, 0.0, 1.0], [2.0, 2.0, 4.0]):
        fakes = column([0.1, 0.2, -0.3])
        loss.generator(fakes, column(reals) if LOSSES[name].compares else None).sum().backward()
        given.append(fakes.grad)
    assert torch.equal(*given) is not LOSSES[name].compares


def test_minimax_saturates_where_bce_does_not() -> None:
    """Where D is sure of a fake (logit -10) the gradient of the minimax game is gone; bce's is whole."""
    slopes = {}
    for name in ("minimax", "bce"):
        fakes = column([-10.0])
        LOSSES[name].load().generator(fakes, None).sum().backward()
        slopes[name] = abs(fakes.grad.item())
    assert slopes["minimax"] < 1e-4
    assert slopes["bce"] > 0.999


def test_bce_is_cross_entropy_against_the_labels_of_the_material() -> None:
    """The discriminator's loss is torch's own cross-entropy with reals 1 and fakes 0; the generator aims at 1."""
    loss: Loss = LOSSES["bce"].load()
    logits, others = torch.linspace(-9, 9, 50), torch.linspace(7, -3, 50)
    oracle = nn.BCEWithLogitsLoss(reduction="none")
    both = oracle(logits, torch.ones(50)) + oracle(others, torch.zeros(50))
    torch.testing.assert_close(loss.discriminator(logits, others), both)
    torch.testing.assert_close(loss.generator(logits, None), oracle(logits, torch.ones(50)))


def test_smoothing_lowers_the_label_of_reals_alone() -> None:
    """With smoothing 0.1 reals aim at 0.9 and fakes at 0: torch's cross-entropy with these labels."""
    loss = loss_of(LossConfig(smoothing=0.1))
    logits, others = torch.linspace(-9, 9, 50), torch.linspace(7, -3, 50)
    oracle = nn.BCEWithLogitsLoss(reduction="none")
    both = oracle(logits, torch.full((50,), 0.9)) + oracle(others, torch.zeros(50))
    torch.testing.assert_close(loss.discriminator(logits, others), both)


class Quadratic(Discriminator):
    """D(x) = a/2 |x|^2 per picture: its gradient is a x, its squared gradient a^2 |x|^2."""

    def __init__(self, a: float) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor(a, dtype=torch.float64))

    def initial(self, module: nn.Module, name: str) -> Start:
        return Start(0.0, 0.0)

    def forward(self, views: Views) -> Tensor:
        return self.a / 2 * sum(view.square().sum(dim=(1, 2, 3)) for view in views)


@pytest.mark.parametrize("name", ["r1", "r2", "r1+r2"])
def test_a_penalty_is_the_squared_gradient_of_each_picture(name: str) -> None:
    """On a critic with a known gradient each penalty is a^2 |x|^2 summed over views, differentiable in a."""
    penalty, critic = PENALTIES[name].load(), Quadratic(3.0)
    draw = torch.Generator().manual_seed(0)
    reals, fakes = (
        tuple(torch.randn(4, 2, side, side, generator=draw, dtype=torch.float64) for side in (2, 4)) for _ in range(2)
    )
    square = {"r1": (reals,), "r2": (fakes,), "r1+r2": (reals, fakes)}[name]
    expected = sum(9 * view.square().sum(dim=(1, 2, 3)) for views in square for view in views)
    value = penalty(Shown(critic, reals), Shown(critic, fakes), 0)
    assert value.shape == (4,)
    torch.testing.assert_close(value, expected.float(), rtol=1e-5, atol=0)
    value.sum().backward()
    torch.testing.assert_close(critic.a.grad, (2 / 3 * expected).sum(), rtol=1e-5, atol=0)


def test_gp_wants_a_slope_of_one_between_reals_and_fakes() -> None:
    """On a linear critic the slope is |a| everywhere: the penalty is (|a| - 1)^2, its gradient that of the formula."""
    weight = torch.full((2, 4, 4), 0.25, dtype=torch.float64, requires_grad=True)  # |a|^2 = 32/16 = 2

    def linear(views: Views) -> Tensor:
        return (views[-1] * weight).sum(dim=(1, 2, 3))

    draw = torch.Generator().manual_seed(0)
    reals, fakes = (Shown(linear, (torch.randn(3, 2, 4, 4, generator=draw, dtype=torch.float64),)) for _ in range(2))
    value = PENALTIES["gp"].load()(reals, fakes, 5)
    torch.testing.assert_close(value, torch.full((3,), (2**0.5 - 1) ** 2), rtol=1e-5, atol=0)
    value.sum().backward()
    assert weight.grad is not None
    expected = 3 * 2 * (2**0.5 - 1) * weight.detach() / 2**0.5
    torch.testing.assert_close(weight.grad, expected, rtol=1e-5, atol=0)


def test_gp_looks_between_each_real_and_its_fake() -> None:
    """Points lie on the line from a real to its fake, at another keyed place for each pair, alike in all views."""
    seen: list[Views] = []

    def remember(views: Views) -> Tensor:
        seen.append(views)
        return sum(view.sum(dim=(1, 2, 3)) for view in views)  # type: ignore[return-value]

    reals = Shown(remember, (torch.zeros(5, 1, 2, 2), torch.zeros(5, 1, 4, 4)))
    fakes = Shown(remember, (torch.ones(5, 1, 2, 2), torch.ones(5, 1, 4, 4)))
    PENALTIES["gp"].load()(reals, fakes, 5)
    small, large = (view.flatten(1).detach() for view in seen[0])
    assert torch.equal(small.min(1).values, large.max(1).values)
    assert len(set(small[:, 0].tolist())) == 5
    assert small.min() >= 0 and small.max() < 1


def test_a_path_length_is_the_root_of_the_mean_over_layers() -> None:
    """Where the picture is A times the style of each layer, |J^T y| has a closed form, and a gradient in A."""
    draw = torch.Generator().manual_seed(0)
    styles = torch.randn(3, 2, 5, generator=draw, dtype=torch.float64, requires_grad=True)  # (N, layers, W)
    matrix = torch.randn(2, 5, 16, generator=draw, dtype=torch.float64, requires_grad=True)
    noise = torch.randn(3, 1, 4, 4, generator=draw, dtype=torch.float64)
    images = torch.einsum("nlw,lwp->np", styles, matrix).view(3, 1, 4, 4)
    found = path_lengths(styles, images, noise)
    gradient = torch.einsum("lwp,np->nlw", matrix.detach(), noise.flatten(1)) / 4  # the root of 16 pixels
    torch.testing.assert_close(found, gradient.square().sum(-1).mean(1).sqrt().float(), rtol=1e-5, atol=0)
    found.sum().backward()
    assert matrix.grad is not None and matrix.grad.abs().sum() > 0


@pytest.mark.parametrize(("g_steps", "weight"), [(0, 8.0), (1, 0.0), (4, 8.0)])
def test_path_lengths_are_taken_every_interval_with_its_gain(g_steps: int, weight: float) -> None:
    """path_length times the interval in every fourth G turn, nothing between."""
    assert path_weight(LossConfig(path_length=2.0), g_steps) == weight


def test_a_penalty_adds_up_over_a_pack() -> None:
    """With two pictures a pack the squared gradient is that of the pack: the sum over both."""
    critic = (
        FAMILIES["fc"]
        .load()
        .critic(NetworkConfig(family="fc", height=8, width=8, channels=1, critic_norm="none", packing=2, base_width=4))
    )
    critic.reset(0, "discriminator")
    views = (torch.linspace(-1, 1, 6 * 64).reshape(6, 1, 8, 8),)
    value = PENALTIES["r1"].load()(Shown(critic, views), Shown(critic, views), 0)
    pack = views[0].reshape(3, 2, 8, 8).clone().requires_grad_(True)
    logits = critic.layers(pack.flatten(1)).squeeze(1)  # type: ignore[operator]
    expected = torch.autograd.grad(logits.sum(), pack)[0].square().sum(dim=(1, 2, 3))
    torch.testing.assert_close(value, expected)


@pytest.mark.parametrize(
    ("schedule", "images", "strength"), [("fixed", 0, 0.8), ("ramp", 0, 0.0), ("ramp", 50, 0.4), ("ramp", 900, 0.8)]
)
def test_the_strength_of_augmentation_is_fixed_or_rises(schedule: str, images: int, strength: float) -> None:
    """A ramp rises with the images seen to the strength, and stays there."""
    config = AugmentConfig(operations="color", schedule=schedule, strength=0.8, images=100)
    assert augment_strength(config, images) == pytest.approx(strength)


@pytest.mark.parametrize(
    ("k", "since", "due"), [(1, 0, True), (1, 1, False), (3, 2, True), (3, 3, False), (1, 7, False)]
)
def test_a_round_is_k_d_turns_and_a_g_turn(k: int, since: int, due: bool) -> None:
    """D is due while fewer than k D turns were taken since the last G turn."""
    assert is_d_turn(BalanceConfig(d_steps=k), since) is due


@pytest.mark.parametrize(
    ("drops", "images", "factor"),
    [((), 5, 1.0), (((0.1, 10),), 9, 1.0), (((0.1, 10),), 10, 0.1), (((0.5, 20), (0.1, 10)), 20, 0.05)],
)
def test_drops_multiply_from_their_image_on(drops: tuple[tuple[float, int], ...], images: int, factor: float) -> None:
    """Each drop counts from its own number of images on, in any order."""
    assert rate_factor(BalanceConfig(lr_drops=drops), images) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("images", "rate", "beta2", "gamma", "half_life", "strength"),
    [
        (0, 2e-4, 0.9, 0.05, 0, 0.0),
        (10_000_000, 1.25e-4, 0.945, 0.0275, 250_000, 0.15),
        (20_000_000, 5e-5, 0.99, 0.005, 500_000, 0.3),
        (90_000_000, 5e-5, 0.99, 0.005, 500_000, 0.3),
    ],
)
def test_one_cosine_moves_all_of_r3gan(
    images: int, rate: float, beta2: float, gamma: float, half_life: int, strength: float
) -> None:
    """The preset's values at the start, half way, at the horizon, and ever after; a drop of the rates comes on top."""
    config = resolve(PictureShape(32, 32, 3), {"preset": "residual", "balance.lr_drops": ((0.5, 20_000_000),)}).config
    now = present(config, images)
    rates = rate * (0.5 if images >= 20_000_000 else 1)
    assert (now.optimizer.lr_g, now.optimizer.lr_d) == pytest.approx((rates, rates))
    found = (now.optimizer.beta2, now.loss.gamma, now.average.half_life_images)
    assert found == pytest.approx((beta2, gamma, half_life))
    assert augment_strength(now.augment, images) == pytest.approx(strength)


@pytest.mark.parametrize(
    ("penalty", "interval", "d_steps", "weight"), [("none", 1, 0, 0), ("r1", 4, 4, 4), ("r1", 4, 5, 0), ("r2", 1, 3, 1)]
)
def test_a_lazy_penalty_is_taken_every_interval_with_its_gain(
    penalty: str, interval: int, d_steps: int, weight: float
) -> None:
    """gamma/2 times the interval in every so many D turns, nothing between."""
    assert penalty_weight(LossConfig(penalty=penalty, gamma=2.0, penalty_interval=interval), d_steps) == weight


@pytest.mark.parametrize(("images", "decay"), [(1_000, 0.4117), (200_000, 0.99557), (10_000_000, 0.99557)])
def test_the_average_ramps_to_its_half_life(images: int, decay: float) -> None:
    """The landmark values of the docstring: a share of the images seen at first, 10,000 images later."""
    assert average_decay(AverageConfig(), images, 64) == pytest.approx(decay, abs=1e-4)
    assert average_decay(AverageConfig(half_life_images=0), images, 64) == 0.0
