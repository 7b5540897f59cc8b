"""The only source of random numbers: draws by key. NumPy arrays come out; the caller moves them where they are needed.

The stream is ``numpy.random.RandomState`` over Philox: RandomState's algorithms are frozen by NumPy's policy (NEP 19),
so a key means the same numbers in every release. torch's own generator is not used: on the CPU it reads only the low
32 bits of a seed, and its stream may change between releases.
"""

import numpy as np
from numpy.typing import NDArray


def generator(key: int) -> np.random.RandomState:
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
