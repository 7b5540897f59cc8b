"""One writer for one output: an advisory lock on ``<name>.lock``, freed by the kernel when its holder dies."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from gantools.errors import Again, BusyError, output_errors


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of ``path`` while the block runs.

    The lock file ``<name>.lock`` lies beside the real file (a link is followed, so two names of one file share one
    lock) and stays there on purpose: removing it would let two processes hold two locks.

    Raises:
        BusyError: another process holds it.
        ResourceError: the lock file cannot be made.
    """
    target = Path(os.path.realpath(path))
    lock_path = target.with_name(target.name + ".lock")
    with output_errors(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            found = f"another run is writing it (process {holder})"
            message = f"{path}: {found}, expected none: wait until it ends, or write elsewhere with -o"
            raise BusyError(message, hint=Again()) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
