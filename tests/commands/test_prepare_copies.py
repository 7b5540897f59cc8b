"""``prepare`` and copies: what is counted, what ``--dedupe`` leaves out, and what becomes of it as the folder grows."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gantools import cli
from gantools.data.folder import open_data
from gantools.data.manifest import MANIFEST, Record, read_manifest
from tests.data.makers import SHARED, content, fill, needs_shared, noise, prepare, stamps, tree
from tests.data.test_likeness import smooth


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with ``photos``: 12 pictures of soft patches, with no copy among them, in two classes."""
    monkeypatch.chdir(tmp_path)
    for seed in range(12):
        path = Path("photos", "cat" if seed % 2 else "dog", f"{seed:02}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        smooth(seed).save(path)
    return tmp_path


def add_copies() -> None:
    """Put four copies beside: the same file, its pixels in another format, a JPEG, and one under another label."""
    shutil.copy("photos/cat/01.png", "photos/cat/20.png")
    Image.open("photos/cat/03.png").save("photos/cat/21.bmp")
    Image.open("photos/cat/05.png").save("photos/cat/22.jpg", quality=60)
    shutil.copy("photos/cat/01.png", "photos/dog/23.png")


def records(folder: str = "data") -> dict[str, Record]:
    """Return the records by the source's path below ``photos``."""
    return {record.source.partition("/")[2]: record for record in read_manifest(Path(folder, MANIFEST)).records}


def document(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Run ``prepare --json`` and return its document."""
    capsys.readouterr()
    assert prepare(*words, "--json") == 0
    return dict(json.loads(capsys.readouterr().out))


def test_copies_are_counted_and_stay(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --dedupe copies stay in the data set; table, warning, JSON and manifest say which they are."""
    add_copies()
    assert prepare("photos", "-o", "data", "-v") == 0
    err = capsys.readouterr().err
    assert "pictures  16 of 64x64 RGB, 16 made now" in err
    assert "copies    3 the same as an earlier one, 1 nearly the same, 1 under another label" in err
    assert "4 of 16 pictures are the same as an earlier one or nearly, and count twice: --dedupe near leaves" in err
    assert "copy: photos/dog/23.png: the same pixels as photos/cat/01.png" in err
    found = document(capsys, "photos", "-o", "data")
    assert (found["duplicates"]["same"], found["duplicates"]["near"], found["duplicates"]["left_out"]) == (3, 1, 0)
    assert found["duplicates"]["pairs"][0] == {"source": "photos/cat/20.png", "of": "photos/cat/01.png",
                                               "distance": None}  # fmt: skip
    assert [warning["kind"] for warning in found["warnings"]] == ["few", "copies"]
    known = records()
    assert (known["cat/22.jpg"].twin, known["cat/22.jpg"].file) == ("photos/cat/05.png", "cat/22.png")
    assert known["cat/22.jpg"].distance is not None
    assert [name for name, record in known.items() if record.twin] == ["cat/20.png", "cat/21.bmp", "cat/22.jpg",
                                                                       "dog/23.png"]  # fmt: skip


@pytest.mark.parametrize(("dedupe", "count"), [("exact", 13), ("near", 12)])
def test_dedupe_leaves_copies_out(place: Path, capsys: pytest.CaptureFixture[str], dedupe: str, count: int) -> None:
    """The first in order stays; the copies are named with what they copy; it is no fault; again, nothing is done."""
    add_copies()
    assert prepare("photos", "-o", "data", "--dedupe", dedupe) == 0
    err = capsys.readouterr().err
    assert "left out: photos/cat/20.png: the same pixels as photos/cat/01.png" in err
    assert ("left out: photos/cat/22.jpg: nearly the same as photos/cat/05.png, distance " in err) == (dedupe == "near")
    assert f"copies    {16 - count} left out" in err or f"{16 - count} left out, 1 under another label" in err
    assert open_data(Path("data")).count == count
    assert not Path("data/cat/20.png").exists()
    left_out = records()["cat/20.png"]
    assert (left_out.skipped, left_out.asked) == ("the same pixels as an earlier picture", True)
    before = stamps(Path("data"))
    assert prepare("photos", "-o", "data") == 0
    assert (
        f"nothing to do: data already holds {count} pictures, {16 - count} sources skipped" in capsys.readouterr().err
    )
    assert stamps(Path("data")) == before


def test_dedupe_goes_on_and_off_without_making_all_again(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another --dedupe takes out or makes copies only, and the folder is then a fresh one's equal."""
    add_copies()
    assert prepare("photos", "-o", "data", "-q") == 0
    for dedupe, made in (("near", 0), ("exact", 1), ("near", 0), ("none", 4)):
        assert document(capsys, "photos", "-o", "data", "--dedupe", dedupe)["made"] == made
        assert prepare("photos", "-o", f"fresh-{dedupe}-{made}", "--dedupe", dedupe, "-q") == 0
        assert content(Path("data")) == content(Path(f"fresh-{dedupe}-{made}"))


def test_copy_comes_in_when_its_original_goes(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """When the first of two becomes another picture, its copy comes in; it stays when a new copy sorts before it."""
    add_copies()
    assert prepare("photos", "-o", "data", "--dedupe", "near", "-q") == 0
    smooth(50).save("photos/cat/01.png")
    assert prepare("photos", "-o", "data", "-q") == 0
    assert (records()["cat/20.png"].file, records()["dog/23.png"].twin) == ("cat/20.png", "photos/cat/20.png")
    assert prepare("photos", "-o", "fresh", "--dedupe", "near", "-q") == 0
    assert content(Path("data")) == content(Path("fresh"))
    shutil.copy("photos/cat/20.png", "photos/cat/00.png")
    assert prepare("photos", "-o", "data") == 0
    assert "left out: photos/cat/00.png: the same pixels as photos/cat/20.png" in capsys.readouterr().err
    os.remove("photos/cat/20.png")
    assert prepare("photos", "-o", "data", "--prune", "-q") == 0
    assert (records()["dog/23.png"].file, records()["cat/00.png"].twin) == ("dog/23.png", "photos/dog/23.png")


def test_copies_among_frames_come_in_as_frames(place: Path) -> None:
    """A left-out frame of a file that has not changed is made from its frame when its original goes."""
    frames = [smooth(seed) for seed in (60, 61, 62)]
    Path("film").mkdir()
    frames[1].save("film/0.png")
    frames[0].save("film/1.png", save_all=True, append_images=frames[1:])
    assert prepare("film", "-o", "data", "--frames", "all", "--dedupe", "exact", "-q") == 0
    skipped = {record.source: record.twin for record in read_manifest(Path("data", MANIFEST)).records}
    assert skipped["film/1.png#frame1"] == "film/0.png"
    smooth(70).save("film/0.png")
    assert prepare("film", "-o", "data", "-q") == 0
    assert prepare("film", "-o", "fresh", "--frames", "all", "--dedupe", "exact", "-q") == 0
    assert content(Path("data")) == content(Path("fresh"))
    assert open_data(Path("data")).count == 4


def test_copy_of_a_deleted_picture_stays_out(place: Path) -> None:
    """Who deletes a picture by hand is not given its copy in its place."""
    add_copies()
    assert prepare("photos", "-o", "data", "--dedupe", "exact", "-q") == 0
    Path("data/cat/01.png").unlink()
    fill(Path("photos"), ["cat/90.png"], 96, 96)
    assert prepare("photos", "-o", "data", "-q") == 0
    assert not Path("data/cat/20.png").exists()
    assert open_data(Path("data")).count == 13


def test_threads_change_no_byte(place: Path) -> None:
    """Which picture is the copy does not depend on threads."""
    add_copies()
    for output, jobs in (("one", "1"), ("two", "2")):
        assert prepare("photos", "-o", output, "--dedupe", "near", "--jobs", jobs, "-q") == 0
    assert tree(Path("one")) == tree(Path("two"))


def test_row_of_little_changes_is_not_one_picture(place: Path) -> None:
    """Near is measured from pictures that stay, so a picture that fades step by step keeps some of its steps."""
    Path("film").mkdir()
    first, last = (np.asarray(smooth(seed), np.float64) for seed in (1, 2))
    for step in range(40):
        Image.fromarray((first + (last - first) * step / 39).astype(np.uint8)).save(f"film/{step:02}.png")
    assert prepare("film", "-o", "data", "--dedupe", "near", "-q") == 0
    assert 4 <= open_data(Path("data")).count <= 30


def test_blank_pictures_are_counted_and_no_near_copies(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Plain pictures of two greys are no copies of each other; those mostly of one colour are counted and warned of."""
    for level in (200, 203):
        Image.new("L", (96, 96), level).save(f"photos/cat/{level}.png")
    found = document(capsys, "photos", "-o", "data", "--dedupe", "near")
    assert (found["blank"], found["duplicates"]["left_out"]) == (2, 0)
    assert "2 of 14 pictures are mostly of one colour" in found["warnings"][1]["text"]
    assert found["modes"] == {"rgb": 12, "gray": 2}
    marked = [line for line in Path("data", MANIFEST).read_text().splitlines() if '"blank":true' in line]
    assert len(marked) == 2


def test_copies_across_the_holdout_are_warned_of(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy in other bytes may fall on the other side of the hold-out, which is said."""
    for number in range(11, 40):
        Image.open("photos/cat/03.png").convert("RGB").save(f"photos/cat/{number}.jpg", quality=60 + number)
    found = document(capsys, "photos", "-o", "data", "--holdout", "40%")
    sides = {record.split for record in records().values() if record.twin == "photos/cat/03.png"}
    assert sides == {"train", "holdout"}
    assert found["duplicates"]["across_splits"] >= 5
    assert "leak" in [warning["kind"] for warning in found["warnings"]]
    found = document(capsys, "photos", "-o", "data", "--dedupe", "near")
    assert (found["duplicates"]["across_splits"], found["duplicates"]["left_out"]) == (0, 29)


def test_sources_are_summed_up(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sizes as they are before a JPEG is decoded smaller, modes and enlarged pictures; inspect says the same later."""
    Path("mixed").mkdir()
    smooth(1, 800).save("mixed/1.jpg")
    smooth(2, 40).save("mixed/2.png")
    smooth(3, 100, "L").save("mixed/3.png")
    noise(4, 300, 200, "RGBA").save("mixed/4.png")
    assert prepare("mixed", "-o", "data") == 0
    err = capsys.readouterr().err
    assert "sources   40x40 to 800x800, the middle one 300x200" in err
    assert "modes     colour 2, grey 1, colour with transparency 1" in err
    assert "enlarged  1 from smaller sources" in err
    assert "1 of 4 pictures come from smaller sources and are blurred: --size 40 enlarges fewer, --min-size 64" in err
    assert cli.main(["inspect", "data"]) == 0
    assert "sources     40x40 to 800x800, the middle one 300x200" in capsys.readouterr().out
    assert cli.main(["inspect", "data", "--json"]) == 0
    thing = json.loads(capsys.readouterr().out)["things"][0]
    assert thing["sources"]["largest"] == [800, 800]
    assert (thing["enlarged"], thing["duplicates"]["near"]) == (1, 0)


@needs_shared
@pytest.mark.slow
def test_photographs_and_their_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 14 photographs and paintings with three copies each, saved again, shrunk and brightened, 14 stay."""
    monkeypatch.chdir(tmp_path)
    for path in sorted((SHARED / "style").rglob("*.jpg")):
        image = Image.open(path).convert("RGB")
        os.makedirs("in", exist_ok=True)
        image.save(f"in/{path.stem}-1.png")
        image.save(f"in/{path.stem}-2.jpg", quality=50)
        image.resize((image.width * 3 // 4, image.height * 3 // 4)).save(f"in/{path.stem}-3.png")
        image.point(lambda level: min(255, round(level * 1.01))).save(f"in/{path.stem}-4.png")
    assert prepare("in", "-o", "data", "--dedupe", "near", "-q") == 0
    names = [record.file for record in read_manifest(Path("data", MANIFEST)).records if record.file]
    assert len(names) == 14
    assert all(name.endswith("-1.png") for name in names)
