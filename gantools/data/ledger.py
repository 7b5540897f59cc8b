"""The records of a run, kept as lines on disk while it works: in memory they were most of what grew."""

import shutil
import tempfile
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, cast

from gantools.data.manifest import Heading, Record, record_from

BLOCK_BYTES = 1 << 16  # two are held at once; with 1 MiB they were a fifth of what 10,000 pictures add to the memory


class Ledger:
    """The lines of the manifest that is to be written, behind its heading, which is known last.

    Args:
        folder: the data set; the lines lie in a nameless file in it.
    """

    def __init__(self, folder: Path) -> None:
        self._lines = cast(BinaryIO, tempfile.TemporaryFile(dir=folder))  # noqa: SIM115 - closed by close()

    def add(self, line: bytes) -> None:
        """Append a record's line."""
        self._lines.write(line)

    def __iter__(self) -> Iterator[Record]:
        """Yield the records that were added, as they are read back."""
        self._lines.seek(0)
        for line in self._lines:
            record = record_from(line)
            assert record is not None, line
            yield record

    def digest(self, heading: Heading) -> str:
        """Digest the manifest, 64 hexadecimal digits."""
        digest = blake2b(heading.line(), digest_size=32)
        self._lines.seek(0)
        while block := self._lines.read(BLOCK_BYTES):
            digest.update(block)
        return digest.hexdigest()

    def write(self, heading: Heading, stream: BinaryIO) -> None:
        """Write the manifest."""
        stream.write(heading.line())
        self._lines.seek(0)
        shutil.copyfileobj(self._lines, stream, BLOCK_BYTES)

    def close(self) -> None:
        """Give up the lines."""
        self._lines.close()
