"""``train --evaluate-every`` and ``--keep``: figures while a run trains, and the best checkpoint so far."""

import json
from pathlib import Path

import pytest

from gantools import cli
from gantools.files.document import read_document

TINY = ["--batch", "16", "--set", "network.base_width=8", "--set", "network.latent_dim=8", "-q"]
BEST = Path("c.best.safetensors")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures, some of them held out."""
    folder = tmp_path_factory.mktemp("data") / "data"
    words = ["demo:stickers", "--size", "16", "--limit", "60", "--holdout", "30%", "-q"]
    assert cli.main(["prepare", *words, "-o", str(folder)]) == 0
    return folder


@pytest.fixture(autouse=True)
def place(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder beside a link to the pictures."""
    monkeypatch.chdir(tmp_path)
    Path("data").symlink_to(data)


def train(*words: str, output: str = "c.safetensors") -> int:
    """Run ``gantools train`` in this process."""
    return cli.main(["train", "data", "-o", output, *TINY, *words])


def figures(path: str = "c.jsonl") -> list[dict]:
    """Return the lines of figures in a metrics file."""
    lines = [json.loads(line) for line in Path(path).read_text().splitlines()]
    return [line for line in lines if line.get("event") == "figures"]


def test_a_judged_run_has_the_bytes_of_one_that_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    """Judging changes no turn: the checkpoints are equal; its figures are those of ``inspect``, and the last is one."""
    assert train("--steps", "6", "--evaluate-every", "2steps", "--keep", "last,best", "--metrics", "c.jsonl") == 0
    assert train("--steps", "6", output="plain.safetensors") == 0
    assert Path("c.safetensors").read_bytes() == Path("plain.safetensors").read_bytes()
    found = figures()
    assert [line["images"] for line in found] == [32, 64, 96]
    capsys.readouterr()
    assert cli.main(["inspect", "c.safetensors", "--against", "data", "--json", "-q"]) == 0
    judged = json.loads(capsys.readouterr().out)["things"][0]["against"]
    assert {name: found[-1][name] for name in judged if name != "data"} == {
        name: value for name, value in judged.items() if name != "data"
    }


def test_the_best_is_the_one_with_the_lowest_figure() -> None:
    """It holds the run as it was then, with figure and noise; samples can be drawn from it."""
    assert train("--steps", "6", "--evaluate-every", "1step", "--keep", "last,best:swd", "--metrics", "c.jsonl") == 0
    found = figures()
    best = min(found, key=lambda line: line["figures"]["swd"]["value"])
    document = read_document(BEST)[1]
    assert document.register.images == best["images"]
    assert document.kept == {"figure": "swd"} | best["figures"]["swd"]
    assert [line["best"] for line in found].count(True) >= 1 and found[0]["best"]
    assert train("--steps", str(best["images"] // 16), output="then.safetensors") == 0
    assert document.digest == read_document(Path("then.safetensors"))[1].digest
    assert cli.main(["sample", str(BEST), "--n", "2", "-o", "s", "-q"]) == 0


def test_a_resumed_run_must_beat_the_best_so_far() -> None:
    """What an earlier process kept stays when nothing better comes."""
    assert train("--steps", "3", "--evaluate-every", "1step", "--keep", "last,best:swd", "--metrics", "c.jsonl") == 0
    kept = BEST.read_bytes()
    again = ("--resume", "--evaluate-every", "1step", "--keep", "last,best:swd")
    assert train(*again, "--steps", "3", "--lr-g", "0.5", "--metrics", "d.jsonl") == 0
    before, after = ([line["figures"]["swd"]["value"] for line in figures(name)] for name in ("c.jsonl", "d.jsonl"))
    assert min(after) > min(before) and not any(line["best"] for line in figures("d.jsonl"))
    assert BEST.read_bytes() == kept


def test_a_best_of_another_run_is_not_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    """A new run refuses it, unless it is forced to replace it."""
    asked = ("--steps", "2", "--evaluate-every", "2steps", "--keep", "last,best")
    assert train(*asked) == 0
    Path("c.safetensors").unlink()
    kept = BEST.read_bytes()
    assert train(*asked, "--seed", "1") == 5
    said = "c.best.safetensors: exists, expected no best checkpoint of another run, or --force to replace it"
    assert said in capsys.readouterr().err
    assert BEST.read_bytes() == kept
    assert train(*asked, "--seed", "1", "--force") == 0
    assert read_document(BEST)[1].config.seed == 1


def test_inspect_says_by_what_the_best_was_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """One row: the figure, its noise, the number of pictures, and the extractor."""
    assert train("--steps", "2", "--evaluate-every", "2steps", "--keep", "last,best") == 0
    capsys.readouterr()
    assert cli.main(["inspect", str(BEST)]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if line.split()[:1] == ["best"])
    assert " by kid: " in row and "standard error" in row and "embedded d1a83e0e08c6" in row


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--keep last,best", "--keep last,best: found no --evaluate-every, expected how often the run is judged"),
        ("--features embedded", "--features embedded: found no --evaluate-every, expected how often the run is judged"),
        ("--keep best --evaluate-every 1m", "--keep: found 'best', expected last, or last,best with or without"),
        ("--keep last,best:density --evaluate-every 1m",
         "--keep last,best: unknown name 'density', expected one of coverage, frechet, kid, "),
        ("--evaluate-every 5", "--evaluate-every: found '5', expected a time with its unit like 90s, 50m or 1.5h"),
        ("--evaluate-every 0images", "--evaluate-every: found '0images', expected a time like 10m or a count like"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The options need each other, and a figure that has a best."""
    assert train("--steps", "1", *words.split()) == 2
    assert said in capsys.readouterr().err


def test_too_few_pictures_are_refused_before_the_first_turn(capsys: pytest.CaptureFixture[str]) -> None:
    """Three pictures can be trained on; no figure could be made of them."""
    assert cli.main(["prepare", "demo:stickers", "--size", "16", "--limit", "3", "-o", "few", "-q"]) == 0
    capsys.readouterr()
    assert cli.main(["train", "few", "-o", "f.safetensors", *TINY, "--steps", "1", "--evaluate-every", "1step"]) == 4
    assert "few: found 3 training pictures, expected at least 8 to judge against" in capsys.readouterr().err
    assert not Path("f.safetensors").exists()
