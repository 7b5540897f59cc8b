"""``gantools prepare``: real pictures, the real front, real kills. What is in the folder is compared byte for byte."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools import cli
from gantools.data.build import _Build
from gantools.data.folder import open_data
from gantools.data.manifest import JOURNAL, MANIFEST, PACK, read_manifest
from gantools.errors import InputError
from gantools.files.lock import locked
from tests.conftest import Run, child_environment
from tests.data.makers import SHARED, content, fill, needs_shared, noise, prepare, stamps, tree, write_idx

NAMES = [f"{label}/{i:02}.png" for label in ("cat", "dog") for i in range(20)]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with ``photos``: 40 pictures of 40x48 in two classes."""
    monkeypatch.chdir(tmp_path)
    fill(Path("photos"), NAMES, 40, 48)
    return tmp_path


def sizes(folder: str) -> set[tuple[int, int]]:
    """Return the sizes of the PNG files below ``folder``."""
    return {Image.open(path).size for path in Path(folder).rglob("*.png")}


def killed(point: str, *words: str) -> None:
    """Run ``gantools prepare`` in a fork of this process that kills itself at ``point``."""
    child = os.fork()
    if child == 0:
        os.environ |= {"GANTOOLS_TESTING": "1", "GANTOOLS_FAULT": point}
        cli.main(["prepare", *words, "-q"])
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL, f"the point {point} was never reached"


# What is made


