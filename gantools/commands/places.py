"""Where a run writes: its checkpoint, its preview, its metrics. Each has a place of its own, outside the data."""

import os
import shlex
from itertools import combinations
from pathlib import Path

from gantools.errors import RefusedError, UsageError
from gantools.files.atomic import require_file_name
from gantools.files.nearby import free_name

STREAM = "-"
ENDINGS = {"-o": ".safetensors", "--preview": ".preview.png", "--metrics": ".jsonl", "--keep": ".safetensors"}


def check_places(
    output: str, preview: Path | None, metrics: Path | None, data: Path | None, best: Path | None = None
) -> None:
    """Check that all that will be written can have its name.

    Args:
        output: of the run.
        preview, metrics, best: other files; None: they are not written.
        data: the folder of pictures.

    Raises:
        UsageError: two of them share a file, one lies inside DATA, or the preview is no PNG.
        RefusedError: a folder or a device where a file is to be written.
    """
    places = {"-o": None if output == STREAM else Path(output), "--preview": preview, "--metrics": metrics}
    places["--keep"] = best
    files = {flag: path for flag, path in places.items() if path is not None}
    if str(metrics) == STREAM:
        raise UsageError("--metrics -: found a stream, expected the name of a file", hint="--metrics run.jsonl")
    if preview is not None and preview.suffix.lower() != ".png":
        message = f"--preview: found '{preview}', expected a name that ends with .png"
        raise UsageError(message, hint=f"--preview {shlex.quote(str(preview) if preview.name else 'grid')}.png")
    for flag, path in files.items():
        try:
            require_file_name(path)
        except RefusedError as error:
            named = path.is_dir() and path.name not in ("", "..")
            ending = ENDINGS[flag]
            error.hint = shlex.join([flag, free_name(f"{path}{ending}" if named else f"run{ending}")])
            raise
    for (one, first), (two, second) in combinations(files.items(), 2):
        if os.path.realpath(first) == os.path.realpath(second):
            message = f"{one} and {two}: both name {first}, expected a file for each"
            raise UsageError(message, hint=shlex.join([two, free_name(f"{second.with_suffix('')}{ENDINGS[two]}")]))
    for flag, path in files.items():
        if data is not None and Path(os.path.realpath(data)) in Path(os.path.realpath(path)).parents:
            message = f"{flag} {path}: found a place inside DATA, expected one outside: data are read, never written"
            is_here = Path(os.path.realpath(data)) in [Path.cwd(), *Path.cwd().parents]
            raise UsageError(message, hint=shlex.join([flag, os.path.join(".." if is_here else "", path.name)]))
