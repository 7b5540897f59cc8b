"""Labels from a CSV file, on real folders: which line means which picture, and what is said of the others."""

import json
from pathlib import Path

import pytest

from gantools.data.folder import open_data
from gantools.data.manifest import MANIFEST, read_manifest
from tests.data.makers import content, fill, prepare, stamps

NAMES = ["a/1.png", "a/2.png", "b/1.png", "b/3.png", "4.jpg", "5.x.png"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with ``photos``: six pictures, two of which have the same name."""
    monkeypatch.chdir(tmp_path)
    fill(Path("photos"), NAMES)
    return tmp_path


def labels(folder: str) -> dict[str, str | None]:
    """Return the label of each source."""
    records = read_manifest(Path(folder, MANIFEST)).records
    return {record.source.removeprefix("photos/"): record.label for record in records}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("heading", ["", "image{0}class\n", "\ufeffpath{0}label\r\n"])
def test_a_line_names_a_picture_by_path_or_name(place: Path, separator: str, heading: str) -> None:
    """Whole paths, the ends of paths, names, and names without their ending all count; a heading does not."""
    rows = [("photos/a/1.png", "cat"), ("b/1.png", "dog"), ("2.png", "cat"), ("3", "dog"), ("./4.jpg", "eel"),
            (f"{place}/photos/5.x.png", "cat")]  # fmt: skip
    text = heading.format(separator) + "".join(f"{name}{separator}{label}\n" for name, label in rows)
    Path("labels.csv").write_text(text, encoding="utf-8")
    assert prepare("photos", "-o", "data", "--labels", "labels.csv", "-q") == 0
    expected = {
        "a/1.png": "cat",
        "a/2.png": "cat",
        "b/1.png": "dog",
        "b/3.png": "dog",
        "4.jpg": "eel",
        "5.x.png": "cat",
    }
    assert labels("data") == expected
    assert Path("data/eel/4.png").exists()
    assert open_data(Path("data")).classes == ("cat", "dog", "eel")


def test_what_is_not_in_the_table_has_no_label(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sources without a line stay, unlabelled and counted; lines without a source are counted, and it ends with 0."""
    Path("labels.csv").write_text("file,label\na/1.png,cat\ngone.png,cat\nalso-gone.png,dog\nb/3.png,\n")
    assert prepare("photos", "-o", "data", "--labels", "labels.csv", "--json") == 0
    out, err = capsys.readouterr()
    assert "sources without a label in labels.csv: 5" in err
    assert "warning: labels.csv: names that no source has: 2, such as gone.png" in err
    document = json.loads(out)
    assert (document["labels"], document["labels_absent"], document["labels_missing"]) == ({"cat": 1}, 2, 5)
    with open_data(Path("data")) as pictures:
        assert pictures.labels is not None
        assert sorted(pictures.labels.tolist()) == [-1] * 5 + [0]


def test_a_changed_table_makes_only_what_it_changes(place: Path) -> None:
    """The same table again is nothing to do; another label moves one picture, as if it had always been so."""
    Path("labels.csv").write_text("a/1.png,cat\na/2.png,cat\n")
    assert prepare("photos", "-o", "data", "--labels", "labels.csv", "-q") == 0
    before = stamps(Path("data"))
    assert prepare("photos", "-o", "data", "-q") == 0
    assert stamps(Path("data")) == before
    Path("labels.csv").write_text("a/1.png,cat\na/2.png,dog\n")
    assert prepare("photos", "-o", "data", "-q") == 0
    after = stamps(Path("data"))
    assert after["data/cat/1.png"] == before["data/cat/1.png"]
    assert prepare("photos", "-o", "fresh", "--labels", "labels.csv", "-q") == 0
    assert content(Path("data")) == content(Path("fresh"))


def test_names_of_labels_are_made_safe(place: Path) -> None:
    """Whatever a table calls a class, its folder lies inside the data set."""
    Path("labels.csv").write_text('a/1.png,../../etc\na/2.png,"big, red"\n4.jpg,/tmp/x\n')
    assert prepare("photos", "-o", "data", "--labels", "labels.csv", "-q") == 0
    found = {label for label in labels("data").values() if label}
    assert len(found) == 3 and "big, red" in found
    assert all("/" not in label and not label.startswith(".") for label in found)
    assert {path.parent.name for path in Path("data").glob("*/*.png")} == found


@pytest.mark.parametrize(
    ("data", "code", "text"),
    [
        (
            b"1.png,cat\n",
            4,
            "found '1.png', which is photos/a/1.png and photos/b/1.png, expected a path that is only one",
        ),
        (b"4.jpg,cat\n4,dog\n", 4, "found two labels for photos/4.jpg, 'cat' and 'dog', expected one"),
        (
            b"4.jpg,cat,0.5\n",
            4,
            "found a line of 3 columns (4.jpg,cat,0.5), expected two columns: a path or a name, and",
        ),
        (b"4.jpg\n", 4, "found a line of 1 columns (4.jpg), expected two columns"),
        (b"4.jpg,\xff\xfe\n", 4, "cannot be read ('utf-8' codec"),
        (b"4.jpg,ca\0t\n" * 2, 0, ""),
        (b'4.jpg,"cat\n' + b"x" * 200_000, 4, "cannot be read (field larger than field limit"),
        (b"", 0, ""),
    ],
)
def test_a_table_that_is_none_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str], data: bytes, code: int, text: str
) -> None:
    """A line that means two pictures, two labels for one, other columns and other files are said; nothing is made."""
    Path("labels.csv").write_bytes(data)
    assert prepare("photos", "-o", "data", "--labels", "labels.csv") == code
    assert text in capsys.readouterr().err
    assert Path("data").exists() is (code == 0)


def test_a_way_to_label_that_there_is_not(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt way is a usage error with the nearest; a folder is no table; a stored table must still be there."""
    assert prepare("photos", "-o", "data", "--labels", "folder") == 2
    assert "--labels: found 'folder', expected folders, none, or a CSV file" in capsys.readouterr().err
    assert prepare("photos", "-o", "data", "--labels", "photos") == 4
    assert "photos: found no file of that name, expected two columns" in capsys.readouterr().err
    Path("labels.csv").write_text("a/1.png,cat\n")
    assert prepare("photos", "-o", "data", "--labels", "labels.csv", "-q") == 0
    Path("labels.csv").unlink()
    assert prepare("photos", "-o", "data") == 4
    assert "hint: gantools prepare photos -o data --labels folders" in capsys.readouterr().err
