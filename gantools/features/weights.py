"""Weights for torchvision's networks: from a file that is named, or by torchvision's own download. Checked.

Of VGG's 548 MB 468 are its classifier: a copy without it is kept, in float32, so that pictures and digests are those of
the whole file to the bit; halves of it would not be.
"""

import contextlib
import pickle
import shlex
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from safetensors.torch import save as save_safetensors
from torch import Tensor, nn

from gantools.errors import Again, GantoolsError, InputError, ResourceError
from gantools.features.names import trimmed_weights
from gantools.features.torchvision_nets import ARCHITECTURES, TorchvisionNet, build
from gantools.files.atomic import write_bytes

DIGEST_BYTES = 6
MOST_BYTES = 1 << 30
"""The largest file that is read: VGG-19 has 548 MB."""

Weights = dict[str, Tensor]


def network_from(name: str, file: Path | None, cache: Path) -> TorchvisionNet:
    """Return one of torchvision's networks as an extractor; arguments and errors are those of ``module_from``."""
    network, digest = module_from(name, file, cache)
    return TorchvisionNet(name, network, digest)


def module_from(name: str, file: Path | None, cache: Path, *, writes: bool = True) -> tuple[nn.Module, str]:
    """Return one of torchvision's networks with its weights, and their digest.

    Args:
        name: a key of ``ARCHITECTURES``.
        file: a safetensors or .pth file with torchvision's names, of a VGG also with other widths; None: what
            torchvision downloads.
        cache: the folder that keeps downloads.
        writes: False in a rehearsal, which keeps no copy.

    Raises:
        InputError: the file cannot be read, or has other tensors than the network.
        ResourceError: the download failed.
    """
    kept = trimmed_weights(name, cache) if file is None else None
    if kept is not None:
        return _from_kept(name, kept)
    whole = read(file) if file is not None else _downloaded(name, cache)
    network, weights = _filled(name, whole, f"torchvision's {name}" if file is None else str(file))
    digest = digest_of(weights)
    if file is None and writes:
        _keep_trimmed(name, cache, whole, weights, digest)
    return network, digest


def _from_kept(name: str, kept: Path) -> tuple[nn.Module, str]:
    """Do as ``module_from`` with the copy that is kept. Nothing mends a damaged one: the hint removes it."""
    try:
        network, weights = _filled(name, read(kept), str(kept))
        digest = digest_of(weights)
        if not kept.stem.endswith(f"-{digest}"):
            raise InputError(f"{kept}: found weights of digest {digest}, expected the one in its name: it is damaged")
    except InputError as error:
        error.hint = shlex.join(["rm", str(kept)])
        raise
    return network, digest


def _filled(name: str, whole: Weights, source: str) -> tuple[nn.Module, Weights]:
    """Return a network with its weights in it, and those weights, in float32 and without the classifier's."""
    network = _built(name, whole)
    heads = tuple(f"{head}." for head in ARCHITECTURES[name].heads)
    weights = {key: value.float() for key, value in whole.items() if not key.startswith(heads)}
    _require_fit(name, network.state_dict(), weights, source)
    network.load_state_dict(weights, assign=True, strict=False)  # the counters of batch norm may be missing
    return network, weights


def name_of(file: Path) -> str:
    """Tell from the names and shapes in a file of weights which network they are of.

    Raises:
        InputError: of none, or it cannot be read.
    """
    weights = read(file)
    for name in ARCHITECTURES:
        state = _needed(_built(name, weights).state_dict())
        if all(key in weights and weights[key].shape == value.shape for key, value in state.items()):
            return name
    raise InputError(
        f"{file}: found {len(weights)} tensors of no known network, expected the weights of {', '.join(ARCHITECTURES)}",
        hint=Again(drop=("--weights",)),
    )


