"""What a reader of the pages has: a folder with a few photographs, and `gantools` on the path."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tests.conftest import ROOT, child_environment


def write_photos(folder: Path, numbers: range, size: tuple[int, int] = (40, 56)) -> Path:
    """Write one noise photograph of ``size`` (height, width) for each number; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        pixels = np.random.RandomState(number).randint(0, 256, (*size, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:03}.jpg")
    return folder


def write_reader_folder(folder: Path) -> Path:
    """Write a reader's folder.

    ``photo.jpg``, ``painting.jpg``, ``photos`` (all good), ``phone`` (one on its side, a HEIF file, one cut off),
    ``albums``, ``albums.tar.gz``, which holds ``albums``, and the script.
    """
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "docs" / "how-to" / "nightly.sh", folder)
    photos = write_photos(folder / "photos", range(18))
    write_photos(photos, range(18, 20), (64, 48))
    phone = write_photos(folder / "phone", range(20, 30), (90, 120))
    on_its_side = Image.Exif()
    on_its_side[0x0112] = 6
    Image.open(phone / "021.jpg").save(phone / "on-its-side.jpg", exif=on_its_side)
    Image.new("RGBA", (80, 80), (200, 30, 30, 90)).save(phone / "sticker.png")
    (phone / "IMG_0412.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    (phone / "cut-off.jpg").write_bytes((phone / "022.jpg").read_bytes()[:900])
    (phone / ".DS_Store").write_bytes(bytes(8))
    for number, name in ((50, "photo"), (51, "painting")):
        write_photos(folder, range(number, number + 1)).joinpath(f"{number:03}.jpg").rename(folder / f"{name}.jpg")
    for number, name in enumerate(("apples", "cherries")):
        write_photos(folder / "albums" / name, range(30 + 10 * number, 40 + 10 * number))
    shutil.make_archive(str(folder / "albums"), "gztar", folder, "albums")
    return folder


def run_script(words: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a shell's command line in ``folder``; stdout and stderr come as one text, as a reader sees them."""
    return subprocess.run(
        words,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


def environment_with_gantools(folder: Path, *prefix: str, **changes: str) -> dict[str, str]:
    """Return an environment in which `gantools`, put into ``folder``, is the tree under test.

    Args:
        folder: where the program goes; it is made if absent.
        prefix: the words behind `python`, ``-m gantools`` by default.
        changes: variables beside those of this process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "gantools"
    words = " ".join(f'"{word}"' for word in (sys.executable, *(prefix or ("-m", "gantools"))))
    program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    program.chmod(0o755)
    return child_environment(PATH=f"{folder}{os.pathsep}{os.environ['PATH']}", **changes)
