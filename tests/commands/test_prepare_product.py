"""What ``prepare`` gives beside the folder: paths, a sheet, a rehearsal; and the words on what a GAN suffers from."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools.data.advice import advise
from gantools.data.census import Census
from gantools.data.manifest import MANIFEST, read_manifest
from gantools.data.recipe import Recipe
from tests.data.makers import fill, prepare, stamps, tree

NAMES = ["a/1.png", "a/2.png", "b/1.png", "b/2.png", "b/x\ny.png"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with ``photos``: five pictures, one of a bad name."""
    monkeypatch.chdir(tmp_path)
    fill(Path("photos"), NAMES, 40, 48)
    return tmp_path


def test_list_prints_each_picture(place: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """All pictures of the data set, in the manifest's order, also when nothing is done; but none deleted by hand."""
    for _ in range(2):
        assert prepare("photos", "-o", "data", "--list", "-q") == 0
        paths = capsysbinary.readouterr().out.decode().splitlines()
        made = read_manifest(Path("data", MANIFEST)).made()
        assert paths == [f"data/{record.file}" for record in made]
        assert all(Path(path).is_file() for path in paths)
    Path("data/a/2.png").unlink()
    assert prepare("photos", "-o", "data", "--list", "-0", "-q") == 0
    assert capsysbinary.readouterr().out.split(b"\0") == [
        *(f"data/{record.file}".encode() for record in made if record.file != "a/2.png"),
        b"",
    ]


def test_sheet_shows_the_data_set(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sheet has the pictures side by side; its path is on stderr, the folder's alone on stdout; JSON has both."""
    assert prepare("photos", "-o", "data", "--size", "32", "--sheet", "sheet.png") == 0
    out, err = capsys.readouterr()
    assert (out, "sheet: sheet.png\n" in err) == ("data\n", True)
    sheet = np.asarray(Image.open("sheet.png"))
    assert sheet.shape == (66, 100, 3)
    assert np.array_equal(sheet[:32, :32], np.asarray(Image.open("data/a/1.png")))
    before = Path("sheet.png").stat().st_mtime_ns
    assert prepare("photos", "-o", "data", "--sheet", "sheet.png", "--json") == 0
    assert json.loads(capsys.readouterr().out)["sheet"] == "sheet.png"
    assert Path("sheet.png").stat().st_mtime_ns == before
    Path("sheet.png").unlink()
    assert prepare("photos", "-o", "data", "--sheet", "sheet.png", "-q") == 0
    assert Path("sheet.png").exists()


@pytest.mark.parametrize(
    ("sheet", "error", "hint"),
    [
        ("data/s.png", "--sheet: found 'data/s.png' inside the data set, expected another", "--sheet s.png"),
        ("photos/a/s.png", "--sheet: found 'photos/a/s.png' inside a source, expected another", "--sheet s.png"),
        ("s.jpg", "--sheet: found 's.jpg', expected a name that ends with .png", "--sheet s.png"),
    ],
)
def test_sheet_in_a_wrong_place(
    place: Path, capsys: pytest.CaptureFixture[str], sheet: str, error: str, hint: str
) -> None:
    """A sheet that a later run would take for a picture, or that is no PNG, is refused before anything is made."""
    assert prepare("photos", "-o", "data", "--sheet", sheet) == 2
    err = capsys.readouterr().err
    assert error in err
    assert f"hint: gantools prepare photos -o data {hint}" in err
    assert not Path("data").exists()


def test_sheet_replaces_no_foreign_picture(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A picture of other origin under the sheet's name ends with 5 before anything is made."""
    Image.new("L", (8, 8)).save("mine.png")
    assert prepare("photos", "-o", "data", "--sheet", "mine.png") == 5
    assert "mine.png: exists and was not written by gantools" in capsys.readouterr().err
    assert not Path("data").exists()


def test_dry_run_names_what_would_happen(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """New, changed, copied, deleted and vanished sources are named, unchanged ones counted; nothing is written."""
    fill(Path("photos"), [f"c/{number:02}.png" for number in range(30)], 40, 48)
    Path("photos/c/99.png").write_bytes(Path("photos/c/00.png").read_bytes())
    assert prepare("photos", "-o", "data", "--dedupe", "exact", "-q") == 0
    Path("data/a/1.png").unlink()
    Path("photos/a/2.png").unlink()
    fill(Path("photos"), ["b/1.png"], 50, 50)
    fill(Path("photos"), [f"d/{number:02}.png" for number in range(22)], 40, 48)
    before, listed = stamps(Path("data")), tree(place / "data")
    capsys.readouterr()
    assert prepare("photos", "-o", "data", "--dry-run") == 0
    out, err = capsys.readouterr()
    assert out == ""
    for line in ("made again: photos/b/1.png", "deleted by hand, stays out: photos/a/1.png", "new: photos/d/19.png",
                 "source gone, picture stays: photos/a/2.png", "new: 2 more, which -v names",
                 "left out as a copy, looked at again: photos/c/99.png"):  # fmt: skip
        assert line in err.splitlines()
    assert "unchanged: photos/c/00.png" not in err
    assert prepare("photos", "-o", "data", "--dry-run", "-v") == 0
    lines = capsys.readouterr().err.splitlines()
    assert {"unchanged: photos/c/00.png", "new: photos/d/21.png"} <= set(lines)
    assert prepare("photos", "-o", "data", "--dry-run", "--json", "-q") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["acts"] == {"new": 22, "again": 1, "copy": 1, "unusable": 0, "skipped": 0, "deleted": 1,
                                "vanished": 1, "unchanged": 32, "pruned": 0}  # fmt: skip
    assert {"source": "photos/d/21.png", "act": "new"} in document["items"]
    assert (stamps(Path("data")), tree(place / "data")) == (before, listed)


RECIPE = Recipe(("photos",), (64, 64), "rgb")


@pytest.mark.parametrize(
    ("census", "recipe", "labels", "kind", "text"),
    [
        (Census(same=21), RECIPE, {}, "copies", "21 of 1,000 pictures are the same as an earlier one, and count twice: "
         "--dedupe exact leaves them out"),
        (Census(near=30), RECIPE, {}, "copies", "or nearly, and count twice: --dedupe near leaves them out"),
        (Census(blank=51), RECIPE, {}, "blank", "51 of 1,000 pictures are mostly of one colour: delete their PNGs"),
        (Census(cut_off=1 / 3, sizes=Counter({(600, 400): 1000})), RECIPE, {}, "cut_off",
         "the crop cuts off 33 % of the sources' area: --size 96x64 has their shape"),
        (Census(cut_off=0.3, sizes=Counter({(600, 400): 500, (400, 600): 500})), RECIPE, {}, "cut_off",
         "cuts off 30 % of the sources' area: --pad keeps all of it"),
        (Census(enlarged=101, sizes=Counter({(50, 40): 101, (90, 90): 899})), RECIPE, {}, "enlarged",
         "101 of 1,000 pictures come from smaller sources and are blurred: --size 40 enlarges fewer, --min-size 64"),
        (Census(), RECIPE, {"cat": 1101, "dog": 100}, "uneven", "1,101 pictures of cat and 100 of dog, which will be "
         "rare in samples too: more of it, or --limit 200, which takes the classes in turn"),
    ],
)  # fmt: skip
def test_words_say_what_to_do(census: Census, recipe: Recipe, labels: dict[str, int], kind: str, text: str) -> None:
    """Each fault beyond its bound is told, with the option that helps; nothing else is."""
    (advice,) = advise(census, recipe, 1000, Counter(labels))
    assert advice.kind == kind
    assert text in advice.text


def test_words_only_beyond_the_bounds() -> None:
    """A data set within the bounds gets no word; below 1,000 pictures there is one."""
    sizes = Counter({(80, 60): 1000})
    fine = Census(sizes=sizes, same=20, blank=50, enlarged=100, cut_off=0.25)
    assert advise(fine, RECIPE, 1000, Counter(cat=1000, dog=100)) == []
    (few,) = advise(Census(), RECIPE, 999, Counter())
    assert few.text.startswith("999 pictures for training, and under 1,000 a discriminator learns them by heart")
