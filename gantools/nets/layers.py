"""Layers that more than one family uses: batch and spectral normalisation, deviation within groups, standing means."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, linear, normalize


class _BatchStatistics(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation by the statistics of the batch alone, until standing statistics are measured.

    A network in training has no running statistics: they would be state that no turn reads. The average gets
    standing statistics instead (Brock 2019, section 4.1), see ``measure_statistics``.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, track_running_stats=False)


class BatchNorm1d(_BatchStatistics, nn.BatchNorm1d):
    """Batch normalisation of (N, C) by the statistics of the batch."""


class BatchNorm2d(_BatchStatistics, nn.BatchNorm2d):
    """Batch normalisation of (N, C, H, W) by the statistics of the batch."""


def hold_statistics(network: nn.Module) -> None:
    """Give ``network`` room for standing statistics: mean 0, variance 1 until measured.

    The network then normalises by them in evaluation mode, so that a picture does not depend on its batch.
    """
    for layer in network.modules():
        if isinstance(layer, StandingMean):
            layer.hold(next(network.parameters()).device)
        if isinstance(layer, _BatchStatistics):
            layer.track_running_stats = True
            layer.momentum = None  # a plain mean over the measured batches, not a moving one
            # zeros_like and ones_like would load sympy on the meta device, a quarter of a second
            layer.running_mean = torch.zeros(layer.num_features, device=layer.weight.device)
            layer.running_var = torch.ones(layer.num_features, device=layer.weight.device)
            layer.num_batches_tracked = torch.zeros((), dtype=torch.int64, device=layer.weight.device)


def measure_statistics(network: nn.Module, inputs: Iterable[Tensor | tuple[Tensor, ...]]) -> None:
    """Measure the standing statistics: the mean over batches of latents (N, Z) or views, forward passes in float32.

    They are a pure function of the weights and the inputs. Source: Brock 2019, "Large Scale GAN Training for High
    Fidelity Natural Image Synthesis", section 4.1.
    """
    layers = [layer for layer in network.modules() if isinstance(layer, _BatchStatistics | StandingMean)]
    if not layers:
        return
    for layer in layers:
        layer.reset_running_stats()
    network.train()
    with torch.no_grad():
        for batch in inputs:
            network(batch)
    network.eval()


FIRST_ITERATIONS = 10
"""Power iterations from which the vector of a fresh weight begins; each forward pass in training takes one more."""


class Spectral(nn.Module):
    """A layer whose weight is divided by its largest singular value, estimated by power iteration.

    Its vector is a buffer: it moves with each forward pass in training, and is stored with the run. Source: Miyato
    2018, "Spectral Normalization for Generative Adversarial Networks", algorithm 1. Departure: the vector begins
    from equal entries and not from a draw.
    """

    weight: Tensor
    vector: Tensor

    def begin(self) -> None:
        """Bring the vector near the first singular one of a fresh weight."""
        self.vector.fill_(len(self.vector) ** -0.5)
        for _ in range(FIRST_ITERATIONS):
            self._iterate()

    def normalised(self) -> Tensor:
        """Return the weight over its largest singular value, through which gradients pass."""
        with torch.autocast(self.weight.device.type, enabled=False):
            other = self._iterate() if self.training else self._other()
            one = self.vector.clone()  # the next pass moves the buffer, the graph of this one keeps its own
            sigma = torch.dot(one, torch.mv(self.weight.flatten(1), other))
            return self.weight / sigma

    @torch.no_grad()
    def _iterate(self) -> Tensor:
        other = self._other()
        self.vector.copy_(normalize(torch.mv(self.weight.flatten(1), other), dim=0))
        return other

    @torch.no_grad()
    def _other(self) -> Tensor:
        return normalize(torch.mv(self.weight.flatten(1).t(), self.vector), dim=0)


class SpectralLinear(Spectral, nn.Linear):
    """A matrix product whose weight has the largest singular value 1."""

    def __init__(self, inside: int, outside: int, bias: bool = True) -> None:
        super().__init__(inside, outside, bias=bias)
        self.register_buffer("vector", torch.empty(outside))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inside) to (N, outside)."""
        return linear(x, self.normalised(), self.bias)


class SpectralConv2d(Spectral, nn.Conv2d):
    """A convolution whose weight, as a matrix of one row an output channel, has the largest singular value 1."""

    def __init__(self, inside: int, outside: int, kernel: tuple[int, int], stride: int, padding: int) -> None:
        super().__init__(inside, outside, kernel, stride=stride, padding=padding)
        self.register_buffer("vector", torch.empty(outside))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inside, H, W) to (N, outside, h, w)."""
        return conv2d(x, self.normalised(), self.bias, self.stride, self.padding)


class GroupDeviation(nn.Module):
    """Append how much the pictures of a group differ: one more channel, or feature, that is equal in a whole group.

    Groups are neighbours in the batch. Reals and fakes come in batches of their own, so that no group mixes them.
    Source: Karras 2018, section 3, with the groups of Karras 2020 (4 pictures).
    """

    def __init__(self, group: int) -> None:
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, ...) to (N, C + 1, ...). A batch that is no multiple of the group makes smaller groups."""
        group = math.gcd(len(x), self.group)
        y = x.float().view(-1, group, *x.shape[1:])  # (N/group, group, C, ...)
        deviation = (y.var(dim=1, unbiased=False) + 1e-8).sqrt().flatten(1).mean(1)  # (N/group,)
        plane = deviation.repeat_interleave(group).to(x.dtype).view(-1, *[1] * (x.dim() - 1))
        return torch.cat([x, plane.expand(-1, 1, *x.shape[2:])], dim=1)


class _Flat(torch.autograd.Function):
    """``flatten(1)`` whose gradient comes back in the memory format of the picture."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        context.shape, context.is_channels_last = x.shape, x.is_contiguous(memory_format=torch.channels_last)
        return x.flatten(1)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        gradient = gradients[0].view(context.shape)
        return gradient.contiguous(memory_format=torch.channels_last) if context.is_channels_last else gradient


def flat(x: Tensor) -> Tensor:
    """Map pictures (N, C, H, W) to vectors (N, C*H*W), the channel slowest.

    Values and gradients are those of ``flatten(1)``. Behind that one, though, a rectifier would get its gradient in
    another memory format than its own answer has, and took several times as long (measured).
    """
    found: Tensor = _Flat.apply(x)  # type: ignore[no-untyped-call]
    return found


class StandingMean(nn.Module):
    """Passes vectors (N, W) on and, once it holds a mean, measures that of all it sees in training mode.

    Like the statistics of batch normalisation it is no state of a run: only the average has it, measured anew.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.value: Tensor | None
        self.count: Tensor | None
        self.register_buffer("value", None)
        self.register_buffer("count", None)

    def hold(self, device: torch.device) -> None:
        """Make room for the mean, 0 until it is measured."""
        self.value, self.count = torch.zeros(self.size, device=device), torch.zeros((), device=device)

    def reset_running_stats(self) -> None:
        """Forget what was measured."""
        assert self.value is not None, "hold comes first"
        assert self.count is not None, "hold comes first"
        self.value.zero_()
        self.count.zero_()

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` as it is."""
        if self.training and self.value is not None and self.count is not None:
            self.count += 1
            self.value += (x.float().mean(0) - self.value) / self.count
        return x
