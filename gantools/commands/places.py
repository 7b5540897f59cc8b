"""Where a run writes: its checkpoint, its preview, its metrics. Each has a place of its own, outside the data."""

import os
import shlex
from itertools import combinations
from pathlib import Path

from gantools.errors import UsageError
from gantools.files.atomic import require_file_name

STREAM = "-"


def check_places(output: str, preview: Path | None, metrics: Path | None, data: Path | None) -> None:
    """Check that all that will be written can have its name.

    Raises:
        UsageError: two of them share a file, one lies inside DATA, or the preview is no PNG.
        RefusedError: a folder or a device where a file is to be written.
    """
    places = {"-o": None if output == STREAM else Path(output), "--preview": preview, "--metrics": metrics}
    files = {flag: path for flag, path in places.items() if path is not None}
    if str(metrics) == STREAM:
        raise UsageError("--metrics -: found a stream, expected the name of a file", hint="--metrics run.jsonl")
    if preview is not None and preview.suffix.lower() != ".png":
        message = f"--preview: found '{preview}', expected a name that ends with .png"
        raise UsageError(message, hint=f"--preview {shlex.quote(str(preview) if preview.name else 'grid')}.png")
    for path in files.values():
        require_file_name(path)
    for (one, first), (two, second) in combinations(files.items(), 2):
        if os.path.realpath(first) == os.path.realpath(second):
            raise UsageError(f"{one} and {two}: both name {first}, expected a file for each")
    for flag, path in files.items():
        if data is not None and Path(os.path.realpath(data)) in Path(os.path.realpath(path)).parents:
            message = f"{flag} {path}: found a place inside DATA, expected one outside: data are read, never written"
            raise UsageError(message, hint=f"{flag} {shlex.quote(path.name)}")
