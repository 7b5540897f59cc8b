"""One picture that could be made, and what every kind of source can do with it: look at it, load it."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import BinaryIO, NamedTuple, Protocol, runtime_checkable

from PIL import Image

from gantools.data.recipe import Recipe
from gantools.pictures.fractions import Box
from gantools.pictures.open import Look

RAW_SUFFIXES = frozenset({".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".raf", ".rw2"})


class Natural(NamedTuple):
    """What a picture is before it is made: upright size in pixels, and whether it is grey."""

    height: int
    width: int
    gray: bool


@dataclass(frozen=True)
class Loaded:
    """A picture in memory: mode L, RGB or RGBA; the digest of what it was made of; what had to be assumed.

    ``seen`` is what its source is: a JPEG may have been decoded smaller. None for a drawn one. ``extent`` is where in
    ``image`` the picture lies; None for all of it.
    """

    image: Image.Image
    digest: str
    notes: tuple[str, ...] = ()
    factors: dict[str, str | float] | None = None
    label: str | None = None
    seen: Look | None = None
    extent: Box | None = None


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
    """Digest what a picture is made of, 64 hexadecimal digits: of a file, what ``sha256sum`` prints.

    SHA-256 and not BLAKE2b because processors compute it: half the time for a photograph.
    """
    return sha256(data).hexdigest()


@runtime_checkable
class FileBytes(Protocol):
    """An origin whose pictures are files, in a folder or elsewhere: what else can be made of their bytes."""

    def header(self, entry: "Entry") -> str | BinaryIO:
        """Return where the file can be read; called in the order of the entries; raises Unreadable."""

    def contents(self, entry: "Entry") -> Callable[[], bytes]:
        """Return what gives the file's bytes, in any thread, or raises Unreadable; called as ``loader`` is."""


class Refusal:
    """Stands for something that gives no picture, and says why.

    Args:
        reason: one short clause.
        kind: ``LeftOut`` where it is no fault.
    """

    def __init__(self, reason: str, kind: type[Unreadable] = Unreadable) -> None:
        self._reason, self._kind = reason, kind

    def look(self, entry: "Entry") -> Natural:
        """Raise the reason."""
        raise self._kind(self._reason)

    def loader(self, entry: "Entry") -> Callable[[Recipe], Loaded]:
        """Return what raises the reason."""
        return self._refuse

    def _refuse(self, recipe: Recipe) -> Loaded:
        raise self._kind(self._reason)


@dataclass(slots=True)
class Entry:
    """One picture that could be made.

    Args:
        source: its name: the path as typed, with ``#number`` for one of many in a file.
        named: what its file will be called; None: as its source, without the ending.
        label: fit to be a folder's name; None without.
        size_bytes: of the file it is in; None for a drawn one. With ``mtime_ns`` it tells a changed file.
        mtime_ns: of that file.
        origin: what can load it.
        number: which one, where the origin has many.
        group: entries of one group stand in line together when there is a limit.
        part: of one of several that are made of one picture's file, what ``source`` has behind that file's ``#``.
        member: of one in an archive or in a published set, what tells a change of it; None for others.
    """

    source: str
    named: str | None
    label: str | None
    size_bytes: int | None
    mtime_ns: int | None
    origin: Origin
    number: int = 0
    group: str = ""
    part: str | None = None
    member: str | None = None

    @property
    def stem(self) -> str:
        """What its file will be called."""
        return os.path.splitext(os.path.basename(self.source))[0] if self.named is None else self.named

    @property
    def base(self) -> str:
        """The source that this one is a part of; itself when it is no part."""
        return whole_of(self.source, self.part)

    @property
    def held_bytes(self) -> int:
        """What is in memory before a thread takes it up: members of archives are read in their order."""
        size = (self.member or "").partition(" ")[0]
        return int(size) if size.isdecimal() else 0

    def piece(self, name: str, stem: str, origin: Origin, number: int) -> "Entry":
        """Return the entry of one of several pictures that are made of this one."""
        part = name if self.part is None else f"{self.part}#{name}"
        return replace(self, source=f"{self.source}#{name}", named=stem, origin=origin, number=number, part=part)


def whole_of(source: str, part: str | None) -> str:
    """Return the source of which ``source`` is a part.

    Example:
        >>> whole_of("a.gif#frame3", "frame3"), whole_of("a.gif", None)
        ('a.gif', 'a.gif')
    """
    return source if part is None else source.removesuffix(f"#{part}")
