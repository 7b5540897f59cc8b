"""A discriminator as features for styling: pictures of any size through windows."""

from pathlib import Path

import pytest
import torch

from gantools.config.style import StyleConfig
from gantools.data.pack import Shape
from gantools.errors import InputError
from gantools.features.base import Activations, Extractor, Label
from gantools.features.choose import layers_for
from gantools.features.critic import Critic
from gantools.features.windows import Windows
from gantools.style.objective import Objective, Target, wanted_of
from tests.style.test_tiles import picture
from tests.tiny import MemoryPictures, fresh, packed, some_pictures


def stored(folder: Path, family: str, pictures: MemoryPictures) -> Path:
    """Write the checkpoint of a run that was just begun."""
    path = folder / "c.safetensors"
    path.write_bytes(packed(fresh(family, pictures=pictures)).data)
    return path


class Pooled(Extractor):
    """Means over squares: what each position must be is known."""

    label, names, min_size, summary = Label("pooled", "0" * 12), ("fine", "odd", "whole"), 1, ()

    def __call__(self, images: torch.Tensor) -> Activations:
        """Return means over 2 x 2, over a third of a side, and over all."""
        sizes = {"fine": images.shape[-1] // 2, "odd": 3, "whole": 1}
        return {name: torch.nn.functional.adaptive_avg_pool2d(images, size) for name, size in sizes.items()}

    def to(self, device: torch.device) -> None:
        """Hold nothing."""


def test_middles_of_windows_lie_side_by_side() -> None:
    """Activations are where they are in the picture; a layer without a middle is left out."""
    image = picture(3, 40, 52)
    features = Windows(Pooled(), 3, 24, 24)
    assert features.strides == {"fine": 2, "whole": 12}
    found = features.activations(image, ("fine", "whole"))
    assert torch.allclose(found["fine"], torch.nn.functional.avg_pool2d(image, 2)[0], atol=1e-6)
    assert found["whole"].shape == (3, 4, 5)
    assert torch.allclose(found["whole"][:, 1, 2], image[0, :, 6:30, 18:42].mean((1, 2)), atol=1e-6)


@pytest.mark.parametrize("family", ["dcgan", "fc"])
def test_discriminator_measures_in_tiles_as_whole(tmp_path: Path, family: str) -> None:
    """The gradient in tiles is that of the whole, for convolutions and for dense layers, grey or in colour."""
    pictures = some_pictures(channels=3 if family == "dcgan" else 1, height=16, width=16)
    path = stored(tmp_path, family, pictures)
    features = layers_for(str(path), None, tmp_path, "max", torch.device("cpu"))([])
    config = StyleConfig(objective="moments", content_weight=1.0)
    content, image = picture(7, 45, 70), picture(9, 45, 70)
    wanted = wanted_of(features, features.style_layers, [picture(5, 30, 40)], [1.0], torch.no_grad)
    whole = Objective(config, features, content, [Target(wanted)])
    tiled = Objective(config, features, content, [Target(wanted)], tile=24)
    assert len(tiled.tiles) > 3
    (losses, gradient), (tiled_losses, tiled_gradient) = whole.evaluate(image), tiled.evaluate(image)
    assert tiled_losses.total == pytest.approx(losses.total, rel=1e-4)
    assert float((gradient - tiled_gradient).norm() / gradient.norm()) < 1e-4


@pytest.mark.parametrize("family", ["progressive", "stylegan2"])
def test_answers_depend_on_no_neighbour(tmp_path: Path, family: str) -> None:
    """A picture's activations are the same alone and in a batch, also in families that compare pictures of a batch."""
    critic = Critic(stored(tmp_path, family, some_pictures(height=16, width=16)))
    pictures = picture(3, 64, 16).reshape(3, 4, 1, 16, 16)[0]
    alone, together = critic(pictures[:1]), critic(pictures)
    for name, activations in alone.items():
        assert torch.allclose(activations[0], together[name][0], atol=1e-5), name


def test_pictures_of_another_shape_are_refused(tmp_path: Path) -> None:
    """For figures the discriminator must be one of such pictures."""
    path = stored(tmp_path, "fc", some_pictures(height=16, width=16))
    with pytest.raises(InputError, match="found a discriminator of 16x16 grey pictures, expected one of 8x8 RGB"):
        Critic(path, Shape(3, 8, 8))


def test_discriminators_of_packs_are_refused(tmp_path: Path) -> None:
    """One that looks at several pictures at once has no answer to a single one."""
    path = tmp_path / "pack.safetensors"
    path.write_bytes(packed(fresh("dcgan", **{"network.packing": 2})).data)
    with pytest.raises(InputError, match="found a discriminator of packs of 2 pictures, expected one of single"):
        Critic(path)
