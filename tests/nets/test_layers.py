"""The layers of the equalised families against their equations."""

import math

import pytest
import torch

from gantools.config.run import NetworkConfig
from gantools.draws import normal
from gantools.nets.equalised import EqualConv2d, EqualLinear, PixelNorm
from gantools.nets.layers import StandingMean, flat, hold_statistics, measure_statistics
from gantools.nets.progressive import PROGRESSIVE, ProgressiveDiscriminator, ProgressiveGenerator, growth
from gantools.nets.residual import RESIDUAL, Block
from gantools.nets.stylegan2 import ModulatedConv2d, StyleGenerator


def drawn(*shape: int, key: int = 1) -> torch.Tensor:
    """Return keyed normal numbers."""
    return torch.from_numpy(normal(key, *shape))


def config(family: str, **more: object) -> NetworkConfig:
    """Return small networks of 16 px."""
    values = {"height": 16, "width": 16, "channels": 1, "base_width": 4, "max_width": 8, "latent_dim": 6} | more
    return NetworkConfig(family=family, critic_norm="none", **values)  # type: ignore[arg-type]


def test_a_modulated_convolution_is_one_of_its_own_for_each_picture() -> None:
    """Scaled inputs and outputs equal a weight modulated and demodulated for each picture (Karras 2020, eq. 1, 3)."""
    layer = ModulatedConv2d(3, 5, 3, 4)
    with torch.no_grad():
        for number, parameter in enumerate(layer.parameters()):
            parameter.copy_(drawn(*parameter.shape, key=number))
    x, style = drawn(2, 3, 6, 7), drawn(2, 4, key=9)
    for picture, scales, found in zip(x, layer.style(style), layer(x, style), strict=True):
        weight = layer.weight / math.sqrt(27) * scales[None, :, None, None]
        weight = weight / torch.sqrt(weight.square().sum((1, 2, 3), keepdim=True) + 1e-8)
        torch.testing.assert_close(found, torch.nn.functional.conv2d(picture[None], weight, padding=1)[0])


def test_equalised_layers_keep_the_variance() -> None:
    """With weights N(0, 1) the output of unit inputs has the variance of the gain, whatever the fan in and rate."""
    x = drawn(512, 300)
    for layer in (EqualLinear(300, 64, gain=1.0), EqualLinear(300, 64, gain=1.0, rate=0.01)):
        with torch.no_grad():
            layer.weight.copy_(drawn(64, 300, key=2) * layer.start("weight").spread)
            assert layer.bias is not None
            layer.bias.zero_()
        assert layer(x).var().item() == pytest.approx(1.0, rel=0.05)
    convolution = EqualConv2d(8, 8)
    assert convolution.scale == pytest.approx(math.sqrt(2 / 72))


def test_pixel_norm() -> None:
    """At every position the mean square over channels is 1."""
    y = PixelNorm()(drawn(2, 8, 3, 3) * 7)
    torch.testing.assert_close(y.square().mean(1), torch.ones(2, 3, 3))


@pytest.mark.parametrize(
    ("images", "expected"),
    [(0, (0, 1.0)), (99, (0, 1.0)), (100, (1, 0.0)), (150, (1, 0.5)), (200, (1, 1.0)), (299, (1, 1.0)), 
     (325, (2, 0.25)), (499, (2, 1.0)), (10**9, (2, 1.0))],
)  # fmt: skip
def test_growth_is_a_function_of_images(images: int, expected: tuple[int, float]) -> None:
    """The start for a span, then each doubling fades in for one and holds for one."""
    found = growth(images, 100, 2)
    assert (found.stage, found.blend) == expected


def test_growing_is_seamless() -> None:
    """When a doubling begins to fade in, the picture is the enlarged one of before, and D's logit that of before."""
    settings = config("progressive", grow_images=100)
    generator, critic = PROGRESSIVE.generator(settings), PROGRESSIVE.discriminator(settings)
    assert isinstance(generator, ProgressiveGenerator)
    assert isinstance(critic, ProgressiveDiscriminator)
    generator.reset(0, "generator")
    critic.reset(0, "discriminator")
    z, images = drawn(2, 6), drawn(2, 1, 16, 16)
    seen = []
    for images_seen in (99, 100):
        generator.advance(images_seen)
        critic.advance(images_seen)
        seen.append((generator.pictures(z), critic(generator(z)), critic(critic.views(images))))
    for before, after in zip(*seen, strict=True):
        torch.testing.assert_close(before, after)
    assert generator(z)[0].shape == (2, 1, 8, 8)
    assert critic.views(images)[0].shape == (2, 1, 8, 8)


