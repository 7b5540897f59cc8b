"""A small network fitted on the labels of a data set: it tells kinds of pictures apart, and its inside is an extractor.

Everything it draws is keyed: the same pictures give the same network on the same machine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from gantools.config.run import OptimizerConfig
from gantools.draws import normal, permutation
from gantools.features.base import Activations, Extractor, Label, to_rgb
from gantools.keys import key
from gantools.training.adam import Adam

EDITION = 1
"""Part of the key under which a fitted network is kept: to be raised by whatever changes how it is fitted."""

WIDTHS = (32, 64, 128)
HIDDEN = 128
LARGEST_PX = 32
"""Larger pictures are reduced to it: what kind of thing they show can be seen at this size."""

BATCH = 64
RATE = 2e-3  # falls to 0 along a line
SEEN = 40_000
"""Pictures that a fit sees, with repetition; half a minute of one core."""

PASSES = 10
"""A small set is not seen more often than this."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Answers:
    """What the network says of pictures: the level of each factor (n, F), and how sure it is of all together (n,)."""

    levels: NDArray[np.int64]
    sureness: NDArray[np.float64]


def joined(parts: Sequence[Answers]) -> Answers:
    """Return the answers to several batches as one."""
    levels, sureness = ([getattr(part, name) for part in parts] for name in ("levels", "sureness"))
    return Answers(np.concatenate(levels), np.concatenate(sureness))


class _Network(nn.Module):
    """Three convolutions of stride 2, a hidden layer over a 2 x 2 grid of means, and an answer for each factor."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        for inside, outside, kernel in zip((3, *WIDTHS), WIDTHS, (5, 3, 3), strict=False):
            blocks.append(
                nn.Sequential(
                    nn.Conv2d(inside, outside, kernel, 2, kernel // 2, bias=False), nn.BatchNorm2d(outside), nn.ReLU()
                )
            )
        self.blocks = nn.ModuleList(blocks)
        self.hidden = nn.Linear(4 * WIDTHS[-1], HIDDEN)
        self.answers = nn.ModuleList(nn.Linear(HIDDEN, size) for size in sizes)

    def forward(self, images: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Map images (N, 3, H, W) to the activations of each layer and the logits of each factor."""
        found = [images]
        for block in self.blocks:
            found.append(block(found[-1]))
        means = functional.adaptive_avg_pool2d(found[-1], 2).flatten(1)
        hidden = functional.relu(self.hidden(means))
        return [*found[1:], hidden[:, :, None, None]], [answer(hidden) for answer in self.answers]


class Recogniser(Extractor):
    """A fitted network.

    Args:
        sizes: how many levels each factor has.
        weights: its tensors by name; None: it is not fitted yet.
        digest: of the weights.
    """

    names = ("block1", "block2", "block3", "hidden")
    min_size = 4
    summary = (("hidden", 1),)

    def __init__(self, sizes: Sequence[int], weights: dict[str, Tensor] | None, digest: str) -> None:
        self.label = Label("labels", digest)
        self.network = _Network(sizes)
        if weights is not None:
            self.network.load_state_dict(weights)
        self.network.requires_grad_(weights is None).train(weights is None)

    def __call__(self, images: Tensor) -> Activations:
        """Return the activations of images (N, C, H, W) in [-1, 1]."""
        return dict(zip(self.names, self.network(_reduced(images))[0], strict=True))

    def to(self, device: torch.device) -> None:
        """Move the network to a device."""
        self.network.to(device)

    def answer(self, images: Tensor) -> Answers:
        """Say of which kind images (N, C, H, W) in [-1, 1] are."""
        with torch.inference_mode():
            logits = self.network(_reduced(images))[1]
            best = [functional.softmax(each.double(), 1).max(1) for each in logits]
        sureness = torch.stack([each.values for each in best], 1).prod(1)
        levels = torch.stack([each.indices for each in best], 1)
        return Answers(levels.cpu().numpy().astype(np.int64), sureness.cpu().numpy())


def fit(
    read: Callable[[Sequence[int]], Pixels],
    targets: NDArray[np.int64],
    sizes: Sequence[int],
    device: torch.device,
    on_done: Callable[[int], None],
    steps: int,
) -> dict[str, Tensor]:
    """Fit the network to pictures and return its tensors.

    Args:
        read: gives pictures (n, C, H, W) uint8 by number.
        targets: the level of each factor, (N, F); pictures with a level of -1 are left out.
        sizes: how many levels each factor has.
        on_done: told after each batch how many pictures it had.
        steps: batches that it sees; ``steps_of`` says how many are enough.
    """
    network = Recogniser(sizes, None, "").network
    _begin(network)
    network.to(device)
    usable = np.flatnonzero((targets >= 0).all(1))
    optimiser = Adam(network, OptimizerConfig(lr_g=RATE, lr_d=RATE, beta1=0.9, beta2=0.999))
    never = torch.zeros((), dtype=torch.bool, device=device)
    for step in range(steps):
        rows = usable[_batch(step, len(usable))]
        images = torch.from_numpy(read(rows.tolist())).to(device).float().div_(127.5).sub_(1.0)
        wanted = torch.from_numpy(targets[rows]).to(device)
        logits = network(_reduced(images))[1]
        parts = [functional.cross_entropy(each, wanted[:, factor]) for factor, each in enumerate(logits)]
        network.zero_grad()
        torch.stack(parts).sum().backward()  # type: ignore[no-untyped-call]
        optimiser.step(RATE * (1.0 - step / steps), never)
        on_done(len(rows))
    return {name: tensor.detach().cpu() for name, tensor in network.state_dict().items()}


def steps_of(count: int) -> int:
    """Return how many batches a fit on so many pictures takes."""
    return max(1, min(SEEN, PASSES * count) // BATCH)


def _batch(step: int, count: int) -> NDArray[np.int64]:
    """Return the numbers of one batch: pass after pass in a keyed order; batches run across the borders."""
    places = np.arange(step * BATCH, (step + 1) * BATCH)
    parts = [permutation(key(0, "recogniser order", int(turn)), count) for turn in np.unique(places // count)]
    rows: NDArray[np.int64] = np.concatenate(parts)[places - places[0] // count * count]
    return rows


def _begin(network: nn.Module) -> None:
    """Draw the weights: normal with the variance that keeps rectified activations alive (He 2015), biases 0."""
    with torch.no_grad():
        for path, module in network.named_modules():
            weight: Any = getattr(module, "weight", None)
            if isinstance(module, nn.Conv2d | nn.Linear):
                spread = (2 / weight[0].numel()) ** 0.5
                weight.copy_(torch.from_numpy(normal(key(0, "recogniser", path), *weight.shape)) * spread)
                if module.bias is not None:
                    module.bias.zero_()


def _reduced(images: Tensor) -> Tensor:
    """Return images as RGB (N, 3, h, w) whose longer side is at most ``LARGEST_PX``."""
    images = to_rgb(images)
    longest = max(images.shape[-2:])
    if longest <= LARGEST_PX:
        return images
    size = [max(1, round(side * LARGEST_PX / longest)) for side in images.shape[-2:]]
    return functional.interpolate(images, size, mode="area")
