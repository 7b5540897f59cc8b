"""The header reader against bad files: each is an InputError of one line, and nothing else ever comes out."""

import json
import os
import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from gantools.errors import InputError
from gantools.files.document import parse_document, read_document
from gantools.files.header import (
    MAX_HEADER_BYTES,
    MAX_TENSORS,
    canonical_json,
    content_digest,
    parse_header,
    read_header,
)
from tests import tiny

FUZZED = 4000
LONGEST_MESSAGE = 1000


def file_of(header: object, body: bytes = b"") -> bytes:
    """Return a safetensors file with this header (JSON values, or bytes as they are) and body."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def tensor(dtype: object = "F32", shape: object = (2,), offsets: object = (0, 8), **more: object) -> dict[str, object]:
    """Return what a header says of one tensor."""
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets, **more}


def checkpoint_with(**changes: object) -> Callable[[bytes], bytes]:
    """Return a function that changes what a checkpoint says of itself, at the top of its metadata."""

    def change(data: bytes) -> bytes:
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])
        header["__metadata__"]["gantools"] = json.dumps(json.loads(header["__metadata__"]["gantools"]) | changes)
        return file_of(header, data[8 + length :])

    return change


BODY = bytes(8)
BAD_FILES: dict[str, tuple[bytes | Callable[[bytes], bytes], str]] = {
    "empty": (b"", "an empty file"),
    "one byte": (b"\x01", "1 bytes"),
    "length only": (struct.pack("<Q", 2), "8 bytes"),
    "LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 10\n", "a Git LFS pointer"),
    "web page": (b"<!doctype html><html></html>", "a web page"),
    "bare web page": (b"<HTML><body>404</body></HTML>", "a web page"),
    "zip": (b"PK\x03\x04" + bytes(60), "a zip archive"),
    "pickle": (b"\x80\x02}q\x00." + bytes(60), "a pickle"),
    "gzip": (b"\x1f\x8b\x08" + bytes(60), "a gzip archive"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(60), "a PNG picture"),
    "JPEG": (b"\xff\xd8\xff\xe0" + bytes(60), "a JPEG picture"),
    "text": (b"hello, this is a text file and nothing else\n", "found a text file"),
    "zeros": (bytes(4096), "does not begin with '{'"),
    "length of 2^63": (struct.pack("<Q", 1 << 63) + b"{}", "a header length of 9223372036854775808 bytes"),
    "length of 2^64-1": (b"\xff" * 8 + b"{}", "a header length of"),
    "header too long": (struct.pack("<Q", MAX_HEADER_BYTES + 1) + b"{}", "a header length of"),
    "header cut off": (struct.pack("<Q", 500) + b'{"a":', "it is cut off"),
    "leading space": (file_of(b' {"a":1}'), "does not begin with '{'"),
    "no JSON": (file_of(b"{not json}"), "a header that is no JSON"),
    "JSON cut off": (file_of(b'{"a":{"dtype":"F32"'), "a header that is no JSON"),
    "no UTF-8": (file_of(b'{"\xff\xfe":1}'), "a header that is no JSON"),
    "UTF-16": (file_of('{"a":1}'.encode("utf-16-le")), "a header that is no JSON"),
    "deep nesting": (file_of(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"), "a header that is no JSON"),
    "huge number": (file_of(b'{"a":' + b"9" * 10_000 + b"}"), "a header that is no JSON"),
    "name twice": (file_of(b'{"a":1,"a":1}'), "a name stands twice"),
    "metadata twice": (file_of(b'{"__metadata__":{},"__metadata__":{"a":"b"}}'), "a name stands twice"),
    "field twice": (file_of(b'{"a":{"dtype":"F32","dtype":"F32"}}'), "a name stands twice"),
    "metadata a list": (file_of({"__metadata__": []}), "metadata that is no table of strings"),
    "metadata of numbers": (file_of({"__metadata__": {"a": 1}}), "metadata that is no table of strings"),
    "tensor a number": (file_of({"a": 1}), "without dtype, shape and data_offsets"),
    "tensor a list": (file_of({"a": []}), "without dtype, shape and data_offsets"),
    "tensor a text": (file_of({"a": "F32"}), "without dtype, shape and data_offsets"),
    "tensor null": (file_of({"a": None}), "without dtype, shape and data_offsets"),
    "no shape": (file_of({"a": {"dtype": "F32", "data_offsets": [0, 8]}}, BODY), "without dtype, shape"),
    "three offsets": (file_of({"a": tensor(offsets=(0, 4, 8))}, BODY), "without dtype, shape"),
    "dtype unknown": (file_of({"a": tensor("F99")}, BODY), "of dtype 'F99'"),
    "dtype a list": (file_of({"a": tensor([])}, BODY), "of dtype []"),
    "dtype a table": (file_of({"a": tensor({})}, BODY), "of dtype {}"),
    "shape of text": (file_of({"a": tensor(shape="ab")}, BODY), "shape ('a', 'b')"),
    "shape negative": (file_of({"a": tensor(shape=(-2,))}, BODY), "shape (-2,)"),
    "shape a float": (file_of({"a": tensor(shape=(2.0,))}, BODY), "shape (2.0,)"),
    "shape true": (file_of({"a": tensor(shape=(True, 2))}, BODY), "shape (True, 2)"),
    "shape NaN": (file_of(b'{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}}', BODY), "shape (nan,)"),
    "shape of 0 x 2^62": (file_of({"a": tensor(shape=(0, 1 << 62), offsets=(0, 0))}), "4611686018427387904"),
    "shape overflows": (file_of({"a": tensor(shape=(1 << 40,) * 4)}, BODY), "more than 1099511627776 elements"),
    "strides overflow": (file_of({"a": tensor(shape=(0, 1 << 40, 1 << 40), offsets=(0, 0))}), "elements"),
    "shape in other bytes": (file_of({"a": tensor(shape=(3,))}, BODY), "of shape (3,) and dtype F32 in 8 bytes"),
    "shape of a million": (file_of({"a": tensor(shape=(1,) * 1_000_000)}, BODY), "a tensor 'a'"),
    "offsets reversed": (file_of({"a": tensor(offsets=(8, 0))}, BODY), "in -8 bytes"),
    "offsets text": (file_of({"a": tensor(offsets="ab")}, BODY), "offsets 'a' to 'b'"),
    "asks for 100 GB": (file_of({"a": tensor("U8", (100 << 30,), (0, 100 << 30))}, BODY), "it is cut off"),
    "hole in front": (file_of({"a": tensor(offsets=(8, 16))}, bytes(16)), "a hole or an overlap"),
    "hole between": (file_of({"a": tensor(), "b": tensor(offsets=(12, 20))}, bytes(20)), "a hole or an overlap"),
    "overlap": (file_of({"a": tensor(), "b": tensor(offsets=(4, 12))}, bytes(12)), "a hole or an overlap"),
    "trailing bytes": (file_of({"a": tensor()}, bytes(9)), "something follows the last tensor"),
    "too many tensors": (
        file_of({str(number): 0 for number in range(MAX_TENSORS + 1)}), f"{MAX_TENSORS + 1} tensors"
    ),
    "a million names": (file_of(b'{"a":0' + b',"a":0' * 1_000_000 + b"}"), "too many for 100000 tensors"),
    "long name": (file_of({"a" * 1_000_000: 1}), "without dtype"),
    "other program's": (file_of({"a": tensor()}, BODY), "a safetensors file that gantools did not write"),
    "metadata no JSON": (file_of({"__metadata__": {"gantools": "{"}}), "metadata that is no JSON"),
    "metadata deep": (file_of({"__metadata__": {"gantools": "[" * 200_000}}), "metadata that is no JSON"),
    "no format": (file_of({"__metadata__": {"gantools": "{}"}}), "metadata without a format version"),
    "format true": (checkpoint_with(format=True), "metadata without a format version"),
    "newer format": (checkpoint_with(format=2, version="9.1"), "format 2, written by gantools 9.1, expected format 1"),
    "newer, long version": (checkpoint_with(format=2, version="9" * 100_000), "found format 2, written by"),
    "other kind": (checkpoint_with(kind="x" * 100_000), "a file of kind"),
    "digest of ESC": (checkpoint_with(digest="\x1b" * 64), "metadata that cannot be read"),
    "digest a list": (checkpoint_with(digest=["a"] * 64), "metadata that cannot be read"),
    "config a list": (checkpoint_with(config=[]), "a stored configuration that cannot be read"),
    "config empty": (checkpoint_with(config={}), "fields that differ"),
    "register a text": (checkpoint_with(register="abc"), "a register that cannot be read"),
    "machine a list": (checkpoint_with(machine=[]), "metadata that cannot be read"),
    "count negative": (checkpoint_with(data={"count": -1, "classes": []}), "metadata that cannot be read"),
    "classes a text": (checkpoint_with(data={"count": 1, "classes": "abc"}), "metadata that cannot be read"),
    "no lineage": (checkpoint_with(lineage=None), "metadata that cannot be read"),
    "event infinite": (
        checkpoint_with(lineage={"parent": None, "events": [{"images": 1e400}]}), "metadata that cannot be read"
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def whole() -> bytes:
    """The bytes of a small checkpoint."""
    return tiny.packed(tiny.fresh("fc")).data


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_one_clear_line(name: str, whole: bytes, tmp_path: Path) -> None:
    """Each kind of bad file is told by name, in one line of a length that people read."""
    content, words = BAD_FILES[name]
    path = tmp_path / "c.safetensors"
    path.write_bytes(content(whole) if callable(content) else content)
    with pytest.raises(InputError) as caught:
        read_document(path)
    message = caught.value.message
    assert message.startswith(f"{path}: found ")
    assert words in message
    assert "\n" not in message
    assert len(message) < LONGEST_MESSAGE


@pytest.mark.parametrize(("place", "words"), [
    ("absent", "cannot be read (No such file or directory)"), ("folder", "found a folder"),
    ("pipe", "found a device or a pipe"), ("/dev/zero", "found a device or a pipe"),
    ("loop", "cannot be read (Too many levels of symbolic links)"), ("x" * 300, "cannot be read (File name too long)"),
])  # fmt: skip
def test_what_is_no_file_is_refused_unopened(place: str, words: str, tmp_path: Path) -> None:
    """A folder, a device, a pipe without a writer, a loop of links: refused at once."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    os.symlink("loop", tmp_path / "loop")
    with pytest.raises(InputError) as caught:
        read_header(tmp_path / place)
    assert words in caught.value.message


