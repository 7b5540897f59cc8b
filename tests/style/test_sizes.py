"""Weights mean the same at every size, told by a network that nobody optimises."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from gantools import cli
from gantools.features.choose import layers_for
from gantools.features.layered import Layered
from gantools.style.pixels import read_pixels
from tests.data.makers import SHARED, needs_shared

VIEWED_PX = 128
"""Results of all sizes are looked at from as far away: at one size."""

PAIRS = (("astronaut", "the_scream"),)


def viewed(path: Path) -> Tensor:
    """Return a picture (1, 3, 128, 128) in [-1, 1]."""
    pixels, _ = read_pixels(path, VIEWED_PX)
    square = Image.fromarray(pixels).resize((VIEWED_PX, VIEWED_PX), Image.Resampling.BOX)
    values = torch.frombuffer(bytearray(square.tobytes()), dtype=torch.uint8).view(1, VIEWED_PX, VIEWED_PX, 3)
    return values.permute(0, 3, 1, 2).float() / 127.5 - 1.0


@torch.no_grad()
def distance(judge: Layered, one: Tensor, other: Tensor) -> float:
    """Return how far means and deviations of channels lie apart, a mean over layers, 0 for equal styles."""
    apart = []
    for layer, found in judge.activations(one, judge.style_layers).items():
        wanted = judge.activations(other, (layer,))[layer]
        rows, own = (torch.cat([part.mean((1, 2)), part.std((1, 2))]) for part in (found, wanted))
        apart.append(float((rows - own).square().sum() / own.square().sum()))
    return sum(apart) / len(apart)


@pytest.mark.slow
@needs_shared
@pytest.mark.parametrize(("content", "style"), PAIRS)
def test_twice_the_size_looks_equally_stylised(tmp_path: Path, content: str, style: str) -> None:
    """From as far away, results of 256 and of 512 px are as near to the style, and as far from the photograph."""
    judge = layers_for("squeezenet", SHARED / "weights/squeezenet1_0.safetensors", tmp_path, "max",
                       torch.device("cpu"))([])  # fmt: skip
    photo, painting = SHARED / f"style/content/{content}.jpg", SHARED / f"style/style/{style}.jpg"
    words = ("--style", str(painting), "--features", "embedded", "--iterations", "60", "-q")
    results = []
    for size in (256, 512):
        path = tmp_path / f"{size}.png"
        assert cli.main(["stylize", str(photo), *words, "--size", str(size), "-o", str(path)]) == 0
        results.append(viewed(path))
    for goal in (painting, photo):
        small, large = (distance(judge, result, viewed(goal)) for result in results)
        assert large == pytest.approx(small, rel=0.15)
    assert distance(judge, results[0], viewed(painting)) < 0.5 * distance(judge, viewed(photo), viewed(painting))
