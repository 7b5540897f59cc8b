"""Links, pipes and shut folders among the sources: each is read, passed over or refused with a word."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gantools.data.manifest import MANIFEST, read_manifest
from tests.data.makers import fill, prepare, stamps

NOBODY = 65534


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: ``photos`` with three pictures, ``albums`` with two that a link in ``photos`` leads to."""
    monkeypatch.chdir(tmp_path)
    fill(Path("photos"), ["1.png", "cat/2.png", "cat/3.png"])
    fill(Path("albums"), ["4.png", "5.png"])
    Path("photos/dog").symlink_to("../albums")
    return tmp_path


@pytest.fixture
def shut() -> Iterator[Path]:
    """A folder of pictures with one below that nobody may read; the test runs as one whom this stops."""
    with tempfile.TemporaryDirectory() as name:
        folder, user = Path(name), os.geteuid()
        fill(folder / "photos", ["1.png", "shut/2.png"])
        (folder / "photos/shut").chmod(0)
        if user == 0:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, NOBODY, -1)
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(user)
            (folder / "photos/shut").chmod(0o700)


def made() -> list[str]:
    """Return the sources on record of ``data``, and of those without a picture the reason."""
    records = read_manifest(Path("data", MANIFEST)).records
    return [record.source if record.skipped is None else f"{record.source}: {record.skipped}" for record in records]


def test_a_link_to_a_folder_is_passed_over(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is counted, and the remark names what reads it; as a source it is read, and a link to a file is too."""
    Path("photos/6.png").symlink_to("../albums/4.png")
    assert prepare("photos", "-o", "data", "-v") == 0
    told = capsys.readouterr().err
    assert "links to folders passed over, which --follow reads: 1\n" in told
    assert "other files passed over" not in told
    assert made() == ["photos/1.png", "photos/6.png", "photos/cat/2.png", "photos/cat/3.png"]
    assert prepare("photos/dog", "-o", "dogs", "-q") == 0
    assert [record.source for record in read_manifest(Path("dogs", MANIFEST)).records] == [
        "photos/dog/4.png", "photos/dog/5.png"
    ]  # fmt: skip


def test_following_is_stored_and_makes_nothing_again(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --follow only the new pictures are made; the next line needs it not; --no-follow keeps what was made."""
    assert prepare("photos", "-o", "data", "-q") == 0
    before = stamps(Path("data/cat"))
    assert prepare("photos", "-o", "data", "--follow") == 0
    assert "5 of 32x32 RGB, 2 made now" in capsys.readouterr().err
    assert stamps(Path("data/cat")) == before
    assert made()[-2:] == ["photos/dog/4.png", "photos/dog/5.png"]
    still = stamps(Path("data"))
    assert prepare("photos", "-o", "data") == 0
    assert "nothing to do" in capsys.readouterr().err
    assert stamps(Path("data")) == still
    assert prepare("photos", "-o", "data", "--no-follow") == 0
    assert "sources gone, whose pictures stay: 2" in capsys.readouterr().err
    assert len(made()) == 5


def test_a_manifest_without_the_option_is_read(place: Path) -> None:
    """A data set made before links were an option is as one that does not follow them: no picture is made again."""
    assert prepare("photos", "-o", "data", "-q") == 0
    lines = Path("data", MANIFEST).read_text().splitlines(keepends=True)
    heading = json.loads(lines[0])
    del heading["options"]["follow"]
    Path("data", MANIFEST).write_text("".join([json.dumps(heading) + "\n", *lines[1:]]))
    before = stamps(Path("data/cat"))
    assert prepare("photos", "-o", "data", "-q") == 0
    assert stamps(Path("data/cat")) == before
    assert read_manifest(Path("data", MANIFEST)).heading.recipe.follow is False


def test_nothing_but_links_is_refused_with_the_option(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A source that holds only links to folders is answered with the line that follows them."""
    Path("links").mkdir()
    Path("links/a").symlink_to("../albums")
    assert prepare("links", "-o", "data") == 4
    told = capsys.readouterr().err
    assert "links: found 1 other file (1 link to a folder) and no picture, expected pictures" in told
    assert told.endswith("hint: gantools prepare links -o data --follow\n")


def test_circles_are_read_once(place: Path) -> None:
    """With --follow a folder that links lead to twice, or back to, is read once; a link to itself is skipped."""
    Path("photos/up").symlink_to("..")
    Path("albums/again").symlink_to("../photos")
    Path("photos/self.png").symlink_to("self.png")
    assert prepare("photos", "albums", "--follow", "-o", "data", "-q") == 3
    assert sorted(name.rpartition("/")[2] for name in made() if "skipped" not in name) == [
        "1.png", "2.png", "3.png", "4.png", "5.png", "self.png: cannot be read: too many levels of symbolic links"
    ]  # fmt: skip


def test_a_pipe_with_a_name_is_refused_when_it_was_typed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not opened, so nobody waits for its other end."""
    os.mkfifo("pipe.png")
    assert prepare("pipe.png", "-o", "data") == 4
    told = capsys.readouterr().err
    assert "pipe.png: found a device or a pipe, expected pictures or a folder of them" in told
    assert told.endswith("hint: gantools prepare albums -o data\n")


def test_a_shut_folder_below_is_skipped_with_its_reason(shut: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The rest is made and the run ends with 3; when the folder is open the next run makes what is in it."""
    data = shut / "data"
    assert prepare(shut / "photos", "-o", data) == 3
    assert f"skipped: {shut}/photos/shut: cannot be read: permission denied\n" in capsys.readouterr().err
    (shut / "photos/shut").chmod(0o700)
    assert prepare(shut / "photos", "-o", data) == 0
    assert "2 of 32x32 RGB, 1 made now" in capsys.readouterr().err


def test_a_shut_source_is_refused(shut: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was typed must be read, with the line that opens it."""
    assert prepare(shut / "photos/shut", "-o", shut / "data") == 4
    told = capsys.readouterr().err
    assert "shut: cannot be read (Permission denied), expected a folder of pictures" in told
    assert told.endswith(f"hint: chmod +rx {shut}/photos/shut\n")


def test_a_slip_leaves_nothing_behind(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped source ends before the lock is taken: no lock file, no folder."""
    before = sorted(os.listdir())
    assert prepare("photso", "-o", "new/data") == 4
    assert prepare("demo:nothing", "-o", "data") == 2
    assert prepare("--files-from", "list", "-o", "data") == 4
    assert sorted(os.listdir()) == before
