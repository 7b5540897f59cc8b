"""How the work of ``gantools stylize`` ends: by time, by a signal, and by numbers that went wrong."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save_file

from gantools.pictures.painted import parse_painted
from gantools.pictures.write import read_text
from tests.commands.test_stylize import QUICK, draw, place, stylize
from tests.conftest import child_environment
from tests.features.test_extractors import narrow_vgg16

__all__ = ["place"]


def test_result_of_one_colour_is_made_again(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the content, at a quarter of the rate, and said so; the same line does the same again."""
    Image.new("RGB", (48, 48), (120, 120, 120)).save("grey.png")
    line = ("photo.png", "--style", "painting.png", *QUICK, "--optimizer", "lbfgs", "--rate", "1e-6", "--start")
    assert stylize(*line, "grey.png", "-o", "out.png") == stylize(*line, "grey.png", "-o", "again.png") == 0
    found = "warning: photo.png: the result is of one colour; it is made again, from the content and at a quarter of"
    assert capsys.readouterr().err.count(found) == 2
    assert np.asarray(Image.open("out.png")).std() > 10
    assert Path("out.png").read_bytes() == Path("again.png").read_bytes()


def test_infinite_losses_skip_one_of_several_pictures(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A network that overflows on what is bright: that picture is skipped, the dark one is made; alone it is 6."""
    weights = narrow_vgg16()
    weights["features.0.weight"] = weights["features.0.weight"] * 1e36
    save_file(weights, "w.safetensors")
    Path("mixed").mkdir()
    draw(Path("mixed/a.png"), 3)
    for name in ("mixed/b.png", "dark.png"):
        Image.new("RGB", (48, 48)).save(name)
    line = ("--style", "dark.png", "--weights", "w.safetensors", "--objective", "gram", "--size", "48", "--iterations",
            "2", "--threads", "1", "-o")  # fmt: skip
    assert stylize("mixed", *line, "out") == 3
    out, err = capsys.readouterr()
    assert out == "out/b.png\n" and [path.name for path in Path("out").iterdir()] == ["b.png"]
    assert "warning: mixed/a.png: skipped (the losses became infinite)" in err
    assert stylize("mixed/a.png", *line, "a.png", "--rate", "0.08") == 6
    err = capsys.readouterr().err
    assert "a.png: the losses became infinite, expected finite ones; nothing was written" in err
    assert "--rate 0.005" in err and not Path("a.png").exists()


def test_time_ends_the_work_with_what_there_is(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--max-time writes the picture as it is and ends with 0; the next run makes it whole."""
    line = ("photo.png", "--style", "painting.png", "--size", "48", "--features", "embedded", "--threads", "1")
    assert stylize(*line, "-o", "out.png", "--iterations", "5000", "--max-time", "1s") == 0
    note = parse_painted(read_text(Path("out.png")))
    assert note is not None and note.ended == "time" and 0 < note.iterations < 5000


@pytest.mark.slow
def test_signal_saves_and_ends_with_its_number(place: Path) -> None:
    """SIGINT during the work writes the picture as it is and ends with 130."""
    draw(Path("large.png"), 11, side=480)
    words = ["large.png", "--style", "painting.png", "--features", "embedded", "-o", "out.png", "--save-every", "1"]
    child = subprocess.Popen([sys.executable, "-m", "gantools", "stylize", *words], env=child_environment(),
                             stderr=subprocess.PIPE, text=True)  # fmt: skip
    deadline = time.monotonic() + 120
    while not Path("out.png").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "SIGINT: ends here, out.png shows" in err
    note = parse_painted(read_text(Path("out.png")))
    assert note is not None and note.ended == "SIGINT"
