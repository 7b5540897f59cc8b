"""CIFAR's binary files: what comes out is what was put in; pickles and damage are refused by name."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from gantools.data.folder import open_data
from gantools.data.sources import discover
from gantools.errors import InputError
from tests.data.archive_makers import write_archive
from tests.data.makers import fill, prepare

TEN_NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
TEN, HUNDRED = Path("cifar-10-batches-bin"), Path("cifar-100-binary")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with nothing in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_batch(path: Path, count: int, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Write ``count`` records; return the pictures (N, C, H, W) and the classes."""
    random = np.random.default_rng(count)
    pictures = random.integers(0, 256, (count, 3, 32, 32), np.uint8)
    labels = random.integers(0, classes, count).astype(np.uint8)
    coarse = [bytes([label // 5]) if classes == 100 else b"" for label in labels.tolist()]
    path.parent.mkdir(exist_ok=True)
    rows = zip(coarse, labels.tolist(), pictures, strict=True)
    path.write_bytes(b"".join(first + bytes([label]) + picture.tobytes() for first, label, picture in rows))
    return pictures, labels


def test_every_picture_and_name_comes_back(place: Path) -> None:
    """The batches of a folder give their very pixels in order, under the names that lie beside."""
    one, first = write_batch(TEN / "data_batch_1.bin", 30)
    two, second = write_batch(TEN / "test_batch.bin", 20)
    (TEN / "batches.meta.txt").write_text("\n".join(TEN_NAMES) + "\n\n")
    (TEN / "readme.html").write_text("<html>")
    assert prepare(TEN, "-o", "data", "-q") == 0
    with open_data(Path("data")) as rows:
        assert np.array_equal(rows.read(range(50)), np.concatenate([one, two]))
        assert rows.labels is not None
        assert [rows.classes[label] for label in rows.labels] == [TEN_NAMES[i] for i in (*first, *second)]


@pytest.mark.parametrize("is_named", [False, True])
def test_the_finer_of_two_labels_counts(place: Path, is_named: bool) -> None:
    """A file of CIFAR-100 is labelled with the second byte, by name where the names lie beside, else as a number."""
    pictures, labels = write_batch(HUNDRED / "train.bin", 40, classes=100)
    names = [f"kind {i}" if is_named else str(i) for i in range(100)]
    if is_named:
        (HUNDRED / "fine_label_names.txt").write_text("\n".join(names))
    found = discover([str(HUNDRED / "train.bin")], labels=True, without=None).entries
    assert [entry.label for entry in found] == [names[i] for i in labels]
    assert prepare(HUNDRED / "train.bin", "-o", "data", "--labels", "none", "--limit", "7", "-q") == 0
    assert np.array_equal(open_data(Path("data")).read(range(7)), pictures[:7])


def test_another_program_may_call_a_file_train_bin(place: Path) -> None:
    """A ``train.bin`` of another length, or with other first bytes, among pictures is passed over."""
    fill(Path("photos"), ["1.png"])
    Path("photos/train.bin").write_bytes(b"x" * 3000)
    Path("photos/test.bin").write_bytes(b"\xff" * 3074)
    found = discover(["photos"], labels=True, without=None)
    assert (len(found.entries), found.passed_over) == (1, {".bin": 2})


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("data_batch_2.bin", bytes(5000), "found 5000 bytes, which 3073 does not divide, expected whole records"),
        ("data_batch_2.bin", b"", "found an empty file, expected whole records of CIFAR-10"),
        ("test_batch.bin", b"\x0b" + bytes(3072), "found a label of 11, expected whole records of CIFAR-10"),
        ("batches.meta.txt", b"cat\ndog\n", "batches.meta.txt: found 2 names, expected 10, one for each class"),
    ],
)
def test_damage_is_named(place: Path, name: str, data: bytes, text: str) -> None:
    """A file that is cut off, empty or of another kind, and names that do not fit, are refused."""
    write_batch(TEN / "data_batch_1.bin", 3)
    (TEN / name).write_bytes(data)
    with pytest.raises(InputError, match=text):
        discover([str(TEN)], labels=True, without=None)


class _Trap:
    """Leaves a file behind when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, ("trapped", "w")


def test_pickles_are_refused_and_never_loaded(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pickled batch, its folder and its archive are refused, with the line that gets the binary version."""
    pickled = pickle.dumps(_Trap(), 2)
    folder = Path("cifar-10-batches-py")
    folder.mkdir()
    (folder / "data_batch_1").write_bytes(pickled)
    write_archive(Path("cifar-10-python.tar.gz"), {f"{folder}/data_batch_1": pickled, f"{folder}/readme.html": b""})
    write_archive(Path("cifar-100-python.tar.gz"), {"cifar-100-python/train": pickled})
    for source in (str(folder / "data_batch_1"), str(folder), "cifar-10-python.tar.gz", "cifar-100-python.tar.gz"):
        assert prepare(source, "-o", "data") == 4
        name = "CIFAR-100" if "100" in source else "CIFAR-10"
        err = capsys.readouterr().err
        assert f"error: {source}: found {name} as pickles, which can run code, expected its binary version" in err
        stem = name.lower() + "-binary.tar.gz"
        unpacked = TEN if name == "CIFAR-10" else HUNDRED
        assert f"kriz/{stem} && tar -xf {stem} && gantools prepare {unpacked} -o data" in err
    assert not Path("trapped").exists()


def test_packed_batches_say_what_to_unpack(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The archive as it is downloaded is not read, and the hint unpacks it."""
    write_batch(TEN / "data_batch_1.bin", 3)
    data = (TEN / "data_batch_1.bin").read_bytes()
    write_archive(Path("cifar-10-binary.tar.gz"), {f"{TEN}/data_batch_1.bin": data})
    assert prepare("cifar-10-binary.tar.gz", "-o", "data") == 4
    err = capsys.readouterr().err
    assert "found CIFAR-10 packed in an archive, expected its files unpacked" in err
    assert f"hint: tar -xf cifar-10-binary.tar.gz && gantools prepare {TEN} -o data" in err
