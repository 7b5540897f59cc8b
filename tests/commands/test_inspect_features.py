"""``inspect --features labels|CKPT``, kinds counted on drawn pictures, and figures stored as JSON for ``--compare``."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from gantools import cli
from gantools.data.factors import factors_of
from gantools.data.folder import open_data
from gantools.data.manifest import MANIFEST, read_manifest
from gantools.data.pack import Shape
from gantools.draws import normal
from gantools.features.critic import Critic
from gantools.files.document import read_document
from tests.data.makers import fill

TRAIN = ["--batch", "16", "--set", "network.base_width=8", "--set", "network.latent_dim=8", "-q"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn pictures, pictures without labels, and a run on each of two families."""
    folder = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        stickers = ["prepare", "demo:stickers", "--size", "16", "-q"]
        assert cli.main([*stickers, "--limit", "400", "-o", "data", "--holdout", "30%"]) == 0
        fill(Path("noise"), [f"{number}.png" for number in range(20)], 16, 16)
        assert cli.main(["prepare", "noise", "-o", "plain", "-q"]) == 0
        for arch in ("dcgan", "fc"):
            words = ["train", "data", "-o", f"{arch}.safetensors", "--steps", "2", "--arch", arch, *TRAIN]
            assert cli.main(words) == 0
    return folder


