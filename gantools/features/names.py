"""What extractors are called, and under which names their weights are kept. The standard library alone."""

from pathlib import Path

EMBEDDED, LABELS = "embedded", "labels"
NETWORKS = ("squeezenet", "vgg16", "vgg19", "inception")
STYLING = ("auto", EMBEDDED, "squeezenet", "vgg16", "vgg19")
CHOICES = ("auto", EMBEDDED, *NETWORKS, LABELS)

OCTAVES_EDITION = 3
"""Of the embedded features for styling, part of their digest: to be raised by whatever changes an activation."""

FILES = {"squeezenet": "squeezenet1_0", "inception": "inception_v3_google"}
"""How torchvision's files begin, where not like the name."""


def trimmed_weights(name: str, cache: Path) -> Path | None:
    """Return the copy without a classifier that is kept of a network's weights; None: there is none."""
    return next(iter(sorted(cache.glob(f"weights/{name}-features-*.safetensors"))), None)


def has_weights(name: str, cache: Path) -> bool:
    """Say whether a network's weights are kept, so that nothing has to be downloaded."""
    downloaded = cache.glob(f"weights/{FILES.get(name, name)}-*.pth")
    return trimmed_weights(name, cache) is not None or any(downloaded)
