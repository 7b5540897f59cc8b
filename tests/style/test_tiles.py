"""Tiles: the gradient of a picture measured in parts is that of the whole."""

from functools import partial

import pytest
import torch
from torch import Tensor, nn

from gantools.config.style import StyleConfig
from gantools.draws import uniform
from gantools.features.base import Label
from gantools.features.layered import Layered
from gantools.features.networks import NetworkLayers
from gantools.features.octaves import Octaves
from gantools.features.torchvision_nets import FIRES, VGG19, build
from gantools.style.objective import Objective, Target, wanted_of
from gantools.style.tiles import cut


def picture(seed: int, height: int, width: int) -> Tensor:
    """Draw a picture (1, 3, H, W) in [-1, 1] that is smooth on several scales."""
    coarse = torch.from_numpy(uniform(seed, 1, 3, 8, 8))
    fine = torch.from_numpy(uniform(seed + 1, 1, 3, height, width))
    return 0.7 * nn.functional.interpolate(coarse, (height, width), mode="bilinear") + 0.3 * fine


def narrow_vgg() -> Layered:
    """Build VGG-19's stack with a sixteenth of its channels and keyed weights."""
    layers: list[nn.Module] = []
    for module in build("vgg19").features:  # type: ignore[union-attr]
        if isinstance(module, nn.Conv2d):
            inner = 3 if module.in_channels == 3 else module.in_channels // 16
            module = nn.Conv2d(inner, module.out_channels // 16, 3, padding=1)
            weight = torch.from_numpy(uniform(len(layers), *module.weight.shape))
            module.weight.data, module.bias.data = weight / inner**0.5, torch.zeros_like(module.bias)  # type: ignore[union-attr]
        layers.append(module)
    return NetworkLayers(Label("vgg19", "0" * 12), nn.Sequential(*layers), VGG19)


def squeezenet() -> Layered:
    """Build SqueezeNet with keyed weights."""
    network = build("squeezenet")
    state = {key: torch.from_numpy(uniform(number, *value.shape)) * 0.1
             for number, (key, value) in enumerate(network.state_dict().items())}  # fmt: skip
    network.load_state_dict(state, assign=True)
    return NetworkLayers(Label("squeezenet", "0" * 12), network.features, FIRES)  # type: ignore[arg-type]


def features_of(kind: str) -> Layered:
    """Return features by name."""
    return {"vgg19": narrow_vgg, "squeezenet": squeezenet, "embedded": lambda: Octaves([picture(3, 90, 100)])}[kind]()


@pytest.mark.parametrize(
    ("kind", "objective"),
    [
        ("embedded", "gram"),
        ("embedded", "moments"),
        ("embedded", "wasserstein"),
        ("vgg19", "wasserstein"),
        pytest.param("squeezenet", "moments", marks=pytest.mark.slow),
    ],
)
def test_tiled_gradient_is_that_of_the_whole(kind: str, objective: str) -> None:
    """Losses and gradient in tiles equal those of the whole picture up to rounding, also at odd sizes."""
    height, width, tile = (150, 203, 64) if kind == "embedded" else (331, 199, 96)
    features, style, content = features_of(kind), picture(5, 96, 128), picture(7, height, width)
    config = StyleConfig(objective=objective, content_weight=1.0)  # type: ignore[arg-type]
    wanted = wanted_of(features, features.style_layers, [style], [1.0], torch.no_grad)
    opacity = torch.ones(height, width)
    opacity[:40, :50] = 0.0
    image = picture(9, height, width)
    whole = Objective(config, features, content, [Target(wanted)], opacity=opacity)
    tiled = Objective(config, features, content, [Target(wanted)], opacity=opacity, tile=tile)
    assert len(tiled.tiles) > 3
    (losses, gradient), (tiled_losses, tiled_gradient) = whole.evaluate(image), tiled.evaluate(image)
    assert tiled_losses.total == pytest.approx(losses.total, rel=1e-4)
    assert float((gradient - tiled_gradient).norm() / gradient.norm()) < 1e-3


@pytest.mark.parametrize("kind", ["embedded", "vgg19"])
def test_styles_in_tiles_want_what_they_want_whole(kind: str) -> None:
    """Mean and second moment of a style that is measured in tiles are those of the whole, up to rounding."""
    features, style = features_of(kind), picture(5, 203, 330)
    whole, tiled = (
        wanted_of(features, features.style_layers, [style], [1.0], torch.no_grad, tile) for tile in (None, 64)
    )
    for layer in features.style_layers:
        for one, other in zip(
            (whole[layer].moments.mean, whole[layer].moments.second),
            (tiled[layer].moments.mean, tiled[layer].moments.second),
            strict=True,
        ):
            assert float((one - other).norm()) < 1e-4 * float(one.norm())


def test_what_a_style_wants_is_summed_in_float32() -> None:
    """Under bf16 the sums over positions are those of the bf16 activations in float32, as a picture's own are."""
    features, style = narrow_vgg(), picture(5, 96, 96)
    bf16 = partial(torch.autocast, "cpu", torch.bfloat16)
    wanted = wanted_of(features, features.style_layers, [style], [1.0], bf16)
    with torch.no_grad(), bf16():
        found = features.activations(style, features.style_layers)
    for layer, activations in found.items():
        rows = activations.flatten(1).float()
        torch.testing.assert_close(wanted[layer].moments.second, rows @ rows.T / rows.shape[1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("height", "width", "tile"), [(64, 64, None), (130, 200, 64), (65, 1000, 96), (16, 16, 64)])
def test_tiles_cover_every_pixel_once(height: int, width: int, tile: int | None) -> None:
    """Own parts are disjoint and complete, what is read reaches the halo or the border, origins are multiples."""
    seen = torch.zeros(height, width)
    for part in cut(height, width, tile, 16, 32):
        seen[part.rows.start : part.rows.stop, part.columns.start : part.columns.stop] += 1
        for span, length in ((part.rows, height), (part.columns, width)):
            assert span.start % 16 == 0
            assert span.read_start == max(0, span.start - 32)
            assert span.read_stop == min(length, span.stop + 32)
    assert bool((seen == 1).all())
