"""Stacked MNIST: three random digits as the channels of a colour picture, 1,000 modes; how many does a generator have?

The set-up of VEEGAN (Srivastava 2017) and PacGAN (Lin 2018): 128,000 random triples, 26,000 samples, a digit
classifier of our own for each channel; modes are distinct triples, KL is to the uniform distribution, in nats. They
report 78.9 modes and 4.50 nats for a DCGAN, 1000 and 0.06 for PacDCGAN2. With the shared data beside:

    python tests/benchmarks/stacked_mnist.py --work stacked --train 500k
    python tests/benchmarks/stacked_mnist.py --work stacked --train 500k --upper --options "--preset dcgan"
    python tests/benchmarks/stacked_mnist.py --work stacked run.safetensors

The work folder keeps the data sets, the classifier and the runs with their snapshots, so that what was done is not done
again. `--upper` squeezes the pictures into the upper half of the range, [0, 1] against a tanh: the set-up in which the
classic DCGAN loses most modes. The verdict beside each row is that of the checkpoint.
"""

import argparse
import gzip
import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from itertools import chain
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
from gantools.training.health import verdict

MNIST = Path(__file__).resolve().parents[3] / "shared" / "data" / "mnist"
FITTED_BATCHES = 5000
ENOUGH = 0.99
MODES = 1000
BATCH = 64
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


def squeezed(pixels: Digits) -> Digits:
    """Return pictures in the upper half of the range, [0, 1] of a tanh's [-1, 1]."""
    return (128 + pixels // 2).astype(np.uint8)


def stretched(pixels: Digits) -> Digits:
    """Return pictures from the upper half of the range in all of it: ``squeezed`` undone, but for one bit."""
    return np.maximum(pixels, 128) * 2  # of uint8: 128 becomes 0, and 255 254


def make_data(pictures: Digits, count: int, data: Path) -> None:
    """Stack random triples into a tar of PNGs and prepare it."""
    tar = data.with_suffix(".tar")
    with tarfile.open(tar, "w") as archive:
        for number, pixels in enumerate(each for block in triples(pictures, "data", count) for each in block):
            buffer = io.BytesIO()
            Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0))).save(buffer, "PNG", compress_level=1)
            member = tarfile.TarInfo(f"{number:06d}.png")
            member.size = buffer.tell()
            buffer.seek(0)
            archive.addfile(member, buffer)
    gantools("prepare", str(tar), "-o", str(data), "-q")
    tar.unlink()


def gantools(*words: str) -> None:
    """Run a command to its end."""
    subprocess.run([sys.executable, "-m", "gantools", *words], check=True, stdout=subprocess.DEVNULL)


def snapshots(data: Path, name: str, images: int, every: int, options: list[str]) -> Iterator[Path]:
    """Train a run in stages beside its data, which resuming does to the bit; yield a copy of each stage's end."""
    run = data.with_name(f"{name}.safetensors")
    places = ["-o", str(run), "--metrics", str(run.with_suffix(".jsonl")), "--resume", "--on-collapse", "warn", "-q"]
    for reached in range(every, images + 1, every):
        copy = data.with_name(f"{name}-{reached // 1000}k.safetensors")
        if not copy.exists():
            batches = -(-reached // BATCH)
            gantools("train", str(data), *places, "--until", str(batches), "--threads", "1", *options)
            shutil.copyfile(run, copy)
        yield copy


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


def count_of(text: str) -> int:
    """Read a number of images: 500k."""
    return 1000 * int(text.removesuffix("k")) if text.endswith("k") else int(text)


def trained(options: argparse.Namespace, pictures: Digits) -> Iterator[Path]:
    """Yield the snapshots of the run that is asked for, if one is."""
    if not options.train:
        return
    name = "upper" if options.upper else "data"
    data = options.work / name
    if not data.exists():
        make_data(squeezed(pictures) if options.upper else pictures, options.triples, data)
    words = options.options.split()
    run = "-".join([name, "run", *(word.strip("-") for word in words)])
    yield from snapshots(data, run, options.train, options.every, words)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", nargs="*", type=Path)
    parser.add_argument("--work", type=Path, default=Path("stacked-mnist"), help="folder that keeps all that is made")
    parser.add_argument("--mnist", type=Path, default=MNIST, help="folder with the four IDX files")
    parser.add_argument("--triples", type=int, default=128_000, help="pictures of the data set")
    parser.add_argument("--n", type=int, default=26_000, help="samples")
    parser.add_argument("--train", metavar="IMAGES", type=count_of, help="train for so many images: 500k")
    parser.add_argument("--every", metavar="IMAGES", type=count_of, default=100_000, help="count after each so many")
    parser.add_argument("--options", default="", help="options of train: '--preset dcgan'")
    parser.add_argument("--upper", action="store_true", help="pictures in the upper half of the range")
    options = parser.parse_args()
    if not options.mnist.is_dir():
        print(f"stacked_mnist: left out, {options.mnist} is not here")
        return
    options.work.mkdir(parents=True, exist_ok=True)
    heading(f"modes of 1,000 and KL to uniform, {options.n:,} samples, seed 0")
    recogniser = classifier(options.mnist, options.work)
    pictures, _ = digits(options.mnist, "train")
    print(f"{'model':<32} {'images':>9} {'modes':>6} {'KL':>8}  health")
    floor = counted(recogniser, triples(pictures, "floor", options.n))
    print("{:<32} {:>9} {:>6} {:>8.4f}".format("real triples: the floor", "", *floor), flush=True)
    for path in chain(options.checkpoints, trained(options, pictures)):
        network, document = load_average(path)
        fakes = fake_batches(network, 0, options.n)
        row = counted(recogniser, map(stretched, fakes) if options.upper else fakes)
        words = f"{path.name:<32} {document.register.images:>9} {row[0]:>6} {row[1]:>8.4f}"
        print(words, verdict(document.config, document.register), sep="  ", flush=True)


if __name__ == "__main__":
    main()
