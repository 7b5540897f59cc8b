"""Names that mean harm, in lists, IDX files, tables and links (T17); those in archives have tests beside archives."""

import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from gantools.data.folder import open_data
from gantools.data.manifest import MANIFEST, PACK, read_manifest
from tests.data.makers import fill, noise, prepare, tree, write_idx

LONG = "x" * 251 + ".png"
EVIL = ["-rf.png", "a\nb.png", "\x1b[2J\u202e.png", LONG, "clash.png", "sub/clash.png", "sub/CLASH.png", "[/foo].png"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder ``in``; what lies beside it must stay as it is."""
    (tmp_path / "in").mkdir()
    fill(tmp_path / "outside", ["secret.png", "..png", "b/1.png"])
    monkeypatch.chdir(tmp_path / "in")
    return tmp_path


def check(place: Path, outside: dict[str, bytes], count: int, err: str) -> None:
    """Require that every picture has a printable file of its own in the data set, and that nothing else was written."""
    files = [str(record.file) for record in read_manifest(Path("data", MANIFEST)).made()]
    assert len({file.casefold() for file in files}) == len(files) == count
    assert {*files, MANIFEST, PACK} == set(tree(Path("data")))
    assert all(file.isprintable() and file[0] != "-" and ".." not in Path(file).parts for file in files)
    assert tree(place / "outside") == outside
    assert sorted(os.listdir(place)) == ["in", "outside"]
    assert open_data(Path("data")).count == count
    assert all(character.isprintable() or character == "\n" for character in err)


def test_names_in_a_list_stay_inside(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Entries that lead upwards, are absolute, long, or look like options give files inside; absent ones a reason."""
    outside = tree(place / "outside")
    fill(Path("photos"), EVIL)
    shutil.copy("photos/-rf.png", "-rf.png")
    names = [f"photos/{name}" for name in EVIL] + ["../outside/secret.png", str(place / "outside" / "b" / "1.png"),
             "-rf.png", "photos/../photos/./clash.png", "../../../../../../../absent\x1b[2J.png"]  # fmt: skip
    Path("list").write_bytes(b"\0".join(os.fsencode(name) for name in names))
    assert prepare("--files-from", "list", "-o", "data", "--jobs", "4") == 3
    err = capsys.readouterr().err
    check(place, outside, len(EVIL) + 3, err)
    assert "skipped: ../../../../../../../absent\\x1b[2J.png: found nothing of that name" in err


def test_links_out_of_the_tree_are_read_and_never_written(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A link to a picture elsewhere gives a copy inside; links to folders, devices and themselves give none."""
    outside = tree(place / "outside")
    fill(Path("photos"), ["1.png"])
    links = {"2.png": "../../outside/secret.png", "3.png": "/dev/zero", "4.png": "4.png", "up": "../..", "5.png": "no"}
    for name, target in links.items():
        Path("photos", name).symlink_to(target)
    assert prepare("photos", "-o", "data") == 3
    err = capsys.readouterr().err
    check(place, outside, 2, err)
    assert not Path("data/2.png").is_symlink()
    shutil.rmtree("data")
    Path("data").mkdir()
    Path("data/1.png").symlink_to("../../outside/secret.png")
    assert prepare("photos", "-o", "data", "--force", "-q") == 3
    assert tree(place / "outside") == outside


def test_an_idx_file_of_an_evil_name_stays_inside(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Digits of a file with line breaks and escapes in its name get plain names below their labels."""
    outside = tree(place / "outside")
    write_idx(Path("."), 6, packed=False)
    for kind in ("images-idx3", "labels-idx1"):
        os.rename(f"train-{kind}-ubyte", f"-rf\n\x1b[2J..-{kind}-ubyte")
    assert prepare("./-rf\n\x1b[2J..-images-idx3-ubyte", "-o", "data") == 0
    check(place, outside, 6, capsys.readouterr().err)


def test_labels_of_a_table_stay_inside(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a table calls classes, their folders lie inside, one each, and are shown without control characters."""
    outside = tree(place / "outside")
    labels = ["../../outside", "/etc", "-rf", "x" * 255, "\x1b[2J", "cat", "CAT", "..", "manifest.jsonl", "[/foo]"]
    fill(Path("photos"), [f"{number}.png" for number in range(len(labels))])
    Path("labels.csv").write_text("".join(f'{number}.png,"{label}"\n' for number, label in enumerate(labels)))
    assert prepare("photos", "-o", "data", "--labels", "labels.csv") == 0
    check(place, outside, len(labels), capsys.readouterr().err)
    assert len(open_data(Path("data")).classes) == len(labels)


def test_the_right_picture_is_under_each_name(place: Path) -> None:
    """Two sources of one stem keep their own pixels, whatever name the second one gets."""
    Path("photos").mkdir()
    noise(1).save("photos/clash.png")
    noise(2).save("photos/clash.bmp")
    assert prepare("photos", "-o", "data", "-q") == 0
    for record in read_manifest(Path("data", MANIFEST)).made():
        assert Image.open(f"data/{record.file}").tobytes() == Image.open(record.source).tobytes()
