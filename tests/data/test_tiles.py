"""Tiles of large pictures: where they lie, that their pixels are the picture's own, and what a second run does."""

import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools.data.manifest import MANIFEST, Record, read_manifest
from gantools.data.tiles import starts
from tests.data.makers import content, fill, noise, prepare, stamps


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with ``maps``: pictures of 100x70 and of 64x64 pixels."""
    monkeypatch.chdir(tmp_path)
    fill(Path("maps"), ["large.png"], 100, 70)
    fill(Path("maps"), ["north/fit.png"], 64, 64)
    return tmp_path


def records(folder: str) -> dict[str, Record]:
    """Return the records of a data set by their source."""
    return {record.source: record for record in read_manifest(Path(folder, MANIFEST)).records}


def pixels(path: str) -> np.ndarray:
    """Return a picture, (H, W, C)."""
    return np.asarray(Image.open(path))


@pytest.mark.parametrize(
    ("overlap", "rows", "columns"),
    [
        ("0", [0, 32, 38], [0, 32, 64, 68]),
        ("8", [0, 24, 38], [0, 24, 48, 68]),
        ("50%", [0, 16, 32, 38], [0, 16, 32, 48, 64, 68]),
    ],
)
def test_tiles_of_a_grid_are_the_pictures_own_pixels(
    place: Path, overlap: str, rows: list[int], columns: list[int]
) -> None:
    """Tiles lie a side less the overlap apart, the last ones end with the picture, and each is a plain cut-out."""
    words = ["maps", "-o", "data", "--size", "32", "--tiles", "grid", "--overlap", overlap]
    assert prepare(*words, "-q") == 0
    whole = pixels("maps/large.png")
    for row, upper in enumerate(rows):
        for column, left in enumerate(columns):
            tile = pixels(f"data/large-r{row:02}c{column:02}.png")
            assert np.array_equal(tile, whole[upper : upper + 32, left : left + 32])
    assert len(list(Path("data").glob("large-*.png"))) == len(rows) * len(columns)
    record = records("data")[f"maps/large.png#r0c{len(columns) - 1}"]
    assert (record.part, record.label) == (f"r0c{len(columns) - 1}", None)
    assert Path("data/north/fit-r00c00.png").exists()


@pytest.mark.parametrize("length", range(8, 60))
@pytest.mark.parametrize("step", [1, 3, 8])
def test_every_pixel_is_in_a_tile(length: int, step: int) -> None:
    """Along a side tiles of 8 cover every place, none leaves the picture, and none is there twice."""
    found = starts(length, 8, step)
    assert sorted({place for start in found for place in range(start, start + 8)}) == list(range(length))
    assert len(set(found)) == len(found)


def test_a_tile_may_be_wider_than_high(place: Path) -> None:
    """--size 64x32 cuts tiles of that shape."""
    assert prepare("maps", "-o", "data", "--size", "64x32", "--tiles", "grid", "-q") == 0
    assert np.array_equal(pixels("data/large-r02c01.png"), pixels("maps/large.png")[38:70, 36:100])


def test_large_jpegs_are_cut_at_their_own_scale(place: Path) -> None:
    """A JPEG stored on its side is cut upright and whole, though it is far larger than a tile."""
    turned = Image.Exif()
    turned[0x0112] = 6
    Path("photos").mkdir()
    Image.fromarray(np.tile(np.arange(240, dtype=np.uint8), (320, 1))).save("photos/1.jpg", exif=turned, quality=100)
    assert prepare("photos", "-o", "data", "--size", "16", "--tiles", "grid", "-q") == 0
    assert len(list(Path("data").glob("*.png"))) == 20 * 15
    assert np.abs(pixels("data/1-r14c19.png")[:, 0].astype(int) - np.arange(224, 240)).max() <= 2


def test_random_tiles_follow_from_seed_and_content(place: Path) -> None:
    """N tiles a picture lie inside it at places that a name does not change, and another seed does."""
    words = ["--size", "16", "--tiles", "random:9"]
    assert prepare("maps", "-o", "data", *words, "-q") == 0
    whole = pixels("maps/large.png")
    windows = np.lib.stride_tricks.sliding_window_view(whole, (16, 16), axis=(0, 1))
    places = set()
    for number in range(9):
        tile = pixels(f"data/large-random{number:04}.png").transpose(2, 0, 1)
        found = np.argwhere((windows == tile).all(axis=(2, 3, 4)))
        assert len(found) == 1
        places.add(tuple(found[0].tolist()))
    assert len(places) == 9
    os.rename("maps/large.png", "maps/other.png")
    assert prepare("maps", "-o", "renamed", *words, "-q") == 0
    assert prepare("maps", "-o", "seeded", *words, "--seed", "1", "-q") == 0
    first = Path("data/large-random0003.png").read_bytes()
    assert (
        Path("renamed/other-random0003.png").read_bytes() == first != Path("seeded/other-random0003.png").read_bytes()
    )


def test_only_the_tiles_of_what_is_new_are_made(place: Path) -> None:
    """The same line again is nothing to do; a new picture adds its tiles, a shrunk one loses some."""
    words = ["maps", "-o", "data", "--size", "32", "--tiles", "grid"]
    assert prepare(*words, "-q") == 0
    before = stamps(Path("data"))
    assert prepare("maps", "-o", "data", "-q") == 0
    assert stamps(Path("data")) == before
    fill(Path("maps"), ["new.png"], 70, 40)
    noise(9, 33, 32).save("maps/north/fit.png")
    assert prepare("maps", "-o", "data", "-q") == 0
    assert all(stamp == before[name] for name, stamp in stamps(Path("data")).items() if "/large-" in name)
    assert len(list(Path("data/north").glob("*.png"))) == 2
    for jobs in ("1", "5"):
        assert prepare("maps", "-o", jobs, "--size", "32", "--tiles", "grid", "--jobs", jobs, "-q") == 0
        assert content(Path("data")) == content(Path(jobs))


def test_small_pictures_give_no_tile_and_no_fault(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is smaller than a tile, or than --min-size, is left out as asked; a bad picture is still bad."""
    fill(Path("maps"), ["thin.png"], 300, 31)
    fill(Path("maps"), ["small.png"], 40, 40)
    assert prepare("maps", "-o", "data", "--size", "32", "--tiles", "grid", "--min-size", "64", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["left_out"] == {"shorter side under 64 pixels": 2}
    assert prepare("maps", "-o", "all", "--size", "32", "--tiles", "grid") == 0
    assert "left out as asked: 1, such as maps/thin.png: smaller than a tile of 32x32" in capsys.readouterr().err
    Path("maps/cut.png").write_bytes(Path("maps/large.png").read_bytes()[:9000])
    assert prepare("maps", "-o", "all") == 3
    assert "skipped: maps/cut.png#r0c0: cut off" in capsys.readouterr().err


def test_tiles_of_one_picture_stay_on_one_side_of_the_hold_out(place: Path) -> None:
    """Tiles may overlap, so those of one picture are held out together."""
    fill(Path("maps"), [f"{number}.png" for number in range(12)], 64, 64)
    assert prepare("maps", "-o", "data", "--size", "32", "--tiles", "grid", "--holdout", "40%", "-q") == 0
    sides: dict[str, set[str | None]] = {}
    for source, record in records("data").items():
        sides.setdefault(source.partition("#")[0], set()).add(record.split)
    assert {frozenset(side) for side in sides.values()} == {frozenset({"train"}), frozenset({"holdout"})}


def test_tiles_of_frames_and_of_members(place: Path) -> None:
    """Each frame of an animation, and each member of an archive, is cut; labels stay."""
    Path("cat").mkdir()
    frames = [noise(number, 32, 16) for number in range(3)]
    frames[0].save("cat/a.png", "PNG", save_all=True, append_images=frames[1:])
    with zipfile.ZipFile("z.zip", "w") as packed:
        packed.write("cat/a.png")
        packed.write("maps/large.png")
    assert prepare("z.zip", "-o", "data", "--size", "16", "--tiles", "grid", "--frames", "all", "-q") == 0
    for number, frame in enumerate(frames):
        tile = pixels(f"data/cat/a-frame{number:04}-r00c01.png")
        assert np.array_equal(tile, np.asarray(frame)[:, 16:])
    assert records("data")["z.zip#cat/a.png#frame2#r0c1"].part == "frame2#r0c1"
    assert prepare("z.zip", "-o", "data", "--tiles", "none", "-q") == 0
    assert sorted(path.name for path in Path("data/cat").iterdir()) == [
        f"a-frame000{number}.png" for number in range(3)
    ]


def test_too_many_tiles_are_refused_before_any_is_cut(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A picture that would give more than 100,000 tiles is named and decoded not at all."""
    Path("wide").mkdir()
    Image.new("L", (3000, 3000)).save("wide/1.png")
    words = ["--size", "8", "--tiles", "grid", "--overlap", "7"]
    assert prepare("wide", "-o", "data", *words) == 4
    assert "too many tiles: 8,958,049, more than 100,000" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "text", "hint"),
    [
        (["--tiles", "grid", "--crop", "top"], "--tiles: found grid beside --crop top, expected one", "--tiles grid"),
        (["--tiles", "grid", "--pad"], "--tiles: found grid beside --pad, expected one of them", "--tiles grid"),
        (["--tiles", "gird"], "--tiles: found 'gird', expected grid, none, or random:N", "--tiles grid"),
        (["--tiles", "random:0"], "--tiles: found 'random:0'", "--tiles random:100"),
        (["--overlap", "8"], "--overlap: found it beside --tiles none, expected --tiles grid", "8 --tiles grid"),
        (["--tiles", "random:5", "--overlap", "8"], "--overlap: found it beside --tiles random:5", "--tiles grid"),
        (["--tiles", "grid", "--overlap", "32"], "--overlap: found 32, expected less than a tile's side of 32 pixels",
         "--overlap 25%"),
        (["--tiles", "grid", "--overlap", "100%"], "--overlap: found '100%', expected pixels like 16 or a share below",
         "--overlap 25%"),
    ],
)  # fmt: skip
def test_what_contradicts_tiles_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str], words: list[str], text: str, hint: str
) -> None:
    """Each contradiction names both options and hints at a line that works."""
    assert prepare("maps", "-o", "data", "--size", "32", *words) == 2
    err = capsys.readouterr().err
    assert text in err
    typed = next(line for line in err.splitlines() if line.startswith("hint: "))
    assert hint in typed
    assert prepare(*typed.removeprefix("hint: gantools prepare ").split()) == 0


def test_stored_tiles_are_taken_back_by_name(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A crop typed for a data set of tiles is refused; --tiles none goes back to whole pictures."""
    assert prepare("maps", "-o", "data", "--size", "32", "--tiles", "grid", "-q") == 0
    assert prepare("maps", "-o", "data", "--crop", "top") == 2
    assert "hint: gantools prepare maps -o data --crop top --tiles none" in capsys.readouterr().err
    assert prepare("maps", "-o", "data", "--crop", "top", "--tiles", "none", "-q") == 0
    assert prepare("maps", "-o", "fresh", "--size", "32", "--crop", "top", "-q") == 0
    assert content(Path("data")) == content(Path("fresh"))
