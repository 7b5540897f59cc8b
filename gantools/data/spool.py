"""Room in the system's temporary folder for what cannot be read twice; it has no name and is gone when it is closed."""

import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO, cast

from gantools.data.archives import is_archive
from gantools.data.pixels import MAX_FILE_BYTES
from gantools.errors import InputError, ResourceError

CHUNK_BYTES = 1 << 20


def spooled(stream: BinaryIO) -> BinaryIO:
    """Copy what comes from a pipe to a nameless file and return that: of an archive all, else what a picture may have.

    Raises:
        InputError: nothing comes, or more than a picture or a list can have.
        ResourceError: no space.
    """
    kept = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
    chunk = _some(stream)
    if not chunk:
        raise InputError("-: found nothing on stdin, expected data: the command before the pipe says why")
    limit = None if is_archive(BytesIO(chunk)) else MAX_FILE_BYTES
    size = 0
    while chunk:
        size += len(chunk)
        if limit is not None and size > limit:
            message = f"-: found more than {limit} bytes on stdin, expected one picture, a tar archive, or a list"
            raise InputError(message)
        with space():
            kept.write(chunk)
        chunk = _some(stream)
    with space():
        kept.flush()
    return kept


def _some(stream: BinaryIO) -> bytes:
    try:
        return stream.read(CHUNK_BYTES)
    except OSError as error:
        raise InputError(f"-: stdin cannot be read ({error.strerror}), expected data") from error


@contextmanager
def space() -> Iterator[None]:
    """Turn what the system says while a temporary file is written into a ResourceError."""
    try:
        yield
    except OSError as error:
        folder = tempfile.gettempdir()
        found = f"cannot be written ({error.strerror})"
        message = f"{folder}: {found}, expected space for the pictures: the variable TMPDIR names another folder"
        raise ResourceError(message, hint=shlex.join(["df", "-h", folder])) from error
