"""``gantools prepare``: the options that say what is made of a picture, on real folders."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.makers import fill, prepare, stamps, tree


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with ``photos``: 12 pictures of 64x32 in two classes."""
    monkeypatch.chdir(tmp_path)
    fill(Path("photos"), [f"{label}/{i}.png" for label in ("cat", "dog") for i in range(6)], 64, 32)
    return tmp_path


def made(folder: str, file: str) -> np.ndarray:
    """Return a picture of a data set, (H, W, C)."""
    return np.asarray(Image.open(Path(folder, file)))


def nothing_to_do(*words: str) -> bool:
    """Run the line again and tell whether it wrote nothing."""
    folder = Path(words[words.index("-o") + 1])
    before = stamps(folder)
    return prepare(*words, "-q") == 0 and stamps(folder) == before


# --pad


def test_pad_lays_the_whole_picture_on_the_background(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --pad the picture's own pixels are in the middle, the background is above and below, and a rerun is idle."""
    assert prepare("photos", "-o", "data", "--size", "64", "--pad", "--background", "#ff8800") == 0
    assert "64x64 RGB, padded" in capsys.readouterr().err
    pixels = made("data", "cat/3.png")
    assert np.array_equal(pixels[16:48], np.asarray(Image.open("photos/cat/3.png")))
    assert (np.concatenate([pixels[:16], pixels[48:]]) == (255, 136, 0)).all()
    assert nothing_to_do("photos", "-o", "data", "--pad")
    assert nothing_to_do("photos", "-o", "data")


def test_a_crop_typed_later_takes_the_place_of_padding(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Padding is stored as a kind of crop, so the next --crop replaces it."""
    assert prepare("photos", "-o", "data", "--size", "32", "--pad", "-q") == 0
    assert prepare("photos", "-o", "data", "--crop", "center") == 0
    assert "changed options: crop" in capsys.readouterr().err
    assert prepare("photos", "-o", "fresh", "--size", "32", "-q") == 0
    assert tree(Path("data")) == tree(Path("fresh"))


def test_pad_beside_crop_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is padded is not cropped: both together are a usage error that names both."""
    assert prepare("photos", "-o", "data", "--crop", "top", "--pad") == 2
    err = capsys.readouterr().err
    assert "--pad: found it beside --crop top, expected one of them" in err
    assert not Path("data").exists()
