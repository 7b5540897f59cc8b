"""Pictures/s of `gantools prepare` on 2,000 photographs of 512 to 1,024 px beside a plain loop and decoding alone.

Whole processes, everything included. `plain` does what dataset_tool of stylegan2-ada does with a folder: it decodes
each picture whole, crops, resizes with Lanczos and writes a PNG without compression, one after the other. The two rows
of decoding write nothing: each picture whole, and at a fraction of its size as `prepare` does, in as many threads. The
photographs are made by code, with the spectrum of natural pictures. The contestants take turns, and ratios are taken
turn by turn. Then the memory of `prepare` for 1,000 and for 10,000 photographs. Run it on a quiet machine, and with
TMPDIR in memory (/dev/shm) where the disk takes its time to make a file:

    python tests/benchmarks/prepare_photos.py --photos 2000 --repeats 5
"""

import argparse
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from shared.processes import heading, run_of

SIDE_PX = 64
GOAL = 5.0
MEMORY_GOAL = 1.10

PLAIN = """
import os, sys
import numpy as np
from PIL import Image

source, target, side = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.makedirs(target)
for name in sorted(os.listdir(source)):
    pixels = np.array(Image.open(os.path.join(source, name)).convert("RGB"))
    crop = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - crop) // 2, (pixels.shape[1] - crop) // 2
    picture = Image.fromarray(pixels[top : top + crop, left : left + crop])
    picture = picture.resize((side, side), Image.Resampling.LANCZOS)
    picture.save(os.path.join(target, name[:-4] + ".png"), compress_level=0, optimize=False)
"""

DECODE = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from PIL import Image

source, side, is_whole = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "whole"

def decode(name):
    with Image.open(os.path.join(source, name)) as picture:
        if not is_whole:
            picture.draft(None, (2 * side, 2 * side))
        picture.load()

with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
    for _ in pool.map(decode, sorted(os.listdir(source))):
        pass
"""


def texture(random: np.random.RandomState, side: int = 2048) -> np.ndarray:
    """Return colour noise, uint8 (side, side, 3), whose amplitude falls a little faster than 1/f.

    With 1/f and random phases a JPEG takes twice the 0.28 bytes a pixel of a photograph, whose edges cost less.
    """
    rows, columns = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]
    weight = np.maximum(np.hypot(rows, columns), 1 / side) ** -1.3
    planes = [np.fft.irfft2(np.fft.rfft2(random.standard_normal((side, side))) * weight) for _ in range(3)]
    mixed = np.stack(planes, -1) @ (0.35 * random.standard_normal((3, 3)) + np.ones((3, 3)))  # mostly grey, as light is
    mixed = (mixed - mixed.mean()) / mixed.std()
    return np.clip(128 + 56 * mixed, 0, 255).astype(np.uint8)


def photograph(random: np.random.RandomState, textures: list[np.ndarray]) -> bytes:
    """Return one photograph as a JPEG: a piece of a texture with sharp things in front of it."""
    width, height = random.randint(512, 1025, 2)
    base = textures[random.randint(len(textures))]
    left, top = random.randint(0, base.shape[1] - width), random.randint(0, base.shape[0] - height)
    picture = Image.fromarray(base[top : top + height, left : left + width])
    draw = ImageDraw.Draw(picture)
    for _ in range(8):
        x, y, size = random.randint(width), random.randint(height), random.randint(20, 200)
        draw.ellipse((x, y, x + size, y + random.randint(20, 200)), fill=tuple(random.randint(0, 256, 3).tolist()))
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=int(random.randint(80, 96)))
    return stream.getvalue()


def make_photographs(folder: Path, count: int) -> None:
    """Write ``count`` photographs, the same ones at each call."""
    random = np.random.RandomState(0)
    textures = [texture(random) for _ in range(4)]
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05}.jpg").write_bytes(photograph(random, textures))


def elsewhere(make: Callable[..., None], *arguments: object) -> None:
    """Make photographs in another process: a child's largest memory counts from its parent's on."""
    maker = multiprocessing.get_context("spawn").Process(target=make, args=arguments)
    maker.start()
    maker.join()


def multiplied(source: Path, folder: Path, count: int) -> None:
    """Write ``count`` photographs of 256 px, each another piece of the larger ones: copies would be told apart."""
    names = sorted(os.listdir(source))
    random = np.random.RandomState(1)
    folder.mkdir()
    for number in range(count):
        with Image.open(source / names[number % len(names)]) as picture:
            left, top = random.randint(picture.width - 255), random.randint(picture.height - 255)
            picture.crop((left, top, left + 256, top + 256)).save(folder / f"{number:05}.jpg", quality=90)


def main() -> None:
    """Make the photographs, let the contestants take turns, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--memory", type=int, default=10_000, help="the larger of the two counts; 0 leaves them out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        photos, out = place / "photos", place / "out"
        elsewhere(make_photographs, photos, options.photos)
        prepare = [sys.executable, "-m", "gantools", "prepare", "-q", "--size", str(SIDE_PX), "-o", str(out)]
        commands = {
            "plain": [sys.executable, "-c", PLAIN, str(photos), str(out), str(SIDE_PX)],
            "prepare": [*prepare, str(photos)],
            "decoding alone, whole": [sys.executable, "-c", DECODE, str(photos), str(SIDE_PX), "whole"],
            "decoding alone, at a fraction": [sys.executable, "-c", DECODE, str(photos), str(SIDE_PX), "fraction"],
        }
        run_of([*prepare, "demo:stickers", "--limit", "1"])  # compiles the modules where that has not been done
        shutil.rmtree(out)
        turns = []
        for _ in range(options.repeats):
            turn = {}
            for contestant, command in commands.items():
                turn[contestant] = run_of(command)
                shutil.rmtree(out, ignore_errors=True)
            turns.append(turn)
        report(turns, options.photos)
        if options.memory:
            report_memory(prepare, photos, place, options.memory)


