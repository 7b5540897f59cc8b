"""The pack: another reader of the format finds what was written; a file that is cut off is an error, not a crash."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from gantools.data.columns import columns_of
from gantools.data.manifest import PACK, read_manifest
from gantools.data.pack import Pictures, Shape, open_pack
from gantools.errors import InputError
from gantools.files.header import read_header
from tests.data.makers import fill, prepare


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A prepared folder of 12 pictures in two classes, 32x16."""
    fill(tmp_path / "photos", [f"{label}/{i}.png" for label in ("b", "a") for i in range(6)])
    assert prepare(tmp_path / "photos", "-o", tmp_path / "data", "--size", "32x16", "-q") == 0
    return tmp_path / "data"


@pytest.fixture
def pictures(folder: Path) -> Iterator[Pictures]:
    """The rows of its pack."""
    pack = open_pack(folder / PACK)
    with Pictures(pack.descriptor, str(pack.path), pack.offsets(), pack.shape, "", labels=pack.labels) as rows:
        yield rows


def test_the_formats_own_library_reads_a_pack(folder: Path, pictures: Pictures) -> None:
    """The safetensors library and our own header reader take the file; pixels and labels are those of our reader."""
    tensors = load_file(folder / PACK)
    assert read_header(folder / PACK).tensors.keys() == tensors.keys() == {"images", "labels", "index"}
    assert tensors["images"].shape == (12, 3, 16, 32)
    assert np.array_equal(pictures.read(range(12)), tensors["images"])
    assert tensors["labels"].tolist() == [0] * 6 + [1] * 6


def test_rows_come_in_the_order_asked_for(pictures: Pictures) -> None:
    """Any rows, twice too, in any order; none at all gives an empty array."""
    every = pictures.read(range(12))
    assert np.array_equal(pictures.read([7, 0, 7]), every[[7, 0, 7]])
    assert pictures.read([]).shape == (0, 3, 16, 32)


def test_cut_off_under_the_reader_is_an_error(folder: Path, pictures: Pictures) -> None:
    """When the file is truncated after it was opened, reading beyond its end says so, and what is left still reads."""
    os.truncate(folder / PACK, 4000)
    assert pictures.read([0]).shape == (1, 3, 16, 32)
    with pytest.raises(InputError, match=r"pack.safetensors: found its end at byte 4000, expected more pictures"):
        pictures.read([1])


def test_index_says_what_the_manifest_says(folder: Path) -> None:
    """The columns of the pack are those of the manifest's lines."""
    manifest = read_manifest(folder / "manifest.jsonl")
    pack = open_pack(folder / PACK)
    os.close(pack.descriptor)
    columns, labels = columns_of(manifest.made(), manifest.heading.classes, [])
    assert pack.index == columns
    assert pack.labels.tolist() == labels
    assert pack.shape == Shape(3, 16, 32)


def test_other_safetensors_file_is_no_pack(folder: Path) -> None:
    """A pack of another kind is refused in words."""
    data = (folder / PACK).read_bytes().replace(b'\\"kind\\":\\"pack\\"', b'\\"kind\\":\\"sack\\"')
    (folder / PACK).write_bytes(data)
    with pytest.raises(InputError, match=r"found no pack of pictures \(kind 'sack', format 1\)"):
        open_pack(folder / PACK)
