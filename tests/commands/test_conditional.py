"""Runs with labels from the command line: real folders, whole runs, what is stored, said and refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools import cli
from gantools.data.folder import open_data
from gantools.pictures.note import read_note
from gantools.pictures.write import read_text
from tests.data.makers import fill, tree
from tests.faults.runs import TINY, document_of, same, tensors_of

C = Path("c.safetensors")
KINDS = {"ant": 3, "bee": 5, "cow": 4}
START = ("train", "data", "--conditional", "-o", "c.safetensors", *TINY)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with pictures of three kinds in ``data``."""
    for kind, count in KINDS.items():
        fill(tmp_path / "data" / kind, (f"{kind}{number}.png" for number in range(count)), 8, 8, "L")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: object) -> int:
    """Run one command line in this process."""
    return cli.main([str(word) for word in words])


def test_labels_are_used_only_where_asked_for(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The same folder gives a plain run without --conditional; with it, resume keeps classes and counts."""
    assert run("train", "data", "-o", "plain.safetensors", *TINY, "--steps", 1) == 0
    plain = document_of(Path("plain.safetensors"))
    assert (plain.config.network.classes, plain.register.label_counts) == (0, [])
    assert not any("given" in name or "projection" in name for name in tensors_of(Path("plain.safetensors")))
    capfd.readouterr()
    assert run(*START, "--steps", 2) == 0
    assert "12 pictures of 8x8 grey, the labels of 3 classes with them" in capfd.readouterr().err
    assert run("train", "data", "-o", C, "--resume", "--steps", 1) == 0
    document = document_of(C)
    assert (document.config.network.classes, document.data.classes) == (3, ("ant", "bee", "cow"))
    assert document.register.label_counts == [3, 5, 4]
    capfd.readouterr()
    assert run("inspect", C) == 0
    shown = capfd.readouterr().out
    assert "ant 3, bee 5, cow 4; sample --label draws one of them" in shown
    assert "--conditional" in shown.partition("made by")[2]
    assert run("inspect", C, "--json") == 0
    assert json.loads(capfd.readouterr().out)["things"][0]["labels"] == {"ant": 3, "bee": 5, "cow": 4}
    assert run("train", "data", "-o", "warm.safetensors", "--init", C, *TINY, "--steps", 0) == 0
    assert document_of(Path("warm.safetensors")).config.network.classes == 0


def test_laws_from_the_command_line(here: Path) -> None:
    """Two rounds equal train-d and train-g twice, and a cut run, with fakes and pairs of the same classes."""
    assert run(*START, "--loss", "relativistic", "--steps", 2) == 0
    whole = tensors_of(C)
    assert run(*START, "--loss", "relativistic", "--steps", 0, "--force") == 0
    for _ in range(2):
        assert run("train-d", C, "data") == 0
        assert run("train-g", C, "data") == 0
    assert same(tensors_of(C), whole)
    assert run(*START, "--loss", "relativistic", "--steps", 1, "--force") == 0
    assert run(*START, "--resume", "--steps", 1) == 0
    assert same(tensors_of(C), whole)


def test_samples_stand_in_folders_that_are_labels(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Asked by name or number, N of each class; prepare reads the folders back as labels; each file tells its class."""
    assert run(*START, "--steps", 1) == 0
    capfd.readouterr()
    assert run("sample", C, "--n", 3, "--label", "cow", "--label", 0, "-o", "out", "--json") == 0
    told = json.loads(capfd.readouterr().out)
    assert told["labels"] == ["cow"] * 3 + ["ant"] * 3
    assert told["paths"] == [f"out/{kind}/{index:06}.png" for kind in ("cow", "ant") for index in range(3)]
    note = read_note(Path("out/cow/000002.png"))
    assert note is not None
    assert (note.labels, note.command) == (("cow",), "gantools sample --n 1 --label cow --start 2 c.safetensors")
    assert run("inspect", "out/cow/000002.png") == 0
    assert "picture 2 of seed 0 of cow, average weights" in capfd.readouterr().out
    assert run("sample", C, "--n", 3, "--label", "cow", "--label", "ant", "-o", "out") == 0
    assert "nothing to do" in capfd.readouterr().err
    assert run("prepare", "out", "-o", "again") == 0
    with open_data(Path("again")) as pictures:
        assert (pictures.classes, pictures.label_counts()) == (("ant", "cow"), [3, 3])
    assert run("sample", C, "--n", 5, "--label", "cow", "--label", "bee", "--grid", "-o", "sheet.png") == 0
    with Image.open("sheet.png") as sheet:
        assert sheet.size == (5 * 10 - 2, 2 * 10 - 2)
        upper = np.asarray(sheet)[:8, :8]
    with Image.open("out/cow/000000.png") as first:
        assert np.array_equal(np.asarray(first), upper)
    assert '"labels":["cow","bee"]' in read_text(Path("sheet.png"))["gantools"]


def test_the_preview_has_a_row_a_class(here: Path) -> None:
    """The preview is what sample --grid draws of every class, one latent a column."""
    assert run(*START, "--steps", 1) == 0
    labels = [word for kind in KINDS for word in ("--label", kind)]
    assert run("sample", C, "--n", 16, *labels, "--grid", "-o", "sheet.png") == 0
    with Image.open("sheet.png") as sheet, Image.open("c.preview.png") as preview:
        assert np.array_equal(np.asarray(sheet), np.asarray(preview))


def test_classes_without_pictures_and_pictures_without_class(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A class that no picture has is never drawn and cannot be asked for; a picture without a class is refused."""
    assert run("prepare", "data", "-o", "made", "-q") == 0
    for path in Path("made/ant").iterdir():
        path.unlink()
    assert run("train", "made", "--conditional", "-o", "few.safetensors", *TINY, "--steps", 2) == 0
    assert document_of(Path("few.safetensors")).register.label_counts == [0, 5, 4]
    assert run("sample", "few.safetensors", "--n", 32, "-o", "drawn") == 0
    assert {Path(name).parent.name for name in tree(Path("drawn"))} == {"bee", "cow"}
    capfd.readouterr()
    assert run("sample", "few.safetensors", "--label", "ant", "--label", "cow") == 2
    said = capfd.readouterr().err
    assert "--label ant: found no picture of this class in the data of the run, expected one it has seen" in said
    assert "hint: gantools sample few.safetensors --label bee --label cow" in said
    (here / "data/ant/ant0.png").rename(here / "data/stray.png")
    assert run(*START, "--steps", 1) == 4
    assert "data: found 1 of 12 pictures without a label, expected one for each with --conditional" in (
        capfd.readouterr().err
    )


def test_other_pictures_bring_their_own_frequencies(here: Path) -> None:
    """A run that goes on with more pictures of a class draws this class more often from then on."""
    assert run(*START, "--steps", 1) == 0
    fill(here / "data/cow", ("x.png", "y.png"), 8, 8, "L")
    assert run("train", "data", "-o", C, "--resume", "--steps", 1) == 0
    assert document_of(C).register.label_counts == [3, 5, 6]


def test_other_labels_of_the_same_pictures_are_other_data(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Two pictures that change their labels with each other begin a new epoch, though no count changes."""
    names = sorted(path.relative_to(here / "data").as_posix() for path in (here / "data").rglob("*.png"))

    def relabelled(order: list[str]) -> int:
        lines = [f"data/{name},{label}" for name, label in zip(names, order, strict=True)]
        Path("l.csv").write_text("\n".join(["file,label", *lines]) + "\n")
        return run("prepare", "data", "-o", "set", "--size", 8, "--channels", "gray", "--labels", "l.csv", "-q")

    order = [name.partition("/")[0] for name in names]
    assert relabelled(order) == 0 and run("train", "set", "--conditional", "-o", C, *TINY, "--steps", 1) == 0
    before = document_of(C).register
    order[0], order[-1] = order[-1], order[0]
    assert relabelled(order) == 0
    capfd.readouterr()
    assert run("train", "set", "-o", C, "--resume", "--steps", 1) == 0
    assert "data: other labels of the same 12 pictures: a new epoch begins" in capfd.readouterr().err
    after = document_of(C).register
    assert (after.data, after.label_counts, after.epoch) == (before.data, before.label_counts, before.epoch + 1)
    assert after.label_digest != before.label_digest