def test_a_block_begins_as_nothing() -> None:
    """The last convolution of a residual block begins at zero, and the first two scaled down with depth."""
    generator = RESIDUAL.generator(config("residual", base_width=32, max_width=32, blocks=4))
    generator.reset(0, "generator")
    block = next(module for module in generator.modules() if isinstance(module, Block))
    x = drawn(1, 32, 4, 4)
    assert torch.equal(block(x), x)
    first, second, last = (layer.weight for layer in block.layers[::2])
    for weight in (first, second):
        fan_in = weight[0].numel()
        assert weight.std().item() == pytest.approx(math.sqrt(2 / 1.04 / fan_in) * (4 * 3) ** -0.25, rel=0.1)
    assert not last.any()


def test_truncation_draws_styles_to_their_mean() -> None:
    """At 0 every picture has the mean style, at 1 its own; between, the distance to the mean shrinks in proportion."""
    generator = StyleGenerator(config("stylegan2", mapping_depth=2))
    generator.reset(0, "generator")
    hold_statistics(generator)
    z = drawn(64, generator.latent_dim)
    measure_statistics(generator, [z[:32], z[32:]])
    mean = generator.mapping.mean.value
    assert mean is not None
    own = generator.styles(z)
    if not generator.mixing:
        torch.testing.assert_close(mean, own.mean((0, 1)))
    for psi in (0.0, 0.5):
        generator.truncation = psi
        torch.testing.assert_close(generator.styles(z) - mean, psi * (own - mean), rtol=1e-4, atol=1e-6)


def test_mixing_changes_layers_at_one_place() -> None:
    """In training a mixed picture has one style up to a layer and another after it; about ``mixing`` of them are."""
    generator = StyleGenerator(config("stylegan2", mapping_depth=2, mixing=0.5))
    generator.reset(0, "generator")
    changes = (generator.train().styles(drawn(400, generator.latent_dim)).diff(dim=1).abs().sum(2) > 0).sum(1)
    assert set(changes.tolist()) == {0, 1}
    assert changes.float().mean().item() == pytest.approx(0.5, abs=0.1)
    unmixed = generator.eval().styles(drawn(10, generator.latent_dim))
    assert not unmixed.diff(dim=1).any()


def test_noise_is_part_of_what_a_picture_draws() -> None:
    """Pictures of equal latents differ only where their noise does, and only once its strength has been learnt."""
    generator = StyleGenerator(config("stylegan2", mapping_depth=2)).eval()
    generator.reset(0, "generator")
    z = drawn(1, generator.latent_dim).repeat(2, 1)
    z[1, -16 * 16 :] = 3.0
    torch.testing.assert_close(*generator.pictures(z))
    with torch.no_grad():
        generator.convs[-1].strength.fill_(0.5)  # type: ignore[union-attr, operator]
    one, two = generator.pictures(z)
    assert (one - two).abs().mean() > 0.1


def test_a_standing_mean_is_the_mean_of_what_it_saw() -> None:
    """It passes vectors on, and outside training it learns nothing."""
    layer = StandingMean(3)
    layer.hold(torch.device("cpu"))
    one, two = drawn(4, 3), drawn(4, 3, key=2)
    assert layer.train()(one) is one
    layer(two)
    layer.eval()(two)
    torch.testing.assert_close(layer.value, torch.cat([one, two]).mean(0))


def test_flattening_keeps_the_memory_format_of_gradients() -> None:
    """Values, gradients and second derivatives are those of ``flatten(1)``; the gradient is laid out as the picture."""
    for memory_format in (torch.channels_last, torch.contiguous_format):
        x = drawn(2, 3, 4, 5).contiguous(memory_format=memory_format).requires_grad_()
        weight = drawn(2, 60, key=2)
        found, wanted = (
            torch.autograd.grad((way(x) * weight).tanh().sum(), x, create_graph=True)[0]
            for way in (flat, lambda picture: picture.flatten(1))
        )
        assert torch.equal(flat(x), x.flatten(1)) and torch.equal(found, wanted)
        assert found.is_contiguous(memory_format=memory_format)
        second = [torch.autograd.grad(gradient.square().sum(), x)[0] for gradient in (found, wanted)]
        assert second[0].abs().max() > 0 and torch.equal(*second)
