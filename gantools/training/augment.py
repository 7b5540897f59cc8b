"""Augmentation in front of the discriminator: differentiable changes of reals and fakes, drawn once a turn.

Source: Zhao 2020, "Differentiable Augmentation for Data-Efficient GAN Training", whose changes and sizes these are; the
probability of each change and its adaptive strength are those of Karras 2020, "Training Generative Adversarial Networks
with Limited Data". Edges are filled with 0, mid-grey, as there.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gantools.config.catalog import LOSSES
from gantools.config.run import RunConfig
from gantools.draws import uniform
from gantools.nets.base import Views

GATES = {"color": 0, "translation": 1, "cutout": 2}
BRIGHTNESS, SATURATION, CONTRAST, SHIFT_Y, SHIFT_X, CUT_Y, CUT_X = range(3, 10)
NUMBERS = 10
SHIFT_SHARE = 0.125
CUT_SHARE = 0.5


@dataclass(frozen=True)
class Augmented:
    """A critic in front of which pictures are changed; each call makes the same changes.

    Args:
        critic: views to logits.
        operations: names out of ``color,translation,cutout``.
        numbers: (N, NUMBERS) in [0, 1), from ``draw``.
        strength: probability of each change of a picture, in [0, 1]; a scalar on the device when it is adaptive.
    """

    critic: Callable[[Views], Tensor]
    operations: str
    numbers: Tensor
    strength: Tensor | float

    def __call__(self, views: Views) -> Tensor:
        """Map views of N pictures to logits."""
        return self.critic(tuple(change(view, self.operations, self.numbers, self.strength) for view in views))


def draw(key: int, count: int, device: torch.device) -> Tensor:
    """Draw the numbers that decide the changes of ``count`` pictures, alike for each of their views."""
    return torch.from_numpy(uniform(key, count, NUMBERS)).to(device, non_blocking=True).add(1).div(2)


def adapt(strength: Tensor, real_logits: Tensor, config: RunConfig) -> Tensor:
    """Return the strength after a D turn: a step up where D takes too many reals for real, else a step down.

    Source: Karras 2020 (ADA), section 3.1, the heuristic r_t. Departure: a step each D turn, not each fourth.

    Args:
        strength: a scalar.
        real_logits: D's answers on augmented reals, (N,).
    """
    neutral = LOSSES[config.loss.name].neutral
    assert neutral is not None, "the configuration's check lets no other loss pass"
    certain = torch.sign(real_logits - neutral).mean()
    step = config.batch / config.augment.images
    return (strength + step * torch.sign(certain - config.augment.target)).clamp(0.0, config.augment.strength)


def change(images: Tensor, operations: str, numbers: Tensor, strength: Tensor | float) -> Tensor:
    """Change pictures (N, C, H, W); the result is differentiable twice with respect to them."""
    for name in operations.split(","):
        is_on = (numbers[:, GATES[name]] < strength).float()  # (N,)
        images = CHANGES[name](images, numbers, is_on)
    return images


def color(images: Tensor, numbers: Tensor, is_on: Tensor) -> Tensor:
    """Change brightness by up to 0.5, saturation by 0 to 2 times, contrast by 0.5 to 1.5 times; no alpha."""
    on = is_on.view(-1, 1, 1, 1)
    brightness, saturation, contrast = numbers[:, BRIGHTNESS : CONTRAST + 1, None, None, None].unbind(1)
    colors, alpha = images[:, :3], images[:, 3:]
    colors = colors + (brightness - 0.5) * on
    grey = colors.mean(dim=1, keepdim=True)
    colors = colors + (colors - grey) * (2 * saturation - 1) * on  # of this form, off changes no bit
    mean = colors.mean(dim=(1, 2, 3), keepdim=True)
    return torch.cat([colors + (colors - mean) * (contrast - 0.5) * on, alpha], dim=1)


def translation(images: Tensor, numbers: Tensor, is_on: Tensor) -> Tensor:
    """Move pictures by up to an eighth of each side, in whole pixels.

    Products with matrices of zeros and ones move them: exact, differentiable twice, and the same bits every time.
    """
    rows, columns = (
        _shift(side, numbers[:, place], is_on) for side, place in zip(images.shape[2:], (SHIFT_Y, SHIFT_X), strict=True)
    )
    with torch.autocast(images.device.type, enabled=False):
        return rows[:, None].to(images) @ images @ columns[:, None].transpose(-1, -2).to(images)


def cutout(images: Tensor, numbers: Tensor, is_on: Tensor) -> Tensor:
    """Blank a rectangle of half of each side; at the border a part of it lies outside."""
    rows, columns = (
        _cut(side, numbers[:, place]) for side, place in zip(images.shape[2:], (CUT_Y, CUT_X), strict=True)
    )
    hole = rows[:, :, None] * columns[:, None, :] * is_on.view(-1, 1, 1)  # (N, H, W)
    return images * (1 - hole)[:, None]


CHANGES = {"color": color, "translation": translation, "cutout": cutout}


def _shift(side: int, number: Tensor, is_on: Tensor) -> Tensor:
    """Return matrices (N, side, side) that move rows by a whole number of pixels drawn for each picture."""
    most = round(side * SHIFT_SHARE)
    pixels = (torch.floor(number * (2 * most + 1)) - most) * is_on  # (N,), in -most..most
    place = torch.arange(side, device=number.device, dtype=torch.float32)
    return (place[:, None] - place[None, :] == pixels.view(-1, 1, 1)).float()


def _cut(side: int, number: Tensor) -> Tensor:
    """Return 1 where a side is cut, (N, side): half of it around a centre that is any of its pixels."""
    size = round(side * CUT_SHARE)
    first = torch.floor(number * (side + 1 - size % 2)).view(-1, 1) - size // 2
    place = torch.arange(side, device=number.device, dtype=torch.float32)
    return ((place >= first) & (place < first + size)).float()
