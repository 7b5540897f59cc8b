"""``gantools inspect --show``: a drawing on stderr, in colours where there are any, and the report alone on stdout."""

from pathlib import Path

import pytest
from PIL import Image

from gantools import cli
from gantools.training.engine import Phase
from tests import tiny
from tests.commands.test_display import Terminal


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a checkpoint and pictures, made the current one."""
    monkeypatch.chdir(tmp_path)
    Path("c.safetensors").write_bytes(tiny.packed(tiny.take(tiny.fresh("dcgan"), Phase.BOTH, 1)).data)
    Path("data").mkdir()
    for number in range(4):
        Image.new("RGB", (16, 16), "white" if number % 2 else "black").save(f"data/{number}.png")
    return tmp_path


def test_without_a_terminal_characters_are_drawn(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two black and two white pictures are blanks and dense characters; stdout is what it is without --show."""
    assert cli.main(["inspect", "data"]) == 0
    report = capsys.readouterr().out
    assert cli.main(["inspect", "data", "--show"]) == 0
    out, err = capsys.readouterr()
    assert out == report
    assert err.splitlines()[:8] == [" " * 16 + "@" * 16 + " " * 16 + "@" * 16] * 8
    assert "\x1b" not in err


def test_colours_can_be_asked_for(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--color always draws half blocks in 256 colours into a pipe; nothing of it is on stdout."""
    assert cli.main(["inspect", "data", "--show", "--color", "always"]) == 0
    out, err = capsys.readouterr()
    assert err.count("▀") == 4 * 16 * 8
    assert "\x1b[38;5;231;48;5;231m▀" in err
    assert "▀" not in out


def test_samples_are_those_that_sample_writes_first(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The drawing of a checkpoint is that of its first samples as a sheet."""
    assert cli.main(["sample", "c.safetensors", "--n", "1", "-o", "one.png", "-q"]) == 0
    assert cli.main(["inspect", "one.png", "--show"]) == 0
    picture = capsys.readouterr().err.splitlines()[:4]
    assert cli.main(["inspect", "c.safetensors", "--show", "--threads", "1"]) == 0
    sheet = capsys.readouterr().err.splitlines()[:4]
    assert [line[:12].rstrip() for line in sheet] == [line.rstrip() for line in picture]


@pytest.mark.slow
@pytest.mark.parametrize(("variables", "blocks"), [({"COLORTERM": "truecolor"}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_decides(place: Path, variables: dict[str, str], blocks: bool) -> None:
    """On a real terminal there are half blocks in its colours, under NO_COLOR characters."""
    code, lines = Terminal(place, ["inspect", "data", "--show"], 100, 40, **variables).finish()
    assert code == 0
    assert any("▀" in line for line in lines) == blocks
    assert any("@@@@" in line for line in lines) != blocks
