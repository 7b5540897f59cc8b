"""What both networks know of class labels: an embedding beside the latent, and a projection beside the logit."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from gantools.config.run import NetworkConfig
from gantools.draws import class_edges
from gantools.nets.layers import Spectral


class Given(nn.Module):
    """What a generator begins from: the latent, and with labels an embedding of the class joined to it.

    The class is drawn with the picture: the last number of ``z`` falls to one (``draws.class_edges``). The embedding
    is as long as the latent. Source: Mirza 2014, "Conditional Generative Adversarial Nets", in the form of Karras 2020
    (stylegan2-ada), where both are equally long. Departure: it begins far smaller than the latent, N(0, 0.03^2). As
    large, each class of MNIST became one picture (twins 0.08 after 400 rounds, 1.04 without labels); a tenth as large,
    MNIST was varied (0.97), drawn stickers not yet after 200 rounds (0.24); so, they were (1.25; 1.01 without labels).

    Attributes:
        width: how many numbers a network begins from.
        extra: how many more numbers a picture draws: 1 with labels, else 0.
    """

    spread = 0.03

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.latent_dim, self.extra = config.latent_dim, int(config.classes > 0)
        self.width = config.latent_dim * (1 + self.extra)
        self.counts: tuple[int, ...] = ()
        if config.classes:
            self.weight = nn.Parameter(torch.empty(config.classes, config.latent_dim))
            self.register_buffer("edges", torch.zeros(config.classes - 1), persistent=False)
            self.edges: Tensor

    def know(self, counts: list[int]) -> None:
        """Take the frequencies of the classes, (K,); without labels there are none."""
        if self.extra:
            self.counts = tuple(counts)
            self.edges = torch.from_numpy(class_edges(counts)).to(self.weight.device)

    def embedded(self, z: Tensor) -> Tensor:
        """Map what pictures draw, of which the last number is the class, to embeddings (N, latent_dim)."""
        return embedding(torch.bucketize(z[:, -1].contiguous(), self.edges), self.weight)

    def forward(self, z: Tensor) -> Tensor:
        """Map what pictures draw to (N, width)."""
        return torch.cat([z[:, : self.latent_dim], self.embedded(z)], dim=1) if self.extra else z


class Projection(nn.Module):
    """Add to a logit the inner product of the features and the embedding of the class.

    Source: Miyato 2018, "cGANs with Projection Discriminator", equation 3.

    Args:
        classes, features: the sizes of the embedding.
        is_equalised: the weight begins N(0, 1) and is scaled when it is used, as all others of such a family.
    """

    def __init__(self, classes: int, features: int, *, is_equalised: bool = False) -> None:
        super().__init__()
        self.weight: Tensor = nn.Parameter(torch.empty(classes, features))
        unit = 1 / math.sqrt(features)
        self.spread, self.scale = (1.0, unit) if is_equalised else (unit, 1.0)

    def table(self) -> Tensor:
        """Return the embeddings (K, F) as they are used."""
        return self.weight * self.scale

    def forward(self, logits: Tensor, features: Tensor, labels: Tensor) -> Tensor:
        """Map logits (N,), features (N, F) and labels (N,), int64, to logits (N,)."""
        return logits + (features.float() * embedding(labels, self.table())).sum(1)


class SpectralProjection(Spectral, Projection):
    """A projection whose embedding, as a matrix of one row a class, has the largest singular value 1."""

    def __init__(self, classes: int, features: int) -> None:
        super().__init__(classes, features)
        self.register_buffer("vector", torch.empty(classes))

    def table(self) -> Tensor:
        """Return the embeddings (K, F) as they are used."""
        return self.normalised()


def projection(config: NetworkConfig, features: int, *, is_equalised: bool = False) -> Projection | None:
    """Return the projection of a discriminator whose last layer reads ``features`` numbers; None without labels."""
    if not config.classes:
        return None
    if config.critic_norm == "spectral":
        return SpectralProjection(config.classes, features)
    return Projection(config.classes, features, is_equalised=is_equalised)
