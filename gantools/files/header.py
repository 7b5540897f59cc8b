"""The safetensors header, read with the standard library alone and with limits, before anything is allocated.

A file is 8 bytes (little-endian length n), n bytes of JSON, then the tensors' bytes. The reader refuses what the
format's library lets pass: duplicate names, holes, overlaps, trailing bytes, absurd shapes.
"""

import json
import math
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, NoReturn

from gantools.errors import InputError

MAX_HEADER_BYTES = 16 * 1024 * 1024
MAX_TENSORS = 100_000
MAX_ELEMENTS = 1 << 40
MAX_DIMENSIONS = 64
MARKS_PER_TENSOR = 14
"""Colons and commas that one tensor of four dimensions takes in the JSON, and some more."""

CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
LONGEST_FINDING = 300
"""Characters of a message that may come from the file itself."""

DTYPE_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
OTHER_FILES = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"PK\x03\x04": "a zip archive (torch's own format is one)",
    b"\x1f\x8b": "a gzip archive",
    b"\x80\x02": "a pickle",
    b"version https://git-lfs": "a Git LFS pointer, not the file itself",
    b"<!DOC": "a web page, not the file itself",
    b"<html": "a web page, not the file itself",
}


@dataclass(frozen=True)
class TensorEntry:
    """Where one tensor lies: dtype as safetensors names it, shape, and its bytes [start, end) counted in the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Header:
    """A checked header: the metadata strings, the tensors by name, and the size of the whole file in bytes."""

    metadata: dict[str, str]
    tensors: dict[str, TensorEntry]
    size_bytes: int


def read_header(path: Path) -> Header:
    """Read and check the header of the regular file ``path``.

    Raises:
        InputError: absent, not a regular file, or not a well-formed safetensors file; the reason is in the message.
    """
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or a pipe"
            raise InputError(f"{path}: found {kind}, expected a safetensors file")
        with open(path, "rb") as stream:
            start = stream.read(8)
            length = _header_length(start + stream.read(24), status.st_size, str(path))
            stream.seek(8)
            return parse_header(start + stream.read(length), status.st_size, str(path))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}), expected a safetensors file") from error


def parse_header(data: bytes, size_bytes: int, name: str) -> Header:
    """Check the header at the start of ``data``, which belongs to a file of ``size_bytes`` shown as ``name``."""
    length = _header_length(data[:32], size_bytes, name)
    marks = data.count(b":", 8, 8 + length) + data.count(b",", 8, 8 + length)
    if marks > MAX_TENSORS * MARKS_PER_TENSOR:  # parsing a million names takes seconds, counting them none
        _broken(name, f"a header of {length} bytes with {marks} colons and commas, too many for {MAX_TENSORS} tensors")
    try:
        document = json.loads(str(data[8 : 8 + length], "utf-8"), object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        _broken(name, f"a header that is no JSON ({error})")
    if not isinstance(document, dict):
        _broken(name, "a header that is no JSON object")
    metadata = document.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        _broken(name, "metadata that is no table of strings")
    if len(document) > MAX_TENSORS:
        _broken(name, f"{len(document)} tensors, more than {MAX_TENSORS}")
    base = 8 + length
    tensors = {key: _entry(name, key, value, base) for key, value in document.items()}
    _check_layout(name, tensors, base, size_bytes)
    return Header(metadata, tensors, size_bytes)


def content_digest(tensors: Iterable[tuple[str, str, tuple[int, ...], Any]], document: dict[str, Any]) -> str:
    """Digest tensors and a JSON document, whatever the file's layout.

    Args:
        tensors: (name, dtype, shape, bytes-like) in any order; an iterator over bytes-like pieces is fine too.
        document: JSON values that belong to the content.

    Returns:
        64 hexadecimal digits (BLAKE2b, 256 bits) over the tensors in order of their names, then the document.
    """
    digest = blake2b(digest_size=32)
    for name, dtype, shape, data in sorted(tensors, key=lambda item: item[0]):
        digest.update(canonical_json([name, dtype, list(shape)]))
        for piece in data if isinstance(data, Iterator) else (data,):
            digest.update(piece)
    digest.update(canonical_json(document))
    return digest.hexdigest()


def canonical_json(value: Any) -> bytes:
    """Write ``value`` as the one JSON text that equal values share: sorted keys, no spaces, ASCII, no NaN."""
    return CANONICAL.encode(value).encode("ascii")


def _header_length(start: bytes, size_bytes: int, name: str) -> int:
    for magic, kind in OTHER_FILES.items():
        if start.lower().startswith(magic.lower()):
            raise InputError(f"{name}: found {kind}, expected a safetensors file")
    if size_bytes < 10:
        _broken(name, f"{size_bytes} bytes" if size_bytes else "an empty file")
    if start.isascii() and all(character.isprintable() or character.isspace() for character in start.decode("ascii")):
        raise InputError(f"{name}: found a text file, expected a safetensors file")
    length = int.from_bytes(start[:8], "little")
    if length > MAX_HEADER_BYTES:
        _broken(name, f"a header length of {length} bytes, more than {MAX_HEADER_BYTES}")
    if length + 8 > size_bytes:
        _broken(name, f"a header of {length} bytes in a file of {size_bytes} bytes: it is cut off")
    if start[8:9] != b"{":
        _broken(name, "a header that does not begin with '{'")
    return length


def _entry(name: str, key: str, value: Any, base: int) -> TensorEntry:
    try:
        dtype, shape, (start, end) = value["dtype"], tuple(value["shape"]), value["data_offsets"]
    except (TypeError, KeyError, ValueError):
        _broken(name, f"a tensor '{key}' without dtype, shape and data_offsets")
    if len(shape) > MAX_DIMENSIONS:
        _broken(name, f"a tensor '{key}' of {len(shape)} dimensions, more than {MAX_DIMENSIONS}")
    numbers = (*shape, start, end)
    if (
        not isinstance(dtype, str)
        or dtype not in DTYPE_BYTES
        or not all(type(n) is int and 0 <= n <= MAX_ELEMENTS for n in numbers)
    ):
        _broken(name, f"a tensor '{key}' of dtype {dtype!r}, shape {shape!r}, offsets {start!r} to {end!r}")
    if math.prod(max(extent, 1) for extent in shape) > MAX_ELEMENTS:  # strides overflow even where one extent is 0
        _broken(name, f"a tensor '{key}' of shape {shape}, more than {MAX_ELEMENTS} elements")
    if math.prod(shape) * DTYPE_BYTES[dtype] != end - start:
        _broken(name, f"a tensor '{key}' of shape {shape} and dtype {dtype} in {end - start} bytes")
    return TensorEntry(dtype, shape, base + start, base + end)


def _check_layout(name: str, tensors: dict[str, TensorEntry], base: int, size_bytes: int) -> None:
    """Require that the tensors tile the rest of the file: no hole, no overlap, nothing behind."""
    position = base
    for entry in sorted(tensors.values(), key=lambda entry: (entry.start, entry.end)):
        if entry.start != position:
            _broken(name, f"a hole or an overlap at byte {min(position, entry.start)}")
        position = entry.end
    if position != size_bytes:
        fault = "it is cut off" if position > size_bytes else "something follows the last tensor"
        _broken(name, f"{size_bytes} bytes where the header describes {position}: {fault}")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a name stands twice")
    return table


def cut(found: str) -> str:
    """Return what a file says about itself no longer than a message may be; the middle is left out."""
    half = LONGEST_FINDING // 2
    return found if len(found) <= LONGEST_FINDING else f"{found[:half]} ... {found[-half:]}"


def _broken(name: str, found: str) -> NoReturn:
    raise InputError(f"{name}: found {cut(found)}, expected a whole safetensors file")
