"""``gantools stylize --dry-run``: what it says, that it writes nothing, and how it ends."""

import json
import re
from pathlib import Path

import pytest
import torch

from tests.commands.test_stylize import place, stylize
from tests.features.test_extractors import as_downloaded, narrow_vgg16

__all__ = ["place"]


def test_dry_run_says_what_would_be_made(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sizes, where values come from, time and memory; nothing is written."""
    before = sorted(place.rglob("*"))
    line = ("photos", "--style", "painting.png", "--threads", "1", "--size", "24", "--features", "embedded")
    assert stylize(*line, "-o", "out", "--dry-run", "--json") == 0
    out, err = capsys.readouterr()
    assert sorted(place.rglob("*")) == before
    document = json.loads(out)
    assert (document["dry_run"], document["to_make"], document["seconds"] > 0) == (True, 2, True)
    assert document["pictures"][1] == {"path": "out/deep/b.png", "content": "photos/deep/b.png", "width": 24,
                                       "height": 24}  # fmt: skip
    for text in ("size            24  (typed)", "tv_weight       0.05  (preset default)", "; estimated time: ",
                 "would be made: out/a.png, 24 x 24 px, from photos/a.png",
                 "dry run: 2 pictures would be made; nothing was written"):  # fmt: skip
        assert text in err
    assert re.search(r"^memory: [\d.]+.?B$", err, re.M)
    assert stylize("photo.png", "--style", "painting.png", "--features", "vgg19", "--dry-run") == 0
    assert "features vgg19: its weights would be downloaded, time is known then" in capsys.readouterr().err


def test_dry_run_leaves_the_cache_alone(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a whole file of VGG's weights there it measures, and keeps no copy; the run after it keeps one."""
    cache = place / "cache"
    monkeypatch.setenv("GANTOOLS_CACHE", str(cache))
    file = as_downloaded("vgg16", narrow_vgg16() | {"classifier.0.weight": torch.zeros(4096, 128)}, cache)
    line = ("photo.png", "--style", "painting.png", "--size", "32", "--iterations", "1", "--threads", "1")
    line = (*line, "--features", "vgg16", "-o", "out.png")
    before = sorted(place.rglob("*"))
    assert stylize(*line, "--dry-run") == 0
    assert sorted(place.rglob("*")) == before
    assert stylize(*line) == 0
    whole, kept = sorted((cache / "weights").iterdir())
    assert whole == file and kept.name.startswith("vgg16-features-") and kept.suffix == ".safetensors"


def test_dry_run_says_where_values_come_from_and_ends_as_the_run(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rate of the optimizer's, features settled, layers of other features; one is one; 3 where one is skipped."""
    line = ("photo.png", "--style", "painting.png", "--threads", "1", "--size", "24", "--dry-run", "-o")
    assert stylize(*line, "out.png", "--preset", "fast", "--optimizer", "lbfgs") == 0
    err = capsys.readouterr().err
    for text in ("rate            1.0  (the optimizer's)", "features        embedded  (settled from auto)",
                 "optimizer       lbfgs  (typed)", "iterations      25  (preset fast)", " a picture over 1 size;",
                 "dry run: 1 picture would be made; nothing was written"):  # fmt: skip
        assert text in err
    assert stylize(*line, "out.png", "--preset", "gatys", "--features", "embedded", "--iterations", "1") == 0
    err = capsys.readouterr().err
    assert "style_layers    the features' own  (the features')" in err
    assert "rate            1.0  (preset gatys)" in err and "24 px, from photo.png" in err
    Path("photos/bad.png").write_text("<html>")
    assert stylize("photos", *line[1:], "out", "--features", "embedded") == 3
    assert "dry run: 2 pictures would be made; nothing was written" in capsys.readouterr().err
