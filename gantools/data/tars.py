"""Tar archives, plain or packed with gzip, bzip2 or xz: listed in one pass, then read member by member.

The standard library's reader parses the headers. What it is given is guarded: a header cannot ask for more memory than
``MAX_NAME_BYTES``, nor the data for more bytes than an archive of that size may hold.
"""

import bz2
import gzip
import lzma
import tarfile
import zlib
from typing import BinaryIO, cast

from gantools.data.entry import Unreadable
from gantools.data.kinds import HEAD_BYTES
from gantools.data.member import MAX_NAME_BYTES, Bomb, Damaged, Listing, Member, check_total

BLOCK_BYTES = 512
PACKERS = {b"\x1f\x8b": gzip.GzipFile, b"BZh": bz2.BZ2File, b"\xfd7zXZ\0": lzma.LZMAFile}
CHUNK_BYTES = 1 << 20


def is_tar(stream: BinaryIO) -> bool:
    """Tell whether a stream, unpacked where it is packed, begins with a tar header."""
    try:
        block = unpacked(stream).read(BLOCK_BYTES)
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, ValueError):
        return False
    return True


def unpacked(stream: BinaryIO) -> BinaryIO:
    """Return ``stream``, or what unpacks it on the way; it is read from its start."""
    stream.seek(0)
    head = stream.read(6)
    stream.seek(0)
    packer = next((packer for magic, packer in PACKERS.items() if head.startswith(magic)), None)
    if packer is None:
        return stream
    return cast(BinaryIO, gzip.GzipFile(fileobj=stream) if packer is gzip.GzipFile else packer(stream))


def list_tar(stream: BinaryIO, packed_bytes: int, listing: Listing) -> Listing:
    """List a tar archive up to its end, or to where it is damaged.

    Args:
        stream: the file as it is, of ``packed_bytes``.
        listing: an empty one, which is filled and returned.

    Raises:
        Bomb: more data, or more members, than an archive of that size may hold.
    """
    opened = unpacked(stream)
    guard = _Guard(opened, packed_bytes if opened is not stream else None)
    try:
        _walk(guard, listing)
    except Bomb:
        raise
    except Unreadable as error:
        listing.damage = error.reason
    except Exception as error:  # a reader of the system's and three unpackers: they raise about anything
        listing.damage = _plain(error)
    return listing


class TarReader:
    """Reads members; forwards it costs one pass over the archive.

    Args:
        stream: the file as it is; closed with the reader.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._unpacked = stream, unpacked(stream)

    def read(self, member: Member) -> bytes:
        """Return a member's data.

        Raises:
            Unreadable: the archive has changed or is damaged there.
        """
        try:
            self._unpacked.seek(member.place)
            data = self._unpacked.read(member.size)
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise Unreadable(f"archive {_plain(error)}") from error
        if len(data) != member.size:
            raise Unreadable("archive cut off")
        return data

    def close(self) -> None:
        """Close the archive."""
        self._unpacked.close()
        self._stream.close()


class _Guard:
    """A stream that refuses what only a hostile archive asks for.

    Args:
        stream: unpacked.
        packed_bytes: the size of the archive, from which follows how far it may go; None where it is not packed.
    """

    def __init__(self, stream: BinaryIO, packed_bytes: int | None) -> None:
        self._stream, self._packed_bytes = stream, packed_bytes
        self.is_packed = packed_bytes is not None

    def read(self, size: int = -1) -> bytes:
        """Read a header, or the extras in front of one."""
        if not 0 <= size <= MAX_NAME_BYTES:
            raise Damaged(f"damaged: a header of {size} bytes")
        self._check(self._stream.tell() + size)
        return self._stream.read(size)

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to a place; a packed stream is unpacked up to there."""
        self._check(place)
        return self._stream.seek(place, whence)

    def tell(self) -> int:
        """Return where it is."""
        return self._stream.tell()

    def data(self, place: int, size: int, is_summed: bool) -> tuple[bytes, int]:
        """Return the first bytes of a member's data and, if wanted, their CRC-32; forwards only.

        Raises:
            Damaged: the data are not all there.
        """
        self.seek(place)
        head = self._stream.read(min(size, HEAD_BYTES))
        crc, left = zlib.crc32(head), size - len(head)
        while is_summed and left > 0 and (block := self._stream.read(min(left, CHUNK_BYTES))):
            crc, left = zlib.crc32(block, crc), left - len(block)
        if not is_summed and left:
            self.seek(place + size - 1)
            left = 1 - len(self._stream.read(1))
        if left:
            raise Damaged("cut off")
        return head, crc

    def _check(self, place: int) -> None:
        if self._packed_bytes is not None:
            check_total(place, self._packed_bytes)


def _walk(guard: _Guard, listing: Listing) -> None:
    """Add every member whose data are all there."""
    archive = tarfile.TarFile(fileobj=cast(BinaryIO, guard), encoding="utf-8", errors="surrogateescape")
    while (info := archive.next()) is not None:
        archive.members.clear()  # type: ignore[attr-defined] # it would keep them all
        listing.count()
        if info.size < 0 or archive.offset <= info.offset:
            raise Damaged("damaged: a header that leads backwards")
        if not info.isreg() or info.issparse():
            if not info.isdir():
                listing.passed_over[_kind_of(info)] += 1
            continue
        _add(guard, listing, info)
    guard.seek(archive.offset)
    if guard.read(BLOCK_BYTES) != bytes(BLOCK_BYTES):
        raise Damaged("damaged, or cut off")


def _add(guard: _Guard, listing: Listing, info: tarfile.TarInfo) -> None:
    """Add a regular file.

    What is unpacked anyway is summed; of a plain archive, which may be large, only members without a time are.
    """
    is_summed = guard.is_packed or not info.mtime
    head, crc = guard.data(info.offset_data, info.size, is_summed=is_summed)
    stamp = f"{info.size} crc {crc:08x}" if is_summed else f"{info.size} {info.mtime}"
    listing.add(Member(info.name, info.size, stamp, info.offset_data), lambda: head)


def _kind_of(info: tarfile.TarInfo) -> str:
    if info.issym() or info.islnk():
        return "link"
    return "sparse file" if info.issparse() else "device or pipe"


def _plain(error: Exception) -> str:
    text = str(error)
    early = isinstance(error, EOFError) or "end of data" in text or "ended before" in text
    return "cut off" if early or "unexpected end" in text else "damaged"