def test_whole_file_is_read(whole: bytes, tmp_path: Path) -> None:
    """A checkpoint's header tells every tensor's place; the bytes there give the stored digest."""
    path = tmp_path / "c.safetensors"
    path.write_bytes(whole)
    header, document = read_document(path)
    assert header.size_bytes == len(whole)
    tensors = [(n, e.dtype, e.shape, whole[e.start : e.end]) for n, e in header.tensors.items()]
    assert content_digest(tensors, document.content()) == document.digest


def test_digest_ignores_order_and_pieces() -> None:
    """The content digest is the same whatever the order of the tensors, and for bytes in pieces."""
    tensors = [("b", "U8", (3,), b"xyz"), ("a", "U8", (4,), b"1234")]
    in_pieces = [("a", "U8", (4,), iter([b"12", b"34"])), ("b", "U8", (3,), iter([b"x", b"", b"yz"]))]
    assert content_digest(tensors, {"k": 1}) == content_digest(in_pieces, {"k": 1})
    assert content_digest(tensors, {"k": 1}) != content_digest(tensors, {"k": 2})
    assert content_digest(tensors, {"k": 1}) != content_digest([("b", "U8", (3, 1), b"xyz"), tensors[1]], {"k": 1})


def test_canonical_json_is_one_text_for_equal_values() -> None:
    """Sorted keys, no spaces, ASCII; NaN is refused."""
    assert canonical_json({"b": "é", "a": [1.5, None]}) == b'{"a":[1.5,null],"b":"\\u00e9"}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


