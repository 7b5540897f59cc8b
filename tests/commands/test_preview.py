"""The preview that ``train`` draws beside its checkpoint."""

from pathlib import Path

import numpy as np
from PIL import Image
from typer.testing import CliRunner

from gantools.cli import build_app

SMALL = ["--batch", "4", "--arch", "fc", "--set", "network.base_width=4", "--steps", "1", "-q"]


def test_the_preview_is_the_sheet_that_sample_draws(tmp_path: Path) -> None:
    """The preview is byte for byte what `sample --n 64 --grid` writes; a name that is no PNG is refused at once."""
    data, checkpoint = tmp_path / "data", tmp_path / "c.safetensors"
    data.mkdir()
    draw = np.random.RandomState(0)
    for number in range(6):
        Image.fromarray(draw.randint(0, 256, (8, 8)).astype(np.uint8)).save(data / f"{number}.png")
    run = CliRunner()
    done = run.invoke(build_app(), ["train", str(data), "-o", str(checkpoint), "--seed", "3", *SMALL])
    assert done.exit_code == 0, done.stderr
    sheet = tmp_path / "sheet.png"
    asked = ["sample", "--n", "64", "--grid", "--seed", "3", "-o", str(sheet), "-q", str(checkpoint)]
    done = run.invoke(build_app(), asked)
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "c.preview.png").read_bytes() == sheet.read_bytes()
    odd = ["train", str(data), "-o", str(tmp_path / "d.safetensors"), "--preview", str(tmp_path / "d.jpg"), *SMALL]
    done = run.invoke(build_app(), odd)
    assert "expected a name that ends with .png" in str(done.exception or done.stderr)
    assert not (tmp_path / "d.safetensors").exists()
