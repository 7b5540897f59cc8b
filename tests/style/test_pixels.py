"""Files to pixels at the size at which a picture is redrawn."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools.style.pixels import read_pixels


@pytest.mark.parametrize("orientation", [1, 3])
def test_a_jpeg_decoded_at_a_fraction_is_not_shifted(tmp_path: Path, orientation: int) -> None:
    """Pixels are those of the whole picture reduced, also where its last column stands for fewer pixels than others."""
    width, height = 1029, 777
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    waves = np.stack([np.sin(x / 9), np.cos(y / 7), np.sin((x + y) / 8)], -1)
    photo = Image.fromarray((waves * 120 + 128).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo.save(tmp_path / "photo.jpg", quality=98, subsampling=0, exif=exif)
    with Image.open(tmp_path / "photo.jpg") as whole:
        upright = whole.convert("RGB").rotate(180 if orientation == 3 else 0)
    wanted = np.asarray(upright.resize((128, 97), Image.Resampling.LANCZOS)).astype(int)
    found, opacity = read_pixels(tmp_path / "photo.jpg", 128)
    assert opacity is None
    assert found.shape == (97, 128, 3)
    assert np.abs(found.astype(int) - wanted).max() < 8
