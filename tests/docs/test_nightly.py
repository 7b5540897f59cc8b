"""docs/how-to/nightly.sh, run as cron would: good nights, a night started twice, killed nights, a full disk."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gantools import cli
from gantools.files.document import read_document
from gantools.files.lock import locked
from tests.conftest import ROOT
from tests.docs.newcomer import environment_with_gantools, write_photos

PAGES = ROOT / "docs" / "how-to"
SCRIPT = PAGES / "nightly.sh"
TINY = "--arch fc --set network.base_width=4 --batch 16"
SHORT = f"{TINY} --steps 5"
ENDLESS = f"{TINY} --checkpoint-every 1steps"
SIZE = (20, 24)
WRITTEN = {
    "data", "data.lock", "grid.png", "nightly.jsonl", "nightly.log", "nightly.preview.png", "nightly.safetensors",
    "nightly.safetensors.lock", "nightly.safetensors.prev",
}  # fmt: skip
DISK_BYTES = 16 << 20
SILENCE = (0, "", "")

Ended = tuple[int, str, str]


class Nights:
    """A folder in which the script runs night after night."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self._programs = folder, programs
        self.checkpoint, self.grid, self.log = (
            folder / "nightly.safetensors",
            folder / "grid.png",
            folder / "nightly.log",
        )

    def take(self, *numbers: int) -> None:
        """Put photographs into the folder."""
        write_photos(self.folder / "photos", range(*numbers), SIZE)

    def start(self, options: str = SHORT, **settings: Any) -> subprocess.Popen[str]:
        """Start a night in a process group of its own."""
        environment = environment_with_gantools(self._programs, NIGHTLY_TIME="100s", NIGHTLY_TRAIN=options)
        return subprocess.Popen(
            ["/bin/sh", SCRIPT, self.folder],
            env=environment | settings.pop("env", {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **settings,
        )

    def run(self, **settings: Any) -> Ended:
        """Run a whole night."""
        return finish(self.start(**settings))

    def rounds(self) -> int:
        """Check that every byte of the checkpoint is right; return its rounds."""
        assert cli.main(["inspect", str(self.checkpoint), "--verify", "-q"]) == 0
        register = read_document(self.checkpoint)[1].register
        assert register.images == 16 * register.g_steps
        return register.g_steps

    def pictures(self) -> int:
        """Return how many pictures the checkpoint was last trained on."""
        return read_document(self.checkpoint)[1].data.count

    def names(self) -> set[str]:
        """Return what the nights wrote, hidden files too."""
        return {entry.name for entry in self.folder.iterdir()} - {"photos", "filler", "nightly.timeline.png"}


def finish(night: subprocess.Popen[str]) -> Ended:
    """Wait for the end of a night; return its exit code and what it printed."""
    stdout, stderr = night.communicate(timeout=120)
    return night.returncode, stdout, stderr


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Nights]:
    """An empty folder, on a small disk of its own where mounting one is allowed."""
    folder = tmp_path / "nightly"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "gantools-test", str(folder)]
    is_mounted = shutil.which("mount") is not None and subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield Nights(folder, tmp_path / "bin")
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def full_disk(folder: Path) -> Iterator[dict[str, Any]]:
    """Fill the small disk, or limit every file to less than a checkpoint; yields settings for the process."""
    if os.path.ismount(folder):
        with open(folder / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
            while filler.write(bytes(4096)):
                pass
        yield {}
        (folder / "filler").unlink()
    else:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        yield {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, hard))}


def wait_for_saves(night: subprocess.Popen[str], checkpoint: Path, count: int) -> None:
    """Wait until so many checkpoints have been seen, the one that may be there already among them."""
    end = time.monotonic() + 100
    seen = None
    while count:
        assert night.poll() is None, night.communicate()
        assert time.monotonic() < end, "waited too long for a save"
        time.sleep(0.01)
        found = checkpoint.stat().st_mtime_ns if checkpoint.exists() else None
        count, seen = count - (found != seen), found


