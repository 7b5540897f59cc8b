"""`make demo` is the tutorial as a script: it shows each command, and ends in the same pictures each time."""

import re
import shlex
from pathlib import Path

from tests.conftest import ROOT
from tests.docs import short_gantools, warm_gantools
from tests.docs.newcomer import environment_with_gantools, run_script
from tests.test_words import parse

PICTURES = {"reals.png", "early.png", "middle.png", "late.png", "losses.png"}


def test_the_demo_shows_its_commands_and_can_run_again(tmp_path: Path) -> None:
    """Every command is printed before it runs; five pictures come out; a second run writes the same bytes."""
    place = tmp_path / "warm" / "socket"
    place.parent.mkdir()
    with warm_gantools.listening(place):
        environment = environment_with_gantools(tmp_path / "bin", short_gantools.__file__, str(place))
        runs = []
        for _ in range(2):
            done = run_script(["sh", str(ROOT / "docs" / "demo.sh")], tmp_path, environment)
            assert done.returncode == 0, done.stdout
            runs.append({name: (tmp_path / "demo" / name).read_bytes() for name in PICTURES})
    shown = re.findall(r"^\$ (gantools .*)$", done.stdout, re.MULTILINE)
    assert shown == re.findall(r"^run (gantools .*)$", (ROOT / "docs" / "demo.sh").read_text(), re.MULTILINE)
    for command in shown:  # what a command prints comes after the command itself
        output = done.stdout.split(f"$ {command}\n")[1]
        assert output.strip() and not output.startswith("\n")
    assert runs[0] == runs[1]
    assert len(set(runs[0].values())) == len(PICTURES)


def test_the_lines_to_try_next_are_command_lines() -> None:
    """Each closing line of the demo, but for its folder, is one that gantools takes."""
    closing = (ROOT / "docs" / "demo.sh").read_text().partition("Try next")[2]
    lines = [part for part in re.split(r"&&|\n", closing) if part.strip().startswith("gantools")]
    assert len(lines) == 4
    for line in lines:
        parse(shlex.split(line)[1:])
