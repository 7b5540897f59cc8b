"""What a judgement holds in memory: as much for 20,000 pictures as for 5,000."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data.makers import SHARED, needs_shared

MNIST = SHARED / "mnist"


def gantools(folder: Path, *words: str) -> tuple[bytes, float]:
    """Run a command that must succeed; return what it printed, and the most memory that it held, in MiB."""
    command = [sys.executable, "-m", "gantools", *words]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return printed, usage.ru_maxrss / 1024


@needs_shared
@pytest.mark.slow
def test_memory_does_not_grow_beyond_five_thousand_pictures(tmp_path: Path) -> None:
    """Four times the pictures take no twentieth more memory, and all of them count where it says so."""
    sources = [str(MNIST / f"{split}-images-idx3-ubyte.gz") for split in ("train", "t10k")]
    gantools(tmp_path, "prepare", *sources, "-o", "data", "--size", "16", "--holdout", "30%", "-q")
    small = ["--arch", "fc", "--set", "network.base_width=16", "-q"]
    gantools(tmp_path, "train", "data", "-o", "c.safetensors", "--steps", "5", *small)
    held = {}
    for count in (5000, 20_000):
        words = ["inspect", "c.safetensors", "--against", "data", "--n", str(count), "--json", "-q"]
        printed, held[count] = gantools(tmp_path, *words)
        figures = json.loads(printed)["things"][0]["against"]["figures"]
        assert (figures["frechet"]["n"], figures["kid"]["n"]) == (count, 5000)
    assert held[20_000] < 1.05 * held[5000]
