"""JPEGs that are decoded at a fraction of their size, against the same pictures decoded whole."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw

from gantools.data.pixels import decoded
from gantools.data.recipe import Crop, Recipe
from gantools.data.shape import to_pixels


def drawing(width: int, height: int, orientation: int) -> bytes:
    """Return a JPEG of sharp shapes on smooth colours."""
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    picture = Image.fromarray(np.stack([across, down, 255 - across], -1).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    random = np.random.RandomState(0)
    for _ in range(12):
        x, y = random.randint(width), random.randint(height)
        draw.ellipse((x, y, x + 90, y + 70), fill=tuple(random.randint(0, 256, 3).tolist()))
    exif = Image.Exif()
    exif[274] = orientation
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=95, subsampling=0, exif=exif)
    return stream.getvalue()


@pytest.mark.parametrize("crop", ["center", "random", "none", "pad"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_fraction_of_a_jpeg_gives_the_pixels_of_the_whole(orientation: int, crop: Crop) -> None:
    """A side that no fraction divides moves no pixel, however the picture is turned and shaped."""
    data, recipe = drawing(405, 593, orientation), Recipe((), (64, 64), "rgb", crop)
    loaded = decoded(data, recipe)
    assert loaded.image.size in [(102, 149), (149, 102)]
    whole = decoded(data, Recipe((), (64, 64), "rgb", crop, tiles="grid"))
    assert sorted(whole.image.size) == [405, 593]
    found = to_pixels(loaded.image, recipe, loaded.digest, loaded.extent)
    expected = to_pixels(whole.image, recipe, whole.digest)
    assert np.abs(found.astype(int) - expected).mean() < 1.0
