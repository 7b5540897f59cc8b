"""Published sets through torchvision's own loaders: real copies, real refusals, a server that says nothing."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gantools.data import torchvision_library
from gantools.data.folder import open_data
from gantools.data.manifest import MANIFEST, read_manifest
from gantools.data.torchvision_sets import SETS, normal_name
from gantools.vision import import_torchvision
from tests.conftest import child_environment
from tests.data import copy_makers as make
from tests.data.makers import SHARED, needs_shared, prepare, stamps, tree
from tests.test_imports import loaded_by

NO_NETWORK = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy")}
"""A proxy at a port where nobody listens: each download fails at once, on any machine."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a cache of its own and without a network."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANTOOLS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("no_proxy", raising=False)
    for name, value in NO_NETWORK.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(urllib.request, "_opener", None)  # it keeps the proxies of its first use
    return tmp_path


def labels_of(folder: str = "data") -> list[str | None]:
    """Return the label of each picture on record."""
    return [record.label for record in read_manifest(Path(folder, MANIFEST)).made()]


def test_every_name_is_one_of_torchvision() -> None:
    """Each set names a loader that is there; its name may be written as torchvision writes it."""
    datasets = import_torchvision().datasets
    for name, known in SETS.items():
        assert hasattr(datasets, known.loader)
        assert normal_name(f"torchvision:{known.loader}") == f"torchvision:{name}"
        assert normal_name(f"torchvision:{name}/{next(iter(known.parts))}") == f"torchvision:{name}"


