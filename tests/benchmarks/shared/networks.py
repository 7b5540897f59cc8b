"""Networks whose weights are drawn: time and rounding depend on them as on trained ones."""

import torch
from torch import nn

from gantools.features.torchvision_nets import build


def random_vgg19() -> nn.Module:
    """Return VGG-19 without its classifier; always the same weights, so wide that no layer fades or grows (He 2015)."""
    torch.manual_seed(0)
    network = build("vgg19")
    for name, value in network.state_dict().items():
        spread = (2 / value[0].numel()) ** 0.5 if value.dim() > 1 else 0.0
        network.load_state_dict({name: torch.randn(value.shape) * spread}, assign=True, strict=False)
    return network
