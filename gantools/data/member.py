"""What is in an archive: its members that could be pictures, and what was passed over. Nothing of it is unpacked."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from gantools.data.cifar import packed_kind, pickled_kind
from gantools.data.entry import Unreadable
from gantools.data.kinds import is_clutter, is_picture, suffixes

MAX_MEMBERS = 2_000_000  # about 1 GB of names in memory. Guess: ImageNet has 1.4 million
MAX_NAME_BYTES = 1 << 20  # of a member's name and other extras, which are read whole
FREE_BYTES = 1 << 30
MOST_TIMES = 100  # beyond FREE_BYTES an archive may hold that many times its own size. Guess: pictures hardly shrink
TWICE = "replaced by a later one of the same name"


@dataclass(slots=True)
class Member:
    """One file in an archive.

    Args:
        name: as it stands there; it may be anything.
        size: bytes, as declared; more are never read.
        stamp: tells a changed member: its size with a time or a checksum.
        place: where its data begin (tar) or its header does (zip).
        packed: bytes it takes up in a zip archive.
        method: how it is packed there.
        checksum: CRC-32 of the data; None where the format has none.
    """

    name: str
    size: int
    stamp: str
    place: int
    packed: int = 0
    method: int = 0
    checksum: int | None = None

    def parts(self) -> list[str]:
        """Return the name's components; those that lead upwards or nowhere are left out."""
        return _parts(self.name)


@dataclass
class Listing:
    """What an archive holds: the members that could be pictures by name, how many others of which kind, the damage.

    Args:
        formats: in which pictures may be.
    """

    formats: tuple[str, ...]
    members: dict[str, Member] = field(default_factory=dict)
    passed_over: Counter[str] = field(default_factory=Counter)
    damage: str | None = None
    seen: int = 0

    def add(self, member: Member, head: Callable[[], bytes]) -> None:
        """Add a regular file. Of two with one name the later counts, as it would after unpacking.

        Args:
            member: the file.
            head: reads its first bytes; called when its name says nothing.
        """
        kind = _kind(member.name, head, self.formats)
        if kind is not None:
            self.passed_over[kind] += 1
            return
        if self.members.pop(member.name, None) is not None:
            self.passed_over[TWICE] += 1
        self.members[member.name] = member

    def count(self) -> None:
        """Count one more member of any kind.

        Raises:
            Bomb: there are too many.
        """
        self.seen += 1
        if self.seen > MAX_MEMBERS:
            raise Bomb(f"more than {MAX_MEMBERS} members")


class Bomb(Exception):
    """An archive that holds more than one of its size can hold of pictures; its text says what."""


class Damaged(Unreadable):
    """An archive that cannot be read from here on."""


def most_bytes(packed_bytes: int) -> int:
    """Return how much an archive of ``packed_bytes`` may hold before it is refused."""
    return FREE_BYTES + MOST_TIMES * packed_bytes


def check_total(total: int, packed_bytes: int) -> None:
    """Require that the members of an archive are together of a sane size.

    Raises:
        Bomb: they are not.
    """
    if total > most_bytes(packed_bytes):
        raise Bomb(f"more than {most_bytes(packed_bytes)} bytes packed into {packed_bytes}")


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".", "..")]


def _kind(name: str, head: Callable[[], bytes], formats: tuple[str, ...]) -> str | None:
    """Return what a member is that is no picture; None for one that could be."""
    parts = _parts(name)
    clutter = next((part for part in parts if is_clutter(part)), None)
    if clutter is not None or not parts:
        return clutter or "file without a name"
    name, suffix = parts[-1], os.path.splitext(parts[-1])[1].lower()
    if suffix in suffixes(formats) or is_picture(start := head(), formats):
        return None
    return pickled_kind(name, start) or packed_kind(parts) or suffix or name