def report(turns: list[dict[str, tuple[float, float]]], photos: int) -> None:
    """Print pictures/s (median, least, most), the ratio to the plain loop, and the largest memory."""
    heading(f"{photos} JPEG photographs of 512 to 1,024 px to {SIDE_PX} px, {len(turns)} runs each")
    print(f"{'':30}{'pictures/s':>11}{'least':>8}{'most':>8}{'x plain':>9}{'least':>8}{'most':>8}{'goal':>6}{'MiB':>7}")
    for name in turns[0]:
        rates = sorted(photos / turn[name][0] for turn in turns)
        ratios = sorted(turn["plain"][0] / turn[name][0] for turn in turns)
        memory = max(turn[name][1] for turn in turns)
        goal = f"{GOAL:.0f}" if name == "prepare" else ""
        print(
            f"{name:30}{statistics.median(rates):11.0f}{rates[0]:8.0f}{rates[-1]:8.0f}"
            f"{statistics.median(ratios):9.2f}{ratios[0]:8.2f}{ratios[-1]:8.2f}{goal:>6}{memory:7.0f}"
        )


def report_memory(prepare: list[str], photos: Path, place: Path, count: int) -> None:
    """Print the largest memory of ``prepare`` for a tenth of ``count`` pictures and for all of them."""
    found = []
    for pictures in (count // 10, count):
        source = place / f"many-{pictures}"
        elsewhere(multiplied, photos, source, pictures)
        shutil.rmtree(place / "out", ignore_errors=True)
        first, again = run_of([*prepare, str(source)]), run_of([*prepare, str(source)])
        found.append(first[1])
        print(f"{pictures:6} pictures: {first[1]:.0f} MiB, {first[0]:.1f} s; a second run: {again[0]:.2f} s")
    print(f"memory x {found[1] / found[0]:.2f}, goal at most x {MEMORY_GOAL:.2f}")


if __name__ == "__main__":
    main()
