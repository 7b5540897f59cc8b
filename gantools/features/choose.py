"""From the name of an extractor to the extractor."""

from pathlib import Path

from gantools.errors import unknown_name
from gantools.features.base import Extractor

EMBEDDED = "embedded"
NETWORKS = ("squeezenet", "vgg16", "vgg19", "inception")
CHOICES = ("auto", EMBEDDED, *NETWORKS)


def extractor_for(name: str, weights: Path | None, cache: Path) -> Extractor:
    """Return the extractor of a name, with its weights.

    Args:
        name: one of ``CHOICES``. ``auto`` is the network that ``weights`` is of, and without a file the embedded one:
            a choice that depended on what is cached would change a nightly figure without a word.
        weights: a file; None: torchvision's own.
        cache: the folder that keeps what torchvision downloads.

    Raises:
        UsageError: no such extractor.
        InputError: the file does not fit.
        ResourceError: the download failed.
    """
    if name == EMBEDDED or (name == "auto" and weights is None):
        from gantools.features.embedded import Embedded

        return Embedded()
    if name not in CHOICES:
        raise unknown_name("--features", name, CHOICES)
    from gantools.features.weights import name_of, network_from

    if name == "auto":
        assert weights is not None, "auto without a file is the embedded extractor"
        name = name_of(weights)
    return network_from(name, weights, cache)
