"""``gantools prepare``: the options that say what is made of a picture, on real folders."""

import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools.data.manifest import MANIFEST, Record, read_manifest
from tests.data.makers import content, fill, prepare, stamps, tree, write_idx


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
    assert content(Path("data")) == content(Path("fresh"))


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


# --frames


def animate(path: str, levels: list[int], format: str = "GIF", size: tuple[int, int] = (40, 40)) -> None:
    """Write an animation, or a stack of pages, of flat pictures of these grey levels."""
    Path(path).parent.mkdir(exist_ok=True)
    first, *rest = (Image.new("RGB", size, (level, level, level)) for level in levels)
    first.save(path, format, save_all=True, append_images=rest, lossless=True)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_each_frame_is_a_picture_with_its_number(place: Path, format: str) -> None:
    """With --frames all every frame is a picture of its own, in order; a still picture keeps its name."""
    levels = list(range(0, 250, 10))
    animate("moving/a.bin", levels, format)
    fill(Path("moving"), ["still.png"], 40, 40)
    assert prepare("moving", "-o", "data", "--size", "16", "--frames", "all", "--jobs", "2", "-q") == 0
    names = [f"a.bin-frame{number:04}.png" for number in range(25)]
    assert [record.file for record in records("data").values()] == [*names, "still.png"]
    assert [int(made("data", name)[8, 8, 0]) for name in names] == levels
    record = records("data")["moving/a.bin#frame7"]
    assert (record.part, record.digest) == ("frame7", records("data")["moving/a.bin#frame0"].digest)
    assert nothing_to_do("moving", "-o", "data")


def test_frames_of_one_file_stay_on_one_side_of_the_hold_out(place: Path) -> None:
    """Frames look alike, so training must not see some of a file whose others are held out."""
    for number in range(12):
        animate(f"moving/{number}.gif", [number, 100, 200])
    assert prepare("moving", "-o", "data", "--size", "16", "--frames", "all", "--holdout", "40%", "-q") == 0
    sides: dict[str, set[str | None]] = {}
    for source, record in records("data").items():
        sides.setdefault(source.partition("#")[0], set()).add(record.split)
    assert {frozenset(side) for side in sides.values()} == {frozenset({"train"}), frozenset({"holdout"})}


def test_only_the_frames_of_a_changed_file_are_made_again(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that now has fewer frames loses pictures, a new file adds its own, and the others stay untouched."""
    animate("moving/a.gif", [10, 20, 30])
    animate("moving/b.gif", [40, 50, 60])
    assert prepare("moving", "-o", "data", "--size", "16", "--frames", "all", "-q") == 0
    before = stamps(Path("data"))
    animate("moving/b.gif", [70, 80])
    animate("moving/c.gif", [90, 95])
    assert prepare("moving", "-o", "data") == 0
    assert "sources gone" not in capsys.readouterr().err
    assert all(stamps(Path("data"))[f"data/a-frame000{i}.png"] == before[f"data/a-frame000{i}.png"] for i in range(3))
    assert prepare("moving", "-o", "fresh", "--size", "16", "--frames", "all", "-q") == 0
    assert content(Path("data")) == content(Path("fresh"))
    Path("moving/c.gif").unlink()
    assert prepare("moving", "-o", "data") == 0
    assert "sources gone, whose pictures stay: 2" in capsys.readouterr().err


def test_the_first_frame_alone_can_be_asked_for_again(place: Path) -> None:
    """Going back to --frames first drops the other frames; nothing of them is left."""
    animate("moving/a.gif", [10, 20, 30])
    assert prepare("moving", "-o", "data", "--size", "16", "--frames", "all", "-q") == 0
    assert prepare("moving", "-o", "data", "--frames", "first", "-q") == 0
    assert prepare("moving", "-o", "fresh", "--size", "16", "--channels", "rgb", "-q") == 0
    assert content(Path("data")) == content(Path("fresh"))


def test_frames_come_out_the_same_in_any_order_of_threads(place: Path) -> None:
    """The number of threads changes no byte, though frames build on the ones before."""
    animate("moving/a.gif", list(range(120)))
    animate("moving/b.png", list(range(60)), "PNG")
    for jobs in ("1", "4"):
        assert prepare("moving", "-o", jobs, "--size", "16", "--frames", "all", "--jobs", jobs, "-q") == 0
    assert tree(Path("1")) == tree(Path("4"))
    assert [int(made("4", f"a-frame{number:04}.png")[0, 0, 0]) for number in range(120)] == list(range(120))


def test_frames_of_members_of_an_archive(place: Path) -> None:
    """An animation in a zip or tar archive gives its frames like one in a folder."""
    animate("moving/a.gif", [10, 20, 30])
    with zipfile.ZipFile("z.zip", "w") as packed:
        packed.write("moving/a.gif")
    with tarfile.open("t.tar.gz", "w:gz") as packed:
        packed.add("moving")
    for archive in ("z.zip", "t.tar.gz"):
        assert prepare(archive, "-o", f"{archive}-data", "--size", "16", "--frames", "all", "-q") == 0
        assert [int(made(f"{archive}-data", f"a-frame000{i}.png")[0, 0, 0]) for i in range(3)] == [10, 20, 30]
        assert nothing_to_do(archive, "-o", f"{archive}-data")


def test_damaged_animations_are_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a damaged WebP, GIF or page the reason is said; sound pages of the same TIFF are used."""
    animate("moving/a.tif", [10, 20, 30], "TIFF")
    whole = bytearray(Path("moving/a.tif").read_bytes())
    with Image.open("moving/a.tif") as image:
        image.seek(1)
        place_of_strip = image.tag_v2[273][0]
    whole = bytearray(bytes(whole).replace(place_of_strip.to_bytes(4, "little"), (10**8).to_bytes(4, "little")))
    Path("moving/a.tif").write_bytes(whole)
    animate("moving/b.gif", [10, 20, 30])
    Path("moving/b.gif").write_bytes(Path("moving/b.gif").read_bytes()[:-30])
    assert prepare("moving", "-o", "data", "--size", "16", "--frames", "all") == 3
    err = capsys.readouterr().err
    assert "skipped: moving/a.tif#frame1: " in err
    assert "skipped: moving/b.gif#frame2: cut off" in err, err
    left = [f"{name}-frame000{number}.png" for name, number in (("a", 0), ("a", 2), ("b", 0), ("b", 1))]
    assert sorted(path.name for path in Path("data").glob("*.png")) == left
