"""The lock of an output: one holder at a time, free as soon as the holder is gone."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gantools.errors import Again, BusyError, ResourceError
from gantools.files.lock import locked
from tests.conftest import child_environment

HOLD = """
import sys
from pathlib import Path
from gantools.errors import BusyError
from gantools.files.lock import locked
for line in sys.stdin:
    try:
        with locked(Path(sys.argv[1])):
            print("held", flush=True)
            sys.stdin.readline()
    except BusyError:
        print("busy", flush=True)
        sys.stdin.readline()
    print("free", flush=True)
"""


@contextmanager
def starter(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a process that tries to take the lock of ``path`` at each odd line it is told, and lets go at each even."""
    command = [sys.executable, "-c", HOLD, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    process = subprocess.Popen(command, env=child_environment(), **pipes)
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=30)
        process.stdin.close()
        process.stdout.close()


def tell(*processes: subprocess.Popen[str]) -> list[str]:
    """Let all processes take their next step at once; return what each said."""
    for process in processes:
        process.stdin.write("\n")
    return [process.stdout.readline().strip() for process in processes]


def busy_message(path: Path, holder: int) -> str:
    """Return the pattern of what a second holder is told."""
    return re.escape(f"{path}: another run is writing it (process {holder}), expected none: wait until it ends")


def test_second_holder_is_told_who_is_first(tmp_path: Path) -> None:
    """A lock that is held refuses everyone else with the holder's process id, and takes the next when let go."""
    path = tmp_path / "c.safetensors"
    with starter(path) as first:
        assert tell(first) == ["held"]
        with pytest.raises(BusyError, match=busy_message(path, first.pid)) as caught, locked(path):
            pass
        assert caught.value.hint == Again()
        assert tell(first) == ["free"]
        with locked(path):
            assert tell(first) == ["busy"]


def test_killed_holder_frees_the_lock_at_once(tmp_path: Path) -> None:
    """The lock of a process that was killed is free; the file that stays behind locks nothing."""
    path = tmp_path / "c.safetensors"
    with starter(path) as first:
        assert tell(first) == ["held"]
        first.send_signal(signal.SIGKILL)
        first.wait(timeout=30)
        with locked(path):
            assert Path(f"{path}.lock").read_text() == f"{os.getpid()}\n"


def test_two_names_of_one_file_share_a_lock(tmp_path: Path) -> None:
    """A link, an odd path and the file itself are one output with one lock, beside the real file."""
    real = tmp_path / "disk" / "c.safetensors"
    link = tmp_path / "link.safetensors"
    link.symlink_to("disk/c.safetensors")
    with locked(link):
        for name in (real, tmp_path / "disk" / ".." / "disk" / "c.safetensors", link):
            with pytest.raises(BusyError, match=busy_message(name, os.getpid())), locked(name):
                pass
    assert sorted(entry.name for entry in tmp_path.rglob("*.lock")) == ["c.safetensors.lock"]
    assert (tmp_path / "disk" / "c.safetensors.lock").exists()


def test_other_files_are_free(tmp_path: Path) -> None:
    """The lock of one output says nothing about its neighbour."""
    with locked(tmp_path / "a"), locked(tmp_path / "b"):
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.lock", "b.lock"]


def test_an_error_inside_lets_go(tmp_path: Path) -> None:
    """A block that fails lets go of the lock."""
    with pytest.raises(ValueError, match="inside"), locked(tmp_path / "c"):
        raise ValueError("inside")
    with locked(tmp_path / "c"):
        pass


def test_a_lock_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """Where no lock file can lie, one line says why."""
    (tmp_path / "file").touch()
    reason = "cannot be written (a file is where a folder should be)"
    found = re.escape(f"{tmp_path}/file/c: {reason}, expected a place that can be written")
    with pytest.raises(ResourceError, match=found), locked(tmp_path / "file" / "c"):
        pass


@pytest.mark.parametrize("rounds", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_of_two_simultaneous_starters_one_wins(rounds: int, tmp_path: Path) -> None:
    """T11: of two processes that start at once, each time exactly one holds the lock and the other is refused."""
    with starter(tmp_path / "c") as one, starter(tmp_path / "c") as two:
        for _ in range(rounds):
            assert sorted(tell(one, two)) == ["busy", "held"]
            assert tell(one, two) == ["free", "free"]
