"""Lists of sources and stdin: what is named or piped is used, what is not there is skipped, and stdin is read once."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gantools.data import spool
from gantools.data.folder import open_data
from gantools.data.lists import names_in
from gantools.data.manifest import MANIFEST, read_manifest
from tests.conftest import child_environment
from tests.data.archive_makers import PACKERS, pictures, png, tar_bytes, zip_bytes
from tests.data.makers import fill, prepare, stamps, tree

Pipe = Callable[[bytes], None]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with ``photos``: four pictures in two classes."""
    monkeypatch.chdir(tmp_path)
    fill(Path("photos"), ["cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"])
    return tmp_path


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Pipe:
    """Put bytes on stdin of this process."""

    def put(data: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))

    return put


def sources(folder: str = "data") -> list[str]:
    """Return what a data set was made of, in its order."""
    return [record.source for record in read_manifest(Path(folder, MANIFEST)).records]


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"a.png\nb.png\n", ["a.png", "b.png"]),
        (b"a.png\r\n\r\nb c.png", ["a.png", "b c.png"]),
        (b"a\nb.png\0c.png\0", ["a\nb.png", "c.png"]),
        (b"\xff.png\na.png\na.png\n", ["\udcff.png", "a.png"]),
        (b"", []),
    ],
)
def test_a_list_is_cut_at_lines_or_at_nul(tmp_path: Path, data: bytes, names: list[str]) -> None:
    """One name a line with either ending, or between NUL bytes; empty ones and repetitions are left out."""
    (tmp_path / "list").write_bytes(data)
    assert names_in(f"files-from:{tmp_path / 'list'}", None) == names


def test_listed_sources_are_like_typed_ones(place: Path) -> None:
    """Files, folders, archives and drawn sets may be listed; what is missing is skipped with its reason; 3, then 0."""
    Path("a.tar").write_bytes(tar_bytes(pictures("cow/1.png")))
    names = ["photos/cat/1.png", "gone.png", "a.tar", "photos/dog", "demo:nothing", "a.tar", "-", "/dev/null"]
    Path("list.txt").write_text("\n".join(names))
    assert prepare("--files-from", "list.txt", "-o", "data", "-q") == 3
    skipped = {
        record.source: record.skipped for record in read_manifest(Path("data", MANIFEST)).records if record.skipped
    }
    assert skipped == {
        "gone.png": "found nothing of that name",
        "demo:nothing": "demo: unknown name 'nothing'",
        "-": "found a list or stdin",
        "/dev/null": "found a device or a pipe",
    }
    assert [name for name in sources() if name not in skipped] == [
        "photos/cat/1.png", "a.tar#cow/1.png", "photos/dog/1.png", "photos/dog/2.png"
    ]  # fmt: skip
    before = stamps(Path("data"))
    assert prepare("--files-from", "list.txt", "-o", "data", "-q") == 0
    assert stamps(Path("data")) == before
    noise = (place / "photos/cat/2.png").read_bytes()
    Path("gone.png").write_bytes(noise)
    assert prepare("files-from:list.txt", "-o", "data", "-q") == 0
    assert "gone.png" in tree(Path("data"))


def test_a_list_goes_with_typed_sources(place: Path) -> None:
    """A picture that is typed and listed is there once."""
    Path("list.txt").write_text("photos/cat/1.png\ndemo:stickers\n")
    assert prepare("photos", "--files-from", "list.txt", "--limit", "6", "-o", "data", "-q") == 0
    assert len(set(sources())) == 6
    assert sources().count("photos/cat/1.png") == 1


def test_a_list_from_stdin_is_read_once(place: Path, pipe: Pipe) -> None:
    """A list on stdin is no longer there in the next run: its pictures stay, and stdin is not read unless typed."""
    pipe(b"photos/cat/1.png\0photos/dog\0")
    assert prepare("--files-from", "-", "-o", "data", "-q") == 0
    assert sources() == ["photos/cat/1.png", "photos/dog/1.png", "photos/dog/2.png"]
    before = stamps(Path("data"))
    pipe(b"photos/cat/1.png\0photos/dog\0")
    assert prepare("--files-from", "-", "-o", "data", "-q") == 0
    assert stamps(Path("data")) == before
    assert prepare("photos/cat", "-o", "data", "-q") == 0
    assert len(sources()) == 4


