"""What must be quick loads nothing heavy: each command line runs in a process that lists what it has imported."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gantools.cli import COMMANDS
from tests.conftest import Run, child_environment

NAMES = [entry.name for entry in COMMANDS]
HEAVY = ("torch", "torchvision", "numpy", "PIL", "safetensors", "rich")
PROBE = """
import json, sys
from gantools.cli import main
code = main(sys.argv[1:])
open("loaded.json", "w").write(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def loaded_by(words: list[str], folder: Path) -> tuple[int, set[str]]:
    """Run one command line in a fresh process; return its exit code and the packages it loaded."""
    command = [sys.executable, "-c", PROBE, *words]
    streams = {"stdin": subprocess.DEVNULL, "capture_output": True}
    subprocess.run(command, cwd=folder, env=child_environment(), check=True, timeout=120, **streams)
    code, packages = json.loads((folder / "loaded.json").read_text())
    return code, set(packages)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        ([], 2),
        (["trian"], 2),
        *(([name, "--help"], 0) for name in NAMES),
        *(([name, "--no-such-option"], 2) for name in NAMES),
        *(([name, "in", "--device", "gpu"], 2) for name in NAMES if name.startswith("train") or name == "sample"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_quick_commands_load_nothing_heavy(words: list[str], code: int, tmp_path: Path) -> None:
    """Help, the version and errors of the command line load nothing that takes long; help not even pydantic."""
    ended, packages = loaded_by(words, tmp_path)
    assert ended == code
    assert packages.isdisjoint(HEAVY)
    assert "--help" not in words or "pydantic" not in packages


def test_probe_sees_what_is_loaded(tmp_path: Path) -> None:
    """The probe lists the packages of the process that ran the command: typer is always among them."""
    assert "typer" in loaded_by(["--version"], tmp_path)[1]


def test_header_is_inspected_without_torch(gantools: Run, tmp_path: Path) -> None:
    """A checkpoint's header is told by the standard library alone: no torch, no numpy, no Pillow."""
    assert gantools("prepare", "demo:stickers", "--limit", "16", "-o", "data").returncode == 0
    assert gantools("train", "data", "-o", "c.safetensors", "--steps", "0").returncode == 0
    ended, packages = loaded_by(["inspect", "c.safetensors"], tmp_path)
    assert ended == 0
    assert packages.isdisjoint(HEAVY)