@pytest.fixture(autouse=True)
def place(desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the desk the current folder, with a cache of its own."""
    monkeypatch.chdir(desk)
    monkeypatch.setenv("GANTOOLS_CACHE", str(tmp_path / "cache"))


def against(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    """Return what ``inspect --against --json`` says of a checkpoint."""
    capsys.readouterr()
    assert cli.main(["inspect", *words, "--json", "-q"]) == 0
    return json.loads(capsys.readouterr().out)["things"][0]["against"]


def test_factors_are_those_that_each_picture_was_drawn_with() -> None:
    """Row by row as in the manifest, in both splits, also when pictures were deleted by hand."""
    manifest = read_manifest(Path("data") / MANIFEST)
    for split in ("train", "holdout"):
        records = [record for record in manifest.made() if record.split == split]
        with open_data(Path("data"), split=split) as pictures:
            found = factors_of(Path("data"), pictures, split)
        assert found is not None and found.names == ("background", "color", "kind") and found.combinations == 75
        for record, row in zip(records, found.rows, strict=True):
            factors = record.factors or {}
            named = {name: levels[i] for name, levels, i in zip(found.names, found.levels, row, strict=True)}
            assert named == {name: factors[name] for name in named}


def test_labels_make_an_extractor_that_is_fitted_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same pictures give the same digest, from the cache or fitted again when what was kept is damaged."""
    words = ("dcgan.safetensors", "--against", "data", "--n", "8", "--features", "labels")
    assert cli.main(["inspect", *words]) == 0
    shown = capsys.readouterr()
    assert "fits a small network that tells the kinds" in shown.err
    assert " right on 1" in shown.err and " held-out pictures, by background, color and kind" in shown.err
    found = against(capsys, *words)
    assert found["features"]["name"] == "labels"
    (kept,) = (tmp_path / "cache" / "recognisers").iterdir()
    before = kept.read_bytes()
    kept.write_bytes(b"damaged")
    assert against(capsys, *words) == found
    assert kept.read_bytes() == before


def test_pictures_without_labels_have_no_such_extractor(capsys: pytest.CaptureFixture[str]) -> None:
    """The hint is the line with the embedded extractor."""
    assert cli.main(["inspect", "dcgan.safetensors", "--against", "plain", "--features", "labels"]) == 4
    shown = capsys.readouterr().err
    assert "--features labels: found no labels of two kinds or more in plain, expected some to learn" in shown
    assert "hint: gantools inspect dcgan.safetensors --against plain --features embedded" in shown


@pytest.mark.parametrize("arch", ["dcgan", "fc"])
def test_a_discriminator_is_an_extractor(arch: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It has the digest of its checkpoint, and a picture's vector does not depend on the pictures beside it."""
    path = Path(f"{arch}.safetensors")
    found = against(capsys, "dcgan.safetensors", "--against", "data", "--n", "8", "--features", str(path))
    assert found["features"] == {"name": "discriminator", "digest": read_document(path)[1].digest[:12]}
    assert all(np.isfinite(figure["value"]) for figure in found["figures"].values())
    critic = Critic(path, Shape(3, 16, 16))
    images = torch.from_numpy(normal(1, 6, 3, 16, 16)).clamp(-1, 1)
    together, alone = critic.vectors(images), torch.cat([critic.vectors(image[None]) for image in images])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)
    assert together.std() > 0.1 and critic.names[-1] != "last"


def test_a_batch_normalised_discriminator_has_standing_statistics() -> None:
    """Its vectors too do not depend on the batch."""
    words = ["train", "data", "-o", "normal.safetensors", "--steps", "1", "--preset", "dcgan", *TRAIN, "--force"]
    assert cli.main(words) == 0
    critic = Critic(Path("normal.safetensors"), Shape(3, 16, 16))
    images = torch.from_numpy(normal(1, 4, 3, 16, 16)).clamp(-1, 1)
    alone = torch.cat([critic.vectors(image[None]) for image in images])
    torch.testing.assert_close(critic.vectors(images), alone, rtol=1e-4, atol=1e-4)


def stored(words: tuple[str, ...], path: Path, capsys: pytest.CaptureFixture[str], **changed: object) -> None:
    """Write the figures of a checkpoint as ``--json`` prints them, with some facts changed."""
    document = {"things": [{"against": against(capsys, *words) | changed}]}
    path.write_text(json.dumps(document))


def test_stored_figures_stand_for_the_old_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same values as with the checkpoint, and intervals of like width or wider; the gate works likewise."""
    words = ("--against", "data", "--n", "30")
    old = tmp_path / "old.json"
    stored(("fc.safetensors", *words), old, capsys)
    new = ("dcgan.safetensors", *words, "--compare")
    by_file, by_model = (against(capsys, *new, each)["compare"] for each in (str(old), "fc.safetensors"))
    for name, gap in by_model["difference"].items():
        past = by_file["difference"][name]
        assert past["value"] == pytest.approx(gap["value"])
        assert past["high"] - past["low"] >= 0.7 * (gap["high"] - gap["low"])
    assert cli.main(["inspect", "fc.safetensors", *words, "--compare", str(old), "--gate"]) == 8
    assert "figures of an earlier time" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "said", "hint"),
    [
        ({"features": {"name": "squeezenet", "digest": "c4512706043d"}},
         "found figures of squeezenet c4512706043d, expected embedded d1a83e0e08c6: those of two extractors cannot be",
         "--features squeezenet"),
        ({"features": {"name": "embedded", "digest": "0" * 12}},
         "found figures of embedded 000000000000, expected embedded d1a83e0e08c6: those of", "--against data --n 8"),
        ({"n": 9}, "found figures of 9 pictures, expected 8", "--n 9"),
        ({"reals": "0" * 64}, "found figures against other real pictures, expected those of data", "--n 8"),
        ({"figures": {"kid": {"value": 1, "standard_error": 1, "floor": 0, "n": 7, "features": None}}},
         "found kid of 7 pictures, expected 8: judge the old model anew", "--n 8"),
        ({"figures": {"kid": {}}}, "found figures that cannot be read, expected whole ones", "--n 8"),
    ],
)  # fmt: skip
def test_figures_of_other_things_are_refused(
    changed: dict, said: str, hint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both extractors are named, and the way out is the other extractor, the other number, or no comparison."""
    words = ("dcgan.safetensors", "--against", "data", "--n", "8")
    stored(words, tmp_path / "old.json", capsys, **changed)
    assert cli.main(["inspect", *words, "--compare", str(tmp_path / "old.json")]) == 4
    shown = capsys.readouterr().err
    assert said in shown
    hints = [line for line in shown.splitlines() if line.startswith("hint: ")]
    assert len(hints) == 1 and hint in hints[0]


@pytest.mark.slow
def test_the_combinations_of_drawn_pictures_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """Reals have nearly all 75, a generator that has learnt nothing few that the recogniser is sure of."""
    assert cli.main(["prepare", "demo:stickers", "--size", "32", "--limit", "2000", "-o", "many", "-q"]) == 0
    words = ["train", "many", "-o", "many.safetensors", "--steps", "1", *TRAIN]
    assert cli.main(words) == 0
    found = against(capsys, "many.safetensors", "--against", "many", "--n", "800")
    assert found["kinds"]["known"] == 75 and found["kinds"]["accuracy"] > 0.95
    figures = found["figures"]
    assert figures["modes"]["floor"] >= 73 and figures["recognised"]["floor"] > 0.9
    assert figures["modes"]["high"] <= 75
    assert figures["modes"]["value"] < 40 and figures["kl"]["value"] > 5 * figures["kl"]["floor"]
    shares = [row["fakes"] for row in found["kinds"]["shares"] if row["factor"] == "kind"]
    assert sum(shares) == pytest.approx(1.0)
