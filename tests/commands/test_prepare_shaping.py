"""``gantools prepare``: the options that say what is made of a picture, on real folders."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools.data.manifest import MANIFEST, Record, read_manifest
from tests.data.makers import fill, prepare, stamps, tree, write_idx


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with ``photos``: 12 pictures of 64x32 in two classes."""
    monkeypatch.chdir(tmp_path)
    fill(Path("photos"), [f"{label}/{i}.png" for label in ("cat", "dog") for i in range(6)], 64, 32)
    return tmp_path


def made(folder: str, file: str) -> np.ndarray:
    """Return a picture of a data set, (H, W, C)."""
    return np.asarray(Image.open(Path(folder, file)))


def records(folder: str) -> dict[str, Record]:
    """Return the records of a data set by their source."""
    return {record.source: record for record in read_manifest(Path(folder, MANIFEST)).records}


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


# --min-size


def test_small_pictures_are_left_out_without_fault(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A picture whose shorter side is below --min-size is counted and on record, and the run still ends with 0."""
    fill(Path("photos"), ["cat/small.png", "dog/thin.png"], 300, 31)
    fill(Path("photos"), ["cat/just.png"], 32, 32)
    assert prepare("photos", "-o", "data", "--size", "16", "--min-size", "32", "--json") == 0
    out, err = capsys.readouterr()
    assert "left out as asked: 2, such as photos/cat/small.png: shorter side under 32 pixels" in err
    document = json.loads(out)
    assert (document["pictures"], document["skipped"]) == (13, {})
    assert document["left_out"] == {"shorter side under 32 pixels": 2}
    record = records("data")["photos/dog/thin.png"]
    assert (record.file, record.skipped, record.asked) == (None, "shorter side under 32 pixels", True)
    assert nothing_to_do("photos", "-o", "data", "--min-size", "32")
    assert prepare("photos", "-o", "data", "--min-size", "0", "-q") == 0
    assert records("data")["photos/dog/thin.png"].file == "dog/thin.png"


def test_size_that_counts_is_the_upright_one_in_the_file(place: Path) -> None:
    """A large JPEG that is decoded at a fraction, and one stored on its side, are judged by their own pixels."""
    turned = Image.Exif()
    turned[0x0112] = 6
    Path("large").mkdir()
    Image.new("RGB", (1200, 900)).save("large/1.jpg", exif=turned)
    assert prepare("large", "-o", "data", "--size", "16", "--min-size", "900", "-q") == 0
    assert prepare("large", "-o", "none", "--size", "16", "--min-size", "901", "-q") == 4


def test_bad_ones_beside_small_ones_still_end_with_3(place: Path) -> None:
    """What is left out as asked takes nothing from what is bad, and does not count for --tolerate."""
    fill(Path("photos"), ["cat/small.png"], 8, 8)
    Path("photos/cat/bad.png").write_bytes(b"")
    assert prepare("photos", "-o", "data", "--min-size", "32", "-q") == 3
    assert prepare("photos", "-o", "other", "--min-size", "32", "--tolerate", "1", "-q") == 0


def test_nothing_large_enough_is_said(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """When every picture is left out there is no data set: 4, the reason, and no folder."""
    assert prepare("photos", "-o", "data", "--min-size", "999") == 4
    found = "found no usable picture among 12 files (photos/cat/0.png: shorter side under 999 pixels)"
    assert found in capsys.readouterr().err
    assert not Path("data").exists()
    write_idx(Path("mnist"), 5)
    assert prepare("mnist/train-images-idx3-ubyte.gz", "-o", "data", "--min-size", "29", "-q") == 4