def test_folder_holds_pictures_manifest_and_pack(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each source gives a PNG of the size under its label, a line of the manifest, and the same pixels in the pack."""
    assert prepare("photos", "-o", "data", "--size", "32") == 0
    out, err = capsys.readouterr()
    assert out == "data\n"
    assert "photos: 40 sources -> data: 32x32 RGB, centre crop" in err
    assert err.splitlines()[-1] == "next: gantools train data -o data.safetensors"
    assert sorted(tree(Path("data"))) == sorted([*NAMES, MANIFEST, PACK])
    manifest = read_manifest(Path("data", MANIFEST))
    assert [record.source for record in manifest.records] == [f"photos/{name}" for name in NAMES]
    assert [record.file for record in manifest.records] == NAMES
    pixels = np.stack([np.asarray(Image.open(Path("data", name))).transpose(2, 0, 1) for name in NAMES])
    assert np.array_equal(open_data(Path("data")).read(range(40)), pixels)


def test_same_in_same_out(place: Path) -> None:
    """Threads, time and the order of the file system change no byte."""
    for output, jobs in (("one", "1"), ("two", "2")):
        assert prepare("photos", "-o", output, "--jobs", jobs, "--crop", "random", "--holdout", "20%", "-q") == 0
    assert tree(Path("one")) == tree(Path("two"))


def test_digits_become_labelled_pictures(place: Path) -> None:
    """An IDX file gives its pictures at their own size, in grey, under its digits."""
    pictures, labels = write_idx(Path("mnist"), 100)
    assert prepare("mnist/train-images-idx3-ubyte.gz", "-o", "data", "-q") == 0
    with open_data(Path("data")) as rows:
        assert np.array_equal(rows.read(range(100)), pictures[:, None])
        assert rows.labels is not None
        assert [rows.classes[label] for label in rows.labels] == [str(label) for label in labels]
    assert Path("data", str(labels[42]), "train-00042.png").exists()


def test_drawn_set_needs_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``demo:stickers`` gives labelled pictures with their factors in the manifest, at the size asked for."""
    assert prepare("demo:stickers", "-o", "data", "--limit", "30", "--size", "48x32") == 0
    records = read_manifest(Path("data", MANIFEST)).records
    assert [record.source for record in records] == [f"demo:stickers#{i}" for i in range(30)]
    assert all(record.factors is not None and record.factors["kind"] == record.label for record in records)
    assert sizes("data") == {(48, 32)}
    assert prepare("demo:stickers", "-o", "data") == 0
    assert "nothing to do: data already holds 30 pictures" in capsys.readouterr().err


def test_channels_and_background(place: Path) -> None:
    """Clear places show the background in RGB and in grey, and stay clear in RGBA."""
    Path("clear").mkdir()
    Image.new("RGBA", (32, 32), (9, 9, 9, 0)).save("clear/1.png")
    wanted = {"rgb": [255, 136, 0], "gray": [156], "rgba": [9, 9, 9, 0]}
    for channels, pixel in wanted.items():
        colour = [] if channels == "rgba" else ["--background", "#ff8800"]
        assert prepare("clear", "-o", channels, "--channels", channels, *colour, "-q") == 0
        assert open_data(Path(channels)).read([0])[0, :, 0, 0].tolist() == pixel


def test_evil_names_stay_inside(place: Path) -> None:
    """Whatever sources are called, every picture gets its own file inside the folder."""
    before = set(os.listdir(place))
    evil = ["-rf.png", "a\nb.png", "x" * 250 + ".png", "\x1b[2J.jpg", "clash.png", "clash.jpg", "CLASH.gif", "é.png",
            "manifest.jsonl.png", "sub/..png", "sub/clash.png", "cat.png/1.png", "manifest.jsonl/1.png"]  # fmt: skip
    fill(Path("evil"), evil)
    fill(Path("evil"), ["\udcff.png"])
    assert prepare("evil", "-o", "data", "-q", "--labels", "folders") == 0
    records = read_manifest(Path("data", MANIFEST)).records
    files = {record.file for record in records if record.file}
    assert len(files) == len(records) == 13  # the one that begins with a dot is hidden: passed over
    assert files | {MANIFEST, PACK} == set(tree(Path("data")))
    assert all(file.isprintable() for file in files)
    assert set(os.listdir(place)) - before == {"evil", "data", "data.lock"}
    assert open_data(Path("data")).count == 13


def test_link_in_the_folder_is_not_followed(place: Path) -> None:
    """When a label's folder is a link to elsewhere, nothing is written there."""
    Path("elsewhere").mkdir()
    Path("data").mkdir()
    Path("data/cat").symlink_to("../elsewhere")
    assert prepare("photos", "-o", "data", "--force", "-q") == 5
    assert os.listdir("elsewhere") == []


# Hold-out


def test_picture_never_changes_side(place: Path) -> None:
    """Growing the folder, or holding out more, moves no picture to the training side; the share is about right."""
    fill(Path("many"), [f"{i}.png" for i in range(150)], 8, 8)
    assert prepare("many", "-o", "data", "--holdout", "20%", "-q") == 0
    first = {record.digest: record.split for record in read_manifest(Path("data", MANIFEST)).records}
    assert 15 <= list(first.values()).count("holdout") <= 50
    fill(Path("many"), [f"0{i}.png" for i in range(150)], 8, 8)
    assert prepare("many", "-o", "data", "-q") == 0
    grown = {record.digest: record.split for record in read_manifest(Path("data", MANIFEST)).records}
    assert len(grown) == 300
    assert all(grown[digest] == split for digest, split in first.items())
    assert prepare("many", "-o", "more", "--holdout", "40%", "-q") == 0
    more = {record.digest: record.split for record in read_manifest(Path("more", MANIFEST)).records}
    assert all(more[digest] == "holdout" for digest, split in grown.items() if split == "holdout")


def test_holdout_must_leave_something(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A hold-out that takes every picture is a usage error."""
    fill(Path("one"), ["1.png"])
    assert prepare("one", "-o", "data", "--holdout", "99.9999%") == 2
    assert "--holdout: found all 1 pictures held out, expected some for training" in capsys.readouterr().err


# Again


def test_second_run_changes_no_byte(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same line again writes nothing at all, not even the same bytes, and says so; so does it without options."""
    assert prepare("photos", "-o", "data", "--size", "32", "--holdout", "10%") == 0
    before = stamps(Path("data"))
    for words in (["--size", "32"], []):
        capsys.readouterr()
        assert prepare("./photos/", "-o", "data", *words) == 0
        out, err = capsys.readouterr()
        assert (out, "nothing to do: data already holds 40 pictures" in err) == ("data\n", True)
    assert stamps(Path("data")) == before


@pytest.mark.parametrize("name", ["zebra/9.png", "ape/1.png", "cat/00a.png"])
def test_new_picture_comes_last(place: Path, name: str) -> None:
    """A picture added to the sources, at any place, is made alone and stands behind the others, as generation 2."""
    assert prepare("photos", "-o", "data", "--size", "32", "-q") == 0
    before = stamps(Path("data"))
    fill(Path("photos"), [name], 50, 50)
    assert prepare("photos", "-o", "data", "-q") == 0
    after = stamps(Path("data"))
    assert all(after[f"data/{old}"] == before[f"data/{old}"] for old in NAMES)
    records = read_manifest(Path("data", MANIFEST)).records
    assert [record.source for record in records] == [f"photos/{old}" for old in [*NAMES, name]]
    assert [record.generation for record in records] == [None] * 40 + [2]
    assert prepare("photos", "-o", "fresh", "--size", "32", "-q") == 0
    assert content(Path("data")) == content(Path("fresh"))


def test_changed_source_is_made_again(place: Path) -> None:
    """A source with other bytes gives another picture under the same name; one that became bad loses its picture."""
    assert prepare("photos", "-o", "data", "-q") == 0
    old = tree(Path("data"))
    noise(5, 60, 60).save("photos/cat/03.png")
    Path("photos/dog/03.png").write_bytes(b"not a picture")
    assert prepare("photos", "-o", "data", "-q") == 3
    new = tree(Path("data"))
    assert "dog/03.png" not in new
    assert {name for name in new if new[name] != old[name]} == {"cat/03.png", MANIFEST, PACK}
    assert open_data(Path("data")).count == 39


def test_typed_options_make_all_again_untyped_ones_stay(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed option is announced and everything is made again; what is not typed keeps its stored value."""
    assert prepare("photos", "-o", "data", "--size", "32", "--crop", "top", "-q") == 0
    assert prepare("photos", "-o", "data", "--channels", "gray") == 0
    assert "changed options: channels; everything is made again" in capsys.readouterr().err
    assert prepare("photos", "-o", "fresh", "--size", "32", "--crop", "top", "--channels", "gray", "-q") == 0
    assert content(Path("data")) == content(Path("fresh"))
    assert prepare("photos", "-o", "data", "--labels", "none", "-q") == 0
    assert not Path("data/cat").exists()
    assert open_data(Path("data")).classes == ()


def test_deleted_picture_does_not_come_back(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A picture deleted by hand stays away: in the same run again, with new sources, and when all is made again."""
    assert prepare("photos", "-o", "data", "-q") == 0
    Path("data/cat/07.png").unlink()
    before = stamps(Path("data"))
    assert prepare("photos", "-o", "data") == 0
    assert "pictures deleted by hand, which stay out of training: 1" in capsys.readouterr().err
    assert stamps(Path("data")) == before
    fill(Path("photos"), ["cat/99.png"])
    assert prepare("photos", "-o", "data", "-q") == 0
    assert prepare("photos", "-o", "data", "--size", "32", "-q") == 0
    assert not Path("data/cat/07.png").exists()
    with open_data(Path("data")) as pictures:
        assert (pictures.count, pictures.removed) == (40, 1)


def test_vanished_sources_keep_their_pictures(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """When sources are gone their pictures stay, byte for byte; making all again needs them, or --force."""
    assert prepare("photos", "-o", "data", "-q") == 0
    before = tree(Path("data"))
    for name in ("cat/00.png", "dog/10.png"):
        Path("photos", name).unlink()
    assert prepare("photos", "-o", "data") == 0
    assert "sources gone, whose pictures stay: 2" in capsys.readouterr().err
    assert tree(Path("data")) == before
    fill(Path("photos"), ["cat/99.png"])
    assert prepare("photos", "-o", "data", "-q") == 0
    assert [record.source for record in read_manifest(Path("data", MANIFEST)).records][0] == "photos/cat/00.png"
    assert prepare("photos", "-o", "data", "--size", "32") == 5
    assert "found changed options (size) and 2 sources gone, such as photos/cat/00.png" in capsys.readouterr().err
    assert open_data(Path("data")).count == 41
    assert prepare("photos", "-o", "data", "--size", "32", "--force", "-q") == 0
    assert open_data(Path("data")).count == 39


def test_other_sources_are_added(place: Path) -> None:
    """A run with other sources adds theirs; the earlier ones are still looked at."""
    fill(Path("more"), ["cat/1.png", "cow/1.png"], 40, 48)
    assert prepare("photos", "-o", "data", "-q") == 0
    fill(Path("photos"), ["dog/99.png"], 40, 48)
    assert prepare("more", "-o", "data", "-q") == 0
    assert prepare("photos", "more", "-o", "fresh", "-q") == 0
    assert content(Path("data")) == content(Path("fresh"))


def test_colour_among_grey_is_announced(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new picture in colour becomes grey in a grey data set, which is said."""
    fill(Path("gray"), ["1.png", "2.png"], mode="L")
    assert prepare("gray", "-o", "data", "-q") == 0
    fill(Path("gray"), ["3.png"])
    assert prepare("gray", "-o", "data") == 0
    assert "warning: gray/3.png: in colour, becomes grey as the data set is" in capsys.readouterr().err
    assert open_data(Path("data")).channels == 1


# Interrupted


@pytest.mark.parametrize("point", ["picture:1", "picture:25", "rename:2", "between", "rename:3", "cleaning"])
@pytest.mark.parametrize("again", [False, True])
def test_kill_leaves_the_old_data_set_or_a_mark(place: Path, point: str, again: bool) -> None:
    """After a kill the old data set opens as it was, or there is none; the next run ends as if undisturbed."""
    words = ["photos", "-o", "data", "--size", "32", "--labels", "none"]
    if again:
        assert prepare("photos", "-o", "data", "-q") == 0
        old = open_data(Path("data")).digest
        Path("photos/dog/05.png").unlink()
        fill(Path("photos"), ["dog/05.png", "dog/50.png"], 70, 70)
        shutil.copytree("data", "fresh")
    killed(point, *words)
    if point == "cleaning":
        assert open_data(Path("data")).count == 40 + again
    elif again:
        assert open_data(Path("data")).digest == old
    else:
        with pytest.raises(InputError, match="data: found a data set that is not finished"):
            open_data(Path("data"))
    assert prepare("photos", "-o", "data", "-q") == 0  # its options are those of the run that was killed
    assert prepare(*words[:2], "fresh", *words[3:], "-q") == 0
    assert tree(Path("data")) == tree(Path("fresh"))


def test_killed_run_goes_on(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed run had made is not made again."""
    killed("picture:31", "photos", "-o", "data")
    written: list[str] = []
    write = _Build._write_picture

    def count(self: _Build, file: str, png: bytes) -> None:
        written.append(file)
        write(self, file, png)

    monkeypatch.setattr(_Build, "_write_picture", count)
    assert prepare("photos", "-o", "data", "-q") == 0
    assert 10 <= len(written) < 20
    assert open_data(Path("data")).count == 40


def test_signal_ends_it_with_the_line_to_type(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """TERM ends a run with 143 and the line that goes on from there."""
    write = _Build._write_picture

    def stop_at_ten(self: _Build, file: str, png: bytes) -> None:
        write(self, file, png)
        if file.endswith("10.png"):
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(_Build, "_write_picture", stop_at_ten)
    assert prepare("photos", "-o", "data") == 128 + signal.SIGTERM
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == "next: gantools prepare photos -o data"
    assert Path("data", JOURNAL).exists()
    monkeypatch.undo()
    os.chdir(place)
    assert prepare("photos", "-o", "data", "-q") == 0
    assert open_data(Path("data")).count == 40


# Exit codes


def test_bad_pictures_end_with_3(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bad pictures are listed once with their reason, end with 3, and stand in the manifest; the rest is used."""
    Path("photos/cat/00.png").write_bytes(Path("photos/cat/00.png").read_bytes()[:300])
    Path("photos/empty\x1b.jpg").write_bytes(b"")
    Path("photos/README.md").write_text("not a picture, not bad")
    assert prepare("photos", "-o", "data") == 3
    err = capsys.readouterr().err
    assert err.count("skipped: photos/cat/00.png: cut off") == 1
    assert r"skipped: photos/empty\x1b.jpg: empty file" in err
    reasons = {record.source: record.skipped for record in read_manifest(Path("data", MANIFEST)).records}
    assert reasons["photos/cat/00.png"] == "cut off"
    assert open_data(Path("data")).count == 39
    assert prepare("photos", "-o", "data") == 0
    assert "39 pictures, 2 sources skipped by an earlier run" in capsys.readouterr().err


@pytest.mark.parametrize(("tolerate", "code"), [("0", 3), ("1", 3), ("2", 0), ("4%", 3), ("5%", 0)])
def test_tolerated_ones_do_not(place: Path, tolerate: str, code: int) -> None:
    """Up to as many bad pictures as --tolerate allows, as a count or a share of those tried, end with 0."""
    for i in range(2):
        Path(f"photos/cat/0{i}.png").write_bytes(b"")
    assert prepare("photos", "-o", "data", "--tolerate", tolerate, "-q") == code


def test_twenty_reasons_are_shown_then_a_count(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 25 bad pictures 20 are listed, the rest is counted."""
    for i in range(25):
        Path(f"photos/{i}.jpg").write_bytes(b"")
    assert prepare("photos", "-o", "data") == 3
    err = capsys.readouterr().err
    assert err.count(": empty file") == 20
    assert "skipped: 5 more, each with its reason in data/manifest.jsonl" in err


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["photos"], 2, "prepare: found no output, expected -o and the name of a folder"),
        (["photos", "-o", "d", "--size", "100"], 2, "--size: found 100, expected sides of 3 to 8 times the same power"),
        (["photos", "-o", "d", "--holdout", "5"], 2, "--holdout: found '5', expected a share below 100% like 5%"),
        (["photos", "-o", "d", "--json", "-0"], 2, "--json and -0: both say what stdout gets"),
        (["photos", "-o", "photos"], 2, "photos: found it as a source and as -o, expected two folders"),
        (["photos", "-o", "d", "--channels", "rgba", "--background", "red"], 2, "--background: found a colour beside"),
        (["nothing", "-o", "d"], 4, "nothing: found nothing of that name"),
        (["empty", "-o", "d"], 4, "empty: found 1 other file (1 .txt) and no picture, expected pictures"),
        (["bad", "-o", "d"], 4, "prepare: found no usable picture among 2 files (bad/1.jpg: empty file)"),
        (["photos", "-o", "full"], 5, "full: found a folder with other files, expected a new or empty one"),
        (["photos", "-o", "file"], 5, "file: found a file, expected a folder to write"),
    ],
)
def test_what_is_wrong_is_said(
    place: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, text: str
) -> None:
    """Each refusal has its code and its words, prints nothing on stdout, and leaves no folder behind."""
    for name in ("empty/notes.txt", "bad/1.jpg", "bad/2.jpg", "full/thesis.txt", "file"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(b"")
    before = tree(place)
    assert prepare(*words) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert f"error: {text}" in err
    assert not Path("d").exists()
    assert {name: data for name, data in tree(place).items() if not name.endswith(".lock")} == before


def test_force_keeps_foreign_files(place: Path) -> None:
    """--force uses a folder with other files: they stay, names give way to them, and training leaves them out."""
    fill(Path("full"), ["cat/00.png", "mine.png"])
    Path("full/thesis.txt").write_text("years of work")
    before = tree(Path("full"))
    assert prepare("photos", "-o", "full", "--force", "-q") == 0
    after = tree(Path("full"))
    assert all(after[name] == data for name, data in before.items())
    assert open_data(Path("full")).count == 40
    assert prepare("photos", "-o", "full", "--size", "32", "-q") == 0
    assert all(tree(Path("full"))[name] == data for name, data in before.items())


def test_only_one_run_at_a_time(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While another run holds the lock, 75."""
    with locked(Path("data")):
        assert prepare("photos", "-o", "data") == 75
    assert "data: another run is writing it" in capsys.readouterr().err


def test_full_disk_ends_with_7(place: Path, gantools: Run) -> None:
    """When no more can be written, 7 and one line; the old data set is as it was; with space again the run goes on."""
    assert prepare("photos", "-o", "data", "--size", "16", "-q") == 0
    old = open_data(Path("data")).digest

    def small_files() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = gantools("prepare", "photos", "-o", "data", "--size", "64", preexec_fn=small_files)
    assert done.returncode == 7
    assert "no space left to write it" in done.stderr
    assert "Traceback" not in done.stderr
    assert open_data(Path("data")).digest == old
    assert prepare("photos", "-o", "data", "-q") == 0
    assert sizes("data") == {(64, 64)}


# Streams


def test_json_says_what_was_done(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json prints one document: its schema first, then counts, by reason where something was skipped."""
    Path("photos/bad.jpg").write_bytes(b"")
    assert prepare("photos", "-o", "data", "--json", "--holdout", "10%") == 3
    document = json.loads(capsys.readouterr().out)
    assert next(iter(document.items())) == ("schema", "gantools.prepare/1")
    assert (document["output"], document["pictures"], document["made"]) == ("data", 40, 40)
    assert document["train"] + document["holdout"] == 40
    assert document["skipped"] == {"empty file": 1}
    assert document["labels"] == {"cat": 20, "dog": 20}
    assert (document["width"], document["height"], document["channels"]) == (40, 48, 3)
    assert document["digest"] == open_data(Path("data")).digest


def test_print0_and_quiet(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """-0 ends the path with NUL; -q leaves stderr empty."""
    assert prepare("photos", "-o", "my data", "-0", "-q") == 0
    assert capsys.readouterr() == ("my data\0", "")
    assert prepare("photos", "-o", "my data") == 0
    assert capsys.readouterr().err.splitlines()[-1] == "next: gantools train 'my data' -o 'my data.safetensors'"


def test_dry_run_writes_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--dry-run says what would be done, each option with where it came from, and leaves no file."""
    before = tree(place)
    assert prepare("photos", "-o", "data", "--dry-run", "--crop", "top") == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "dry run: 40 pictures would be made; nothing was written" in err
    lines = {line.split()[0]: line for line in err.splitlines() if line.startswith("  ")}
    assert lines["crop"].endswith("top  (typed)")
    assert lines["size"].endswith("40x48  (from the sources)")
    assert lines["background"].endswith("255 255 255  (default)")
    assert tree(place) == before


def test_torch_is_never_loaded(place: Path) -> None:
    """A whole run leaves torch, torchvision and rich alone."""
    probe = (
        "import sys; from gantools.cli import main; code = main(sys.argv[1:]); "
        "print(code, {'torch', 'torchvision', 'rich'} & sys.modules.keys())"
    )
    words = [sys.executable, "-c", probe, "prepare", "photos", "-o", "data", "-q"]
    done = subprocess.run(words, capture_output=True, text=True, env=child_environment(), check=True)
    assert done.stdout == "data\n0 set()\n"


# Real data


@needs_shared
def test_awkward_files(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the awkward files the good ones are used, the bad ones named, and clutter is passed over."""
    assert prepare(SHARED / "awkward", "-o", "data") == 3
    err = capsys.readouterr().err
    assert "other files passed over: 1" in err
    skipped = {line.split(": ")[1].rpartition("/")[2] for line in err.splitlines() if line.startswith("skipped: ")}
    assert skipped == {
        "bmp_bad_width.bmp", "bmp_short.bmp", "empty.jpg", "gif_huge_canvas.gif", "html_error_page.jpg",
        "ico_multi.ico", "jpeg_12bit.jpg", "jpeg_truncated.jpg", "png_bad_signature.png",
        "png_broken_data_stream.png", "png_no_pixel_data.png", "png_text_bomb.png", "png_truncated.png",
        "tiff_crash.tif", "vector.svg",
    }  # fmt: skip
    assert open_data(Path("data")).count == 32


@needs_shared
def test_fruits_keep_their_classes(place: Path) -> None:
    """Real class folders become labels, the same number each under a limit."""
    assert prepare(SHARED / "fruits", "-o", "data", "--limit", "60", "-q") == 0
    with open_data(Path("data")) as pictures:
        assert pictures.labels is not None
        assert pictures.classes == ("apple", "cherry", "tomato")
        assert np.bincount(pictures.labels).tolist() == [20, 20, 20]


def test_moved_folder_still_opens(place: Path) -> None:
    """A data set is not tied to its place."""
    assert prepare("photos", "-o", "data", "-q") == 0
    digest = open_data(Path("data")).digest
    shutil.move("data", "elsewhere")
    assert open_data(Path("elsewhere")).digest == digest
