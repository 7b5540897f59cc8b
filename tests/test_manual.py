"""The manual page: whole, in roff that its readers take without a warning, and shown as it was meant."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gantools import __version__
from gantools.cli import COMMANDS
from gantools.commands.manual import MEANINGS, VARIABLES, escaped
from gantools.errors import ExitCode
from tests.conftest import ROOT, Run
from tests.test_imports import HEAVY, loaded_by

SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES",
            "SEE ALSO"]  # fmt: skip


@pytest.fixture
def page(gantools: Run, tmp_path: Path) -> Path:
    """The page, in a file."""
    shown = gantools("--show-man")
    assert (shown.returncode, shown.stderr) == (0, "")
    path = tmp_path / "gantools.1"
    path.write_text(shown.stdout)
    return path


def test_page_has_every_section_and_command(page: Path) -> None:
    """The sections come in the order that readers of manuals know; each command has a part of its own."""
    lines = page.read_text().splitlines()
    assert lines[0] == f'.TH GANTOOLS 1 "" "gantools {__version__}" "User Commands"'
    assert [line.removeprefix(".SH ") for line in lines if line.startswith(".SH")] == SECTIONS
    commands = [line.removeprefix(".SS gantools ").replace("\\", "") for line in lines if line.startswith(".SS")]
    assert commands == [entry.name for entry in COMMANDS]


def test_every_exit_code_and_variable_is_told() -> None:
    """Each exit code has its meaning, and each variable that is read has one too."""
    assert list(MEANINGS) == list(ExitCode)
    others = [path for path in (ROOT / "gantools").rglob("*.py") if path.name != "manual.py"]
    words = re.findall(r'"((?:GANTOOLS_|NO_)[A-Z]+)"', "".join(path.read_text() for path in others))
    assert set(words) - {"GANTOOLS_TESTING", "GANTOOLS_FAULT"} == set(VARIABLES)  # those two are for tests alone


@pytest.mark.parametrize(
    ("text", "roff"),
    [
        ("--d-steps", "\\-\\-d\\-steps"),
        ("a\\b", "a\\eb"),
        (".prev", "\\&.prev"),
        ("'quoted'", "\\&'quoted'"),
        ("~/x^2 `y`", "\\(ti/x\\(ha2 \\(gay\\(ga"),
        ("plain.", "plain."),
    ],
)
def test_text_is_shown_letter_by_letter(text: str, roff: str) -> None:
    """What roff would take for a request, an escape or a typographer's dash is written so that it shows as it is."""
    assert escaped(text) == roff


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_takes_the_page_without_a_warning(page: Path) -> None:
    """With every warning on, groff says nothing."""
    done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", page], capture_output=True, check=True, timeout=60)
    assert done.stderr == b""


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")
def test_man_shows_the_page(page: Path) -> None:
    """``man -l`` shows options with the dashes that are typed, and an example on one line."""
    command = ["man", "--warnings", "-E", "UTF-8", "-l", page]
    environment = {"PATH": "/usr/bin:/bin", "MANWIDTH": "80", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=environment)
    assert done.stderr == ""
    assert "       -o, --output PATH\n" in done.stdout
    assert "              gantools train-d c.safetensors data --steps 2\n" in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_page_loads_nothing_heavy(tmp_path: Path) -> None:
    """The page is as quick as help."""
    assert loaded_by(["--show-man"], tmp_path)[1].isdisjoint({*HEAVY, "pydantic"})