def test_a_copy_gives_its_very_pixels(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The training part of MNIST, labelled with digits, and nothing but our own lines on stderr; /test is the other."""
    pictures, labels = make.write_mnist(Path("copies"))
    assert prepare("torchvision:MNIST", "--root", "copies", "-o", "data") == 0
    told = capsys.readouterr().err
    assert told.startswith("torchvision:mnist: 24 sources -> data: 28x28 grey, centre crop\n")
    with open_data(Path("data")) as rows:
        assert np.array_equal(rows.read(range(24))[:, 0], pictures)
    assert labels_of() == [str(label) for label in labels]
    assert Path("data", str(labels[3]), "mnist-00003.png").exists()
    assert prepare("torchvision:mnist/test", "--root", "copies", "-o", "test-data", "-q") == 0
    assert len(labels_of("test-data")) == 12


def test_the_second_run_changes_nothing_and_loads_no_torch(place: Path) -> None:
    """The list of the copy is kept: no byte is written, neither torch nor torchvision is imported."""
    make.write_mnist(Path("copies"))
    words = ["prepare", "torchvision:mnist", "--root", "copies", "-o", "data", "-q"]
    assert prepare(*words[1:]) == 0
    before = stamps(place)
    code, packages = loaded_by(words, place)
    assert code == 0
    assert packages.isdisjoint({"torch", "torchvision"})
    Path("loaded.json").unlink()
    after = stamps(place)
    after.pop(str(place / "data.lock"))
    before.pop(str(place / "data.lock"))
    assert after == before


def test_where_a_copy_lies_is_on_no_record(place: Path) -> None:
    """A copy elsewhere, of another time and without a kept list, is the same set: nothing is made, no path kept."""
    make.write_mnist(Path("copies"))
    assert prepare("torchvision:mnist", "--root", "copies", "-o", "data", "-q") == 0
    before = stamps(Path("data"))
    shutil.move("copies", "elsewhere")
    for path in Path("elsewhere").rglob("*"):
        os.utime(path, (1e9, 1e9))
    shutil.rmtree("cache")
    assert prepare("torchvision:mnist", "--root", "elsewhere", "-o", "data", "-q") == 0
    assert stamps(Path("data")) == before
    assert b"copies" not in Path("data", MANIFEST).read_bytes()


def test_a_changed_copy_is_made_again(place: Path) -> None:
    """Other pixels in the copy are noticed although a copy's files have no time on record."""
    make.write_mnist(Path("copies"))
    assert prepare("torchvision:mnist", "--root", "copies", "-o", "data", "-q") == 0
    images = Path("copies/MNIST/raw/train-images-idx3-ubyte")
    images.write_bytes(images.read_bytes()[:16] + bytes(24 * 784))
    assert prepare("torchvision:mnist", "--root", "copies", "-o", "data", "-q") == 0
    with open_data(Path("data")) as rows:
        assert not rows.read(range(24)).any()


def test_pictures_stay_when_the_copy_is_gone(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A later line with other sources downloads nothing; what the set gave stays, as of any source that is gone."""
    make.write_mnist(Path("copies"))
    assert prepare("torchvision:mnist", "--root", "copies", "-o", "data", "-q") == 0
    make.save(place / "photos/1.png")
    assert prepare("photos", "-o", "data") == 0
    assert "sources gone, whose pictures stay: 24;" in capsys.readouterr().err


def test_letters_stand_upright(place: Path) -> None:
    """EMNIST's files hold each picture on its side; what is made of them stands, with its letter as label."""
    pictures, labels = make.write_mnist(Path("copies"), "EMNIST")
    assert prepare("torchvision:emnist", "--root", "copies", "-o", "data", "-q") == 0
    with open_data(Path("data")) as rows:
        assert np.array_equal(rows.read(range(24))[:, 0], pictures.transpose(0, 2, 1))
    assert labels_of() == [str(label) for label in labels]  # the first ten of 47 kinds are the digits


def test_cifar_by_its_names(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CIFAR-10's batches give their pictures in order, under the names that its own file has."""
    pictures, labels = make.write_cifar10(Path("copies"), monkeypatch)
    assert prepare("torchvision:cifar10", "--root", "copies", "-o", "data", "-q") == 0
    with open_data(Path("data")) as rows:
        assert np.array_equal(rows.read(range(20)), pictures)
    assert labels_of() == [f"kind {label}" for label in labels]


class Evil:
    """Leaves a file behind when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, ...]]:
        """Ask for a folder to be made."""
        return os.mkdir, ("unpickled",)


def test_a_pickle_that_was_not_published_is_not_opened(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A batch with another checksum than the published one could run code: it is refused unread."""
    make.write_cifar10(Path("copies"), None, first=Evil())
    assert prepare("torchvision:cifar10", "--root", "copies", "-o", "data") == 4
    told = capsys.readouterr().err
    assert "torchvision:cifar10: cannot use copies/cifar-10-batches-py (Dataset not found or corrupted" in told
    assert told.endswith("hint: gantools prepare torchvision:cifar10 -o data\n")
    assert not Path("unpickled").exists()


@pytest.mark.parametrize(
    ("name", "write", "labels"),
    [
        ("usps", make.write_usps, [str(i % 10) for i in range(12)]),
        ("food101", make.write_food101, ["pie", "pie", "soup"]),
        ("dtd", make.write_dtd, ["dotted", "woven"]),
        ("eurosat", make.write_eurosat, ["Forest", "Forest", "River", "River"]),
        ("gtsrb", make.write_gtsrb, ["0", "0", "1", "1"]),
        ("imagenette", make.write_imagenette, ["tench", "chain saw"]),
        ("oxford-iiit-pet", make.write_pets, ["Abyssinian", "Pug Dog"]),
        ("caltech101", make.write_caltech101, ["ant", "wrench"]),
    ],
)
def test_sets_of_each_kind(place: Path, name: str, write: Callable[[Path], None], labels: list[str]) -> None:
    """What torchvision's loader lists is made, under its names for the classes; a second run has nothing to do."""
    write(Path("copies"))
    assert prepare(f"torchvision:{name}", "--root", "copies", "-o", "data", "-q") == 0
    assert labels_of() == labels
    before = stamps(Path("data"))
    assert prepare(f"torchvision:{name}", "--root", "copies", "-o", "data", "-q") == 0
    assert stamps(Path("data")) == before


def test_faces_have_no_label(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CelebA's training part is made without labels: its forty attributes are no classes."""
    make.write_celeba(Path("copies"), monkeypatch)
    assert prepare("torchvision:celeba", "--root", "copies", "-o", "data", "-q") == 0
    assert labels_of() == [None, None]


def test_a_damaged_file_of_a_set_is_skipped(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sets of files are read by our own reader: one bad file is named with its reason, the others are made."""
    make.write_eurosat(Path("copies"))
    Path("copies/eurosat/2750/River/River_1.jpg").write_bytes(b"<html>")
    assert prepare("torchvision:eurosat", "--root", "copies", "-o", "data") == 3
    assert "skipped: torchvision:eurosat#3: " in capsys.readouterr().err
    assert len(labels_of()) == 3


def test_without_a_network_one_line_says_so(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The set, what failed, and the line with --root, which names a copy that lies here; nothing is left but locks."""
    make.write_mnist(Path("copies"))
    assert prepare("torchvision:mnist", "-o", "data") == 4
    out, err = capfd.readouterr()
    assert out == ""
    first, error, hint = err.splitlines()
    assert first == f"torchvision:mnist: downloading into {place}/cache/torchvision/mnist"
    assert error == (
        "error: torchvision:mnist: cannot be downloaded (Connection refused), expected a network, or --root and a copy"
    )
    assert hint == "hint: gantools prepare torchvision:mnist -o data --root copies"
    assert list(tree(Path("cache"))) == ["torchvision/mnist.lock"]
    assert not Path("data.lock").exists()
    assert prepare("torchvision:mnist", "-o", "data", "--root", "copies", "-q") == 0
    shutil.rmtree("copies")
    assert prepare("torchvision:mnist", "-o", "new", "-q") == 4
    assert capfd.readouterr().err.endswith("hint: gantools prepare torchvision:mnist -o new -q --root DIR\n")


def test_a_server_that_says_nothing_is_left(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A connection is taken and nothing follows: after the bound the run ends, and the bound of others is as before."""
    monkeypatch.setattr(torchvision_library, "SILENCE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        for name in NO_NETWORK:
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.getsockname()[1]}")
        assert prepare("torchvision:kmnist", "-o", "data") == 4
    assert "torchvision:kmnist: cannot be downloaded (timed out), expected a network" in capsys.readouterr().err
    assert socket.getdefaulttimeout() is None


def test_a_download_takes_its_name_when_it_is_whole(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half of one is in nobody's way: the next run begins anew, and what a loader prints is not heard."""
    loader = import_torchvision().datasets.MNIST

    def broken(self: object) -> None:
        print("bar", file=sys.stderr)
        make.write_mnist(Path(self.root), count=11)  # type: ignore[attr-defined]
        raise EOFError("cut off")

    monkeypatch.setattr(loader, "download", broken)
    assert prepare("torchvision:mnist", "-o", "data") == 4
    assert "cannot be downloaded (cut off)" in capsys.readouterr().err
    assert list(tree(Path("cache"))) == ["torchvision/mnist.lock"]
    Path("cache/torchvision/mnist.part/MNIST").mkdir(parents=True)  # as after SIGKILL
    monkeypatch.setattr(loader, "download", lambda self: (print("bar"), make.write_mnist(Path(self.root))))
    assert prepare("torchvision:mnist", "-o", "data") == 0
    out, err = capsys.readouterr()
    assert out == "data\n"
    assert "bar" not in err
    assert prepare("torchvision:mnist/test", "-o", "test-data", "-q") == 0  # the same download has it
    assert not Path("cache/torchvision/mnist.part").exists()


def test_a_rehearsal_downloads_and_keeps_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--dry-run reads a copy that is there; without one it says that it would have to download."""
    assert prepare("torchvision:mnist", "-o", "data", "--dry-run") == 4
    told = capsys.readouterr().err
    assert "MNIST/raw, expected a copy: a dry run downloads nothing\n" in told
    assert told.endswith("hint: gantools prepare torchvision:mnist -o data\n")
    make.write_mnist(Path("copies"))
    before = tree(place)
    assert prepare("torchvision:mnist", "-o", "data", "--dry-run", "--root", "copies") == 0
    assert "dry run: 24 pictures would be made; nothing was written" in capsys.readouterr().err
    assert tree(place) == before


@pytest.mark.parametrize(
    ("words", "code", "message", "hint"),
    [
        ("torchvision:mnsit", 2, "torchvision: unknown name 'mnsit', expected one of caltech101, celeba,",
         "prepare torchvision:mnist -o d"),
        ("torchvision:svhn/tst", 2, "torchvision:svhn: unknown part 'tst', expected one of train, test, extra",
         "prepare torchvision:svhn -o d"),
        ("http://a.b/c.zip", 2, "found a source of kind 'http', expected a file, a folder, demo:NAME or torchvision:",
         "prepare demo:stickers -o d"),
        ("demo:stickers --root .", 2, "--root: found it without torchvision:NAME, expected one",
         "prepare demo:stickers -o d"),
        ("torchvision:mnist --root nowhere", 4, "mnist: found no nowhere/MNIST/raw, expected a copy as torchvision",
         "prepare torchvision:mnist -o d"),
        ("torchvision:svhn", 4, "torchvision:svhn: torchvision's loader needs the package scipy, found none",
         "pip install scipy"),
        ("torchvision:celeba", 4, "torchvision:celeba: torchvision's loader needs the package gdown, found none",
         "pip install gdown"),
    ],
)  # fmt: skip
def test_what_is_refused(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    code: int,
    message: str,
    hint: str,
) -> None:
    """Each slip has its line and what to type; nothing is left behind but a lock in the cache."""
    for package in ("scipy", "gdown"):
        monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(torchvision_library, "find_spec", lambda name: None)
    assert prepare(*words.split(), "-o", "d") == code
    told = capsys.readouterr().err
    assert message in told
    assert told.splitlines()[-1] in (f"hint: gantools {hint}", f"hint: {hint}")
    assert os.listdir() in ([], ["cache"])


def test_a_listed_set_is_not_downloaded(place: Path) -> None:
    """In a list of sources a set with a copy is used; one without is skipped with its reason."""
    make.write_mnist(Path("copies"))
    Path("list").write_text("torchvision:mnist\ntorchvision:kmnist\n")
    assert prepare("--files-from", "list", "--root", "copies", "-o", "data", "-q") == 3
    skipped = [record for record in read_manifest(Path("data", MANIFEST)).records if record.skipped]
    assert [(record.source, record.skipped) for record in skipped] == [
        ("torchvision:kmnist", "found no copies/KMNIST/raw")
    ]


@needs_shared
@pytest.mark.slow
@pytest.mark.parametrize(("name", "loader"), [("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST")])
def test_the_same_pixels_as_the_files_by_name(place: Path, name: str, loader: str) -> None:
    """A real copy gives the pictures, digests and held-out share that its IDX files give when they are typed."""
    raw = Path("copies", loader, "raw")
    raw.mkdir(parents=True)
    for path in sorted((SHARED / name).glob("*.gz")):
        with open(raw / path.stem, "wb") as stream:
            subprocess.run(["gzip", "-dc", path], stdout=stream, check=True, env=child_environment())
    options = ["--labels", "none", "--holdout", "5%", "-q"]
    assert prepare(f"torchvision:{name}/test", "--root", "copies", "-o", "one", *options) == 0
    assert prepare(SHARED / name / "t10k-images-idx3-ubyte.gz", "-o", "two", *options) == 0
    one, two = (read_manifest(Path(folder, MANIFEST)) for folder in ("one", "two"))
    assert one.heading.digest == two.heading.digest
    assert [(r.digest, r.split) for r in one.made()] == [(r.digest, r.split) for r in two.made()]
