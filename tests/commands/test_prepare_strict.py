"""``prepare --strict``: one bad picture ends the run, and nothing on the disk has changed."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.data.archive_makers import pictures, tar_bytes
from tests.data.makers import content, fill, noise, prepare, stamps
from tests.faults.runs import process_of

BAD = ["cat/05.png", "cat/17.png", "dog/02.png"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with ``photos``: 40 pictures in two classes, three of them cut off."""
    monkeypatch.chdir(tmp_path)
    fill(Path("photos"), [f"{label}/{i:02}.png" for label in ("cat", "dog") for i in range(20)], 40, 48)
    for name in BAD:
        path = Path("photos", name)
        path.write_bytes(path.read_bytes()[:2000])
    return tmp_path


@pytest.mark.parametrize("jobs", ["1", "2", "8"])
def test_the_first_bad_picture_ends_a_new_run(place: Path, jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """However many threads read, the first bad source is named with its reason, 4, and no folder is left behind."""
    assert prepare("photos", "-o", "data", "--strict", "--jobs", jobs) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert "error: photos/cat/05.png: cannot be used (cut off), expected a whole picture\n" in err
    assert "17.png" not in err
    assert sorted(os.listdir()) == ["data.lock", "photos"]


def test_an_existing_data_set_stays_as_it_was(place: Path) -> None:
    """A strict run with new, changed and bad sources and other options changes no file; without bad ones it goes on."""
    for name in BAD:
        Path("photos", name).rename(Path(name).name + ".aside")
    assert prepare("photos", "-o", "data", "-q") == 0
    noise(1, 50, 50).save("photos/cat/00.png")
    noise(2, 50, 50).save("photos/ant.png")
    Path("05.png.aside").rename("photos/zebra.png")
    before = stamps(Path("data"))
    assert prepare("photos", "-o", "data", "--strict", "-q") == 4
    assert prepare("photos", "-o", "data", "--strict", "--size", "32", "--crop", "top", "-q") == 4
    assert stamps(Path("data")) == before
    noise(3, 50, 50).save("photos/zebra.png")
    assert prepare("photos", "-o", "data", "--strict", "-q") == 0
    assert prepare("photos", "-o", "fresh", "--size", "40x48", "-q") == 0
    assert content(Path("data")) == content(Path("fresh"))


def test_a_picture_skipped_before_counts(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What an earlier run skipped and has not changed is not read again, and still ends a strict run with 4."""
    assert prepare("photos", "-o", "data", "-q") == 3
    before = stamps(Path("data"))
    assert prepare("photos", "-o", "data", "-q") == 0
    assert prepare("photos", "-o", "data", "--strict") == 4
    err = capsys.readouterr().err
    assert "error: photos/cat/05.png: skipped by an earlier run (cut off), expected a whole picture\n" in err
    assert stamps(Path("data")) == before
    for name in BAD:
        noise(7).save(Path("photos", name))
    assert prepare("photos", "-o", "data", "--strict", "-q") == 0


def test_what_options_leave_out_is_no_fault(place: Path) -> None:
    """A picture under --min-size is left out of a strict run, now and in later ones."""
    for name in BAD:
        noise(7, 9, 9).save(Path("photos", name))
    for _ in range(2):
        assert prepare("photos", "-o", "data", "--strict", "--min-size", "20", "-q") == 0


def test_faults_of_sources_count(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An archive that is cut off and a list's name that is not there end a strict run, too."""
    Path("a.tar").write_bytes(tar_bytes(pictures("1.png", "2.png"))[:3000])
    Path("list.txt").write_text("photos/cat/00.png\nabsent.png\n")
    assert prepare("a.tar", "-o", "data", "--strict") == 4
    assert (
        "error: a.tar: cannot be used (archive damaged, or cut off), expected a whole picture\n"
        in capsys.readouterr().err
    )
    assert prepare("--files-from", "list.txt", "-o", "data", "--strict") == 4
    assert "error: absent.png: cannot be used (found nothing of that name)" in capsys.readouterr().err
    assert not Path("data").exists()


@pytest.mark.parametrize("options", [("--frames", "all"), ("--tiles", "grid", "--size", "16")])
def test_parts_of_a_file_are_read_too(place: Path, options: tuple[str, ...]) -> None:
    """Frames and tiles pass the check and are made after it, as without --strict."""
    shutil.rmtree("photos")
    Path("photos").mkdir()
    flat = [Image.new("RGB", (32, 32), (level, 0, 0)) for level in (9, 99, 199)]
    flat[0].save("photos/a.gif", save_all=True, append_images=flat[1:])
    assert prepare("photos", "-o", "plain", *options, "-q") == 0
    assert prepare("photos", "-o", "data", *options, "--strict", "--jobs", "1", "-q") == 0
    assert Path("plain/manifest.jsonl").read_bytes() == Path("data/manifest.jsonl").read_bytes()


def test_a_dry_run_reads_all_when_strict(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--dry-run --strict finds the bad picture and writes nothing, not even a lock file."""
    assert prepare("photos", "-o", "data", "--dry-run") == 0
    assert prepare("photos", "-o", "data", "--dry-run", "--strict") == 4
    assert "photos/cat/05.png: cannot be used (cut off)" in capsys.readouterr().err
    assert os.listdir() == ["photos"]


def test_a_signal_ends_the_check(place: Path) -> None:
    """Ctrl-C while pictures are checked ends with 130, says that nothing was written, and nothing was."""
    process = process_of("prepare", "demo:stickers", "-o", "d", "--limit", "3000", "--strict", folder=place)
    end = time.monotonic() + 60
    while not Path("d.lock").exists() and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=60)[1]
    assert process.returncode == 130, err
    assert not Path("d").exists()
    assert "of 3000 pictures were checked: nothing was written" in err
