"""What lies beside a path that does not fit, for hints to name: pictures, data sets, checkpoints, free names."""

import json
import os
import shlex
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from gantools.errors import Again, Hint, InputError, nearest
from gantools.files.header import read_header

DRAWN = "demo:stickers"
"""A source that is always there."""

MANIFEST = "manifest.jsonl"
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"}
USUAL = PICTURES | {".safetensors", ".tar", ".tgz", ".zip", ".gz"}
MOST_LOOKED_AT = 200
MOST_COMPARED = 2_000
MOST_HEADING_BYTES = 1 << 20


def may_be_meant(path: str) -> bool:
    """Say whether a path is a folder, or ends as pictures, archives and checkpoints do."""
    return os.path.isdir(path) or os.path.splitext(path)[1].lower() in USUAL


def similar(path: str, is_right: Callable[[str], bool] = may_be_meant) -> str | None:
    """Return the path beside ``path`` whose name is most like it, of those that ``is_right`` says yes to.

    In a folder of very many files only some are compared.
    """
    folder, name = os.path.split(path.rstrip("/"))
    try:
        with os.scandir(folder or ".") as entries:
            close = nearest(name, [entry.name for entry in islice(entries, MOST_COMPARED)])
    except OSError:
        return None
    return next((found for other in close if is_right(found := os.path.join(folder, other)) and found != path), None)


def is_data(folder: str) -> bool:
    """Say whether ``gantools prepare`` made the folder."""
    return os.path.isfile(os.path.join(folder, MANIFEST))


def is_checkpoint(path: str) -> bool:
    """Say whether the header of a file calls it a checkpoint of ours."""
    try:
        return os.path.isfile(path) and '"kind":"checkpoint"' in read_header(Path(path)).metadata.get("gantools", "")
    except InputError:
        return False


def has_pictures(folder: str) -> bool:
    """Say whether one of the first files in the folder has the name of a picture; no data set of ours counts."""
    names = (name for name, _ in _entries(folder))
    return not is_data(folder) and any(os.path.splitext(name)[1].lower() in PICTURES for name in names)


def free_name(name: str) -> str:
    """Return ``name``, or with a number before its ending, so that nothing here is called so."""
    stem, ending = os.path.splitext(name)
    number = 1
    while os.path.lexists(name):
        number += 1
        name = f"{stem}-{number}{ending}"
    return name


def some_data(besides: str = "") -> str | None:
    """Return the first data set in the current folder."""
    return next((name for name in _folders(besides) if is_data(name)), None)


def some_pictures(besides: str = "") -> str:
    """Return the first folder of pictures in the current folder; without one, the set that is drawn."""
    return next((name for name in _folders(besides) if has_pictures(name)), DRAWN)


def some_picture(besides: str = "") -> Hint:
    """Return the typed line with the first picture here, or of the first folder of them, in place of ``besides``."""
    folders = ["", *(name for name in _folders(besides) if has_pictures(name))]
    for folder in folders:
        for name, _ in _entries(folder or "."):
            path = os.path.join(folder, name)
            if os.path.splitext(name)[1].lower() in PICTURES and not _is_same(path, besides):
                return Again(swap={besides: path})
    return "ls"


def some_checkpoint(folder: str, besides: str = "") -> str | None:
    """Return the newest checkpoint in a folder."""
    found = [os.path.join(folder, name) for name, _ in _entries(folder or ".") if name.endswith(".safetensors")]
    found = [path for path in found if not _is_same(path, besides) and is_checkpoint(path)]
    return max(found, key=os.path.getmtime, default=None)


def data_with(digest: str) -> str | None:
    """Return the first data set in the current folder whose pictures have this digest."""
    return next((name for name in _folders("") if is_data(name) and _digest_of(name) == digest), None)


def prepare_first(folder: str, *options: str) -> Again:
    """Return the line that prepares a folder that cannot be trained on, and then does what was asked.

    The new folder is called ``data``, or where that is taken after its source: ``prepare`` adds to a folder that is
    there, so one name for two sources would mix them.
    """
    stem = os.path.splitext(os.path.basename(os.path.normpath(folder)))[0]
    made = free_name("data" if stem == "data" or not os.path.lexists("data") else f"{stem}-data")
    return Again(first=shlex.join(["gantools", "prepare", folder, *options, "-o", made]), swap={folder: made})


def other_output(path: Path) -> str:
    """Return ``-o`` with a free name like that of ``path``."""
    return shlex.join(["-o", free_name(str(path) if path.name not in ("", "..") else "data")])


def other_data(path: str) -> Again:
    """Return the typed line with a folder to train on in place of ``path``, made first where there is none."""
    found = similar(path, lambda other: is_data(other) or has_pictures(other)) if not os.path.lexists(path) else None
    found = found or some_data(besides=path)
    if found is not None:
        return Again(swap={path: found})
    made = free_name("data") if os.path.lexists(path) else path
    first = shlex.join(["gantools", "prepare", some_pictures(besides=path), "-o", made])
    return Again(first=first, swap={path: made})


def other_checkpoint(path: str) -> Hint:
    """Return the typed line with a checkpoint in place of ``path``, or the one that trains one."""
    beside = f"{path.rstrip('/')}.safetensors"
    found = beside if is_checkpoint(beside) else None
    found = found or (similar(path, is_checkpoint) if not os.path.lexists(path) else None)
    found = (
        found or some_checkpoint(os.path.dirname(path.rstrip("/")), besides=path) or some_checkpoint("", besides=path)
    )
    if found is not None:
        return Again(swap={path: found})
    data = path if os.path.isdir(path) else some_data()
    name = beside if os.path.isdir(path) else path if path.endswith(".safetensors") else "c.safetensors"
    train = ["gantools", "train", data or "data", "-o", free_name(name)]
    if data is not None:
        return shlex.join(train)
    made = train[2] = free_name("data")
    return f"{shlex.join(['gantools', 'prepare', some_pictures(), '-o', made])} && {shlex.join(train)}"


def _digest_of(folder: str) -> str | None:
    """Return the digest in the first line of a manifest."""
    try:
        with open(os.path.join(folder, MANIFEST), encoding="utf-8") as stream:
            heading = json.loads(stream.readline(MOST_HEADING_BYTES))
        return str(heading["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _folders(besides: str) -> Iterator[str]:
    return (name for name, is_folder in _entries(".") if is_folder and not _is_same(name, besides))


def _entries(folder: str) -> list[tuple[str, bool]]:
    """Return the first names in a folder in order, each with whether it is a folder; those with a dot are left out."""
    try:
        with os.scandir(folder) as found:
            few = islice((entry for entry in found if entry.name[0] != "."), MOST_LOOKED_AT)
            return sorted((entry.name, entry.is_dir()) for entry in few)
    except OSError:
        return []


def _is_same(path: str, other: str) -> bool:
    return os.path.realpath(path) == os.path.realpath(other)
