"""Keys for random draws. A key is a pure function of a seed, a purpose and counters; there is no other randomness."""

from hashlib import blake2b


def key(seed: int, purpose: str, *counters: int | str) -> int:
    """Return the 128-bit key of one draw.

    Args:
        seed: the run's seed, any integer.
        purpose: what is drawn, for example ``"fakes"``.
        counters: where in the run it is drawn: integers, or names and digests as text.

    Returns:
        An integer in [0, 2**128). Different arguments give unrelated keys: each part is written with its type and
        its length, so that ("a", 11) and ("a1", 1) differ.

    Example:
        >>> key(0, "fakes", 3, 0) == key(0, "fakes", 3, 0), key(0, "fakes", 3, 0) == key(0, "fakes", 30)
        (True, False)
    """
    digest = blake2b(digest_size=16)
    for part in (seed, purpose, *counters):
        text = f"{type(part).__name__}:{part}".encode()
        digest.update(len(text).to_bytes(8, "big") + text)
    return int.from_bytes(digest.digest(), "big")
