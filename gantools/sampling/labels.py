"""Which class a picture shows: the one asked for, or one drawn as often as it occurs in the data. No torch."""

import shlex

import numpy as np
from numpy.typing import NDArray

from gantools.data.names import safe_name
from gantools.draws import classes, normal
from gantools.errors import Again, UsageError, unknown_name
from gantools.files.document import Document
from gantools.keys import key

Names = tuple[str, ...]


def label_numbers(seed: int, start: int, count: int) -> NDArray[np.float32]:
    """Draw what decides the class of pictures ``start`` to ``start + count - 1``, (N,): each keyed by its own index."""
    return np.concatenate([normal(key(seed, "label", index), 1) for index in range(start, start + count)])


def drawn_labels(seed: int, start: int, count: int, counts: list[int]) -> list[int]:
    """Return the classes of pictures ``start`` to ``start + count - 1``, where none is asked for."""
    labels: list[int] = classes(label_numbers(seed, start, count), counts).tolist()
    return labels


def asked_labels(typed: Names, document: Document) -> tuple[int, ...]:
    """Return the classes that --label names, in that order; a name counts before a number.

    Args:
        typed: names of classes, or their numbers from 0 on.

    Raises:
        UsageError: the run has no labels, or no such one, or none of its pictures has it.
    """
    names, counts = document.data.classes, document.register.label_counts
    if typed and not counts:
        message = f"--label {typed[0]}: found a checkpoint without labels, expected one of gantools train --conditional"
        raise UsageError(message, hint=Again(drop=("--label",)))
    found = {text: _asked(text, names) for text in typed}
    for text, label in found.items():
        if not counts[label]:
            message = f"--label {text}: found no picture of this class in the data of the run, expected one it has seen"
            some = next(name for name, count in zip(names, counts, strict=True) if count)
            raise UsageError(message, hint=Again(shlex.join(["--label", some]), was=text))
    return tuple(dict.fromkeys(found.values()))


def _asked(text: str, names: Names) -> int:
    if text in names:
        return names.index(text)
    if text.isascii() and text.isdecimal() and len(text) <= len(str(len(names))) and int(text) < len(names):
        return int(text)
    raise unknown_name("--label", text, names)


def folder_names(names: Names) -> Names:
    """Return a folder's name for each class: its own, where that is safe, else one made of it."""
    return tuple(map(safe_name, names))
