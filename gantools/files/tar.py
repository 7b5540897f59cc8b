"""Files into an uncompressed tar on a stream."""

import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO


@contextmanager
def tar_to(stream: BinaryIO) -> Iterator[Callable[[str, bytes], None]]:
    """Yield what adds a file, by name and bytes; the end of the block ends the archive.

    Members carry neither time nor owner: the same files give the same bytes.
    """
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive:

        def add(name: str, data: bytes) -> None:
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o644
            archive.addfile(member, BytesIO(data))

        yield add
