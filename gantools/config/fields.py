"""How a configuration field is described: its help, range, choices, source, and what a resumed run may do with it."""

import dataclasses
from dataclasses import dataclass
from enum import Enum
from typing import Any

from gantools.errors import nearest

SWITCH = ("no", "yes")
"""The choices of a field whose flag stands alone and means yes."""


class OnResume(Enum):
    """What happens when a resumed run is given another value for a field."""

    FIXED = "refused: it defines the run"
    ASK = "refused unless --allow-change names it"
    EVENT = "accepted, stored, and logged as an event"
    BITS = "accepted; the run is no longer bit-equal to an undisturbed one"


@dataclass(frozen=True)
class Setting:
    """What is known about one field besides its type and default.

    Args:
        help: one sentence, shown by --help, the reference and --print-config.
        source: where the default comes from: a paper, a measurement, or "guess".
        flag: the command-line option that sets it; empty: only ``--set``.
        minimum, maximum: the allowed range, both ends included.
        choices: the allowed names.
        also: names that may be typed for a new run, and come to one of the choices.
        on_resume: what a resumed run may do.
    """

    help: str
    source: str = ""
    flag: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    on_resume: OnResume = OnResume.FIXED

    @property
    def typable(self) -> tuple[str, ...]:
        """The names that may be typed."""
        return (*self.also, *self.choices)


def setting(default: Any = dataclasses.MISSING, **known: Any) -> Any:
    """Declare a dataclass field with a ``Setting``; without a default the data decide."""
    return dataclasses.field(default=default, metadata={"setting": Setting(**known)})


def setting_of(field: "dataclasses.Field[Any]") -> Setting:
    """Return the ``Setting`` of a field declared by ``setting``."""
    described: Setting = field.metadata["setting"]
    return described


def fault(name: str, field: "dataclasses.Field[Any]", value: Any) -> str | None:
    """Say what is wrong with ``value`` for the field shown as ``name``, or None when it fits."""
    known = setting_of(field)
    shown = known.flag or f"--set {name}"
    if known.choices and value not in known.choices:
        return f"{shown}: found '{value}', expected one of {', '.join(known.typable)}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        low = float("-inf") if known.minimum is None else known.minimum
        high = float("inf") if known.maximum is None else known.maximum
        if not low <= value <= high:
            return f"{shown}: found {value}, expected {_range(known)}"
    return None


def remedy(name: str, field: "dataclasses.Field[Any]", value: Any) -> str:
    """Return the option, as it is typed, with the value that fits best; empty where ``value`` fits."""
    known = setting_of(field)
    if fault(name, field, value) is None:
        return ""
    fitting: Any
    if known.choices:
        fitting = next(iter(nearest(str(value), known.typable)), known.choices[0])
    elif value != value:  # not a number
        fitting = field.default
    else:
        too_low = known.minimum is not None and value < known.minimum
        fitting = type(value)(known.minimum if too_low else known.maximum)
    if known.choices == SWITCH:
        return f"--set {name}={fitting}"
    return f"{known.flag} {fitting}" if known.flag else f"--set {name}={fitting}"


def _range(known: Setting) -> str:
    if known.maximum is None:
        return f"{known.minimum} or more"
    if known.minimum is None:
        return f"{known.maximum} or less"
    return f"{known.minimum} to {known.maximum}"
