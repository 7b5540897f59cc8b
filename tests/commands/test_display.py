"""The display of a real run on a real terminal: what the screen shows meanwhile, after Ctrl-C, and without colours."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyte
import pytest
from PIL import Image

from gantools.files.document import read_document
from tests.conftest import Run, child_environment

TINY = ["--batch", "4", "--set", "network.base_width=4", "--threads", "1"]
PATIENCE_S = 120.0


class Terminal:
    """A terminal of so many columns and lines in which one command runs; ``screen`` shows what a person sees."""

    def __init__(self, folder: Path, words: list[str], columns: int, lines: int, **env: str) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self._master, slave = pty.openpty()
        self.resize(columns, lines)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gantools", *words],
            cwd=folder,
            env=child_environment(TERM="xterm-256color", LANG="C.UTF-8", **env),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # type: ignore[func-returns-value]
        )
        os.close(slave)

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size, and tell the command."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen.resize(lines, columns)

    def type(self, text: str) -> None:
        """Send keys."""
        os.write(self._master, text.encode())

    def text(self) -> list[str]:
        """Return the lines that are not empty."""
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def wait_for(self, seen: Callable[[list[str]], bool]) -> list[str]:
        """Read until the screen fulfils ``seen``; return its lines."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if seen(self.text()):
                return self.text()
            if not self.read():
                break
        raise AssertionError("\n".join(self.text()))

    def finish(self) -> tuple[int, list[str]]:
        """Read to the end; return the exit code and the lines."""
        while self.read():
            pass
        os.close(self._master)
        return self.process.wait(PATIENCE_S), self.text()

    def close(self) -> None:
        """Close the window."""
        os.close(self._master)

    def read(self, wait_s: float = PATIENCE_S) -> bool:
        """Take what comes within so many seconds; return whether there was anything."""
        ready, _, _ = select.select([self._master], [], [], wait_s)
        try:
            data = os.read(self._master, 65536) if ready else b""
        except OSError:  # the other side is closed
            data = b""
        self._stream.feed(data)
        return bool(data)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a few small pictures in ``data``."""
    folder = tmp_path / "data"
    folder.mkdir()
    draw = np.random.RandomState(0)
    for number in range(8):
        Image.fromarray(draw.randint(0, 256, (16, 16, 3)).astype(np.uint8)).save(folder / f"{number}.png")
    return tmp_path


@pytest.mark.parametrize("columns", [60, 100])
def test_the_screen_while_training_and_after_ctrl_c(place: Path, columns: int) -> None:
    """Bar, courses, reading, events, preview and its pictures keep their places; Ctrl-C says what it saves."""
    words = ["train", "data", "-o", "c.safetensors", *TINY, "--steps", "1000000", "--checkpoint-every", "40steps"]
    words += ["--lr-drop", "0.5@40", "--show-preview"]
    terminal = Terminal(place, words, columns, 40, COLORTERM="truecolor")
    lines = terminal.wait_for(lambda lines: any("▀" in line for line in lines) and "left" in " ".join(lines))
    bar = next(number for number, line in enumerate(lines) if re.match(r"train  [█░]+ ", line))
    assert re.search(r" \S+/4\.00M images +\S+/s +.* left$", lines[bar])
    assert re.fullmatch(r"  D [▁-█ ]+ +[\d.]+   G [▁-█ ]+ +[\d.]+", lines[bar + 1])
    assert lines[bar + 2].strip() == "not judged: a batch of 4 is under 16"
    assert re.fullmatch(r" +[\d.]+k?  saved c\.safetensors", lines[bar + 3])
    assert any("both rates are now 0.5 of where they began" in line for line in lines)
    assert "  preview: c.preview.png" in lines
    assert sum(line.startswith("train  ") for line in lines) == 1
    terminal.process.send_signal(signal.SIGINT)  # typed, its echo may fall into an escape code and leave a line behind
    code, lines = terminal.finish()
    assert code == 128 + signal.SIGINT
    text = "".join(lines)  # a long line goes on in the next one
    assert re.search(r"Ctrl-C: ends here, saves c\.safetensors at \d+ images", text)
    assert "resume: gantools train data -o c.safetensors --resume --threads 1" in text
    assert "░" not in text, "\n".join(lines)


def test_a_narrower_terminal_keeps_the_display_whole(place: Path) -> None:
    """After a resize to 60 columns there is one bar, and it fits."""
    words = ["train", "data", "-o", "c.safetensors", *TINY, "--steps", "1000000"]
    terminal = Terminal(place, words, 100, 30)
    terminal.wait_for(lambda lines: any("█" in line or "░" in line for line in lines))
    terminal.resize(60, 30)
    terminal.process.send_signal(signal.SIGWINCH)
    lines = terminal.wait_for(lambda lines: any(len(line) <= 60 and "left" in line for line in lines[-4:]))
    assert max(map(len, lines)) <= 60
    terminal.type("\x03")
    assert terminal.finish()[0] == 130


@pytest.mark.parametrize("color", ["auto", "never"])
def test_a_terminal_that_closes_costs_no_turn(place: Path, color: str) -> None:
    """When the window is closed the run saves all that it did and ends with 129, in silence."""
    words = ["train", "data", "-o", "c.safetensors", *TINY, "--steps", "1000000", "--metrics", "log", "--color", color]
    terminal = Terminal(place, words, 100, 30)
    deadline = time.monotonic() + PATIENCE_S
    while '"g_steps": 50' not in (place / "log").read_text() if (place / "log").exists() else True:
        assert time.monotonic() < deadline
        terminal.read(0.1)
    terminal.close()
    assert terminal.process.wait(PATIENCE_S) == 128 + signal.SIGHUP
    last = json.loads((place / "log").read_text().splitlines()[-1])
    assert last["event"] == "end"
    assert last["images"] == read_document(place / "c.safetensors")[1].register.images >= 200


def test_earlier_lines_stay_above_the_display(place: Path) -> None:
    """A name with wide or escaped characters makes no line too long: what was printed before stays on the screen."""
    name = "\u5199" * 30 + "\x1b[2J.safetensors"
    words = ["train", "data", "-o", name, *TINY, "--steps", "1000000", "--checkpoint-every", "20steps"]
    terminal = Terminal(place, words, 60, 40)
    terminal.wait_for(lambda lines: any("saved" in line for line in lines))
    before = [line for line in terminal.text() if line.startswith(("data ", "networks ", "machine "))]
    for _ in range(20):
        terminal.read(0.2)
    assert [line for line in terminal.text() if line.startswith(("data ", "networks ", "machine "))] == before
    assert len(before) == 3
    terminal.type("\x03")
    assert terminal.finish()[0] == 130


def test_the_smallest_terminal_still_trains(place: Path) -> None:
    """One column is room enough to train in, whatever is shown there."""
    words = ["train", "data", "-o", "c.safetensors", *TINY, "--steps", "3", "--show-preview", "-q"]
    assert Terminal(place, words, 1, 5, COLORTERM="truecolor").finish()[0] == 0
    words[-1] = "--force"
    assert Terminal(place, words, 1, 5, COLORTERM="truecolor").finish()[0] == 0


def test_skipped_turns_are_told_at_the_end(place: Path, gantools: Run) -> None:
    """D turns that were skipped are told also in a run of a moment."""
    done = gantools("train", "data", "-o", "c.safetensors", *TINY, "--steps", "5", "--skip-d-below", "100")
    assert "skipped 5 D turns, D loss below 100, at 20 images\n" in done.stderr


def test_a_picture_of_somebody_else_is_not_drawn_over(place: Path, gantools: Run) -> None:
    """A file with the preview's name that gantools did not write is refused; the run's own is replaced."""
    mine = place / "c.preview.png"
    mine.write_text("my own picture")
    done = gantools("train", "data", "-o", "c.safetensors", *TINY, "--steps", "1")
    assert done.returncode == 5
    assert "c.preview.png: exists and was not written by gantools" in done.stderr
    assert "hint: gantools train data -o c.safetensors" in done.stderr
    assert "--preview c.preview-2.png" in done.stderr
    assert mine.read_text() == "my own picture"
    assert not (place / "c.safetensors").exists()
    again = ["train", "data", "-o", "c.safetensors", *TINY, "--steps", "1", "--preview", "p.png"]
    assert gantools(*again).returncode == 0
    assert gantools(*again, "--resume").returncode == 0


def test_without_colours_no_pictures_are_drawn(place: Path) -> None:
    """On a terminal under NO_COLOR --show-preview says where the grid is instead, and no escape code is written."""
    words = ["train", "data", "-o", "c.safetensors", *TINY, "--steps", "2", "--show-preview"]
    terminal = Terminal(place, words, 100, 30, NO_COLOR="1")
    code, lines = terminal.finish()
    assert code == 0
    assert "warning: --show-preview: found no terminal with 256 colours; the grid is in c.preview.png" in lines
    assert not any("▀" in line for line in lines)


def test_log_lines_can_be_cut(place: Path) -> None:
    """Where there is no terminal awk takes images, rate, losses and reading from fixed columns."""
    log = place / "log"
    command = [sys.executable, "-m", "gantools", "train", "data", "-o", "c.safetensors", *TINY, "--steps", "1000000"]
    with open(log, "w") as stream:
        process = subprocess.Popen(
            command, cwd=place, env=child_environment(), stderr=stream, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE_S
        while not re.search(r"^train: .* left, D \d", log.read_text(), re.MULTILINE):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
    script = r"/^train: .* left, / { split($1, n, /[ \/]/); print n[2] + 0, $3 + 0, substr($5, 3) + 0, $7 }"
    cut = subprocess.run(["awk", "-F", ", ", script, log], capture_output=True, text=True, check=True)
    images, rate, loss, reading = cut.stdout.splitlines()[0].split(" ", 3)
    assert int(images) > 0
    assert float(rate) > 0
    assert float(loss) > 0
    assert reading == "not judged: a batch of 4 is under 16"
