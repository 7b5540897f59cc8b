"""What differs between two checkpoints: tensors by network, configuration, register. It shows what a phase froze."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gantools.config.build import values_of
from gantools.files.document import Document, read_document
from gantools.files.header import Header, TensorEntry
from gantools.inspection.finding import short
from gantools.inspection.tensors import FLOATS, pieces, reading

NUMBERS = {**FLOATS, "I64": "<i8", "I32": "<i4"}


@dataclass
class Group:
    """The tensors of one network, or of one optimiser, in both checkpoints.

    Args:
        name: for example ``generator`` or ``optimizer/generator``.
        equal: how many are equal byte for byte.
        changed: name -> the largest difference of two numbers; None where it is not a number.
        reshaped: names of another shape or dtype.
        only_first, only_second: names that the other one has not.
    """

    name: str
    equal: int = 0
    changed: dict[str, float | None] = field(default_factory=dict)
    reshaped: list[str] = field(default_factory=list)
    only_first: list[str] = field(default_factory=list)
    only_second: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Say it in words."""
        parts = []
        if self.changed:
            parts.append(f"{len(self.changed)} of {len(self.changed) + self.equal} differ{self._largest()}")
        elif self.equal:
            parts.append(f"{self.equal} tensors equal" if self.equal > 1 else "1 tensor equal")
        parts += [f"{len(self.reshaped)} of another shape"] if self.reshaped else []
        parts += [f"{len(self.only_first)} only in the first"] if self.only_first else []
        parts += [f"{len(self.only_second)} only in the second"] if self.only_second else []
        return ", ".join(parts)

    def _largest(self) -> str:
        known = {name: value for name, value in self.changed.items() if value is not None}
        if not known:
            return ""
        name = max(known, key=lambda key: known[key])
        return f" (largest change {known[name]:.3g} in {short(name.removeprefix(self.name + '/'))})"


@dataclass
class Difference:
    """Two checkpoints compared: groups of tensors, then name -> (first, second) of what else differs."""

    groups: list[Group]
    config: dict[str, tuple[Any, Any]]
    register: dict[str, tuple[Any, Any]]

    def facts(self) -> dict[str, Any]:
        """Return JSON values."""
        return dataclasses.asdict(self)

    def rows(self) -> list[tuple[str, str]]:
        """Return (name, value) for people."""
        rows = [(group.name, group.text()) for group in self.groups]
        for title, values in (("config", self.config), ("register", self.register)):
            rows += [(title, f"{name} {_shown(first)} -> {_shown(second)}") for name, (first, second) in values.items()]
            if not values:
                rows.append((title, "equal"))
        return rows

    def details(self) -> list[tuple[str, str]]:
        """Return a row for each tensor that differs."""
        return [
            (short(name), "differs" if value is None else f"largest change {value:.3g}")
            for group in self.groups
            for name, value in group.changed.items()
        ]


def compare(first: Path, second: Path) -> Difference:
    """Compare two checkpoints byte by byte, without torch.

    Raises:
        InputError: one of them is absent, foreign, damaged or cut off.
    """
    (header, document), (other, other_document) = read_document(first), read_document(second)
    with reading(first) as descriptor, reading(second) as other_descriptor:
        groups = _groups((descriptor, header, str(first)), (other_descriptor, other, str(second)))
    return Difference(
        groups,
        _differing(values_of(document.config), values_of(other_document.config)),
        _differing(_register(document), _register(other_document)),
    )


Opened = tuple[int, Header, str]


def _groups(first: Opened, second: Opened) -> list[Group]:
    groups: dict[str, Group] = {}
    tensors, others = first[1].tensors, second[1].tensors
    for name in dict.fromkeys([*tensors, *others]):
        group = groups.setdefault(_group_name(name), Group(_group_name(name)))
        if name not in others:
            group.only_first.append(name)
        elif name not in tensors:
            group.only_second.append(name)
        elif (tensors[name].dtype, tensors[name].shape) != (others[name].dtype, others[name].shape):
            group.reshaped.append(name)
        else:
            _compare_tensor(group, name, (first[0], tensors[name], first[2]), (second[0], others[name], second[2]))
    return [groups[name] for name in sorted(groups, key=lambda name: (name.startswith("optimizer/"), name))]


def _compare_tensor(
    group: Group, name: str, first: tuple[int, TensorEntry, str], second: tuple[int, TensorEntry, str]
) -> None:
    largest: float | None = 0.0
    is_equal = True
    for piece, other in zip(pieces(*first), pieces(*second), strict=True):
        if piece != other:
            is_equal = False
            change = _largest_change(piece, other, first[1].dtype)
            largest = None if change is None or largest is None else max(largest, change)
    if is_equal:
        group.equal += 1
    else:
        group.changed[name] = largest


def _largest_change(piece: bytes, other: bytes, dtype: str) -> float | None:
    """Return the largest absolute difference, or None when there is none that is a finite number."""
    if dtype not in NUMBERS:
        return None
    with np.errstate(all="ignore"):
        a, b = (np.frombuffer(data, NUMBERS[dtype]).astype(np.float64) for data in (piece, other))
        largest = float(np.abs(a - b).max())
    return largest if np.isfinite(largest) else None


def _group_name(name: str) -> str:
    parts = name.split("/")
    return short("/".join(parts[:2]) if parts[0] == "optimizer" and len(parts) > 2 else parts[0])


def _register(document: Document) -> dict[str, Any]:
    values = document.register.to_json()
    return values | {"history": f"{len(values['history'])} points"}


def _differing(first: dict[str, Any], second: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (first[name], second[name]) for name in first if first[name] != second[name]}


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else short(value)
