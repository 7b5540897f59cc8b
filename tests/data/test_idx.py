"""IDX files: what comes out is what another reader of the format finds; damage is named."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from gantools.data.idx import IdxStream, labels_beside, magic_of, read_idx_header, read_labels
from gantools.errors import InputError
from tests.data.makers import SHARED, idx_bytes, needs_shared, write_idx


@pytest.mark.parametrize("packed", [False, True])
def test_every_picture_comes_back(tmp_path: Path, packed: bool) -> None:
    """The rows of a file longer than a block are those that were written, plain and gzipped."""
    pictures, labels = write_idx(tmp_path, 40, side=200, packed=packed)  # 1.6 MB
    path = tmp_path / ("train-images-idx3-ubyte" + ".gz" * packed)
    header = read_idx_header(path)
    stream = IdxStream(path, header)
    assert (header.count, header.height, header.width) == (40, 200, 200)
    assert np.array_equal(np.stack([stream.read(i) for i in range(40)]), pictures)
    beside = labels_beside(path)
    assert beside is not None
    assert np.array_equal(read_labels(beside, 40), labels)


def test_pictures_may_be_passed_over(tmp_path: Path) -> None:
    """Reading only every seventh picture gives those."""
    pictures, _ = write_idx(tmp_path, 50, side=200)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    stream = IdxStream(path, read_idx_header(path))
    assert all(np.array_equal(stream.read(i), pictures[i]) for i in range(0, 50, 7))


def test_plain_file_of_wrong_length_is_refused(tmp_path: Path) -> None:
    """A plain file must have the length that its header promises."""
    path = tmp_path / "images"
    path.write_bytes(idx_bytes(np.zeros((4, 8, 8)))[:-1])
    with pytest.raises(InputError, match=r"found 271 bytes, expected 272 by its header"):
        read_idx_header(path)


def test_gzip_that_ends_early_says_after_how_many(tmp_path: Path) -> None:
    """A gzip file that is cut off fails at the first picture that is not there."""
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(idx_bytes(np.zeros((4, 8, 8)))[:-10]))
    stream = IdxStream(path, read_idx_header(path))
    stream.read(2)
    with pytest.raises(InputError, match=r"cannot be read after 3 of 4 pictures .*expected a whole IDX file"):
        stream.read(3)


def test_absurd_header_is_refused(tmp_path: Path) -> None:
    """A header that asks for 4 billion pictures is refused before anything is allocated."""
    path = tmp_path / "images"
    path.write_bytes(b"\0\0\x08\x03" + b"\xff" * 12)
    with pytest.raises(InputError, match=r"found 4294967295 pictures .*expected a sane size"):
        read_idx_header(path)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (np.zeros(3), r"found 3 labels, expected 4"),
        (np.zeros((4, 1, 1)), r"found no IDX header of labels"),
    ],
)
def test_labels_must_fit_their_pictures(tmp_path: Path, values: np.ndarray, text: str) -> None:
    """A label file with another number of labels, or of another kind, is refused."""
    path = tmp_path / "labels"
    path.write_bytes(idx_bytes(values))
    with pytest.raises(InputError, match=text):
        read_labels(path, 4)


def test_magic_of_damaged_gzip_is_empty(tmp_path: Path) -> None:
    """A file that only begins like gzip has no magic."""
    (tmp_path / "x.gz").write_bytes(b"\x1f\x8b\x08 not really")
    assert magic_of(tmp_path / "x.gz") == b""


@needs_shared
def test_real_digits_have_their_known_labels() -> None:
    """The 10,000 test digits of MNIST have the published number of each label."""
    images = SHARED / "mnist" / "t10k-images-idx3-ubyte.gz"
    beside = labels_beside(images)
    assert beside is not None
    counts = np.bincount(read_labels(beside, read_idx_header(images).count))
    assert counts.tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
