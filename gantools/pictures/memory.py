"""How much memory pictures take while they are decoded, and who waits for it when several threads decode at once."""

import os
import resource
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Condition

from PIL import Image

from gantools.pictures.modes import Traits

SHARE = 4  # of the machine's memory, or of what the process may take, a quarter is for decoding. Guess
MOST_BYTES = 1 << 33
# Peak bytes a pixel of ``open_picture`` with Pillow 13, measured at 9 megapixels for 24 modes and formats.
PLAIN, WITH_ALPHA_OR_DEEP = 12, 20
KEPT = 4  # of what comes out: Pillow keeps RGB as RGBA


class Budget:
    """Bytes for which threads wait. A picture that needs more than there is is decoded alone.

    Args:
        most: bytes that may be in use at once.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._used = self._decoding = 0
        self._changed = Condition()  # a lock that its own thread may take again: collecting garbage calls _give

    @contextmanager
    def taken(self, size_bytes: int) -> Iterator[None]:
        """Wait for so many bytes, and hold them while the block runs.

        What was decoded before and is still kept counts, but is never waited for alone: one always goes on.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._decoding or self._used + size_bytes <= self.most)
            self._used += size_bytes
            self._decoding += 1
        try:
            yield
        finally:
            with self._changed:
                self._decoding -= 1
                self._give(size_bytes)

    def keep(self, picture: Image.Image) -> None:
        """Count a decoded picture until it is no longer used."""
        size_bytes = KEPT * picture.width * picture.height
        with self._changed:
            self._used += size_bytes
        weakref.finalize(picture, self._give, size_bytes).atexit = False

    def _give(self, size_bytes: int) -> None:
        with self._changed:
            self._used -= size_bytes
            self._changed.notify_all()


@cache
def decoding_budget() -> Budget:
    """Return the one budget of this process: memory is the process's, whoever decodes."""
    return Budget(min(MOST_BYTES, _available() // SHARE))


def needed_bytes(image: Image.Image, facts: Traits) -> int:
    """Return what decoding an opened picture takes at its peak, its file's bytes aside. Its size may be a draft's."""
    is_costly = facts.alpha or image.mode in ("I", "F", "LAB") or image.format == "WEBP"
    return image.width * image.height * (WITH_ALPHA_OR_DEEP if is_costly else PLAIN)


def _available() -> int:
    """Return the machine's memory, or the process's limit where that is lower."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return machine if limit == resource.RLIM_INFINITY else min(machine, limit)
