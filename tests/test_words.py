"""Every message that a new user can meet: what is said, the exit code, and a hint that is typed here as it stands.

A row is a situation: what was typed, how it ends, a piece of the error line, and the whole hint.
"""

import json
import os
import resource
import shlex
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gantools import cli
from gantools.commands import load
from gantools.commands.load import warn_of_load
from gantools.commands.retype import LONGEST, retyped
from gantools.console import Console
from gantools.errors import Again
from gantools.files.lock import locked
from tests.data.copy_makers import write_mnist
from tests.faults.runs import SMALL, process_of, write_pictures

Line = Callable[..., tuple[int, str, str]]
QUIET_TOOLS = ("df", "free", "head", "ls", "sha256sum")
"""Shell commands that hints name and that can be run here; others need a network or a program that may be absent."""

OTHER_TOOLS = ("cp", "git", "mogrify", "pip")


def save(path: str, data: bytes) -> None:
    """Write a file that is not what its name says."""
    Path(path).write_bytes(data)


def changed(path: str, **fields: object) -> None:
    """Write a copy of the checkpoint whose metadata says something else."""
    data = Path("c.safetensors").read_bytes()
    end = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:end])
    document = json.loads(header["__metadata__"]["gantools"]) | fields
    header["__metadata__"]["gantools"] = json.dumps(document)
    text = json.dumps(header).encode()
    save(path, struct.pack("<Q", len(text)) + text + data[end:])


