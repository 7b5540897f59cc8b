"""What a reader of the pages has: a folder with a few photographs, and `gantools` on the path."""

import os
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tests.conftest import child_environment


def write_photos(folder: Path, numbers: range, size: tuple[int, int] = (40, 56)) -> Path:
    """Write one noise photograph of ``size`` (height, width) for each number; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        pixels = np.random.RandomState(number).randint(0, 256, (*size, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:03}.jpg")
    return folder


def environment_with_gantools(folder: Path, **changes: str) -> dict[str, str]:
    """Return an environment in which `gantools`, put into ``folder``, is the tree under test."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "gantools"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gantools "$@"\n')
    program.chmod(0o755)
    return child_environment(PATH=f"{folder}{os.pathsep}{os.environ['PATH']}", **changes)
