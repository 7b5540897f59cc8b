"""Do a checkpoint's tensors fit its own configuration? Asked without reading one: all on torch's meta device."""

from collections.abc import Iterator

import torch
from torch import nn

from gantools.config.catalog import FAMILIES
from gantools.config.run import RunConfig
from gantools.files.document import Document
from gantools.files.header import Header
from gantools.nets.layers import hold_statistics
from gantools.training.state import MOMENTS, check_schema

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
Spec = tuple[tuple[int, ...], torch.dtype]


def require_schema(header: Header, document: Document, name: str) -> None:
    """Require the names, shapes and dtypes that the configuration describes.

    Raises:
        InputError: lists the first missing, unexpected and different tensors.
    """
    found = {
        key: torch.empty(entry.shape, dtype=DTYPES[entry.dtype], device="meta") for key, entry in header.tensors.items()
    }
    check_schema(dict(expected_tensors(document.config)), found, name)


def expected_tensors(config: RunConfig) -> Iterator[tuple[str, Spec]]:
    """Yield name, shape and dtype of every tensor of a run."""
    family = FAMILIES[config.network.family].load()
    with torch.device("meta"):
        networks: dict[str, nn.Module] = {
            "generator": family.generator(config.network),
            "discriminator": family.critic(config.network),
            "average": family.generator(config.network),
        }
        hold_statistics(networks["average"])
    for name, network in networks.items():
        for path, tensor in network.state_dict().items():
            yield f"{name}/{path}", (tuple(tensor.shape), tensor.dtype)
    for name in ("generator", "discriminator"):
        for path, parameter in networks[name].named_parameters():
            for moment in MOMENTS:
                shape = () if moment == "step" else tuple(parameter.shape)
                yield f"optimizer/{name}/{path}/{moment}", (shape, torch.float32)