def spoil(data: bytes) -> None:
    """Write checkpoints of other versions, damaged ones, and files that are none."""
    changed("newer.safetensors", format=9, version="7.0")
    changed("older.safetensors", format=0, version="0.0.4")
    save("cut.safetensors", data[: len(data) // 2])
    save("head.safetensors", data[:60])
    save("flipped.safetensors", data[:-1] + bytes([data[-1] ^ 1]))
    save("back.safetensors", data[: len(data) // 2])
    save("back.safetensors.prev", data)
    save("lfs.safetensors", b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 5\n")
    save("web.safetensors", b"<!DOCTYPE html><html>please log in</html>\n")
    save("taken", data)
    save("run.jsonl", b'{"images": 4, "loss_d": 1.0, "loss_g": 1.0}\n')


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill a folder as a user's is after a first session: pictures of all sorts, a data set, a checkpoint."""
    folder = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_pictures(Path("photos"), 6, size=(70, 90))
        write_pictures(Path("photos/trip"), 6, seed=4, size=(80, 60))
        write_pictures(Path("hundred"), 6, size=(100, 100))
        write_pictures(Path("small"), 8)
        write_pictures(Path("wide"), 8, size=(16, 16))
        write_mnist(Path("copies"))
        Path("empty").mkdir()
        Path("texts").mkdir()
        for name in ("a.txt", "b.txt", "c.pdf"):
            save(f"texts/{name}", b"words of a kind")
        Path("torn").mkdir()
        save("torn/1.png", Path("photos/00.png").read_bytes()[:500])
        Path("phone").mkdir()
        for name in ("a", "b"):
            save(f"phone/{name}.HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
        assert cli.main(["prepare", "small", "-o", "data", "-q"]) == 0
        assert cli.main(["train", "data", "-o", "c.safetensors", *SMALL, "--steps", "1", "-q"]) == 0
        relative = ["train", "data", "-o", "pairs.safetensors", "--loss", "relativistic", *SMALL, "--steps", "0", "-q"]
        assert cli.main(relative) == 0
        for kind in ("cat", "dog"):
            write_pictures(Path("zoo", kind), 4, seed=len(kind))
        labelled = ["train", "zoo", "-o", "zoo.safetensors", "--conditional", *SMALL, "--steps", "0", "-q"]
        assert cli.main(labelled) == 0
        shutil.rmtree("small")
        spoil(Path("c.safetensors").read_bytes())
        os.utime("c.safetensors", (2e9, 2e9))
    return folder


@pytest.fixture
def line(desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Line:
    """Run one command line, typed as in a shell, in a copy of the desk; return exit code, error line and hint."""
    copy = tmp_path / "desk"
    shutil.copytree(desk, copy)
    monkeypatch.chdir(copy)

    def run(command: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = cli.main(shlex.split(command)[1:])
        lines = capfd.readouterr().err.splitlines()
        error = [text.removeprefix("error: ") for text in lines if text.startswith("error: ")]
        hint = [text.removeprefix("hint: ") for text in lines if text.startswith("hint: ")]
        assert len(error) <= 1, lines
        assert len(hint) <= 1, lines
        return code, "".join(error), "".join(hint)

    return run


def parse(words: list[str]) -> None:
    """Read a command line as the suite does; what is wrong with it is raised."""
    root = cli.build_suite()
    name, command, rest = root.resolve_command(root.make_context("gantools", list(words)), list(words))  # type: ignore[attr-defined]
    command.make_context(name, rest)


def try_hint(hint: str) -> None:
    """Type a hint: its gantools commands run to their end, training without a step; tools of the shell run too.

    What waits for a tool that may be absent, or reads a pipe, is read as the suite does but not run.

    Raises:
        AssertionError: it is no command line, or one of its commands is a usage error or fails.
    """
    assert hint, "there is no hint"
    is_run = True
    for part in hint.split(" && "):
        program, *words = shlex.split(part)
        if program == "gantools":
            if "--help" not in words:
                parse(words)
            if is_run and "-" not in words:
                is_training = words[0].startswith("train") and "--help" not in words
                fine = (0, 3) if words[0] == "prepare" else (0,)  # pictures that can be read are prepared
                assert cli.main(words + (["--steps", "0"] if is_training else [])) in fine, part
        elif program in QUIET_TOOLS:
            subprocess.run([program, *words], check=True, stdout=subprocess.DEVNULL)
        else:
            assert program in OTHER_TOOLS, hint
            is_run = False


NOT_THERE = "found nothing of that name"
TWO_SIZES = "photos: found photos/00.png of 90x70 and photos/trip/00.png of 60x80 pixels, expected pictures of one size"
NO_JPEG = "HEIF picture, not supported: export as JPEG"
SITUATIONS = [
    # Preparing.
    ("prepare phots -o d", 4, f"phots: {NOT_THERE}, expected pictures or a folder", "prepare photos -o d"),
    ("prepare nothing -o d --size 32", 4, f"nothing: {NOT_THERE}", "prepare hundred -o d --size 32"),
    ("prepare empty -o d", 4, "empty: found no file, expected pictures such as PNG", "prepare hundred -o d"),
    ("prepare texts -o d", 4, "texts: found 3 other files (2 .txt, 1 .pdf) and no picture, expected pictures",
     "prepare hundred -o d"),
    ("prepare photos", 2, "prepare: found no output, expected -o and the name of a folder",
     "prepare photos -o data-2"),
    ("prepare photos -o d --dedupe nearly", 2, "--dedupe: found 'nearly', expected one of none, exact, near",
     "prepare photos -o d --dedupe near"),
    ("prepare photos -o d --list --json", 2, "--json and --list: both say what stdout gets",
     "prepare photos -o d --json"),
    ("prepare photos -o d --list --dry-run", 2, "--list: found it beside --dry-run, expected one of them",
     "prepare photos -o d --dry-run"),
    ("prepare photos -o d --sheet d.jpg", 2, "--sheet: found 'd.jpg', expected a name that ends with .png",
     "prepare photos -o d --sheet d.png"),
    ("prepare photos -o d --sheet photos/s.png", 2, "--sheet: found 'photos/s.png' inside a source",
     "prepare photos -o d --sheet s.png"),
    ("prepare photos -o photos", 2, "photos: found it as a source and as -o, expected two folders",
     "prepare photos -o photos-2"),
    ("prepare photos -o texts", 5, "texts: found a folder with other files, expected a new or empty one",
     "prepare photos -o texts --force"),
    ("prepare photos -o data --prune", 5, "data: found the sources of all 8 pictures gone, expected some to be left",
     "prepare photos -o data"),
    ("prepare photos -o texts/a.txt", 5, "texts/a.txt: found a file, expected a folder to write",
     "prepare photos -o texts/a-2.txt"),
    ("prepare demo:stikers --limit 3 -o d", 2, "demo: unknown name 'stikers', expected one of stickers",
     "prepare demo:stickers --limit 3 -o d"),
    ("prepare torchvision:mnits --root copies -o d", 2, "torchvision: unknown name 'mnits', expected one of caltech",
     "prepare torchvision:mnist --root copies -o d"),
    ("prepare photos -o d --root copies", 2, "--root: found it without torchvision:NAME, expected one",
     "prepare photos -o d"),
    ("prepare photos -o d --size 100", 2, "--size: found 100, expected sides of 3 to 8 times the same power of two, "
     "like 96 or 112", "prepare photos -o d --size 96"),
    ("prepare photos -o d --size 1000x", 2, "--size: found '1000x', expected pixels like 64 or 64x48",
     "prepare photos -o d --size 1024"),
    ("prepare photos --crop=centre -o d", 2, "--crop: found 'centre', expected one of center, top, random, none",
     "prepare photos --crop center -o d"),
    ("prepare photos -o d --pad --crop top", 2, "--pad: found it beside --crop top, expected one of them",
     "prepare photos -o d --pad"),
    ("prepare photos -o d --strict --tolerate 1%", 2, "--strict: found it beside --tolerate 1%, expected one of them",
     "prepare photos -o d --strict"),
    ("prepare photos torn -o d --strict", 4, "torn/1.png: cannot be used (cut off), expected a whole picture",
     "prepare photos torn -o d"),
    ("prepare phone photos -o d --strict", 4, f"phone/a.HEIC: cannot be used ({NO_JPEG}), expected a whole picture",
     "mogrify -format jpg phone/*.HEIC && gantools prepare phone photos -o d --strict"),
    ("prepare photos -o d --formats jpgg,png", 2, "--formats: unknown name 'jpgg', expected some of default, avif, blp",
     "prepare photos -o d --formats jpg,png"),
    ("prepare photos -o d --formats png,eps", 2, "--formats: found eps, which another program (Ghostscript) draws, "
     "expected some of default, avif", "prepare photos -o d --formats png"),
    ("prepare photos -o d --labels folder", 2, "--labels: found 'folder', expected folders, none, or a CSV",
     "prepare photos -o d --labels folders"),
    ("prepare photos -o d --labels texts/a.txt", 4, "texts/a.txt: found a line of 1 columns (words of a kind)",
     "head texts/a.txt"),
    ("prepare photos -o d --holdout 5", 2, "--holdout: found '5', expected a share below 100% like 5%",
     "prepare photos -o d --holdout 5%"),
    # Pictures of a phone.
    ("prepare phone/a.HEIC -o d", 4, f"phone/a.HEIC: cannot be read ({NO_JPEG}), expected a picture",
     "mogrify -format jpg phone/a.HEIC && gantools prepare phone/a.jpg -o d"),
    ("prepare phone -o d", 4, f"no usable picture among 2 files (phone/a.HEIC: {NO_JPEG}), expected some",
     "mogrify -format jpg phone/*.HEIC && gantools prepare phone -o d"),
    # What is given to train.
    ("train dta -o d.safetensors", 4, f"dta: {NOT_THERE}, expected a folder of pictures",
     "train data -o d.safetensors"),
    ("train empty -o d.safetensors", 4, "empty: found no picture, expected a folder of pictures",
     "train data -o d.safetensors"),
    ("train photos -o d.safetensors --lr-g 1e-3", 4, TWO_SIZES,
     "prepare photos -o photos-data && gantools train photos-data -o d.safetensors --lr-g 1e-3"),
    ("train hundred -o d.safetensors --arch dcgan", 4, "hundred: found pictures of 100x100 pixels, expected a size "
     "like 96 or 112",
     "prepare hundred --size 96 -o hundred-data && gantools train hundred-data -o d.safetensors --arch dcgan"),
    ("train photos/00.png", 4, "photos/00.png: found a file, expected a folder of pictures",
     "prepare photos/00.png -o 00-data && gantools train 00-data"),
    # A checkpoint where DATA belongs, and the other way round.
    ("train c.safetensors", 4, "c.safetensors: found a checkpoint, expected a folder of pictures",
     "train data -o c.safetensors --resume"),
    ("train-d c.safetensors c.safetensors", 4, "c.safetensors: found a checkpoint, expected a folder of pictures",
     "train-d c.safetensors data"),
    ("train-d data c.safetensors", 2, "data: found a folder where CKPT belongs, expected a checkpoint",
     "train-d c.safetensors data"),
    ("train-g data", 2, "data: found a folder where CKPT belongs, expected a checkpoint", "train-g c.safetensors"),
    ("train-g c.safetensor --lr-g 1e-4", 4, f"c.safetensor: {NOT_THERE}, expected a checkpoint",
     "train-g c.safetensors --lr-g 1e-4"),
    ("sample data --n 3", 4, "data: found a folder, expected a checkpoint", "sample c.safetensors --n 3"),
    ("sample photos/00.png --n 3", 4, "photos/00.png: found a PNG picture, expected a safetensors file",
     "sample c.safetensors --n 3"),
    ("inspect c.safetensor --json", 4, f"c.safetensor: {NOT_THERE}, expected a checkpoint, a folder",
     "inspect c.safetensors --json"),
    ("inspect texts/a.txt", 4, "texts/a.txt: found a text file, expected a safetensors file",
     "inspect c.safetensors"),
    ("inspect photos/00.png", 4, "photos/00.png: found a PNG picture that gantools did not write",
     "prepare photos/00.png -o data-2"),
    # Judging a checkpoint.
    ("inspect c.safetensors --seed 3", 2, "--seed: found no --against, expected the pictures to judge by",
     "inspect c.safetensors --seed 3 --against data"),
    ("inspect c.safetensors --against data --gate", 2, "--gate: found no --compare, expected the model that the new",
     "inspect c.safetensors --against data"),
    ("inspect c.safetensors taken --against data", 2, "--against: found 2 things beside it, expected one checkpoint",
     "inspect c.safetensors --against data"),
    ("inspect c.safetensors --against dta", 4, f"dta: {NOT_THERE}, expected a folder of pictures",
     "inspect c.safetensors --against data"),
    ("inspect c.safetensors --against data --weights taken", 4, "taken: found 90 tensors of no known network",
     "inspect c.safetensors --against data"),
    ("inspect c.safetensors --against wide", 4, "wide: found pictures of 16x16 grey, expected 8x8 grey as in the",
     "prepare wide --size 8x8 --channels gray -o wide-data && gantools inspect c.safetensors --against wide-data"),
    ("inspect c.safetensors --against data --features embed", 2, "--features: unknown name 'embed', expected one of",
     "inspect c.safetensors --against data --features embedded"),
    ("inspect c.safetensors --against data --features d.safetensors", 4, "--features d.safetensors: found nothing of",
     "inspect c.safetensors --against data --features c.safetensors"),
    ("inspect c.safetensors --against data --features data", 4, "--features data: found a folder, expected a",
     "inspect c.safetensors --against data --features c.safetensors"),
    ("stylize photos/00.png --style photos/01.png --size 16 --features embed", 2, "--features: unknown name 'embed'",
     "stylize photos/00.png --style photos/01.png --size 16 --features embedded"),
    ("stylize photos/00.png -o x.png", 2, "stylize: found no --style, expected 'gantools stylize CONTENT... --style "
     "FILE'", "stylize --help"),
    ("stylize texts/a.txt --style photos/01.png -o x.png --features embedded", 4, "texts/a.txt: cannot be read (",
     "stylize c.preview.png --style photos/01.png -o x.png --features embedded"),
    ("stylize photos/00.png --style photos/01.png --size 16 --features d.safetensors", 4,
     "--features d.safetensors: found nothing of that name, expected a checkpoint",
     "stylize photos/00.png --style photos/01.png --size 16 --features c.safetensors"),
    ("inspect c.safetensors --against data --compare texts/a.json", 4, "texts/a.json: cannot be read (No such file",
     "inspect c.safetensors --against data"),
    # Judging a run while it trains.
    ("train data -o d.safetensors --keep last,best", 2, "--keep last,best: found no --evaluate-every, expected how",
     "train data -o d.safetensors --keep last,best --evaluate-every 10m"),
    ("train data -o d.safetensors --evaluate-every 10", 2, "--evaluate-every: found '10', expected a time with its",
     "train data -o d.safetensors --evaluate-every 10m"),
    ("train data -o d.safetensors --evaluate-every 0images", 2, "--evaluate-every: found '0images', expected a time",
     "train data -o d.safetensors --evaluate-every 100kimages"),
    ("train data -o d.safetensors --evaluate-every 1m --keep best", 2, "--keep: found 'best', expected last, or",
     "train data -o d.safetensors --evaluate-every 1m --keep last,best"),
    ("train data -o d.safetensors --evaluate-every 1m --keep last,best:fd", 2, "--keep last,best: unknown name 'fd',",
     "train data -o d.safetensors --evaluate-every 1m --keep last,best:kid"),
    ("train data -o - --evaluate-every 1m --keep last,best", 2, "--keep last,best: found -o -, expected a file beside",
     "train data -o - --evaluate-every 1m"),
    # What does not go together.
    ("train-g pairs.safetensors", 2, "train-g: found no DATA, expected pictures: --loss relativistic compares fakes",
     "train-g pairs.safetensors data"),
    ("train data -o d.safetensors --set network.mixing=0.5", 2, "--set network.mixing and --arch dcgan: it is of "
     "stylegan2", "train data -o d.safetensors"),
    ("train data -o d.safetensors --loss hinge --set loss.smoothing=0.1", 2, "--loss hinge and loss.smoothing=0.1: this"
     " loss has no labels to smooth", "train data -o d.safetensors --loss hinge --set loss.smoothing=0"),
    ("train data -o d.safetensors --loss wasserstein --skip-d-below 0.5", 2, "--skip-d-below 0.5 and --loss "
     "wasserstein: its D loss is a difference of means",
     "train data -o d.safetensors --loss wasserstein --skip-d-below 0"),
    ("train zoo -o d.safetensors --conditional --set network.packing=2", 2, "--conditional and network.packing=2: a "
     "pack holds pictures of several classes", "train zoo -o d.safetensors --conditional --set network.packing=1"),
    ("train data -o d.safetensors --conditional --steps 9", 4, "data: found no labels, expected two or more for "
     "--conditional: sub-folders, or prepare --labels", "train data -o d.safetensors --steps 9"),
    # The run that is stored.
    ("train data -o c.safetensors", 5, "c.safetensors: exists, expected a new name, or --force to replace it",
     "train data -o c.safetensors --resume"),
    ("train data -o c.safetensors --init c.safetensors", 5, "c.safetensors: exists, expected a new name",
     "train data -o c-2.safetensors --init c.safetensors"),
    ("train-d c.safetensors data -o taken", 5, "taken: exists, expected a new name, or --force to replace it",
     "train-d c.safetensors data -o taken --force"),
    ("train data -o c.safetensors --resume --force", 2, "--resume and --force: one goes on with the output",
     "train data -o c.safetensors --resume"),
    ("train data -o c.safetensors --resume --seed 5", 2, "seed: found 5, stored 0: these define the run, expected the "
     "stored values; a new run needs another -o", "train data -o c.safetensors --resume"),
    ("train data -o c.safetensors --resume --loss hinge", 2, "loss.name: found hinge, stored bce: this changes what",
     "train data -o c.safetensors --resume --loss hinge --allow-change loss.name"),
    ("train data -o c.safetensors --resume --conditional", 2, "network.conditional: found yes, stored no: these "
     "define the run, expected the stored values", "train data -o c.safetensors --resume"),
    ("train wide -o c.safetensors --resume", 4, "wide: found pictures of 16x16 grey, expected 8x8 grey as in the",
     "prepare wide --size 8x8 --channels gray -o wide-data && gantools train wide-data -o c.safetensors --resume"),
    ("train nope -o c.safetensors --resume", 4, f"nope: {NOT_THERE}, expected a folder of pictures",
     "train data -o c.safetensors --resume"),
    ("train data -o d.safetensors --resume --from c.safetensors", 2, "--resume, --from and --init: found more than one",
     "train data -o d.safetensors --resume"),
    ("train data -o photos", 5, "photos: found a folder, expected the name of a file to write",
     "train data -o photos.safetensors"),
    ("train data -o data/d.safetensors", 2, "-o data/d.safetensors: found a place inside DATA, expected one outside",
     "train data -o d.safetensors"),
    ("train data -o d.safetensors --metrics d.safetensors", 2, "-o and --metrics: both name d.safetensors, expected a",
     "train data -o d.safetensors --metrics d.jsonl"),
    ("train-d - data", 2, "train-d -: found no -o, expected where to write what comes from a pipe",
     "train-d - data -o -"),
    # Sampling.
    ("sample c.safetensors -o d.png --n 3", 2, "-o d.png: found a picture's name for 3 pictures, expected a folder's, "
     "or --grid", "sample c.safetensors -o d.png --n 3 --grid"),
    ("sample c.safetensors --grid -o d.xyz", 2, "-o d.xyz: found the ending .xyz, expected .png, .webp or .jpg",
     "sample c.safetensors --grid -o d.png"),
    ("sample c.safetensors --n 1 -o photos/00.png", 5, "photos/00.png: exists and was not written by sample, expected "
     "a free name, or --force", "sample c.safetensors --n 1 -o photos/00-2.png"),
    ("sample zoo.safetensors --label cta --n 2", 2, "--label: unknown name 'cta', expected one of cat, dog",
     "sample zoo.safetensors --label cat --n 2"),
    ("sample c.safetensors --label cat --n 2", 2, "--label cat: found a checkpoint without labels, expected one of "
     "gantools train --conditional", "sample c.safetensors --n 2"),
    # Old and damaged files.
    ("sample newer.safetensors", 4, "newer.safetensors: found format 9, written by gantools 7.0, expected format 1",
     "pip install --upgrade gantools"),
    ("sample older.safetensors", 4, "older.safetensors: found format 0, written by gantools 0.0.4, expected format 1",
     "pip install gantools==0.0.4"),
    ("sample cut.safetensors", 4, "it is cut off, expected a whole safetensors file", "ls -l cut.safetensors"),
    ("sample head.safetensors", 4, "it is cut off, expected a whole safetensors file", "ls -l head.safetensors"),
    ("inspect --verify flipped.safetensors", 4, "the file is damaged", "sha256sum flipped.safetensors"),
    ("inspect c.safetensors --html page", 2, "--html: found 'page', expected a name that ends with .html",
     "inspect c.safetensors --html page.html"),
    ("inspect c.safetensors data --html p.html", 2, "--html: found 2 things beside it, expected one thing",
     "inspect c.safetensors --html p.html"),
    ("inspect c.safetensors --html texts/a.txt --force", 2, "--html: found 'texts/a.txt', expected a name that ends",
     "inspect c.safetensors --html texts/a.html --force"),
    ("inspect c.safetensors --metrics run.jsonl", 2, "--metrics: found neither --html nor --plot, expected what is to",
     "inspect c.safetensors --metrics run.jsonl --html c.html"),
    ("inspect data --plot data/p.png", 2, "--plot: found 'data/p.png' inside the pictures",
     "inspect data --plot p.png"),
    ("inspect data --html p.html --metrics texts/a.txt", 2, "found a folder of pictures to draw, expected a checkpoint",
     "inspect data --html p.html"),
    ("inspect c.safetensors --html p.html --metrics texts/a.txt", 4, "found no line with images seen, expected a",
     "head -n 3 texts/a.txt"),
    ("inspect c.safetensors --html p.html --metrics run.jsnl", 4, "cannot be read (No such file or directory)",
     "inspect c.safetensors --html p.html --metrics run.jsonl"),
    ("inspect c.safetensors --show -q", 2, "--show and -q: a drawing is no error, expected one of them",
     "inspect c.safetensors --show"),
    ("inspect c.safetensors --show --diff taken", 2, "--show: found --diff beside it, expected one of them",
     "inspect c.safetensors --diff taken"),
    ("train data -o back.safetensors --resume", 4, "it is cut off, expected a whole safetensors file",
     "cp back.safetensors.prev back.safetensors"),
    ("sample lfs.safetensors", 4, "found a Git LFS pointer, not the file itself, expected a safetensors file",
     "git lfs pull"),
    ("sample web.safetensors", 4, "found a web page, not the file itself, expected a safetensors file",
     "head -n 20 web.safetensors"),
    # What the machine lacks.
    ("train data -o d.safetensors --device cuda:9", 7, "--device cuda:9: found no GPU, expected one",
     "train data -o d.safetensors --device cpu"),
    ("train data -o photos/00.png/d.safetensors", 7, "photos/00.png/d.safetensors: cannot be written (a file is ",
     "train data -o d.safetensors"),
    ("prepare photos -o photos/00.png/d", 7, "photos/00.png/d: cannot be written (a file is where a folder should",
     "prepare photos -o d"),
    # Misspelt, misplaced, wrong.
    ("trian data -o d.safetensors --lr-g 1e-3", 2, "gantools: unknown command 'trian', expected one of prepare, train",
     "train data -o d.safetensors --lr-g 1e-3"),
    ("xyzzy data", 2, "gantools: unknown command 'xyzzy', expected one of prepare, train", "--help"),
    ("train data -o d.safetensors --lr-q 1e-3", 2, "train: unknown option '--lr-q', expected one that 'gantools train "
     "--help' shows", "train data -o d.safetensors --lr-g 1e-3"),
    ("train data --step 5 -o d.safetensors", 2, "train: unknown option '--step'",
     "train data --steps 5 -o d.safetensors"),
    ("train data --bacth=4 -o 'my run.safetensors'", 2, "train: unknown option '--bacth'",
     "train data --batch=4 -o 'my run.safetensors'"),
    ("train data --size 64 -o d.safetensors", 2, "train: unknown option '--size', expected it after 'gantools prepare'",
     "train data -o d.safetensors"),
    ("--steps 3 train data", 2, "gantools: unknown option '--steps', expected it after 'gantools train'",
     "train data --steps 3"),
    ("train data d.safetensors", 2, "train: found 'd.safetensors' beyond its arguments, expected 'gantools train DATA'",
     "train data -o d.safetensors"),
    ("train", 2, "train: found no DATA, expected 'gantools train DATA'", "train --help"),
    ("train data --batch ten", 2, "--batch: found 'ten', expected a whole number", "train data --batch 64"),
    ("train data --batch 8px", 2, "--batch: found '8px', expected a whole number", "train data --batch 8"),
    ("train data --batch", 2, "--batch: found no value, expected a whole number", "train data --batch 64"),
    ("train data --batch --seed 1", 2, "--batch: found '--seed', expected a whole number",
     "train data --batch 64 --seed 1"),
    ("train data --preset dcgna", 2, "--preset: unknown name 'dcgna', expected one of auto, dcgan, lesson",
     "train data --preset dcgan"),
    ("train data --set batch=4 --set latent=5", 2, "--set: unknown name 'latent', expected one of augment.images",
     "train data --set batch=4 --set network.latent_dim=5"),
    ("train data --loss bse --batch 1", 2, "2 faults in the configuration: --loss: found 'bse', expected one of bce, "
     "minimax, lsgan, hinge, wasserstein, relativistic, relativistic-hinge; --batch: found 1, expected 2 to 65536",
     "train data --loss bce --batch 2"),
    ("train data --loss hinge --set loss.name=bce", 2, "--loss and --set loss.name: found hinge and bce",
     "train data --loss hinge"),
    ("train data --lr-drop x --lr-drop 0.5@1k", 2, "--lr-drop: found 'x', expected FACTOR@IMAGES with a factor",
     "train data --lr-drop 0.1@400k --lr-drop 0.5@1k"),
    ("train data --max-time 5", 2, "--max-time: found '5', expected a time with its unit like 90s, 50m or 1.5h",
     "train data --max-time 5m"),
    ("train data --steps -5", 2, "--steps: found -5, expected 0 or more", "train data --steps 100"),
    ("train data -qv", 2, "-q and -v: found both, expected at most one", "train data -v"),
    ("train data --json=1", 2, "--json: found a value, expected none", "train data --json"),
    ("sample c.safetensors --json -0", 2, "--json and -0: both say what stdout gets, expected one of them",
     "sample c.safetensors --json"),
    ("sample c.safetensors --device gpu", 2, "--device: found 'gpu', expected auto, cpu, cuda or cuda:N",
     "sample c.safetensors --device auto"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "code", "error", "hint"), SITUATIONS, ids=[row[0] for row in SITUATIONS])
def test_what_is_said_can_be_typed(typed: str, code: int, error: str, hint: str, line: Line) -> None:
    """Each situation ends with its code, one error line and one hint, and the hint works when it is typed."""
    ended, said, hinted = line(f"gantools {typed}")
    program = "" if hint.split()[0] in (*QUIET_TOOLS, *OTHER_TOOLS) else "gantools "
    assert (ended, hinted) == (code, program + hint)
    assert error in said
    try_hint(hinted)


@pytest.mark.parametrize(
    "hint",
    ["", "did you mean --steps?", "--lr-g 1e-3", "gantools train data --lr-q 1", "gantools sample nothing.safetensors"],
)
def test_a_hint_that_cannot_be_typed_is_found(hint: str, line: Line) -> None:
    """What is no command line, a usage error, or a command that fails does not pass as a hint."""
    with pytest.raises(Exception, match=r"hint|mean|--lr-g|unknown option|nothing\.safetensors"):
        try_hint(hint)


# What has to be arranged.


def test_a_run_is_never_led_to_foreign_pictures(line: Line) -> None:
    """When the pictures of a run are not here, a hint that goes on with it names no other data set."""
    shutil.move("data", "elsewhere")
    (Path("elsewhere") / "manifest.jsonl").unlink()
    assert line("gantools prepare demo:stickers --limit 4 --size 8 -o other")[0] == 0
    for typed in ("train nope -o c.safetensors --resume", "train c.safetensors"):
        code, _, hint = line(f"gantools {typed}")
        assert (code, hint) == (4, "gantools inspect c.safetensors")
        try_hint(hint)


def test_a_second_run_on_one_output_is_told_to_wait(line: Line) -> None:
    """A held output ends with 75; the line to type when it is free goes on with what the other run leaves."""
    expected = f"is writing it (process {os.getpid()}), expected none: wait until it ends, or write elsewhere with -o"
    for output, typed, hint in [
        ("d.safetensors", "train data -o d.safetensors --force", "train data -o d.safetensors --resume"),
        ("c.safetensors", "train-g c.safetensors", "train-g c.safetensors"),
        ("d", "prepare photos -o d --size 16", "prepare photos -o d --size 16"),
    ]:
        with locked(Path(output)):
            code, error, said = line(f"gantools {typed}")
        assert (code, error, said) == (75, f"{output}: another run {expected}", f"gantools {hint}")
        try_hint(said)


def test_a_busy_machine_is_warned_of(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """A load above the cores is told once, in words."""
    monkeypatch.setattr(os, "getloadavg", lambda: (99.0, 0.0, 0.0))
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1})
    monkeypatch.setattr(load, "_others_running", lambda: False)
    warn_of_load(2, Console())
    assert capfd.readouterr().err == "", "the load is that of work that has ended"
    monkeypatch.setattr(load, "_others_running", lambda: True)
    warn_of_load(2, Console())
    said = "load 99.0 on 2 cores: other work is running, 2 threads will be slow until it ends"
    assert capfd.readouterr().err == f"warning: {said}\n"


@contextmanager
def small_disk(size_bytes: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("typed", "full", "where"),
    [
        ("prepare photos -o d", "d", "d"),
        (f"train data -o d.safetensors {' '.join(SMALL)} --steps 1", "d.safetensors", "."),
    ],
)
def test_a_full_disk_is_told_with_how_much_there_is(typed: str, full: str, where: str, line: Line) -> None:
    """A full disk ends with 7; the hint shows the space where the output was to go."""
    with small_disk(3000):  # the file in which stderr is caught must fit
        code, error, hint = line(f"gantools {typed}")
    assert (code, hint) == (7, f"df -h {where}")
    assert error.startswith(full)
    assert "no space left to write it (File too large), expected more; what was there before is unchanged" in error
    try_hint(hint)


@pytest.mark.parametrize(
    ("typed", "text", "hint"),
    [
        ("train data --batch 48", "Unable to allocate 8 GiB", "train data --batch 24"),
        ("train data", "CUDA out of memory", "train data --batch 32"),
        ("train data --resume", "CUDA out of memory", "train data --resume --batch 32 --allow-change batch"),
        ("sample c.safetensors", "CUDA out of memory", "sample c.safetensors --device cpu"),
        ("sample c.safetensors", "Unable to allocate 8 GiB", None),
        ("prepare photos -o d", "", "prepare photos -o d --jobs 1"),
    ],
)
def test_too_little_memory_is_told_with_a_smaller_line(
    typed: str, text: str, hint: str | None, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where memory ends the hint does less at once; where nothing can be made smaller it shows who holds it."""

    def fail(*_: object, **__: object) -> None:
        raise MemoryError(text)

    with monkeypatch.context() as patch:
        patch.setattr("gantools.commands.train.run", fail)
        patch.setattr("gantools.commands.sample._open", fail)
        patch.setattr("gantools.data.plan.make_plan", fail)
        code, error, said = line(f"gantools {typed}")
    reason = f" ({text})" if text else ""
    assert error == (
        f"memory: found too little{reason}, expected enough for this work: end other programs, or do less at once"
    )
    assert (code, said) == (7, f"gantools {hint}" if hint else "free -h")
    try_hint(said)


def test_a_bug_asks_for_a_report(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw ends with 1; the hint is the same line with ``--debug``."""
    monkeypatch.setattr("gantools.commands.train.run", lambda *_: 1 / 0)
    code, error, hint = line("gantools train data -o 'my run.safetensors'")
    assert (code, hint) == (1, "gantools train data -o 'my run.safetensors' --debug")
    assert error.endswith("division by zero; please report what --debug prints")
    parse(shlex.split(hint)[1:])


# Ctrl-C.


def interrupted(folder: Path, words: str, ready: Callable[[], bool]) -> tuple[int, list[str]]:
    """Start a command, press Ctrl-C when it is ready; return its exit code and what it said."""
    process = process_of(*shlex.split(words), folder=folder)
    end = time.monotonic() + 60
    while not ready() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    return process.returncode, stderr.splitlines()


def test_ctrl_c_while_preparing_says_what_is_kept(line: Line) -> None:
    """Ctrl-C during ``prepare`` ends with 130 and the line that goes on, with its options."""
    typed = "prepare demo:stickers -o d --limit 3000 --size 16"
    code, said = interrupted(Path(), typed, lambda: len(list(Path().glob("d/*/*.png"))) > 20)
    assert code == 130
    assert " of 3000 pictures, which are kept: the same line goes on" in said[-2]
    assert said[-1] == f"next: gantools {typed}"
    assert line(said[-1].removeprefix("next: "))[0] == 0


def test_ctrl_c_while_training_says_what_is_saved(line: Line) -> None:
    """Ctrl-C during ``train`` ends with 130, names the file that was saved, and the line that goes on."""
    words = f"train data -o d.safetensors {' '.join(SMALL)} --checkpoint-every 1steps"
    code, said = interrupted(Path(), words, Path("d.safetensors").exists)
    assert code == 130
    assert any("saved d.safetensors at " in text for text in said)
    assert said[-1].startswith("resume: gantools train data -o d.safetensors --resume")
    try_hint(said[-1].removeprefix("resume: "))


# The mechanism.


@pytest.mark.parametrize(
    ("hint", "typed", "line"),
    [
        (Again("-o d"), "prepare a --output=b", "prepare a --output d"),
        (Again("-o d"), "prepare a -ob", "prepare a -o d"),
        (Again("--seed 1"), "train a -- -b", "train a --seed 1 -- -b"),
        (Again("--seed 1"), "train a --seed 2 --seed 3", "train a --seed 1"),
        (Again("--batch 8"), "inspect a", None),
        (Again(swap={"./a/": "b"}), "train a", "train b"),
        (Again(swap={"-": "c"}), "train a -o - --from -", "train a -o - --from c"),
        (Again(swap={"a": "b", "b": "a"}), "train-d a b", "train-d b a"),
        (Again(drop=("--quiet",)), "train a -qv", "train a -v"),
        (Again(drop=("--set seed",)), "train a --set seed=1 --set batch=2", "train a --set batch=2"),
        (Again("--batch 8", otherwise="ls"), "inspect a", "ls"),
        (Again(), "train 'a b'", "train 'a b'"),
        ("--seed 1", "train a", "train a --seed 1"),
    ],
)
def test_hints_are_the_typed_line_with_changes(hint: Again | str, typed: str, line: str | None) -> None:
    """Options take the place of what was typed for them, words are swapped or left out, and the rest stays."""
    root = cli.build_suite()
    found = retyped(hint, shlex.split(typed), root)
    assert found == (line if line in (None, "ls") else f"gantools {line}")


def test_a_line_too_long_to_show_is_described() -> None:
    """With thousands of files on the line the hint says what changes in it."""
    words = ["prepare", *(f"picture-{number}.jpg" for number in range(LONGEST // 10)), "-o", "d"]
    root = cli.build_suite()
    assert retyped("--size 96", words, root) == "the same line with --size 96"
