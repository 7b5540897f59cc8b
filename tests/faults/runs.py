"""Tiny training runs by command line: pictures, flags, what a checkpoint says, and real processes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import load as read_tensors

from gantools.files.document import Document, read_document
from tests.conftest import child_environment

SMALL = ("--arch", "fc", "--set", "network.base_width=4", "--set", "network.latent_dim=5", "--batch", "4")
TINY = (*SMALL, "--device", "cpu", "--precision", "fp32", "--seed", "0")
"""The flags of a run whose round takes a millisecond."""


def write_pictures(folder: Path, count: int = 12, seed: int = 3, size: tuple[int, int] = (8, 8)) -> Path:
    """Write so many grey noise pictures of ``size`` (height, width) into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.RandomState(seed)
    for number in range(count):
        Image.fromarray(draw.randint(0, 256, size).astype(np.uint8)).save(folder / f"{number:02}.png")
    return folder


def document_of(path: Path) -> Document:
    """Return what a checkpoint says of itself."""
    return read_document(path)[1]


def digest_of(path: Path) -> str:
    """Return the content digest that a checkpoint says it has."""
    return document_of(path).digest


def tensors_of(path: Path, *networks: str) -> dict[str, NDArray[Any]]:
    """Return the tensors of a checkpoint whose names begin with one of ``networks``."""
    return {name: t for name, t in read_tensors(path.read_bytes()).items() if name.startswith(networks or "")}


def same(one: dict[str, NDArray[Any]], two: dict[str, NDArray[Any]]) -> bool:
    """Say whether two sets of tensors agree in names and every byte."""
    return one.keys() == two.keys() and all(one[name].tobytes() == two[name].tobytes() for name in one)


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder, hidden ones too."""
    return sorted(entry.name for entry in folder.iterdir())


def process_of(
    *words: str | Path, folder: Path, env: dict[str, str] | None = None, **options: Any
) -> subprocess.Popen[str]:
    """Start ``gantools WORDS...`` in ``folder`` with pipes for its streams."""
    settings = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, "-m", "gantools", *map(os.fspath, words)]
    return subprocess.Popen(command, cwd=folder, env=child_environment(**(env or {})), **(settings | options))
