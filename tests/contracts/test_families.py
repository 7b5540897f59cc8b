"""What every family of the catalogue keeps, at its smallest."""

import pytest
import torch
from torch.func import functional_call

from gantools.config.build import PictureShape, resolve
from gantools.config.catalog import FAMILIES
from gantools.config.run import NetworkConfig
from gantools.draws import class_number, normal
from gantools.nets.base import Discriminator, Generator
from gantools.nets.dcgan import channel_plan, ladder
from gantools.training.engine import Phase
from gantools.training.losses import BCE
from tests.tiny import CASES, fresh, sparing, take, through_bytes

LINEAR = {"progressive", "msg", "stylegan2", "residual"}  # no tanh at the end
GROWN = 10**12
SHAPES = [(28, 28, 1), (32, 32, 3), (64, 64, 4), (48, 64, 3), (40, 24, 1), (12, 16, 4)]
EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES)


def networks(
    family: str, size: tuple[int, int], channels: int, classes: int = 0
) -> tuple[Generator, Discriminator, NetworkConfig]:
    """Build both networks of a family at a small width, with keyed weights; with classes, all as frequent."""
    shape = PictureShape(size[0], size[1], channels)
    norm = FAMILIES[family].critic_norms[0]
    typed = {"network.family": family, "network.base_width": 4, "network.latent_dim": 6, "network.critic_norm": norm}
    typed |= {"network.max_width": 16} if "max_width" in FAMILIES[family].takes else {}
    typed |= {"network.conditional": "yes"} if classes else {}
    config = resolve(shape, typed | {"loss.penalty": "none"}, classes=classes).config.network
    made = FAMILIES[family].load()
    generator, critic = made.generator(config), made.discriminator(config)
    generator.given.know([1] * classes)
    generator.reset(0, "generator")
    critic.reset(0, "discriminator")
    return generator, critic, config


@EVERY_FAMILY
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_ranges_and_gradients(family: str, shape: tuple[int, int, int]) -> None:
    """Views end at the pictures' size within [-1, 1] in float32, logits are (N,), every gradient is finite."""
    *size, channels = shape
    generator, critic, _ = networks(family, (size[0], size[1]), channels)
    generator.advance(GROWN)
    critic.advance(GROWN)
    views = generator(torch.from_numpy(normal(1, 3, generator.latent_dim)))
    assert views[-1].shape == (3, channels, *size)
    assert all(view.dtype == torch.float32 and torch.isfinite(view).all() for view in views)
    assert family in LINEAR or max(view.abs().max() for view in views) <= 1
    shown = critic.views(torch.zeros(3, channels, *size))
    assert [view.shape for view in shown] == [view.shape for view in views]
    logits = critic(views)
    assert logits.shape == (3,)
    assert logits.dtype == torch.float32
    BCE.generator(logits, None).mean().backward()
    for network in (generator, critic):
        gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
        unused = {name for name, gradient in gradients.items() if gradient is None}
        assert all("_pixels" in name for name in unused) if family == "progressive" else not unused
        assert all(torch.isfinite(gradient).all() for gradient in gradients.values() if gradient is not None)


@EVERY_FAMILY
def test_the_same_seed_gives_the_same_weights(family: str) -> None:
    """Weights are keyed: equal for one seed, other for another, and other between the two networks."""
    one, critic, _ = networks(family, (32, 32), 3)
    two, _, _ = networks(family, (32, 32), 3)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    two.reset(1, "generator")
    assert not torch.equal(next(one.parameters()), next(two.parameters()))
    assert len({round(p.detach().sum().item(), 6) for p in critic.parameters() if p.dim() > 1}) > 1


@EVERY_FAMILY
def test_labels_reach_both_networks(family: str) -> None:
    """One latent is another picture at another class, one picture another logit; every gradient is there and finite."""
    generator, critic, config = networks(family, (12, 16), 3, classes=3)
    generator.eval()
    generator.advance(GROWN)
    critic.advance(GROWN)
    z = torch.from_numpy(normal(1, 1, generator.latent_dim)).repeat(3, 1)
    z[:, -1] = torch.tensor([class_number(label, [1, 1, 1]) for label in range(3)])
    views = generator(z)
    assert len({picture.numpy().tobytes() for picture in views[-1].detach()}) == 3
    logits = critic(views, torch.arange(3))
    alike = critic(views)
    same = critic.projection(alike, torch.zeros(3, critic.projection.weight.shape[1]), torch.arange(3))  # type: ignore
    assert torch.equal(same, alike)
    (logits - alike).square().sum().backward()
    assert (critic.projection.weight.grad.abs().sum(1) > 0).all()  # type: ignore
    assert (generator.given.weight.grad.abs().sum(1) > 0).all()  # type: ignore
    plain = networks(family, (12, 16), 3)
    assert sum(p.numel() for p in plain[1].parameters()) + critic.projection.weight.numel() == sum(  # type: ignore
        p.numel() for p in critic.parameters()
    )


