"""What the sources are before they are made: the size and the channels that suit them when neither was typed."""

from collections.abc import Iterable
from dataclasses import dataclass

from gantools.config.sizes import doublings, nearest_sides, pairs
from gantools.data.entry import Entry, Natural, Unreadable
from gantools.data.recipe import ChannelsName
from gantools.errors import UsageError

DEFAULT_SIDE_PX = 64
LARGEST_OWN_SIDE_PX = 64


@dataclass(frozen=True)
class Survey:
    """The size (height, width) and channels that suit some sources, and why, in a few words each."""

    size: tuple[int, int]
    size_reason: str
    channels: ChannelsName
    channels_reason: str


def survey(entries: Iterable[Entry]) -> Survey:
    """Look at pictures until size and channels are settled: for photos after two, for a grey set of one size at all.

    Those that cannot be read do not count; they are named when they are made.
    """
    first: Natural | None = None
    same = gray = True
    for entry in entries:
        try:
            natural = entry.origin.look(entry)
        except Unreadable:
            continue
        first = first or natural
        same = same and natural[:2] == first[:2] and max(natural[:2]) <= LARGEST_OWN_SIDE_PX
        gray = gray and natural.gray
        if not same and not gray:
            break
    own = first is not None and same and doublings(first.height, first.width) is not None
    size = (first.height, first.width) if first is not None and own else (DEFAULT_SIDE_PX, DEFAULT_SIDE_PX)
    return Survey(
        size,
        "the sources' own size" if own else "the default",
        "gray" if gray and first is not None else "rgb",
        "all sources are grey" if gray and first is not None else "not all sources are grey",
    )


def check_size(size: tuple[int, int]) -> None:
    """Require a size (height, width) that the families can be built for.

    Raises:
        UsageError: it is none; the nearest ones are named.
    """
    height, width = size
    if doublings(height, width) is not None:
        return
    found = f"{width}x{height}" if height != width else str(width)
    if height == width:
        near = [str(side) for side in nearest_sides(width)]
    else:
        near = ["{1}x{0}".format(*_nearest_pair(height, width))]
    message = f"--size: found {found}, expected sides of 3 to 8 times the same power of two, like {' or '.join(near)}"
    raise UsageError(message, hint=f"--size {near[0]}")


def _nearest_pair(height: int, width: int) -> tuple[int, int]:
    return min(pairs(), key=lambda pair: (abs(pair[0] - height) + abs(pair[1] - width), pair))
