"""Sources to try ``prepare`` on, made of noise, and the means to compare folders."""

import gzip
import os
import struct
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools import cli
from gantools.data.folder import open_data
from gantools.data.manifest import MANIFEST, PACK, read_manifest
from gantools.data.recipe import Recipe

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")


def noise(seed: int, width: int = 32, height: int = 32, mode: str = "RGB") -> Image.Image:
    """Return a picture of noise; another seed is another picture."""
    channels = {"L": 1, "RGB": 3, "RGBA": 4}[mode]
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels)


def fill(folder: Path, names: Iterable[str], width: int = 32, height: int = 32, mode: str = "RGB") -> Path:
    """Write a picture of noise under each name below ``folder``; which one follows from the name."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        seed = int.from_bytes(os.fsencode(name)[-8:], "big")
        noise(seed, width, height, mode).save(path, "PNG")
    return folder


def idx_bytes(pictures: np.ndarray) -> bytes:
    """Return pictures (N, H, W) or labels (N,) as an IDX file."""
    magic = struct.pack(">HBB", 0, 8, pictures.ndim)
    return magic + struct.pack(f">{pictures.ndim}I", *pictures.shape) + pictures.astype(np.uint8).tobytes()


def write_idx(folder: Path, count: int, side: int = 28, packed: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Write ``train-images-idx3-ubyte`` and its labels; return both as arrays."""
    random = np.random.default_rng(count)
    pictures = random.integers(0, 256, (count, side, side), np.uint8)
    labels = random.integers(0, 10, count).astype(np.uint8)
    for name, values in (("train-images-idx3-ubyte", pictures), ("train-labels-idx1-ubyte", labels)):
        data = idx_bytes(values)
        folder.mkdir(exist_ok=True, parents=True)
        (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(data) if packed else data)
    return pictures, labels


def prepare(*words: str | Path) -> int:
    """Run ``gantools prepare`` in this process and return its exit code."""
    return cli.main(["prepare", *map(os.fspath, words)])


def tree(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file below ``folder``, by its relative name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def content(folder: Path) -> tuple[dict[str, bytes], set[bytes], Recipe, list[str]]:
    """Return what a data set holds, whatever the order and the generations in which it came together."""
    manifest = read_manifest(folder / MANIFEST)
    with open_data(folder) as pictures:
        assert pictures.count + pictures.removed == sum(record.split == "train" for record in manifest.made())
    records = {replace(record, generation=None).line() for record in manifest.records}
    files = {name: data for name, data in tree(folder).items() if name not in (MANIFEST, PACK)}
    return files, records, manifest.heading.recipe, manifest.heading.classes


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Return inode and mtime of everything below ``folder``: whoever writes a file again changes them."""
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in sorted(folder.rglob("*"))}