@pytest.mark.parametrize("pack", [*PACKERS, "zip"])
def test_an_archive_on_stdin_is_read(place: Path, pipe: Pipe, pack: str) -> None:
    """A tar in any packing, or a zip, comes through a pipe; the same again changes nothing, another member does."""
    members = pictures("cat/1.png", "dog/1.png")
    made = (lambda: zip_bytes(members.items())) if pack == "zip" else lambda: PACKERS[pack](tar_bytes(members, 0))
    pipe(made())
    assert prepare("-", "-o", "data", "-q") == 0
    assert sources() == ["-#cat/1.png", "-#dog/1.png"]
    first, before = tree(Path("data")), stamps(Path("data"))
    pipe(made())
    assert prepare("-", "-o", "data", "-q") == 0
    assert stamps(Path("data")) == before
    members["dog/1.png"] = png(9)
    pipe(made())
    assert prepare("-", "-o", "data", "-q") == 0
    second = tree(Path("data"))
    assert (second["cat/1.png"] == first["cat/1.png"], second["dog/1.png"] == first["dog/1.png"]) == (True, False)


def test_pictures_on_stdin_add_up(place: Path, pipe: Pipe) -> None:
    """Each picture that is piped joins those before it; one that was there already is not made twice."""
    for seed in (1, 2, 1):
        pipe(png(seed, mode="L"))
        assert prepare("-", "-o", "data", "-q") == 0
    assert open_data(Path("data")).count == 2


def test_sample_pipes_into_prepare(place: Path) -> None:
    """A real pipe: one process writes a tar, the other reads it."""
    Path("a.tar").write_bytes(tar_bytes(pictures("1.png", "2.png")))
    words = [sys.executable, "-m", "gantools", "prepare", "-", "-o", "data", "-q"]
    with subprocess.Popen(["cat", "a.tar"], stdout=subprocess.PIPE) as writer:
        done = subprocess.run(words, stdin=writer.stdout, env=child_environment(), timeout=60, check=False)
    assert done.returncode == 0
    assert open_data(Path("data")).count == 2


@pytest.mark.parametrize(
    ("words", "data", "code", "text"),
    [
        ([], b"", 2, "prepare: found no SRC, expected 'gantools prepare SRC... -o DATA'"),
        (["-"], b"", 4, "-: found nothing on stdin, expected data"),
        (["-"], b"words", 4, "(not a picture), expected a picture"),
        (["-"], PACKERS["tar.gz"](b"words"), 4, "(gzip archive, not a picture), expected a picture"),
        (
            ["-"],
            b"x" * 6000,
            4,
            "-: found more than 5000 bytes on stdin, expected one picture, a tar archive, or a list",
        ),
        (["-", "--files-from", "-"], b"a", 2, "- and --files-from -: found two that read stdin, expected one"),
        (["--files-from", "gone"], b"", 4, "gone: found nothing of that name, expected a list of them"),
        (["--files-from", "photos"], b"", 4, "photos: cannot be read (Is a directory), expected a list of paths"),
        (["--files-from", "-"], b"gone.png\n", 4, "(found nothing of that name), expected a picture"),
    ],
)
def test_what_is_wrong_is_said(
    place: Path, pipe: Pipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    words: list[str], data: bytes, code: int, text: str,
) -> None:  # fmt: skip
    """Each refusal has its code and its words, and leaves nothing behind."""
    monkeypatch.setattr(spool, "MAX_FILE_BYTES", 5000)
    pipe(data)
    assert prepare(*words, "-o", "data") == code
    assert text in capsys.readouterr().err
    assert not Path("data").exists()


def test_a_terminal_is_not_waited_for(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``-`` at a terminal is a usage error, with the line that names pictures; a closed stdin is unusable input."""
    read, write = os.openpty()
    with open(write) as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        assert prepare("-", "-o", "data") == 2
    os.close(read)
    err = capsys.readouterr().err
    assert "error: -: stdin is a terminal, expected a file or a pipe" in err
    assert "hint: gantools prepare demo:stickers -o data" in err
    monkeypatch.setattr("sys.stdin", None)
    assert prepare("-", "-o", "data") == 4


def test_a_silent_pipe_can_be_left(tmp_path: Path) -> None:
    """While it waits for stdin prepare holds its output, and INT ends it at once with 130 and nothing made."""
    command = [sys.executable, "-m", "gantools", "prepare", "-", "-o", "d"]
    waiting = subprocess.Popen(
        command, cwd=tmp_path, env=child_environment(), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "d.lock").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    busy = subprocess.run(
        command, cwd=tmp_path, env=child_environment(), input="x", capture_output=True, text=True, timeout=60
    )
    assert busy.returncode == 75
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(60) == 130
    assert not (tmp_path / "d").exists()
