"""The metrics file: JSON lines, appended and flushed one by one, so that a killed run leaves whole lines behind."""

import contextlib
import json
from pathlib import Path
from types import TracebackType
from typing import Any

from gantools.errors import output_errors


class MetricsFile:
    """Append objects to ``path``, one a line. None writes nothing.

    Raises:
        ResourceError: the disk is full or the place cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._stream = None
        if path is not None:
            with output_errors(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                needs_end = _ends_in_half_a_line(path)
                self._stream = open(path, "a", encoding="ascii")  # noqa: SIM115  # closed by close()
                self._stream.write("\n" if needs_end else "")

    def add(self, **values: Any) -> None:
        """Write one line; floats that are not finite must come as None."""
        if self._stream is not None and self.path is not None:
            with output_errors(self.path):
                self._stream.write(json.dumps(values, allow_nan=False) + "\n")
                self._stream.flush()

    def __enter__(self) -> "MetricsFile":
        """Return the open file."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the file; what a full disk says then is told once, as the first error."""
        if self._stream is not None and self.path is not None:
            with contextlib.suppress(OSError) if error is not None else output_errors(self.path):
                self._stream.close()


def _ends_in_half_a_line(path: Path) -> bool:
    if not path.exists() or path.stat().st_size == 0:
        return False
    with open(path, "rb") as stream:
        stream.seek(-1, 2)
        return stream.read() != b"\n"
