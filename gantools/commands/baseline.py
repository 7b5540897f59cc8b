"""Figures that ``inspect --json`` printed earlier, in the place of the old model: ``--compare FILE.json``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gantools.errors import Again, InputError
from gantools.features.names import LABELS, NETWORKS
from gantools.measure.kinds import GATE

if TYPE_CHECKING:
    from gantools.features.base import Label
    from gantools.measure.reals import Reals
    from gantools.measure.report import Past

SUFFIX = ".json"
MOST_BYTES = 16 << 20
ALONE = Again(drop=("--compare", "--gate"))


def is_baseline(path: Path | None) -> bool:
    """Say whether ``path`` names stored figures rather than a checkpoint."""
    return path is not None and path.suffix.lower() == SUFFIX


def read_baseline(path: Path) -> dict[str, Any]:
    """Return what ``inspect CKPT --against DATA --json`` said of a checkpoint.

    Raises:
        InputError: absent, or something else.
    """
    expected = "expected what gantools inspect CKPT --against DATA --json printed"
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: found {path.stat().st_size:,} bytes, {expected}", hint=ALONE)
        document = json.loads(path.read_bytes())
        found = document["things"][0]["against"]
        if not isinstance(found["features"]["name"], str) or not isinstance(found["figures"], dict):
            raise ValueError
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}), {expected}", hint=ALONE) from error
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise InputError(f"{path}: found other contents, {expected}", hint=ALONE) from error
    return dict(found)


def require_comparable(path: Path, found: dict[str, Any], label: "Label", reals: "Reals") -> "dict[str, Past]":
    """Return the stored figures, when they are of the same extractor, pictures and number of pictures.

    Args:
        found: what ``read_baseline`` gave.
        label: of the extractor of the new figures.
        reals: of the new figures.

    Raises:
        InputError: they are not; or they are damaged.
    """
    from gantools.features.base import Label
    from gantools.measure.report import Past, past_figures

    old = Label(str(found["features"]["name"]), str(found["features"].get("digest")))
    if old != label:
        message = f"{path}: found figures of {old}, expected {label}: those of two extractors cannot be compared"
        raise InputError(message, hint=f"--features {old.name}" if _can_choose(old, label) else ALONE)
    if found.get("reals") != reals.digest:
        message = f"{path}: found figures against other real pictures, expected those of {reals.name}"
        raise InputError(f"{message}: judge the old model anew", hint=ALONE)
    if found.get("n") != reals.pictures:
        message = f"{path}: found figures of {found.get('n')} pictures, expected {reals.pictures}"
        can = type(found.get("n")) is int and 4 <= found["n"] <= reals.most
        raise InputError(message, hint=f"--n {found['n']}" if can else ALONE)
    try:
        figures: dict[str, Past] = past_figures(found["figures"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: found figures that cannot be read, expected whole ones", hint=ALONE) from error
    if figures[GATE].pictures != reals.kept:
        message = f"{path}: found {GATE} of {figures[GATE].pictures:,} pictures, expected {reals.kept:,}"
        raise InputError(f"{message}: judge the old model anew", hint=ALONE)
    return figures


def _can_choose(old: Any, new: Any) -> bool:
    """Say whether a name alone can bring the extractor of old figures back."""
    return old.name != new.name and old.name in ("embedded", LABELS, *NETWORKS)
