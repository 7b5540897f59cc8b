"""The timeline: rows at doubling counts, read back from one picture."""

import doctest
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools.pictures import timeline
from gantools.pictures.timeline import COLUMNS, LONGEST_PX, ROWS, Timeline, is_due, read_timeline


def row_of(level: int, channels: int = 1, height: int = 8, width: int = 12) -> np.ndarray:
    """Return a row of pictures of one grey level, each a step brighter than the one before."""
    row = np.empty((COLUMNS, channels, height, width), np.uint8)
    row[:] = level + np.arange(COLUMNS, dtype=np.uint8)[:, None, None, None]
    return row


def test_docstring_examples_hold() -> None:
    """The examples in the docstrings are true."""
    assert doctest.testmod(timeline).failed == 0


@pytest.mark.parametrize("batch", [16, 64, 100, 999, 3000])
def test_rows_are_few_whatever_the_batch(batch: int) -> None:
    """Up to two million images there are at most twelve rows, each the first round at or behind a doubling."""
    rounds = range(batch, 2_000_001, batch)
    due = [images for images in rounds if is_due(images - batch, images)]
    assert len(due) <= ROWS
    assert due[0] - batch < 1000 <= due[0]
    assert all(any(images - batch < 1000 * 2**power <= images for power in range(11)) for images in due)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_rows_come_back(tmp_path: Path, channels: int) -> None:
    """What was written is read again; rows behind a count of images are left out."""
    kept = Timeline("run")
    for number, count in enumerate((1000, 2048, 4096)):
        kept.add(count, row_of(20 * number, channels))
    (tmp_path / "t.png").write_bytes(kept.png())
    found = read_timeline(tmp_path / "t.png", "run", 4096)
    assert found.counts == [1000, 2048, 4096]
    assert all((one == other).all() for one, other in zip(found.rows, kept.rows, strict=True))
    assert found.png() == kept.png()
    assert read_timeline(tmp_path / "t.png", "run", 4095).counts == [1000, 2048]


def test_the_oldest_rows_go() -> None:
    """Of more than twelve rows the oldest are dropped; large pictures are kept small."""
    kept = Timeline("run")
    for count in range(ROWS + 2):
        kept.add(count, row_of(count, 3, 100, 200))
    assert kept.counts == list(range(2, ROWS + 2))
    assert kept.rows[0].shape == (COLUMNS, 3, LONGEST_PX // 2, LONGEST_PX)
    assert (kept.rows[0][3] == 5).all()


def test_other_files_give_no_rows(tmp_path: Path) -> None:
    """A timeline of another run, a picture of somebody else, a damaged one and nothing at all are all empty."""
    kept = Timeline("run")
    kept.add(1000, row_of(5))
    path = tmp_path / "t.png"
    assert read_timeline(path, "run", 9999).rows == []
    path.write_bytes(kept.png())
    assert read_timeline(path, "another", 9999).rows == []
    path.write_bytes(kept.png()[:-30])
    assert read_timeline(path, "run", 9999).rows == []
    path.write_bytes(kept.png().replace(b'"height":8', b'"height":7'))
    assert read_timeline(path, "run", 9999).rows == []
    Image.new("L", (9, 9)).save(path)
    assert read_timeline(path, "run", 9999).rows == []
