"""One picture that could be made, and what every kind of source can do with it: look at it, load it."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple, Protocol

from PIL import Image

from gantools.data.recipe import Recipe

RAW_SUFFIXES = frozenset({".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".raf", ".rw2"})


class Natural(NamedTuple):
    """What a picture is before it is made: upright size in pixels, and whether it is grey."""

    height: int
    width: int
    gray: bool


@dataclass(frozen=True)
class Loaded:
    """A picture in memory: mode L, RGB or RGBA; the digest of what it was made of; what had to be assumed."""

    image: Image.Image
    digest: str
    notes: tuple[str, ...] = ()
    factors: dict[str, str | float] | None = None
    label: str | None = None


class Unreadable(Exception):
    """One picture that cannot be used; its text is the reason. ``digest`` of the bytes, when they could be read."""

    def __init__(self, reason: str, digest: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.digest = reason, digest


class LeftOut(Unreadable):
    """One picture that the options leave out, which is no fault of it."""


class Origin(Protocol):
    """A file, an IDX file or a drawn set: what can look at and load its entries."""

    def look(self, entry: "Entry") -> Natural:
        """Return what the picture is; raises Unreadable."""

    def loader(self, entry: "Entry") -> Callable[[Recipe], Loaded]:
        """Return what loads the picture, in any thread; called in the order of the entries, in one thread."""


def digest_of(data: bytes) -> str:
    """Digest what a picture is made of, 64 hexadecimal digits."""
    return blake2b(data, digest_size=32).hexdigest()


@dataclass(slots=True)
class Entry:
    """One picture that could be made.

    Args:
        source: its name: the path as typed, with ``#number`` for one of many in a file.
        stem: what its file will be called.
        label: fit to be a folder's name; None without.
        size_bytes: of the file it is in; None for a drawn one. With ``mtime_ns`` it tells a changed file.
        mtime_ns: of that file.
        origin: what can load it.
        number: which one, where the origin has many.
        group: entries of one group stand in line together when there is a limit.
        member: of one in an archive, what tells whether it has changed when the archive has; None for others.
    """

    source: str
    stem: str
    label: str | None
    size_bytes: int | None
    mtime_ns: int | None
    origin: Origin
    number: int = 0
    group: str = ""
    member: str | None = None
