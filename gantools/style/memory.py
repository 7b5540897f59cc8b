"""How much memory there is, and how large a tile fits into it. No torch."""

import math
import os

from gantools.config.style import StyleConfig

BYTES_PER_PIXEL = {"embedded": 1500, "squeezenet": 1500}
"""The peak of one evaluation, measured at 768 px (1,190 and 1,270), and a fifth more. The others take VGG-19's."""

BYTES_OF_VGG = 2600
SHARE = 0.5
"""Of the memory that is free, for one evaluation; the rest is for the pictures, the optimiser and others."""

SMALLEST_PX, MULTIPLE_PX = 256, 64
CGROUP = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current")


def tile_for(config: StyleConfig) -> int | None:
    """Return the side of the tiles that fit into memory, in pixels; None: a square picture fits as it is."""
    cost = BYTES_PER_PIXEL.get(config.features, BYTES_OF_VGG)
    side = math.isqrt(int(SHARE * free_bytes() / cost))
    return None if side >= config.size else max(SMALLEST_PX, side // MULTIPLE_PX * MULTIPLE_PX)


def free_bytes() -> int:
    """Return how much memory the process may still take: the machine's, or that of its control group."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
        limit, taken = (open(path, encoding="ascii").read().strip() for path in CGROUP)  # noqa: SIM115
        free = min(free, int(limit) - int(taken))
    except (OSError, ValueError, StopIteration):
        pass
    return max(0, free)
