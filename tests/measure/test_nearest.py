"""The search for the nearest training pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gantools.data.folder import open_data
from gantools.features.embedded import Embedded
from gantools.measure.nearest import CANDIDATES, Nearest, nearest_training
from gantools.measure.reals import Eyes

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of blurred noise, fewer pictures than candidates, so that the search is exact."""
    place = tmp_path_factory.mktemp("blurred")
    draw = np.random.RandomState(1)
    for number in range(CANDIDATES - 2):
        noise = Image.fromarray(draw.randint(0, 256, (4, 4)).astype(np.uint8))
        noise.resize((16, 16), Image.Resampling.BICUBIC).save(place / f"{number:02}.png")
    return place


def search(folder: Path, queries: np.ndarray) -> Nearest:
    """Search with the embedded features."""
    return nearest_training(folder, queries, Eyes(Embedded(), CPU), 0, lambda done: None)


def test_a_copy_is_found_at_no_distance(folder: Path) -> None:
    """A training picture is its own nearest, and the next are those that a search through all features finds."""
    with open_data(folder) as train:
        rows = list(range(train.count))
        pictures = train.read(rows)
    found = search(folder, pictures[[3, 7]])
    assert (found.pictures[:, 0] == pictures[[3, 7]]).all()
    assert found.distances[:, 0].max() < 1e-6
    assert found.searched == len(pictures)
    images = torch.from_numpy(pictures).float() / 127.5 - 1
    vectors = Embedded().vectors(images).double().numpy()
    gaps = np.linalg.norm(vectors[3] - vectors, axis=1)
    assert (found.pictures[0] == pictures[np.argsort(gaps)[:3]]).all()
    assert (np.diff(found.distances, axis=1) >= 0).all()


def test_the_unit_is_how_far_real_pictures_lie(folder: Path) -> None:
    """Without a hold-out a training picture does not count as its own nearest: half of them lie further than 1."""
    with open_data(folder) as train:
        pictures = train.read(list(range(train.count)))
    vectors = Embedded().vectors(torch.from_numpy(pictures).float() / 127.5 - 1).double().numpy()
    gaps = np.linalg.norm(vectors[:, None] - vectors, axis=2) + np.diag(np.full(len(vectors), np.inf))
    found = search(folder, pictures[:1])
    own = np.sort(gaps[0])[0]
    assert found.distances[0, 1] == pytest.approx(own / np.median(gaps.min(1)), rel=1e-3)
    assert "training picture" in found.unit
