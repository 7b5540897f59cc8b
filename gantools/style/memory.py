"""How much memory there is, and how large a tile fits into it. No torch."""

import contextlib
import math
import os
import resource
from collections.abc import Iterator
from pathlib import Path

from gantools.config.style import StyleConfig

BYTES_PER_PIXEL = {"embedded": 1500, "squeezenet": 1500}
"""The peak of one evaluation, measured at 768 px (1,190 and 1,270), and a fifth more; embedded ones have taken
less since their sums are taken by parts. The others take VGG-19's."""

BYTES_OF_VGG = 3300
"""Measured from 768 to 1,024 px (2,750), and a fifth more."""

BYTES_OF_PICTURE = 150
"""For each pixel of the result, whatever the tiles: pictures, the optimiser's, and what is wanted of the content."""

SHARE = 0.7
"""Of what then is left, for one evaluation."""

SMALLEST_PX, MULTIPLE_PX = 256, 64
HALO_PX = 192
"""How far around a tile is read: the embedded features' 192 pixels; networks have about as many."""

GROUPS, OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def tile_for(config: StyleConfig, free: int) -> int | None:
    """Return the side of the tiles that fit into memory, in pixels; None: a square picture fits as it is.

    Args:
        config: features and size.
        free: bytes that may be taken.
    """
    cost = BYTES_PER_PIXEL.get(config.features, BYTES_OF_VGG)
    room = max(0, free - BYTES_OF_PICTURE * config.size**2)
    side = math.isqrt(int(SHARE * room / cost))
    return None if side >= config.size else max(SMALLEST_PX, (side - 2 * HALO_PX) // MULTIPLE_PX * MULTIPLE_PX)


def free_bytes() -> int:
    """Return how much memory the process may still take: of the machine, its control groups, its own limit."""
    return max(0, min([_of_machine(), *_of_groups(), *_of_limit()]))


def _of_machine() -> int:
    with contextlib.suppress(OSError, StopIteration), open("/proc/meminfo", encoding="ascii") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _of_limit() -> Iterator[int]:
    """Yield what `ulimit -v` leaves."""
    soft = resource.getrlimit(resource.RLIMIT_AS)[0]
    if soft != resource.RLIM_INFINITY:
        with contextlib.suppress(OSError):
            yield soft - int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _of_groups() -> Iterator[int]:
    """Yield what each control group around the process leaves: a container's, a service's, of version 1 or 2."""
    with contextlib.suppress(OSError):
        for line in OWN_GROUPS.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers:
                yield from _left(GROUPS, path, "memory.max", "memory.current")
            elif "memory" in controllers.split(","):
                yield from _left(GROUPS / "memory", path, "memory.limit_in_bytes", "memory.usage_in_bytes")


def _left(root: Path, path: str, limit: str, taken: str) -> Iterator[int]:
    """Yield limit less use of a group and of those around it; pages of files that the kernel may drop are free."""
    place = root / path.lstrip("/")
    for folder in [place, *place.parents][: len(place.parts) - len(root.parts) + 1]:
        with contextlib.suppress(OSError, ValueError):  # no such group here, or no limit
            numbers = [int((folder / name).read_text()) for name in (limit, taken)]
            kept = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            yield numbers[0] - numbers[1] + int(kept.get("total_inactive_file") or kept.get("inactive_file") or 0)
