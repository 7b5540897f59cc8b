"""Classes that are drawn as often as they occur: one normal number a picture, the same answer wherever it is read."""

import numpy as np
import pytest
import torch

from gantools.draws import class_edges, class_number, classes, normal
from gantools.nets.labels import Projection
from gantools.sampling.labels import drawn_labels

COUNTS = [
    [1, 1],
    [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    [0, 3, 0, 1, 0],
    [1, 10**6, 1],
    [1] * 1000,
]


@pytest.mark.parametrize("counts", COUNTS, ids=lambda counts: f"{len(counts)} classes, {sum(counts)} pictures")
def test_a_class_has_a_number_that_is_its_own(counts: list[int]) -> None:
    """The number of each class that occurs falls to it again, in float32, in NumPy and in the network alike."""
    occurring = [label for label, count in enumerate(counts) if count]
    numbers = np.array([class_number(label, counts) for label in occurring], np.float32)
    assert classes(numbers, counts).tolist() == occurring
    assert torch.bucketize(torch.from_numpy(numbers), torch.from_numpy(class_edges(counts))).tolist() == occurring


def test_classes_come_as_often_as_they_occur() -> None:
    """Of 20,000 normal numbers each class gets its share within four standard errors, and an absent one none."""
    counts = [0, 700, 200, 0, 100, 0]
    found = np.bincount(classes(normal(1, 20_000), counts), minlength=6) / 20_000
    shares = np.array(counts) / 1000
    assert (np.abs(found - shares) <= 4 * np.sqrt(shares * (1 - shares) / 20_000)).all()


def test_the_class_of_a_picture_has_a_key_of_its_own() -> None:
    """Picture i has the same class in every stretch that holds it, and another seed other classes."""
    whole = drawn_labels(0, 0, 40, [3, 5, 4])
    assert drawn_labels(0, 7, 9, [3, 5, 4]) == whole[7:16]
    assert {*whole} == {0, 1, 2}
    assert drawn_labels(1, 0, 40, [3, 5, 4]) != whole


def test_a_projection_is_an_inner_product() -> None:
    """It adds <embedding of the label, features> to a logit (Miyato 2018, equation 3), by 1/sqrt(features)."""
    table = Projection(3, 4, is_equalised=True)
    with torch.no_grad():
        table.weight.copy_(torch.arange(12.0).view(3, 4))
    features = torch.tensor([[1.0, 0.0, 0.0, 2.0], [0.0, 1.0, 0.0, 0.0]])
    found = table(torch.tensor([10.0, 20.0]), features, torch.tensor([2, 0]))
    assert found.tolist() == [10 + (8 + 2 * 11) / 2, 20 + 1 / 2]  # scaled by 1 / sqrt(4)
