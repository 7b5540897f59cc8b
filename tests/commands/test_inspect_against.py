"""``gantools inspect --against``: figures of real checkpoints beside real pictures, two side by side, and the gate."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools import cli
from gantools.features.base import Label
from gantools.measure import reals as reals_module
from gantools.measure.judge import fake_batches
from gantools.measure.kinds import KINDS
from gantools.measure.report import Figure, difference, written
from gantools.measure.resampling import Estimate
from tests.data.makers import SHARED, needs_shared

FIGURES = [name for name, kind in KINDS.items() if kind.source != "recogniser"]
"""Of pictures of which nothing is known, or too few to learn it."""
TRAIN = ["--batch", "16", "--set", "network.base_width=8", "--set", "network.latent_dim=8", "-q"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures (some held out), the same without a hold-out, and a run before and after 60 rounds."""
    folder = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        stickers = ["prepare", "demo:stickers", "--size", "16", "--limit", "160", "-q"]
        assert cli.main([*stickers, "-o", "data", "--holdout", "30%"]) == 0
        assert cli.main([*stickers, "-o", "whole"]) == 0
        assert cli.main(["prepare", "demo:stickers", "--size", "32", "--limit", "20", "-o", "large", "-q"]) == 0
        assert cli.main(["prepare", "demo:stickers", "--size", "16", "--limit", "6", "-o", "few", "-q"]) == 0
        assert cli.main(["train", "data", "-o", "new.safetensors", "--steps", "60", *TRAIN]) == 0
        assert cli.main(["train", "data", "-o", "old.safetensors", "--steps", "0", *TRAIN]) == 0
        assert cli.main(["train", "large", "-o", "large.safetensors", "--steps", "0", *TRAIN]) == 0
    return folder


