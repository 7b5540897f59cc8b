"""Zip archives: listed by their table of contents, or by walking them where it is lost; read member by member."""

import bz2
import stat
import struct
import zipfile
import zlib
from functools import partial
from typing import BinaryIO

from gantools.data.entry import Unreadable
from gantools.data.kinds import HEAD_BYTES
from gantools.data.member import Listing, Member, check_total

MAGICS = (b"PK\x03\x04", b"PK\x05\x06")  # the second of an empty one
LOCAL = struct.Struct("<4s2xHH4xIIIHH")  # signature, flags, method, CRC, packed, size, bytes of name and of extras
ENCRYPTED, SIZES_BEHIND, UTF8 = 1, 8, 1 << 11
STORED, DEFLATED, BZIPPED = 0, 8, 12
UNKNOWN_SIZE = 0xFFFFFFFF
SLACK_BYTES = 1 << 12


def is_zip(stream: BinaryIO) -> bool:
    """Tell whether a stream begins like a zip archive."""
    stream.seek(0)
    return stream.read(4) in MAGICS


def list_zip(stream: BinaryIO, packed_bytes: int, listing: Listing) -> Listing:
    """List a zip archive.

    Args:
        stream: of ``packed_bytes``.
        listing: an empty one, which is filled and returned.

    Raises:
        Bomb: more data, or more members, than an archive of that size may hold.
    """
    reader, total = ZipReader(stream), 0
    try:
        with zipfile.ZipFile(stream) as archive:
            members = [_member(info) for info in archive.infolist() if not info.is_dir()]
    except Exception as error:  # a reader of the system's, which raises about anything
        listing.damage = _plain(error)
        members = [(member, 0) for member in _walk(stream, packed_bytes)]
    for member, mode in members:
        listing.count()
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            listing.passed_over["link" if stat.S_ISLNK(mode) else "device or pipe"] += 1
            continue
        total += member.size
        check_total(total, packed_bytes)
        listing.add(member, partial(reader.head, member))
    return listing


class ZipReader:
    """Reads members.

    Args:
        stream: the archive; closed with the reader.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, member: Member) -> bytes:
        """Return a member's data.

        Raises:
            Unreadable: encrypted, packed in an unusual way, damaged, or of another size than declared.
        """
        data = self._unpack(member, member.size + 1)
        if len(data) != member.size:
            found = "more bytes" if len(data) > member.size else "fewer bytes"
            raise Unreadable(f"damaged archive: {found} than the {member.size} that it declares")
        if member.checksum is not None and zlib.crc32(data) != member.checksum:
            raise Unreadable("damaged archive: wrong checksum")
        return data

    def head(self, member: Member) -> bytes:
        """Return a member's first bytes; none where it cannot be read."""
        try:
            return self._unpack(member, HEAD_BYTES)
        except Unreadable:
            return b""

    def close(self) -> None:
        """Close the archive."""
        self._stream.close()

    def _unpack(self, member: Member, most: int) -> bytes:
        """Return at most ``most`` bytes of a member."""
        try:
            self._stream.seek(member.place)
            signature, flags, _, _, _, _, name, extra = LOCAL.unpack(self._stream.read(LOCAL.size))
            self._stream.seek(member.place + LOCAL.size + name + extra)
            packed = self._stream.read(min(member.packed, most + most // 100 + SLACK_BYTES))  # packing may lengthen
        except (OSError, struct.error, ValueError, OverflowError) as error:
            raise Unreadable("damaged archive: no such member") from error
        if signature != MAGICS[0]:
            raise Unreadable("damaged archive: no such member")
        if flags & ENCRYPTED:
            raise Unreadable("encrypted, not supported: unpack the archive with its password")
        try:
            return _inflated(packed, member.method, most)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise Unreadable("damaged archive") from error


def _inflated(packed: bytes, method: int, most: int) -> bytes:
    """Unpack at most ``most`` bytes."""
    if method == STORED:
        return packed[:most]
    if method == DEFLATED:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)
    if method == BZIPPED:
        return bz2.BZ2Decompressor().decompress(packed, most)
    raise Unreadable(f"packed by method {method} of zip, not supported: unpack it and pack it again")


def _member(info: zipfile.ZipInfo) -> tuple[Member, int]:
    """Return a member and the mode of its file, 0 where the archive does not say."""
    stamp = f"{info.file_size} crc {info.CRC:08x}"
    name = info.filename if "/" in info.filename else info.filename.replace("\\", "/")
    where = (info.header_offset, info.compress_size, info.compress_type, info.CRC)
    return Member(name, info.file_size, stamp, *where), info.external_attr >> 16


def _walk(stream: BinaryIO, packed_bytes: int) -> list[Member]:
    """Return the members of an archive without its table, from the headers in front of them, as far as they go on."""
    members: list[Member] = []
    place = 0
    while True:
        stream.seek(place)
        header = stream.read(LOCAL.size)
        if len(header) < LOCAL.size:
            return members
        signature, flags, method, crc, packed, size, name_bytes, extra_bytes = LOCAL.unpack(header)
        if signature != MAGICS[0] or flags & SIZES_BEHIND or UNKNOWN_SIZE in (packed, size):
            return members
        name = stream.read(name_bytes).decode("utf-8" if flags & UTF8 else "cp437", "surrogateescape")
        end = place + LOCAL.size + name_bytes + extra_bytes + packed
        if end > packed_bytes:
            return members
        if not name.endswith("/"):
            members.append(Member(name, size, f"{size} crc {crc:08x}", place, packed, method, crc))
        place = end


def _plain(error: Exception) -> str:
    if isinstance(error, zipfile.BadZipFile) and "not a zip file" in str(error):
        return "cut off: its table of contents is missing"
    return "damaged"
