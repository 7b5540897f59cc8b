"""Where and how numbers are computed: device, threads, precision, memory format, allocator. Decided once a process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from gantools.allocator import keep_freed_memory
from gantools.errors import ResourceError, UsageError


@dataclass(frozen=True)
class Machine:
    """The device that computes, its number of CPU threads, and the precision of the networks' arithmetic."""

    device: torch.device
    threads: int
    precision: str

    @contextmanager
    def autocast(self) -> Iterator[None]:
        """Compute in the chosen precision inside the block. One block a turn: its cached weights outlive a step."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16"):
            yield

    def describe(self) -> dict[str, str | int]:
        """Return what a checkpoint stores of the machine: it may change bits, never what a turn means."""
        return {"device": self.device.type, "threads": self.threads, "torch": torch.__version__.split("+")[0]}

    def peak_device_bytes(self) -> int | None:
        """Return the most memory that tensors took on the GPU so far; None without one."""
        return torch.cuda.max_memory_allocated(self.device) if self.device.type == "cuda" else None

    def free_device_bytes(self) -> int | None:
        """Return how much memory of the GPU is free; None without one."""
        return torch.cuda.mem_get_info(self.device)[0] if self.device.type == "cuda" else None


def settle(device: str, threads: int | None, precision: str) -> Machine:
    """Choose the device, set the process's thread count and the C library's allocator.

    Args:
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``. ``auto`` takes the first GPU when there is one.
        threads: CPU threads; None: as many as the process may use cores.
        precision: ``fp32``, ``bf16`` or ``auto``: bf16 where the device computes it natively.

    Raises:
        UsageError: no such device name.
        ResourceError: the device is not there.
    """
    chosen = _device(device)
    count = threads or len(os.sched_getaffinity(0))
    torch.set_num_threads(count)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.allow_tf32 = False  # fp32 means fp32: torch would compute convolutions in TF32
    keep_freed_memory()
    if precision == "auto":
        precision = "bf16" if _is_bf16_native(chosen) else "fp32"
    return Machine(chosen, count, precision)


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, index = name.partition(":")
    if kind not in ("cpu", "cuda") or (index and not index.isdecimal()) or (kind == "cpu" and index):
        raise UsageError(f"--device: found '{name}', expected auto, cpu, cuda or cuda:N", hint="--device auto")
    if kind == "cuda" and int(index or 0) >= torch.cuda.device_count():
        if not torch.cuda.device_count():
            raise ResourceError(f"--device {name}: found no GPU, expected one", hint="--device cpu")
        last = f"cuda:{torch.cuda.device_count() - 1}"
        raise ResourceError(f"--device {name}: found GPUs up to {last}, expected this one", hint="--device cuda")
    return torch.device(name)


def _is_bf16_native(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    with open("/proc/cpuinfo") as lines:
        flags = next((line for line in lines if line.startswith("flags")), "").split()
    return "avx512_bf16" in flags or "amx_bf16" in flags
