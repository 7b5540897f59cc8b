"""``gantools prepare`` killed at any moment: the data set stays whole, and the next run ends as an undisturbed one."""

import contextlib
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gantools import cli
from gantools.data.folder import open_data
from gantools.inspection.pictures import require_same_pixels
from tests.data.makers import fill, noise, prepare, tree

LINE = ["photos", "-o", "data", "--prune", "-q"]
POINTS = [
    *(f"{point}:{count}" for point in ("write", "fsync", "rename", "done") for count in (1, 2, 3)),
    "previous", "picture:1", "picture:4", "picture:7", "between", "cleaning", "stale:1", "stale:4",
]  # fmt: skip


class Grown:
    """A data set whose sources have changed since, and what one undisturbed run makes of it."""

    def __init__(self) -> None:
        """Prepare 24 pictures; then change, add, delete and lose some, also by hand in the data set."""
        fill(Path("photos"), [f"{label}/{i:02}.png" for label in ("cat", "dog", "cow") for i in range(8)])
        assert prepare("photos", "-o", "old", "-q") == 0
        fill(Path("photos"), ["cat/new.png", "ape/1.png", "ape/2.png", "zebra.png"], 40, 40)
        for number, name in enumerate(("cat/03.png", "dog/07.png")):
            noise(number, 50, 50).save(Path("photos", name))
        Path("photos/dog/01.png").write_bytes(b"no longer a picture")
        for name in ("photos/dog/00.png", "photos/cat/05.png", "old/dog/04.png", "old/cat/05.png"):
            Path(name).unlink()
        shutil.rmtree("photos/cow")
        old = open_data(Path("old")).digest
        Path("old/dog/06.png").write_bytes(b"changed by hand")
        shutil.copytree("old", "new")
        started = time.monotonic()
        assert prepare("photos", "-o", "new", "--prune", "-q") == 3
        self.run_s = time.monotonic() - started
        self.old, self.new = tree(Path("old")), tree(Path("new"))
        self.digests = {old: "old", open_data(Path("new")).digest: "new"}

    def killed(self, kill: Callable[[int], None], fault: str = "") -> str:
        """Kill a run, check what it left, run again, and return how the data set was in between."""
        shutil.rmtree("data", ignore_errors=True)
        shutil.copytree("old", "data")
        child = os.fork()
        if child == 0:
            os.environ.update({"GANTOOLS_TESTING": "1", "GANTOOLS_FAULT": fault} if fault else {})
            cli.main(["prepare", *LINE])
            os._exit(0)
        kill(child)
        status = os.waitpid(child, 0)[1]
        assert not fault or os.WTERMSIG(status) == signal.SIGKILL, f"the point {fault} was never reached"
        state = self._check()
        assert prepare(*LINE) in (0, 3)
        assert tree(Path("data")) == self.new
        return state

    def _check(self) -> str:
        """Read every picture for training and return which of the two data sets they are."""
        files = {name: data for name, data in tree(Path("data")).items() if not name.startswith(".")}
        if files == self.old and not Path("data/.unfinished").exists():
            return "untouched"  # it had not begun: training still refuses the picture that was changed by hand
        require_same_pixels(Path("data"))
        with open_data(Path("data")) as pictures:
            return self.digests[pictures.digest]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Grown]]:
    """The data set that is killed again and again, and where it is."""
    folder = tmp_path_factory.mktemp("killed")
    with contextlib.chdir(folder):
        yield folder, Grown()


@pytest.fixture
def grown(made: tuple[Path, Grown], monkeypatch: pytest.MonkeyPatch) -> Grown:
    """The data set, in the current folder."""
    monkeypatch.chdir(made[0])
    return made[1]


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_each_step(grown: Grown, point: str) -> None:
    """At each step of a run that adds, changes and prunes, a kill leaves the old data set or the new one, whole."""
    state = grown.killed(lambda child: None, point)
    is_new = point in ("done:3", "cleaning") or point.startswith("stale")
    assert state == ("new" if is_new else state)
    assert state in ("old", "new", "untouched")


def _at_random(grown: Grown, kills: int) -> None:
    instants = random.Random(kills)
    states = [grown.killed(lambda child: _kill(child, instants.uniform(0, 1.2 * grown.run_s))) for _ in range(kills)]
    assert set(states) <= {"old", "new", "untouched"}


def _kill(child: int, after_s: float) -> None:
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)


def test_killed_at_ten_random_instants(grown: Grown) -> None:
    """So does a kill at any instant in between."""
    _at_random(grown, 10)


@pytest.mark.slow
def test_killed_at_a_hundred_random_instants(grown: Grown) -> None:
    """A hundred of them."""
    _at_random(grown, 100)
