"""Archives of pictures, tar and zip: what is in one becomes entries, which are read without unpacking it to disk."""

import os
import shlex
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import BinaryIO, Protocol

from gantools.data.entry import Entry, Loaded, Natural, Refusal, Unreadable
from gantools.data.member import Bomb, Listing, Member
from gantools.data.names import safe_name
from gantools.data.pixels import check_kind, decoded, natural
from gantools.data.recipe import Recipe
from gantools.data.tars import PACKERS, TarReader, is_tar, list_tar
from gantools.data.zips import ZipReader, is_zip, list_zip
from gantools.errors import Again, InputError
from gantools.files.nearby import free_name, some_pictures

SEVEN_ZIP = b"7z\xbc\xaf"


class Reader(Protocol):
    """What reads the members of one kind of archive."""

    def read(self, member: Member) -> bytes:
        """Return a member's data; raises Unreadable."""

    def close(self) -> None:
        """Close the archive."""


class Archive:
    """One archive.

    Args:
        name: as typed; ``-`` for stdin.
        open_stream: opens it, seekable.
        size_bytes: of the file.
        mtime_ns: of the file; None where it has none.
    """

    def __init__(
        self, name: str, open_stream: Callable[[], BinaryIO], size_bytes: int | None, mtime_ns: int | None
    ) -> None:
        self.name, self.open_stream, self.size_bytes, self.mtime_ns = name, open_stream, size_bytes, mtime_ns

    @classmethod
    def at(cls, path: str) -> "Archive":
        """Return the archive ``path``, a file that exists."""
        status = os.stat(path)
        return cls(path, lambda: open(path, "rb"), status.st_size, status.st_mtime_ns)  # noqa: SIM115

    def listed(self, formats: tuple[str, ...]) -> Listing:
        """List what is in it.

        Args:
            formats: in which pictures may be.

        Raises:
            InputError: more than a sane archive holds.
        """
        with self.open_stream() as stream:
            size = self.size_bytes if self.size_bytes is not None else stream.seek(0, os.SEEK_END)
            try:
                listing = Listing(formats)
                return (list_zip if is_zip(stream) else list_tar)(stream, size, listing)
            except Bomb as error:
                raise InputError(f"{self.name}: found {error}, expected an archive of pictures") from error

    def reader(self) -> Reader:
        """Open it for reading members."""
        stream = self.open_stream()
        return ZipReader(stream) if is_zip(stream) else TarReader(stream)


class Shelf:
    """Keeps one archive open at a time, the one that was read last: a thousand of them are a thousand descriptors."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._archive: Archive | None = None
        self._reader: Reader | None = None

    def read(self, archive: Archive, member: Member) -> bytes:
        """Return a member's data.

        Raises:
            Unreadable: it cannot be read.
        """
        with self._lock:
            if archive is not self._archive:
                self._close()
                try:
                    self._reader, self._archive = archive.reader(), archive
                except OSError as error:
                    raise Unreadable(f"cannot be read: {(error.strerror or str(error)).lower()}") from error
            assert self._reader is not None
            return self._reader.read(member)

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = self._archive = None


class ArchiveOrigin:
    """The pictures in one archive.

    Args:
        archive: which.
        members: those that the entries number.
        shelf: what reads them.
        formats: in which they may be.
    """

    def __init__(self, archive: Archive, members: list[Member], shelf: Shelf, formats: tuple[str, ...]) -> None:
        self._archive, self._members, self._shelf, self._formats = archive, members, shelf, formats

    def look(self, entry: Entry) -> Natural:
        """Read the header."""
        return natural(BytesIO(self._data(entry)), self._formats)

    def loader(self, entry: Entry) -> Callable[[Recipe], Loaded]:
        """Read the member; the rest may happen in any thread.

        A member that cannot be read says so only when it is to be decoded, as a bad picture does.
        """
        contents = self.contents(entry)
        return lambda recipe: decoded(contents(), recipe)

    def header(self, entry: Entry) -> BinaryIO:
        """Read the member."""
        return BytesIO(self._data(entry))

    def contents(self, entry: Entry) -> Callable[[], bytes]:
        """Read the member; what is wrong with it is said later."""
        try:
            data = self._data(entry)
        except Unreadable as error:
            return partial(_refuse, error.reason)
        return lambda: data

    def _data(self, entry: Entry) -> bytes:
        member = self._members[entry.number]
        check_kind(member.name, member.size)
        return self._shelf.read(self._archive, member)


def _refuse(reason: str) -> bytes:
    raise Unreadable(reason)


def is_archive(stream: BinaryIO) -> bool:
    """Tell whether a stream is a tar or zip archive, by its first bytes."""
    return is_zip(stream) or is_tar(stream)


def packed_kind(head: bytes) -> str | None:
    """Name what a file is packed with, by its first bytes; None for what is not packed."""
    if head.startswith(SEVEN_ZIP):
        return "a 7z archive"
    packer = next((packer for magic, packer in PACKERS.items() if head.startswith(magic)), None)
    return None if packer is None else f"a packed file ({packer.__name__.removesuffix('File').lower()}) without a tar"


def refuse_packed(path: str, kind: str) -> InputError:
    """Return the error for a packed file that is no archive of ours."""
    message = f"{path}: found {kind}, expected pictures, or a tar or zip archive of them"
    if kind != "a 7z archive":
        return InputError(message, hint=Again(swap={path: some_pictures(path)}))
    folder = free_name(os.path.basename(path).partition(".")[0] or "pictures")
    return InputError(message, hint=Again(first=shlex.join(["7z", "x", path, f"-o{folder}"]), swap={path: folder}))


def archive_entries(
    archive: Archive, labels: bool, shelf: Shelf, formats: tuple[str, ...]
) -> tuple[list[Entry], list[Entry], Counter[str]]:
    """List the pictures of an archive in its own order.

    The first folder is the label, as in a folder; one folder around everything is not counted.

    Args:
        archive: tar or zip.
        labels: whether labels are wanted.
        shelf: what will read the members.
        formats: in which pictures may be.

    Returns:
        The pictures; an entry that says what is damaged, if anything is; what was passed over.

    Raises:
        InputError: more than a sane archive holds.
    """
    listing = archive.listed(formats)
    members = list(listing.members.values())
    origin = ArchiveOrigin(archive, members, shelf, formats)
    depth = _around(members)
    found = []
    for number, member in enumerate(members):
        parts = member.parts()[depth:]
        label = safe_name(parts[0]) if labels and len(parts) > 1 else None
        found.append(
            Entry(
                source=f"{archive.name}#{member.name}",
                named=os.path.splitext(parts[-1])[0],
                label=label,
                size_bytes=archive.size_bytes,
                mtime_ns=archive.mtime_ns,
                origin=origin,
                number=number,
                group=f"{archive.name}/{label or ''}",
                member=member.stamp,
            )
        )
    faults = [] if listing.damage is None else [_damage(archive, listing.damage, bool(members))]
    return found, faults, listing.passed_over


def _damage(archive: Archive, damage: str, is_partly_used: bool) -> Entry:
    reason = f"archive {damage}" + ("; what stands before is used" if is_partly_used else "")
    return Entry(archive.name, "", None, archive.size_bytes, archive.mtime_ns, Refusal(reason))


def _around(members: list[Member]) -> int:
    """Return 1 when all members lie in one folder, else 0."""
    firsts = {parts[0] if len(parts := member.parts()) > 1 else "" for member in members}
    return 1 if len(firsts) == 1 and "" not in firsts else 0
