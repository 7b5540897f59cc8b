"""Every command of the README runs as it stands, on small pictures and for a few steps."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT, child_environment

SMALL = "--steps 2 --set network.base_width=4 --batch 4"
BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def shorten(script: str) -> str:
    """Keep each command as it is written, but make runs short and the drawn set small."""
    script = re.sub(r"(gantools train (?!.*--steps)[^&|;\n]*?)(?= &&|\n|$)", rf"\1 {SMALL}", script)
    script = script.replace("--resume --max-time 5m " + SMALL, "--resume --max-time 5m --steps 2")
    return script.replace("demo:stickers", "demo:stickers --limit 40")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with twenty photographs and a `gantools` on the path."""
    folder = tmp_path_factory.mktemp("newcomer")
    photos = folder / "photos"
    photos.mkdir()
    draw = np.random.RandomState(0)
    for number in range(20):
        Image.fromarray(draw.randint(0, 256, (40, 56, 3)).astype(np.uint8)).save(photos / f"{number}.jpg")
    program = folder / "bin" / "gantools"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gantools "$@"\n')
    program.chmod(0o755)
    return folder


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block_of_the_readme_runs(shell: Path, number: int) -> None:
    """Each block ends with 0 and says nothing of an error; blocks build on the ones before."""
    path = f"{shell / 'bin'}{os.pathsep}{os.environ['PATH']}"
    for block in range(number + 1) if not (shell / f"done-{number - 1}").exists() else [number]:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", shorten(BLOCKS[block])],
            cwd=shell,
            env=child_environment(PATH=path),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "error:" not in done.stderr
        (shell / f"done-{block}").touch()


def test_the_readme_names_every_command_and_exit_code() -> None:
    """The table of commands is the app's own list; the exit codes are those of errors.py."""
    from gantools.cli import COMMANDS
    from gantools.errors import ExitCode

    readme = (ROOT / "README.md").read_text()
    assert all(f"`gantools {entry.name} " in readme for entry in COMMANDS)
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", readme, re.MULTILINE)}
    assert codes == {int(code) for code in ExitCode} - {ExitCode.BUG, ExitCode.GATE, ExitCode.SIGNAL}
