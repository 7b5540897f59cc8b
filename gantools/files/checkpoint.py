"""A run in one file and out of it. The format is safetensors; ``document`` is its metadata; no pickle anywhere."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as load_bytes
from safetensors.torch import save as save_bytes
from torch import Tensor

from gantools.config.catalog import FAMILIES
from gantools.config.run import RunConfig
from gantools.device import Machine
from gantools.errors import Again, InputError, UnhealthyError
from gantools.files.atomic import write_bytes
from gantools.files.document import STDIN, DataNote, Document, Lineage, hint_of_damage, parse_document, read_document
from gantools.files.header import Header, content_digest, parse_header
from gantools.files.schema import DTYPES, require_schema
from gantools.nets.base import Discriminator, Generator
from gantools.nets.layers import hold_statistics
from gantools.training.average import stand
from gantools.training.engine import require_health
from gantools.training.state import TrainState

DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}


@dataclass(frozen=True)
class Packed:
    """A checkpoint ready to be written: its bytes and what it says."""

    data: bytes
    document: Document


def pack(state: TrainState, data: DataNote, lineage: Lineage, kept: dict[str, Any] | None = None) -> Packed:
    """Serialise a run, after measuring standing statistics where they are due.

    Args:
        kept: the figure by which it is kept as the best one; None for an ordinary checkpoint.

    Raises:
        UnhealthyError: a tensor holds a value that is not finite, or ten turns in a row were not; nothing should be
            written then.
    """
    require_health(state)
    state.settle()
    if not state.is_finite():
        raise UnhealthyError("training diverged: a weight is not finite, expected finite weights in a checkpoint")
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.tensors()}
    document = Document(state.config, state.register, data, lineage, state.machine.describe(), kept=kept)
    digest = content_digest(
        ((name, DTYPE_NAMES[t.dtype], tuple(t.shape), t.numpy().reshape(-1)) for name, t in tensors.items()),
        document.content(),
    )
    document = replace(document, digest=digest)
    return Packed(save_bytes(tensors, metadata=document.to_metadata()), document)


def write(path: Path, packed: Packed, *, keeps_previous: bool = True) -> None:
    """Write a checkpoint in one step; the one it replaces becomes ``<name>.prev``, or that stays as it is."""
    write_bytes(path, packed.data, previous=path.with_name(path.name + ".prev") if keeps_previous else None)


def load(source: Path | bytes, machine: Machine, config: RunConfig | None = None) -> tuple[TrainState, Document]:
    """Read a whole run and check its content digest.

    Args:
        source: the file, or its bytes (from standard input).
        config: a configuration that replaces the stored one (same networks), for a run resumed with changes.

    Raises:
        InputError: absent, foreign, damaged, or its tensors are not those that its configuration describes.
    """
    name = str(source) if isinstance(source, Path) else STDIN
    data = _read(source) if isinstance(source, Path) else source
    header = parse_header(data, len(data), name)
    document = parse_document(header, name)
    found = content_digest(
        ((key, e.dtype, e.shape, memoryview(data)[e.start : e.end]) for key, e in header.tensors.items()),
        document.content(),
    )
    if found != document.digest:
        message = f"{name}: found content digest {found[:12]}, expected {document.digest[:12]}: the file is damaged"
        raise InputError(message, hint=None if name == STDIN else hint_of_damage(Path(name)))
    tensors = _decode(data, name)
    return TrainState.load(config or document.config, document.register, tensors, machine, name), document


def load_average(source: Path | bytes, weights: str = "average") -> tuple[Generator, Document]:
    """Read the network to sample from, on the CPU in float32, in evaluation mode.

    Args:
        source: the file, or its bytes. Of a file only the tensors of one network are read.
        weights: ``average``, or ``live`` for the generator as it is, with its own standing statistics.

    Raises:
        InputError: absent, foreign or damaged, or weights that are not finite.
    """
    network = "average" if weights == "average" else "generator"
    if isinstance(source, bytes):
        name, header = STDIN, parse_header(source, len(source), STDIN)
        document = parse_document(header, name)
        require_schema(header, document, name)
        tensors = _decode(source, name)
    else:
        name, (header, document) = str(source), read_document(source)
        tensors = dict(_read_network(source, header, document, network))
    own = {key.partition("/")[2]: t for key, t in tensors.items() if key.startswith(network + "/")}
    with torch.device("meta"):
        generator: Generator = FAMILIES[document.config.network.family].load().generator(document.config.network)
        if network == "average":
            hold_statistics(generator)
    _require_finite(own, name)
    generator.load_state_dict(own, assign=True)
    generator.to(memory_format=generator.memory_format)  # type: ignore[call-overload]
    generator.given.know(document.register.label_counts)
    generator.advance(document.register.images)
    if network == "generator":
        hold_statistics(generator)
        stand(generator, document.config.seed)
    return generator.requires_grad_(False).eval(), document


def load_critic(path: Path) -> tuple[Discriminator, Document]:
    """Read the discriminator, on the CPU in float32.

    Raises:
        InputError: absent, foreign or damaged, or weights that are not finite.
    """
    header, document = read_document(path)
    tensors = dict(_read_network(path, header, document, "discriminator"))
    own = {key.partition("/")[2]: t for key, t in tensors.items()}
    _require_finite(own, str(path))
    with torch.device("meta"):
        critic: Discriminator = FAMILIES[document.config.network.family].load().discriminator(document.config.network)
    critic.load_state_dict(own, assign=True)
    critic.to(memory_format=critic.memory_format)  # type: ignore[call-overload]
    critic.advance(document.register.images)
    return critic, document


def _read(path: Path) -> bytes:
    """Read a file whole: a memory map would die with the process if the file were cut meanwhile."""
    header, document = read_document(path)  # devices, pipes and foreign files are refused before anything is read,
    require_schema(header, document, str(path))  # and so is a file larger than its configuration describes
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}), expected a checkpoint") from error


def _decode(data: bytes, name: str) -> dict[str, Tensor]:
    try:
        return load_bytes(data)
    except SafetensorError as error:  # stricter than the header's reader in a few places: half a surrogate in a name
        raise InputError(f"{name}: found a damaged safetensors file ({error})") from error


def _read_network(path: Path, header: Header, document: Document, network: str) -> Iterator[tuple[str, Tensor]]:
    """Read the tensors of one network, of the sizes that the configuration describes and no other.

    Raises:
        InputError: damaged, or a running training replaced the file after its header was read: what the header said
            would be untrue of these tensors.
    """
    require_schema(header, document, str(path))
    try:
        with safe_open(path, framework="pt", backend="pread") as stored:
            for name in header.tensors:
                if name.startswith(network + "/"):
                    yield name, stored.get_tensor(name)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: found a damaged safetensors file ({error})") from error
    if read_document(path)[1].digest != document.digest:
        message = f"{path}: found another checkpoint than a moment ago, expected it to stay while it is read"
        raise InputError(message, hint=Again())


def _require_finite(tensors: dict[str, Tensor], name: str) -> None:
    bad = [key for key, tensor in tensors.items() if tensor.is_floating_point() and not torch.isfinite(tensor).all()]
    if bad:
        message = f"{name}: found values that are not finite in {len(bad)} tensors ({bad[0]}), expected finite weights"
        raise InputError(message, hint=None if name == STDIN else hint_of_damage(Path(name)))


def take_weights(state: TrainState, path: Path) -> tuple[Document, list[str], dict[str, str]]:
    """Copy the networks' weights of another run where name and shape agree; moments and counters stay at zero.

    Returns:
        What the file says of itself, the names of the tensors that were taken, and of those of ``state`` that were left
        as they begin, each with the reason.

    Raises:
        InputError: the file is unusable, its networks are of another family, or nothing in it fits.
    """
    header, document = read_document(path)
    stored_family, family = document.config.network.family, state.config.network.family
    if stored_family != family:
        message = f"--init {path}: found {stored_family} networks, expected {family}"
        raise InputError(message, hint=f"--arch {stored_family}")
    networks = ("generator", "discriminator", "average")
    stored = {key: t for network in networks for key, t in _read_network(path, header, document, network)}
    _require_finite(stored, str(path))
    own = {key: t for key, t in state.tensors() if key.partition("/")[0] in networks}
    fitting = {key: t for key, t in own.items() if key in stored and stored[key].shape == t.shape}
    if not any(tensor.dim() > 1 for tensor in fitting.values()):  # a bias alone carries nothing over
        raise InputError(f"--init {path}: found no tensor that fits this run, expected networks of the same shapes")
    with torch.no_grad():
        for key, tensor in fitting.items():
            tensor.copy_(stored[key])
    left = {
        key: f"{tuple(t.shape)}, there {tuple(stored[key].shape)}" if key in stored else f"{tuple(t.shape)}, not there"
        for key, t in own.items()
        if key not in fitting
    }
    return document, list(fitting), left
