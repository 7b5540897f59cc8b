"""From the name of an extractor to the extractor."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gantools.errors import InputError, unknown_name
from gantools.features.base import Extractor, Label
from gantools.features.names import EMBEDDED, STYLING

if TYPE_CHECKING:
    import torch

    from gantools.features.layered import Layered


def extractor_for(name: str, weights: Path | None, cache: Path) -> Extractor:
    """Return the extractor of a name, with its weights.

    Args:
        name: ``auto``, ``embedded`` or one of torchvision's. ``auto`` is the network that ``weights`` is of, and
            without a file the embedded one: a choice that depended on what is cached would change a nightly figure
            without a word.
        weights: a file; None: torchvision's own.
        cache: the folder that keeps what torchvision downloads.

    Raises:
        InputError: the file does not fit.
        ResourceError: the download failed.
    """
    if name == EMBEDDED or (name == "auto" and weights is None):
        from gantools.features.embedded import Embedded

        return Embedded()
    from gantools.features.weights import name_of, network_from

    if name == "auto":
        assert weights is not None, "auto without a file is the embedded extractor"
        name = name_of(weights)
    return network_from(name, weights, cache)


def layers_for(
    name: str,
    weights: Path | None,
    cache: Path,
    pooling: Literal["max", "average"],
    device: "torch.device",
    *,
    writes: bool = True,
) -> "Callable[[list[torch.Tensor]], Layered]":
    """Return what makes features for styling: given the styles, which the embedded ones are made of.

    Args:
        name: ``embedded``, one of torchvision's plain stacks, ``auto`` with a file of weights, or else a checkpoint.
        weights: a file; None: torchvision's own.
        cache: the folder that keeps what torchvision downloads.
        pooling: of a network.
        device: where they compute.
        writes: False in a rehearsal, which keeps no copy of weights.

    Raises:
        UsageError: no such features.
        InputError: the file or the checkpoint does not fit.
        ResourceError: the download failed.
    """
    if name == EMBEDDED:
        from gantools.features.octaves import Octaves

        return Octaves
    features = _stack_of(name, weights, cache, pooling, writes) if name in STYLING else _windows_of(Path(name))
    features.to(device)
    return lambda styles: features


def _stack_of(
    name: str, weights: Path | None, cache: Path, pooling: Literal["max", "average"], writes: bool
) -> "Layered":
    """Return one of torchvision's plain stacks as features for styling."""
    from gantools.features.networks import CHOICES as STACKS
    from gantools.features.networks import NetworkLayers
    from gantools.features.torchvision_nets import ARCHITECTURES
    from gantools.features.weights import module_from, name_of

    if name == "auto":
        assert weights is not None, "auto without a file was settled before"
        name = name_of(weights)
    if name not in STACKS:  # what the file is of
        raise unknown_name("--features", name, (EMBEDDED, *STACKS))
    network, digest = module_from(name, weights, cache, writes=writes)
    stack: Any = network.get_submodule("features")
    numbers = {layer: int(path.rpartition(".")[2]) for layer, path in ARCHITECTURES[name].layers.items()}
    return NetworkLayers(Label(name, digest), stack, numbers, pooling)


def _windows_of(path: Path) -> "Layered":
    """Return the discriminator of a checkpoint as features for styling."""
    from gantools.features.critic import Critic
    from gantools.features.windows import Windows

    critic = Critic(path)
    try:
        return Windows(critic, *critic.shape)
    except ValueError as error:
        raise InputError(f"--features {path}: {error}", hint="--features embedded") from error
