"""The only source of random numbers: draws by key. NumPy arrays come out; the caller moves them where they are needed.

The stream is ``numpy.random.RandomState`` over Philox: RandomState's algorithms are frozen by NumPy's policy (NEP 19),
so a key means the same numbers in every release. torch's own generator is not used: on the CPU it reads only the low
32 bits of a seed, and its stream may change between releases.
"""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

BEYOND = 1e4
"""No normal number is as large: the edge of a class that does not occur, at either end."""


def generator(key: int) -> "np.random.RandomState":  # in quotes: NumPy loads its part for random numbers when asked
    """Return a fresh generator for a 128-bit ``key`` (see ``gantools.keys``)."""
    return np.random.RandomState(np.random.Philox(key=key))


def normal(key: int, *shape: int) -> NDArray[np.float32]:
    """Draw standard normal numbers of the given shape, float32."""
    return generator(key).standard_normal(shape).astype(np.float32)


def uniform(key: int, *shape: int) -> NDArray[np.float32]:
    """Draw numbers uniform on [-1, 1) of the given shape, float32."""
    return (generator(key).random_sample(shape) * 2.0 - 1.0).astype(np.float32)


def permutation(key: int, count: int) -> NDArray[np.int64]:
    """Draw an order of ``range(count)``, int64."""
    return generator(key).permutation(count).astype(np.int64)


def class_edges(counts: Sequence[int]) -> NDArray[np.float32]:
    """Return the numbers at which one class ends and the next begins, (K - 1,), rising.

    A standard normal number between its edges falls to a class as often as the class occurs, so that a label is drawn
    with all else that is drawn for a picture.

    Args:
        counts: pictures of each class, (K,); not all 0.
    """
    shares = np.cumsum(counts[:-1]) / sum(counts)
    quantile = NormalDist().inv_cdf
    edges = [quantile(share) if 0 < share < 1 else np.copysign(BEYOND, share - 0.5) for share in shares.tolist()]
    return np.array(edges, np.float32)


def classes(numbers: NDArray[np.float32], counts: Sequence[int]) -> NDArray[np.int64]:
    """Return the classes (N,) to which standard normal numbers (N,) fall."""
    return np.searchsorted(class_edges(counts), numbers, side="left").astype(np.int64)


def class_number(label: int, counts: Sequence[int]) -> float:
    """Return the number in the middle of a class's own: it falls to that class.

    Args:
        label: a class that occurs.
    """
    before = sum(counts[:label])
    return NormalDist().inv_cdf((before + counts[label] / 2) / sum(counts))
