"""The preview that ``train`` draws beside its checkpoint."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools import cli

SMALL = ["--batch", "4", "--arch", "fc", "--set", "network.base_width=4", "--steps", "1", "-q"]


def test_the_preview_is_the_sheet_that_sample_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The preview is byte for byte what `sample --n 64 --grid` writes; a name that is no PNG is refused at once."""
    data, checkpoint = tmp_path / "data", tmp_path / "c.safetensors"
    data.mkdir()
    draw = np.random.RandomState(0)
    for number in range(6):
        Image.fromarray(draw.randint(0, 256, (8, 8)).astype(np.uint8)).save(data / f"{number}.png")
    assert cli.main(["train", str(data), "-o", str(checkpoint), "--seed", "3", *SMALL]) == 0
    sheet = tmp_path / "sheet.png"
    assert cli.main(["sample", "--n", "64", "--grid", "--seed", "3", "-o", str(sheet), "-q", str(checkpoint)]) == 0
    assert (tmp_path / "c.preview.png").read_bytes() == sheet.read_bytes()
    odd = ["train", str(data), "-o", str(tmp_path / "d.safetensors"), "--preview", str(tmp_path / "d.jpg"), *SMALL]
    assert cli.main(odd) == 2
    assert "expected a name that ends with .png" in capsys.readouterr().err
    assert not (tmp_path / "d.safetensors").exists()
