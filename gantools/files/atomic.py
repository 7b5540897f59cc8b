"""Writing files so that a final name never holds half a file: temporary neighbour, fsync, mode, rename, fsync."""

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from gantools.errors import RefusedError, output_errors

NO_LINKS = {errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}
"""What the operating system says where a second name for a file cannot be had: FAT, some network drives."""


def fault(point: str) -> None:
    """Stop here when a test asks for it; in normal use this does nothing.

    With ``GANTOOLS_TESTING=1`` and ``GANTOOLS_FAULT=point`` in the environment the process kills itself, as a power
    cut would, when it reaches that point for the first time; ``point:3`` means the third time.
    """
    if os.environ.get("GANTOOLS_TESTING") != "1" or "GANTOOLS_FAULT" not in os.environ:
        return
    wanted, _, count = os.environ["GANTOOLS_FAULT"].partition(":")
    if wanted != point:
        return
    left = int(count or 1) - 1
    if left == 0:
        os.kill(os.getpid(), 9)
    os.environ["GANTOOLS_FAULT"] = f"{point}:{left}"


@contextlib.contextmanager
def atomic_writer(path: Path, *, durable: bool = True, previous: Path | None = None) -> Iterator[BinaryIO]:
    """Open a temporary neighbour of ``path`` for writing; on a clean exit it takes the name ``path``.

    Args:
        path: the final name. Its folder is made if absent. A symbolic link is kept and its target replaced.
        durable: wait until the bytes are on the disk before and after the rename. False is for pictures that can be
            made again: still never half-written after a crash of the process, but not proof against a power cut.
        previous: keep the file that is replaced under this name (a hard link, or a copy where there are none, so
            ``path`` is never absent).

    Raises:
        RefusedError: ``path`` is a folder, a device or a pipe.
        ResourceError: the disk is full or the place cannot be written. The old file is unchanged in every case.
    """
    target = Path(os.path.realpath(path))
    with output_errors(path):
        mode = _mode_for(path, target)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.parent / f"{_prefix(target)}{os.getpid()}.tmp"
        try:
            fault("open")
            with open(temporary, "wb") as stream:
                fault("write")
                yield stream
                stream.flush()
                fault("fsync")
                if durable:
                    os.fsync(stream.fileno())
                fault("chmod")
                os.fchmod(stream.fileno(), mode)
            if previous is not None:
                _keep_previous(target, previous)
            fault("rename")
            os.replace(temporary, target)
            fault("fsync-folder")
            if durable:
                _fsync_folder(target.parent)
            fault("done")
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def write_bytes(path: Path, data: bytes, *, durable: bool = True, previous: Path | None = None) -> None:
    """Replace ``path`` by ``data`` in one step; see ``atomic_writer``."""
    with atomic_writer(path, durable=durable, previous=previous) as stream:
        stream.write(data)


def require_file_name(path: Path) -> None:
    """Check early that ``path`` is a file or the name of a new one.

    Raises:
        RefusedError: a folder, a device or a pipe has this name.
        ResourceError: the place cannot be looked at.
    """
    with output_errors(path), contextlib.suppress(FileNotFoundError):
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "a device or a pipe"
            raise RefusedError(f"{path}: found {kind}, expected the name of a file to write")


def sweep(path: Path) -> None:
    """Remove temporary neighbours of ``path`` whose process has died. Call it under the lock of ``path``."""
    target = Path(os.path.realpath(path))
    with contextlib.suppress(OSError):
        for entry in os.scandir(target.parent):
            if entry.name.startswith(_prefix(target)) and not _alive(entry.name):
                os.unlink(entry.path)


def _prefix(target: Path) -> str:
    """Return how temporary neighbours of ``target`` begin: short, so that a name of 255 bytes works too."""
    return f".gantools-{blake2b(os.fsencode(target.name), digest_size=6).hexdigest()}-"


def _alive(temporary_name: str) -> bool:
    """Tell whether the process in the name runs. One that was killed and that nobody waited for (Z) has died too."""
    pid = temporary_name.rsplit("-", 1)[1].removesuffix(".tmp")
    if not pid.isdigit() or int(pid) == os.getpid():
        return False
    try:
        stat_line = Path("/proc", pid, "stat").read_bytes()
    except OSError:
        return False
    return stat_line.rpartition(b") ")[2][:1] not in b"ZX"


def _mode_for(path: Path, target: Path) -> int:
    """Return the mode that the new file gets: the old one's, or what the umask leaves of 0666."""
    require_file_name(path)
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask


def _keep_previous(target: Path, previous: Path) -> None:
    fault("previous")
    if target.exists():
        spare = previous.parent / f"{_prefix(previous)}{os.getpid()}.tmp"
        spare.unlink(missing_ok=True)
        try:
            os.link(target, spare)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            shutil.copy2(target, spare)
        os.replace(spare, previous)
        spare.unlink(missing_ok=True)  # a rename does nothing when both names are one file already


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