def test_three_nights(nights: Nights) -> None:
    """A growing folder, a broken and a deleted picture, two starts at once, kills and a full disk: no night is lost.

    Good nights print nothing; after each the checkpoint is whole and further on, and nothing is left half-written.
    A failed night leaves checkpoint and grid as they were.
    """
    nights.take(8)
    assert nights.run() == SILENCE
    assert (nights.rounds(), nights.pictures()) == (5, 8)
    assert nights.names() == WRITTEN - {"nightly.safetensors.prev"}
    first_grid = nights.grid.read_bytes()

    # Night 2: new pictures, one of them broken, one of the first gone; cron and a person start it at once.
    nights.take(8, 14)
    (nights.folder / "photos" / "broken.jpg").write_bytes(b"\xff\xd8 cut off")
    (nights.folder / "photos" / "003.jpg").unlink()
    both = [nights.start(), nights.start()]
    assert [finish(night) for night in both] == [SILENCE, SILENCE]
    assert (nights.rounds(), nights.pictures()) == (10, 14)
    assert nights.names() == WRITTEN
    assert "skipped: photos/broken.jpg: " in nights.log.read_text()
    second_grid = nights.grid.read_bytes()
    assert second_grid != first_grid

    # Night 3: killed between the pictures and the manifest; then, with all that it started, while it trains.
    nights.take(14, 18)
    code, _, stderr = nights.run(env={"GANTOOLS_TESTING": "1", "GANTOOLS_FAULT": "between"})
    assert (code, stderr.split(";")[0]) == (
        137, "nightly: gantools prepare ended with 137: killed from outside, as the kernel does when memory runs out"
    )  # fmt: skip
    night = nights.start(options=ENDLESS)
    wait_for_saves(night, nights.checkpoint, 3)
    os.killpg(night.pid, signal.SIGKILL)
    assert finish(night)[0] == -signal.SIGKILL
    reached = nights.rounds()
    assert (reached > 10, nights.pictures()) == (True, 18)
    assert nights.grid.read_bytes() == second_grid
    assert nights.run() == SILENCE
    assert nights.rounds() == reached + 5
    assert nights.names() == WRITTEN
    assert not list((nights.folder / "data").glob(".*"))
    third = nights.grid.read_bytes(), nights.checkpoint.read_bytes()
    assert third[0] != second_grid

    # Night 4: no space for a checkpoint; then, with new pictures there, none for the pictures either.
    with full_disk(nights.folder) as settings:
        fails_with_7(nights.run(**settings), "train")
    assert (nights.grid.read_bytes(), nights.checkpoint.read_bytes()) == third
    nights.take(18, 30)
    with full_disk(nights.folder) as settings:
        fails_with_7(nights.run(**settings), "prepare")
    assert (nights.grid.read_bytes(), nights.checkpoint.read_bytes()) == third
    assert nights.names() == WRITTEN
    assert nights.run() == SILENCE
    assert (nights.rounds(), nights.pictures()) == (reached + 10, 30)
    assert nights.names() == WRITTEN


def fails_with_7(ended: Ended, command: str) -> None:
    """Check that a night ended for want of space, and said so where cron sees it."""
    code, stdout, stderr = ended
    assert (code, stdout) == (7, "")
    assert stderr.startswith(f"nightly: gantools {command} ended with 7: no space")


def test_a_night_beside_another_run_ends_silently(nights: Nights) -> None:
    """While somebody else holds the data set, a night ends with 0 and touches nothing but its log."""
    nights.take(2)
    with locked(nights.folder / "data"):
        assert nights.run() == SILENCE
    assert nights.names() == {"data.lock", "nightly.log"}


def test_a_night_is_stopped_by_the_process_in_the_lock(nights: Nights) -> None:
    """TERM to the process that the lock names saves and ends the night with 143, silently, before a grid is drawn."""
    nights.take(4)
    night = nights.start(options=ENDLESS)
    wait_for_saves(night, nights.checkpoint, 2)
    os.kill(int((nights.folder / "nightly.safetensors.lock").read_text()), signal.SIGTERM)
    assert finish(night) == (143, "", "")
    assert nights.rounds() > 0
    assert nights.names() == WRITTEN - {"grid.png"}


@pytest.mark.parametrize(
    ("command", "code", "expected", "is_told"),
    [
        ("prepare", 0, 0, False),
        ("prepare", 3, 0, False),
        ("prepare", 75, 0, False),
        ("train", 75, 0, False),
        ("train", 143, 143, False),
        *(
            (command, code, code, True)
            for command in ("prepare", "train", "sample")
            for code in (1, 2, 4, 5, 6, 7, 137)
        ),
    ],
)
def test_each_exit_code_decides_the_night(
    command: str, code: int, expected: int, is_told: bool, tmp_path: Path
) -> None:
    """A partial or busy night is silent and ends with 0; a stopped one silent with its code; all else is told."""
    program = tmp_path / "bin" / "gantools"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ $1 != {command} ] || {{ echo "error: it broke" >&2; exit {code}; }}\n')
    program.chmod(0o755)
    night = subprocess.run(
        ["/bin/sh", SCRIPT, tmp_path],
        env={"PATH": f"{program.parent}:/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (night.returncode, night.stdout) == (expected, "")
    lines = night.stderr.splitlines()
    assert bool(lines) == is_told
    if is_told:
        assert lines[0].startswith(f"nightly: gantools {command} ended with {code}: ")
        assert lines[0].endswith(f"see {tmp_path}/nightly.log")
        assert lines[1:] == ["error: it broke"]


def test_without_gantools_the_night_says_where_it_looked(tmp_path: Path) -> None:
    """A PATH without gantools, the usual slip in a crontab, ends with 127 and shows the PATH."""
    environment = {"PATH": "/usr/bin:/bin"}
    night = subprocess.run(["/bin/sh", SCRIPT, tmp_path], env=environment, capture_output=True, text=True, check=False)
    assert night.returncode == 127
    assert "no gantools on PATH (/usr/bin:/bin)" in night.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_units_are_valid(tmp_path: Path) -> None:
    """The service and the timer pass systemd's own check without a word."""
    place = tmp_path / "home" / "gantools" / "docs" / "how-to"
    place.mkdir(parents=True)
    shutil.copy(SCRIPT, place)
    units = [str(shutil.copy(PAGES / f"gantools-nightly.{kind}", tmp_path)) for kind in ("service", "timer")]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "XDG_RUNTIME_DIR": str(tmp_path)}
    command = ["systemd-analyze", "--user", "verify", *units]
    checked = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