@pytest.fixture(autouse=True)
def place(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the desk the current folder; nothing in it is changed."""
    monkeypatch.chdir(desk)


def inspect(*words: str) -> int:
    """Run ``gantools inspect`` in this process."""
    return cli.main(["inspect", *words])


def against(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    """Return what ``inspect --against --json`` says of a checkpoint."""
    capsys.readouterr()
    inspect(*words, "--json", "-q")
    return json.loads(capsys.readouterr().out)["things"][0]["against"]


def test_table_has_every_figure_with_interval_and_floor(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a figure; extractor, number and kind of pictures stand above them."""
    assert inspect("new.safetensors", "--against", "data", "--n", "30") == 0
    printed = capsys.readouterr().out
    lines = [line.split() for line in printed.splitlines()]
    names = [line[0] for line in lines if line]
    assert names[:5] == ["new.safetensors", "features", "fakes", "reals", "floor"]
    assert names[6:] == FIGURES
    assert "embedded d1a83e0e08c6" in printed
    assert "30 of " in printed and " held-out pictures" in printed
    for line in lines[-len(FIGURES) :]:
        value, low, high = float(line[1]), float(line[2]), float(line[4])
        assert low <= value <= high


def test_without_held_out_pictures_it_says_what_the_reals_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Training pictures serve then, half of them for the floor; copies cannot be looked for."""
    assert inspect("new.safetensors", "--against", "whole") == 0
    shown = capsys.readouterr()
    assert "80 of 160 training pictures: the model has seen them, a hold-out would be fairer" in shown.out
    assert "80 other training pictures in place of the fakes" in shown.out
    assert "memorisation" not in shown.out
    assert "whole: 80 pictures of each kind are all there are" in shown.err


def test_json_has_what_the_table_has(capsys: pytest.CaptureFixture[str]) -> None:
    """Every figure has value, interval, floor, number of pictures and extractor; the same line says the same twice."""
    words = ("new.safetensors", "--against", "data", "--n", "20", "--seed", "3")
    found = against(capsys, *words)
    assert list(found["figures"]) == FIGURES
    assert (found["n"], found["seed"], found["held_out"]) == (20, 3, True)
    kid = found["figures"]["kid"]
    assert kid["low"] < kid["value"] < kid["high"]
    assert kid["features"] == {"name": "embedded", "digest": "d1a83e0e08c6"}
    assert found["figures"]["swd"]["features"] is None
    assert against(capsys, *words) == found
    assert against(capsys, *words[:-1], "4")["figures"]["kid"]["value"] != kid["value"]


def test_fewer_pictures_widen_the_interval_down_to_four(capsys: pytest.CaptureFixture[str]) -> None:
    """Four pictures still give every figure, and an interval that says how little they tell."""
    spans = []
    for count in ("4", "40"):
        found = against(capsys, "new.safetensors", "--against", "data", "--n", count)["figures"]
        assert all(np.isfinite([each["low"], each["high"], each["floor"]]).all() for each in found.values())
        spans.append(found["swd"]["high"] - found["swd"]["low"])
    assert spans[0] > 2 * spans[1]


def test_intervals_of_seven_pictures_stay_among_possible_values(capsys: pytest.CaptureFixture[str]) -> None:
    """A share lies between 0 and 1, no distance under 0; none or all of seven pictures is no proof of none or all."""
    found = against(capsys, "new.safetensors", "--against", "data", "--n", "7")["figures"]
    for name, each in found.items():
        assert KINDS[name].least <= each["low"] <= each["value"] <= each["high"] <= KINDS[name].most, name
    for name in ("precision", "recall", "coverage"):
        assert found[name]["high"] - found[name]["low"] > 0.2, name
    assert any(found[name]["value"] in (0, 1) for name in ("precision", "recall", "coverage"))


def test_fakes_are_the_pictures_that_sample_writes(tmp_path: Path) -> None:
    """What is judged is what a user gets: the same pixels by index and seed."""
    from gantools.files.checkpoint import load_average

    assert cli.main(["sample", "new.safetensors", "--n", "20", "--seed", "2", "-o", str(tmp_path / "s"), "-q"]) == 0
    generator = load_average(Path("new.safetensors"))[0]
    found = np.concatenate(list(fake_batches(generator, 2, 20)))
    for index, pixels in enumerate(found):
        written_pixels = np.asarray(Image.open(tmp_path / "s" / f"{index:06d}.png"))
        assert np.array_equal(written_pixels.reshape(16, 16, -1).transpose(2, 0, 1), pixels)


def test_reals_and_others_share_no_picture() -> None:
    """Without a hold-out no training picture is in both sets; with one the reals are the held-out ones."""
    with reals_module.Reals(Path("whole"), 50, 0) as reals:
        first, second = (np.concatenate(list(each)) for each in (reals.batches(), reals.other_batches()))
    assert len({pixels.tobytes() for pixels in (*first, *second)}) == 100
    with reals_module.Reals(Path("data"), 20, 0) as reals:
        train = {pixels.tobytes() for pixels in reals.train.read(range(reals.train.count))}
        assert not any(pixels.tobytes() in train for pixels in np.concatenate(list(reals.batches())))


def test_gate_opens_for_a_better_model_only(capsys: pytest.CaptureFixture[str]) -> None:
    """0 for the trained model over the fresh one; 8 the other way round, and 8 for a model over itself."""
    words = ("--against", "data", "--gate", "--compare")
    assert inspect("new.safetensors", *words, "old.safetensors") == 0
    assert "open: by kid the new model is better beyond noise" in capsys.readouterr().out
    assert inspect("old.safetensors", *words, "new.safetensors") == 8
    assert inspect("new.safetensors", *words, "new.safetensors") == 8
    printed = capsys.readouterr().out
    assert "shut: by kid the new model is not better beyond noise" in printed
    assert printed.splitlines()[-1].split()[-4:] == ["to", "0.00", "not", "separable"]


def test_comparing_without_the_gate_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    """Two models side by side are no test unless it is asked for; the differences are those of the figures."""
    found = against(capsys, "old.safetensors", "--against", "data", "--compare", "new.safetensors", "--n", "40")
    assert inspect("old.safetensors", "--against", "data", "--compare", "new.safetensors", "--n", "40") == 0
    other = found["compare"]
    gap = found["figures"]["kid"]["value"] - other["figures"]["kid"]["value"]
    assert other["difference"]["kid"]["value"] == pytest.approx(gap)
    assert other["difference"]["kid"]["verdict"] == "worse"
    assert "gate" not in found


@pytest.mark.parametrize(
    ("words", "code", "said", "hint"),
    [
        ("new.safetensors --gate", 2, "--gate: found no --against, expected the pictures to judge by",
         "new.safetensors --gate --against data"),
        ("new.safetensors --against data --gate", 2, "--gate: found no --compare, expected the model that the new one",
         "new.safetensors --against data"),
        ("new.safetensors old.safetensors --against data", 2, "--against: found 2 things beside it, expected one",
         "new.safetensors --against data"),
        ("new.safetensors --against data --features embedded --weights w", 2, "--weights: found w beside --features",
         "new.safetensors --against data --features embedded"),
        ("new.safetensors --against large", 4, "large: found pictures of 32x32 RGB, expected 16x16 RGB as", None),
        ("new.safetensors --against data --compare large.safetensors", 4, "large.safetensors: found another kind of "
         "pictures (32x32), expected those of new.safetensors", "new.safetensors --against data"),
        ("new.safetensors --against few", 4, "few: found 6 training pictures, expected at least 8 to judge against",
         ""),
        ("new.safetensors --against data --weights new.safetensors", 4, "tensors of no known network, expected the "
         "weights of squeezenet, vgg16", "new.safetensors --against data"),
        ("data --against data", 4, "data: found a folder, expected a checkpoint", None),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(
    words: str, code: int, said: str, hint: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Options that need each other, pictures of another size, too few of them, and foreign weights."""
    assert inspect(*words.split()) == code
    shown = capsys.readouterr().err
    assert said in shown
    if hint is not None:
        assert ([line for line in shown.splitlines() if line.startswith("hint: ")] or [""])[-1] == (
            f"hint: gantools inspect {hint}" if hint else ""
        )


def figure(name: str, values: list[float], floor: float, digest: str = "a") -> Figure:
    """Make a figure whose first value is the figure and whose others are replicates."""
    return Figure(name, Estimate(values[0], np.array(values[1:])), floor, 50, Label("embedded", digest))


def test_even_figures_are_better_the_nearer_to_the_floor() -> None:
    """Too much variety is as wrong as too little; of low and high figures the sign alone counts."""
    assert (
        difference(figure("vendi", [1.2, 1.19, 1.21], 1.0), figure("vendi", [0.5, 0.49, 0.51], 1.0)).verdict == "better"
    )
    assert (
        difference(figure("vendi", [1.9, 1.89, 1.91], 1.0), figure("vendi", [0.9, 0.89, 0.91], 1.0)).verdict == "worse"
    )
    assert difference(figure("kid", [0.2, 0.19, 0.21], 0.0), figure("kid", [0.5, 0.49, 0.51], 0.0)).verdict == "better"
    assert difference(figure("recall", [0.2, 0.1, 0.4], 0.9), figure("recall", [0.3, 0.4, 0.2], 0.9)).verdict == (
        "not separable"
    )


def test_no_interval_has_more_kinds_than_the_data() -> None:
    """Of ten digits no model has more than ten."""
    found = replace(figure("modes", [9.0, 8.0, 10.0], 10.0), most=10)
    assert found.bounds().low < 9 < found.bounds().high == 10


def test_figures_of_two_extractors_are_not_compared() -> None:
    """The message names both; so do figures of other numbers of pictures."""
    with pytest.raises(ValueError, match="kid: found features of embedded a and of embedded b, expected one extractor"):
        difference(figure("kid", [0.1, 0.1], 0.0), figure("kid", [0.2, 0.2], 0.0, "b"))


def test_figures_are_written_with_three_digits() -> None:
    """Small and large ones are written as people read them."""
    assert [written(x) for x in (0.0, 0.0012345, 1.5, 123.4, 12345.6, 1.2e-7, -3.14159)] == [
        "0.00", "0.00123", "1.50", "123", "12346", "1.2e-07", "-3.14"
    ]  # fmt: skip


@needs_shared
@pytest.mark.slow
def test_squeezenet_judges_too(capsys: pytest.CaptureFixture[str]) -> None:
    """With a file of weights its network is taken, and named beside the figures."""
    weights = str(SHARED / "weights" / "squeezenet1_0.safetensors")
    found = against(capsys, "new.safetensors", "--against", "data", "--n", "20", "--weights", weights)
    assert found["features"] == {"name": "squeezenet", "digest": "c4512706043d"}
    assert found["figures"]["kid"]["floor"] < found["figures"]["kid"]["value"]


def test_a_judgement_writes_nothing(desk: Path) -> None:
    """Neither the checkpoint nor the data are touched."""
    before = {path: path.stat().st_mtime_ns for path in desk.rglob("*")}
    assert inspect("new.safetensors", "--against", "data", "--n", "8", "-q") == 0
    assert {path: path.stat().st_mtime_ns for path in desk.rglob("*")} == before


def test_beyond_a_bound_only_frechet_counts_all(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every figure says how many pictures it is made of, and the distance by moments is the same as without a bound."""
    words = ("new.safetensors", "--against", "data", "--n", "40")
    free = against(capsys, *words)["figures"]
    monkeypatch.setattr(reals_module, "MOST", 24)
    found = against(capsys, *words)["figures"]
    assert {name: figure["n"] for name, figure in found.items() if figure["n"] != 24} == {
        "frechet": 40, "swd": 40, "ms_ssim": 40
    }  # fmt: skip
    assert found["frechet"]["value"] == pytest.approx(free["frechet"]["value"], rel=1e-4)
    assert found["frechet"]["floor"] == pytest.approx(free["frechet"]["floor"], rel=1e-4)
    assert inspect(*words, "-q") == 0
    assert "frechet all; others 24 of each kind at most" in capsys.readouterr().out
