"""The bytes of a checkpoint's tensors, read piece by piece: is everything as it was written, and is it finite?

Read with ``os.pread``: a memory map of a file that is cut meanwhile would kill the process.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from gantools.errors import InputError
from gantools.files.document import Document, hint_of_damage
from gantools.files.header import Header, TensorEntry, content_digest

PIECE_BYTES = 4 << 20
FLOATS = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}


@contextmanager
def reading(path: Path) -> Iterator[int]:
    """Open ``path`` and yield its descriptor.

    Raises:
        InputError: it cannot be opened or read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield descriptor
        finally:
            os.close(descriptor)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}), expected a checkpoint") from error


def pieces(descriptor: int, entry: TensorEntry, name: str) -> Iterator[bytes]:
    """Yield the bytes of one tensor, ``PIECE_BYTES`` at a time; ``name`` is the file's, for messages.

    Raises:
        InputError: the file has become shorter.
    """
    for start in range(entry.start, entry.end, PIECE_BYTES):
        wanted = min(PIECE_BYTES, entry.end - start)
        piece = bytearray()
        while len(piece) < wanted:
            part = os.pread(descriptor, wanted - len(piece), start + len(piece))
            if not part:
                raise InputError(f"{name}: found its end at byte {start + len(piece)}, expected more: it was cut off")
            piece += part
        yield bytes(piece)


def require_intact(path: Path, header: Header, document: Document) -> None:
    """Read every byte: the content digest must be the stored one, and every number finite.

    Raises:
        InputError: it is not; the first tensor with such a number is named.
    """
    bad: list[str] = []
    with reading(path) as descriptor:
        found = content_digest(
            (
                (name, entry.dtype, entry.shape, _watched(descriptor, entry, path, name, bad))
                for name, entry in header.tensors.items()
            ),
            document.content(),
        )
    if found != document.digest:
        message = f"{path}: found content digest {found[:12]}, expected {document.digest[:12]}: the file is damaged"
        raise InputError(message, hint=hint_of_damage(path))
    if bad:
        message = f"{path}: found values that are not finite in {len(bad)} tensors ({bad[0]}), expected finite weights"
        raise InputError(message, hint=hint_of_damage(path))


def _watched(descriptor: int, entry: TensorEntry, path: Path, name: str, bad: list[str]) -> Iterator[bytes]:
    """Pass a tensor's bytes on; add its name to ``bad`` when a number in it is not finite."""
    for piece in pieces(descriptor, entry, str(path)):
        if name not in bad[-1:] and not _is_finite(piece, entry.dtype):
            bad.append(name)
        yield piece


def _is_finite(piece: bytes, dtype: str) -> bool:
    if dtype == "BF16":
        return bool(((np.frombuffer(piece, "<u2") & 0x7F80) != 0x7F80).all())
    return dtype not in FLOATS or bool(np.isfinite(np.frombuffer(piece, FLOATS[dtype])).all())
