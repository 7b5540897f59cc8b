"""Pictures to look at, of a folder or a file: as training reads them, or small ones of whatever can be read."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gantools.data.entry import Entry, Unreadable
from gantools.data.folder import open_data
from gantools.data.recipe import Recipe
from gantools.data.shape import pixels_of, to_pixels
from gantools.data.sources import folder_entries
from gantools.errors import InputError
from gantools.pictures.open import open_picture

Pixels = NDArray[np.uint8]
THUMB_PX = 64


def spread(count: int, wanted: int) -> list[int]:
    """Return at most ``wanted`` of ``range(count)`` at equal steps.

    Example:
        >>> spread(10, 4), spread(2, 4)
        ([0, 2, 5, 7], [0, 1])
    """
    shown = min(wanted, count)
    return [index * count // shown for index in range(shown)]


def contact_pictures(folder: Path, wanted: int) -> Pixels:
    """Return pictures at equal steps from a folder, (N, C, H, W): as training reads them, or else as thumbs.

    Raises:
        InputError: no such folder, or nothing in it that can be read.
    """
    try:
        with open_data(folder) as pictures:
            return pictures.read(spread(pictures.count, wanted))
    except InputError:
        entries = folder_entries(folder) if folder.is_dir() else []
        found = thumbs_of([entries[index] for index in spread(len(entries), wanted)])
        if not found:
            raise
        return np.stack(found)


def thumbs_of(entries: Sequence[Entry]) -> list[Pixels]:
    """Return whole pictures on squares of 64 px, (3, H, W) each; those that cannot be read are left out."""
    recipe = Recipe((), (THUMB_PX, THUMB_PX), "rgb", crop="pad")
    found = []
    for entry in entries:
        try:
            loaded = entry.origin.loader(entry)(recipe)
        except Unreadable:
            continue
        found.append(to_pixels(loaded.image, recipe, loaded.digest))
    return found


def file_picture(path: Path) -> Pixels:
    """Return the pixels of a picture file, (1, 4, H, W).

    Raises:
        PictureError: it cannot be read.
    """
    return pixels_of(open_picture(path, channels="rgba"))[None]
