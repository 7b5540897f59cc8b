"""What is known of the pictures of a data set: their labels, or all factors of a drawn one."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gantools.data.manifest import MANIFEST, TRAIN, is_ours, read_heading, read_manifest
from gantools.data.pack import Pictures

LABEL = "label"


@dataclass(frozen=True)
class Factors:
    """What is known of each picture.

    Args:
        names: of the factors: ``label`` alone, or those of a drawn set.
        levels: what each factor can be.
        rows: the level of each factor by number, (N, F); -1 where it is not known.
    """

    names: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    rows: NDArray[np.int64]

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many levels each factor has."""
        return tuple(map(len, self.levels))

    @property
    def combinations(self) -> int:
        """How many combinations of levels there can be."""
        return int(np.prod(self.sizes))

    def describe(self) -> str:
        """Say what the combinations are of."""
        *first, last = self.names
        return f"{', '.join(first)} and {last}" if first else last


def factors_of(folder: Path, pictures: Pictures, split: str = TRAIN) -> Factors | None:
    """Return what is known of the pictures of one split, None when nothing is.

    Args:
        folder: of the data set.
        pictures: of this split, as ``open_data`` opened them.
        split: ``train`` or ``holdout``.
    """
    drawn = _drawn(folder, pictures, split)
    if drawn is not None:
        return drawn
    if pictures.labels is None or len(pictures.classes) < 2:
        return None
    return Factors((LABEL,), (pictures.classes,), pictures.labels.astype(np.int64)[:, None])


def _drawn(folder: Path, pictures: Pictures, split: str) -> Factors | None:
    """Return the factors that the manifest of a drawn set has for each picture."""
    manifest = folder / MANIFEST
    if not is_ours(manifest) or not all(source.startswith("demo:") for source in read_heading(manifest).recipe.sources):
        return None
    made = read_manifest(manifest).made()
    if not all(record.factors for record in made):
        return None
    texts = [{name: value for name, value in (record.factors or {}).items() if type(value) is str} for record in made]
    names = tuple(texts[0])
    if not names or any(tuple(text) != names for text in texts):
        return None
    levels = tuple(tuple(sorted({text[name] for text in texts})) for name in names)
    own = [
        text
        for text, record in zip(texts, made, strict=True)
        if record.split == split and (folder / str(record.file)).exists()
    ]
    if len(own) != pictures.count:  # pictures came or went meanwhile
        return None
    rows = [[kinds.index(text[name]) for name, kinds in zip(names, levels, strict=True)] for text in own]
    return Factors(names, levels, np.asarray(rows, np.int64))
