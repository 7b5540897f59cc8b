"""Layers that more than one family uses, and the standing statistics of batch normalisation."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn


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
    """Give every batch normalisation of ``network`` room for standing statistics (mean 0, variance 1 until measured).

    The network then normalises by them in evaluation mode, so that a picture does not depend on its batch.
    """
    for layer in network.modules():
        if isinstance(layer, _BatchStatistics):
            layer.track_running_stats = True
            layer.momentum = None  # a plain mean over the measured batches, not a moving one
            # zeros_like and ones_like would load sympy on the meta device, a quarter of a second
            layer.running_mean = torch.zeros(layer.num_features, device=layer.weight.device)
            layer.running_var = torch.ones(layer.num_features, device=layer.weight.device)
            layer.num_batches_tracked = torch.zeros((), dtype=torch.int64, device=layer.weight.device)


def measure_statistics(network: nn.Module, latents: Iterable[Tensor]) -> None:
    """Measure the standing statistics: the mean over batches of latents (N, Z), forward passes in float32.

    They are a pure function of the weights and the latents. Source: Brock 2019, "Large Scale GAN Training for High
    Fidelity Natural Image Synthesis", section 4.1.
    """
    layers = [layer for layer in network.modules() if isinstance(layer, _BatchStatistics)]
    if not layers:
        return
    for layer in layers:
        layer.reset_running_stats()
    network.train()
    with torch.no_grad():
        for z in latents:
            network(z)
    network.eval()
