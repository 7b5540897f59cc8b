"""Stacked MNIST: three random digits as the channels of a colour picture, 1,000 modes; how many does a generator have?

The set-up of VEEGAN (Srivastava 2017) and PacGAN (Lin 2018): 128,000 random triples, 26,000 samples, a digit
classifier of our own for each channel; modes are distinct triples, KL is to the uniform distribution, in nats. They
report 78.9 modes and 4.50 nats for a DCGAN, 1000 and 0.06 for PacDCGAN2. With the shared data beside:

    python tests/benchmarks/stacked_mnist.py --work stacked --train 10m
    python tests/benchmarks/stacked_mnist.py --work stacked run.safetensors

The work folder keeps the data set, the classifier and the trained run; `gantools train WORK/data` trains others.
"""

import argparse
import gzip
import io
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file, save_file
from shared.processes import heading

from gantools.draws import generator
from gantools.features.recogniser import Recogniser, fit
from gantools.files.checkpoint import load_average
from gantools.keys import key
from gantools.measure.judge import fake_batches

MNIST = Path(__file__).resolve().parents[3] / "shared" / "data" / "mnist"
FITTED_BATCHES = 5000
ENOUGH = 0.99
MODES = 1000
Digits = NDArray[np.uint8]


def digits(folder: Path, split: str) -> tuple[Digits, NDArray[np.int64]]:
    """Read the pictures (N, 28, 28) and labels (N,) of a split, ``train`` or ``t10k``."""
    pixels = gzip.decompress((folder / f"{split}-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / f"{split}-labels-idx1-ubyte.gz").read_bytes())[8:]
    return np.frombuffer(pixels, np.uint8).reshape(-1, 28, 28), np.frombuffer(labels, np.uint8).astype(np.int64)


def triples(pictures: Digits, purpose: str, count: int) -> Iterator[Digits]:
    """Yield stacked pictures of random digits, in blocks (up to 512, 3, 28, 28)."""
    rows = generator(key(0, "stacked", purpose)).randint(0, len(pictures), (count, 3))
    for start in range(0, count, 512):
        yield pictures[rows[start : start + 512]]


def make_data(pictures: Digits, count: int, work: Path) -> None:
    """Stack random triples into a tar of PNGs and prepare it as WORK/data."""
    tar = work / "triples.tar"
    with tarfile.open(tar, "w") as archive:
        for number, pixels in enumerate(each for block in triples(pictures, "data", count) for each in block):
            buffer = io.BytesIO()
            Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0))).save(buffer, "PNG", compress_level=1)
            member = tarfile.TarInfo(f"{number:06d}.png")
            member.size = buffer.tell()
            buffer.seek(0)
            archive.addfile(member, buffer)
    gantools("prepare", str(tar), "-o", str(work / "data"), "-q")
    tar.unlink()


def gantools(*words: str) -> None:
    """Run a command to its end."""
    subprocess.run([sys.executable, "-m", "gantools", *words], check=True, stdout=subprocess.DEVNULL)


def classifier(folder: Path, work: Path) -> Recogniser:
    """Return the digit classifier, fitted once, and print how often it is right on the test set."""
    kept = work / "digits.safetensors"
    if not kept.exists():
        pictures, labels = digits(folder, "train")
        weights = fit(
            lambda rows: pictures[np.asarray(rows)][:, None],
            labels[:, None],
            (10,),
            torch.device("cpu"),
            lambda done: None,
            steps=FITTED_BATCHES,
        )
        save_file(weights, kept)
    found = Recogniser((10,), load_file(kept), "digits")
    pictures, labels = digits(folder, "t10k")
    right = float(np.mean(told(found, pictures) == labels))
    print(f"digit classifier: {right:.2%} of {len(labels):,} test digits right")
    if right < ENOUGH:
        raise SystemExit(f"found {right:.2%}, expected at least {ENOUGH:.0%}: its counts would not mean much")
    return found


def told(recogniser: Recogniser, pictures: Digits) -> NDArray[np.int64]:
    """Return the digits that grey pictures (N, 28, 28) are taken for, (N,)."""
    found = []
    for start in range(0, len(pictures), 256):
        images = torch.from_numpy(pictures[start : start + 256].copy()).float().div_(127.5).sub_(1.0)
        found.append(recogniser.answer(images[:, None]).levels[:, 0])
    return np.concatenate(found)


def counted(recogniser: Recogniser, batches: Iterator[Digits]) -> tuple[int, float]:
    """Return modes and KL (nats) of stacked pictures (N, 3, 28, 28)."""
    counts = np.zeros(MODES)
    for batch in batches:
        each = told(recogniser, batch.reshape(-1, 28, 28)).reshape(-1, 3)
        counts += np.bincount(each @ np.array([100, 10, 1]), minlength=MODES)
    shares = counts[counts > 0] / counts.sum()
    return len(shares), float((shares * np.log(shares * MODES)).sum())


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", nargs="*", type=Path)
    parser.add_argument("--work", type=Path, default=Path("stacked-mnist"), help="folder that keeps all that is made")
    parser.add_argument("--mnist", type=Path, default=MNIST, help="folder with the four IDX files")
    parser.add_argument("--triples", type=int, default=128_000, help="pictures of the data set")
    parser.add_argument("--n", type=int, default=26_000, help="samples")
    parser.add_argument("--train", metavar="TIME", help="train the default recipe for so long: 10m")
    options = parser.parse_args()
    if not options.mnist.is_dir():
        print(f"stacked_mnist: left out, {options.mnist} is not here")
        return
    options.work.mkdir(parents=True, exist_ok=True)
    heading(f"modes of 1,000 and KL to uniform, {options.n:,} samples, seed 0")
    recogniser = classifier(options.mnist, options.work)
    pictures, _ = digits(options.mnist, "train")
    if options.train:
        if not (options.work / "data").exists():
            make_data(pictures, options.triples, options.work)
        run = options.work / "run.safetensors"
        gantools("train", str(options.work / "data"), "-o", str(run), "--resume", "--max-time", options.train, "-q")
        options.checkpoints.append(run)
    print(f"{'model':<32} {'images':>9} {'modes':>6} {'KL':>8}")
    floor = counted(recogniser, triples(pictures, "floor", options.n))
    print("{:<32} {:>9} {:>6} {:>8.4f}".format("real triples: the floor", "", *floor), flush=True)
    for path in options.checkpoints:
        network, document = load_average(path)
        row = counted(recogniser, fake_batches(network, 0, options.n))
        print("{:<32} {:>9} {:>6} {:>8.4f}".format(path.name, document.register.images, *row), flush=True)


if __name__ == "__main__":
    main()