def survives(data: bytes) -> bool:
    """Say whether the readers accept ``data``; anything but an InputError comes out."""
    try:
        parse_document(parse_header(data, len(data), "c"), "c")
    except InputError as error:
        assert len(error.message) < LONGEST_MESSAGE
        return False
    return True


def test_random_damage_raises_nothing_else(whole: bytes) -> None:
    """Thousands of files with flipped, lost, added and repeated bytes are read or refused, never a crash."""
    draw = random.Random(5)
    length = int.from_bytes(whole[:8], "little")
    accepted = 0
    for _ in range(FUZZED):
        data = bytearray(whole)
        for _ in range(draw.choice((1, 1, 2, 8))):
            at = draw.randrange(8 + length if draw.random() < 0.9 else len(data))
            match draw.randrange(5):
                case 0:
                    data[at % len(data)] ^= 1 << draw.randrange(8)
                case 1:
                    data[at % len(data)] = draw.choice(b'{}[]",:0-.eE\\\x00\xff')
                case 2:
                    del data[at : at + draw.randrange(1, 20)]
                case 3:
                    data[at:at] = draw.choice((b'"a":1,', b"[[[", b"1e999", b"-", b"\xff", b"\x1b[2J", b"null"))
                case 4:
                    del data[draw.randrange(len(data)) :]
                    data = data or bytearray(b"\0")
        accepted += survives(bytes(data))
    assert accepted < FUZZED / 2


ODD_VALUES = (
    None, True, -1, 0, 2**63, 10**400, 0.5, -1e300, "", "x", "x" * 5000, "\x1b[2J\n",
    [], {}, [[]], [None], {"a": 1}, ["x", 1], [[1, 2, 3, 4]], [[-0.5, 1]], [[0.5, 1.5]],
)  # fmt: skip


def places_in(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Return the paths of all values inside a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places_in(item, (*path, key)))]


def test_odd_values_in_the_metadata_raise_nothing_else(whole: bytes) -> None:
    """Every value of the metadata replaced by every kind of odd one is read or refused, never a crash."""
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])
    stored = header["__metadata__"]["gantools"]
    tried = 0
    for place in places_in(json.loads(stored))[1:]:
        for odd in ODD_VALUES:
            document = json.loads(stored)
            target = document
            for key in place[:-1]:
                target = target[key]
            target[place[-1]] = odd
            header["__metadata__"]["gantools"] = json.dumps(document)
            survives(file_of(header, whole[8 + length :]))
            tried += 1
    assert tried > 500