def read(file: Path) -> Weights:
    """Read the tensors of a safetensors or .pth file. Of a .pth only tensors are unpickled, no code.

    Raises:
        InputError: absent, too large, or neither.
    """
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InputError(f"{file}: found {file.stat().st_size:,} bytes, expected weights of at most {MOST_BYTES:,}")
        found: Any = _unpickled(file) if file.suffix in (".pth", ".pt") else load_safetensors(file.read_bytes())
    except (OSError, SafetensorError, pickle.UnpicklingError, RuntimeError, ValueError, EOFError, KeyError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0][:80]
        message = f"{file}: cannot be read ({reason}), expected weights as safetensors or .pth"
        raise InputError(message, hint=Again(drop=("--weights",))) from error
    if not isinstance(found, dict) or not all(isinstance(value, Tensor) for value in found.values()):
        raise InputError(f"{file}: found something else, expected tensors by name", hint=Again(drop=("--weights",)))
    return found


def digest_of(weights: Weights) -> str:
    """Digest tensors by name, 12 hexadecimal digits."""
    digest = blake2b(digest_size=DIGEST_BYTES)
    for name in sorted(weights):
        digest.update(f"{name} {list(weights[name].shape)}".encode())
        digest.update(weights[name].contiguous().numpy().tobytes())
    return digest.hexdigest()


def _unpickled(file: Path) -> Any:
    return torch.load(file, map_location="cpu", weights_only=True)


def _downloaded(name: str, cache: Path) -> Weights:
    """Let torchvision find its weights in the cache, or download them into it; it checks their hash."""
    from gantools.vision import import_torchvision

    kind, _, member = ARCHITECTURES[name].weights.partition(".")
    entry = getattr(import_torchvision().models, kind)[member]
    try:
        found: Weights = entry.get_state_dict(progress=False, check_hash=True, model_dir=str(cache / "weights"))
    except (OSError, RuntimeError) as error:
        reason = str(getattr(error, "reason", None) or error).splitlines()[0][:80]
        message = f"--features {name}: its weights cannot be downloaded ({reason}), expected a network or --weights"
        raise ResourceError(message, hint="--features embedded") from error
    return found


def _keep_trimmed(name: str, cache: Path, whole: Weights, weights: Weights, digest: str) -> None:
    """Keep a copy without the classifier where that is most of the file; its name has the digest."""
    if 2 * _bytes_of(weights) > _bytes_of(whole):
        return
    file = cache / "weights" / f"{name}-features-{digest}.safetensors"
    with contextlib.suppress(GantoolsError):  # a cache that cannot be written still serves its whole file
        write_bytes(file, save_safetensors(weights))


def _bytes_of(weights: Weights) -> int:
    return sum(value.numel() * value.element_size() for value in weights.values())


def _built(name: str, weights: Weights) -> nn.Module:
    """Build a network; a VGG with the channels that its weights have, as far as they follow from each other."""
    network = build(name)
    if not name.startswith("vgg"):
        return network
    stack: Any = network.get_submodule("features")
    inside = 3
    for number, module in enumerate(stack):
        if isinstance(module, nn.Conv2d):
            found = weights.get(f"features.{number}.weight")
            if found is None or found.shape[1:] != (inside, *module.kernel_size):
                break  # what does not fit is told by its name
            inside = found.shape[0]
            with torch.device("meta"):
                stack[number] = nn.Conv2d(found.shape[1], inside, 3, padding=1)
    return network


def _needed(state: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}


def _require_fit(name: str, state: dict[str, Any], weights: Weights, source: str) -> None:
    needed, given = _needed(state), _needed(weights)
    missing = [key for key in needed if key not in given]
    odd = [key for key in needed if key in given and given[key].shape != needed[key].shape]
    unknown = [key for key in given if key not in needed]
    for keys, what in ((missing, "without"), (odd, "with another shape of"), (unknown, "with an unknown")):
        if keys:
            more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
            message = f"{source}: found weights {what} {keys[0]}{more}, expected those of {name}"
            raise InputError(message, hint=Again(drop=("--weights", "--features")))
