"""Beginning a run with the weights of another one: ``--init``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gantools.config.build import PictureShape, values_of
from gantools.config.catalog import others
from gantools.files.document import Event, Lineage, read_document

if TYPE_CHECKING:
    from gantools.training.state import TrainState


SHOWN = 12
"""Most layers and tensors that are named."""


def with_networks(typed: dict[str, Any], init: Path | None) -> dict[str, Any]:
    """Return the typed values, under them the networks of the checkpoint ``init``: its weights fit only their shapes.

    Size and channels are those of the data. Labels are used where that is typed, and not because another run did.
    """
    if init is None:
        return typed
    stored = values_of(read_document(init)[1].config)
    others_own = (*PictureShape._fields, "conditional", "classes", *others(stored["network.family"]))
    not_of_weights = {f"network.{name}" for name in others_own}
    networks = {name: value for name, value in stored.items() if name.startswith("network.")}
    return {name: value for name, value in networks.items() if name not in not_of_weights} | typed


def begin_with(state: "TrainState", init: Path) -> tuple[Lineage, list[str]]:
    """Take the weights of ``init`` into a fresh run; return its lineage, and what to say.

    Raises:
        InputError: the file is unusable, of another family, or nothing in it fits.
    """
    from gantools.files.checkpoint import take_weights

    parent, taken, left = take_weights(state, init)
    lineage = Lineage(parent.digest, (Event(0, 0, 0, f"began with the weights of {parent.digest[:12]}"),))
    count = f"{len(taken)} tensors taken, {len(left)} left as they begin; counters start at 0"
    notes = [f"--init {init}: {count}"]
    if left:
        notes += [
            f"taken: {_listed(_layers(taken))}",
            f"left: {_listed([f'{key} {why}' for key, why in left.items()])}",
        ]
    return lineage, notes


def _layers(names: list[str]) -> list[str]:
    """Return the layers of tensors by name, once each; the average's are the generator's."""
    return list(dict.fromkeys(name.rpartition(".")[0] for name in names if not name.startswith("average/")))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
