"""The C library's allocator, told to keep what is freed: pictures and activations come and go in the same sizes."""

import ctypes
import platform

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""glibc's mallopt parameters."""


def keep_freed_memory(largest_bytes: int = 1 << 30) -> None:
    """Let glibc keep freed blocks of up to ``largest_bytes`` instead of handing them back to the kernel.

    They are then not faulted in again: a DCGAN step takes a fifth less time with the same arithmetic, a photograph of
    ``prepare`` a fiftieth. Other C libraries are left alone.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, largest_bytes)
        libc.mallopt(M_TRIM_THRESHOLD, 2 * largest_bytes - 1)