@pytest.mark.parametrize("case", sparing(FAMILIES))
def test_it_learns_one_batch(case: str) -> None:
    """After 50 steps on ten pictures D separates them from fakes, and the generator has moved."""
    rate = 1e-2 if "max_width" in FAMILIES[case].takes else 2e-3
    state = fresh(case, **{"optimizer.lr_d": rate, "loss.penalty": "none"})
    before = [p.clone() for p in state.generator.parameters()]
    take(state, Phase.D_ONLY, 50)
    state.pull()
    assert state.register.loss_d is not None and state.register.loss_d < 1.0
    take(state, Phase.G_ONLY, 5)
    assert all(not torch.equal(a, b) for a, b in zip(before, state.generator.parameters(), strict=True) if a.dim() > 1)


@pytest.mark.parametrize("case", CASES)
def test_it_survives_pack_and_unpack(case: str) -> None:
    """A run read back has the same tensors in the same memory format."""
    state = take(fresh(case), Phase.BOTH, 1)
    again = through_bytes(state)
    for (name, one), (_, two) in zip(state.tensors(), again.tensors(), strict=True):
        assert torch.equal(one, two), name
        assert one.stride() == two.stride(), name


def test_the_lesson_has_the_textbooks_sizes() -> None:
    """The fully connected preset is 100-256-512-1024-784 against 784-512-256-1, counted by hand."""
    config = resolve(PictureShape(28, 28, 1), {"preset": "lesson"}).config.network
    made = FAMILIES["fc"].load()
    generator, critic = made.generator(config), made.discriminator(config)
    layers = [(100, 256), (256, 512), (512, 1024), (1024, 784)]
    assert sum(p.numel() for p in generator.parameters()) == sum(a * b + b for a, b in layers) + 2 * (512 + 1024)
    assert sum(p.numel() for p in critic.parameters()) == 784 * 512 + 512 + 512 * 256 + 256 + 256 + 1


def test_dcgan_has_the_published_parameter_count() -> None:
    """At 64 px and width 64 both networks have pytorch/examples' counts: 3,576,704 and 2,765,568."""
    config = resolve(PictureShape(64, 64, 3), {"preset": "dcgan"}).config.network
    made = FAMILIES["dcgan"].load()
    assert sum(p.numel() for p in made.generator(config).parameters()) == 3_576_704
    assert sum(p.numel() for p in made.discriminator(config).parameters()) == 2_765_568


def test_the_first_layer_is_radfords_transposed_convolution() -> None:
    """The generator's matrix product equals a transposed convolution of a 1x1 picture with the same weights."""
    generator, _, _ = networks("dcgan", (32, 32), 3)
    z = torch.from_numpy(normal(3, 2, 6))
    ours = generator.first(z).unflatten(1, generator.first_shape)  # type: ignore[union-attr, operator]
    weight = generator.first.weight.T.unflatten(1, generator.first_shape)  # type: ignore[union-attr, operator]
    theirs = torch.nn.functional.conv_transpose2d(z[:, :, None, None], weight)
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((64, 64), [(4, 4), (8, 8), (16, 16), (32, 32), (64, 64)]),
        ((28, 28), [(4, 4), (7, 7), (14, 14), (28, 28)]),
        ((48, 64), [(3, 4), (6, 8), (12, 16), (24, 32), (48, 64)]),
        ((8, 8), [(4, 4), (8, 8)]),
        ((96, 96), [(3, 3), (6, 6), (12, 12), (24, 24), (48, 48), (96, 96)]),
    ],
)
def test_the_ladder_of_sizes(size: tuple[int, int], expected: list[tuple[int, int]]) -> None:
    """Sizes halve down to a start of 3 or 4 a side; an odd start above 4 is stepped to from half of it."""
    assert ladder(*size) == expected
    assert channel_plan(32, 3) == [128, 64, 32]
    assert channel_plan(64, 5) == [512, 512, 256, 128, 64]


def test_standing_statistics_are_what_batches_show() -> None:
    """In evaluation mode a picture does not depend on its batch, and statistics match those of many batches."""
    state = take(fresh("dcgan"), Phase.BOTH, 3)
    state.settle()
    z = torch.from_numpy(normal(5, 6, 5))
    together, alone = state.average(z)[0], torch.cat([state.average(row[None])[0] for row in z])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    live = {name: parameter.detach() for name, parameter in state.average.named_parameters()}
    big = functional_call(fresh("dcgan").generator, live, (torch.from_numpy(normal(6, 512, 5)),))[0]
    steady = state.average(torch.from_numpy(normal(6, 512, 5)))[0]
    assert (big - steady).abs().mean() < 0.05
