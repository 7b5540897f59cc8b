"""The register: every number that a turn reads beside the tensors. No torch; ``inspect`` reads it from a header."""

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

from gantools.errors import InputError
from gantools.files.header import cut

HISTORY_POINTS = 256
"""The loss history is thinned to half, and its interval doubled, when it is longer than this."""

HEX_DIGITS = 64


@dataclass
class Register:
    """Counters and last losses of a run.

    Args:
        data: digest of the data set (64 hexadecimal digits); it keys the order of the pictures.
        d_steps, g_steps: turns taken by each network. g_steps is the number of rounds.
        d_since_g: D turns since the last G turn.
        images: the clock: grows by one batch at the end of each G turn.
        epoch, position: where in which permutation of the data the next D turn begins, in pictures.
        skipped: D turns that changed nothing because the D loss was under the threshold.
        nonfinite, nonfinite_run: turns whose loss or gradients were not finite, in all and in a row just now.
        loss_d, loss_g: the losses of the last turns; None before the first, or when not finite.
        history_interval: rounds from one point of the history to the next.
        history: points [round, images, D loss, G loss].
    """

    data: str
    d_steps: int = 0
    g_steps: int = 0
    d_since_g: int = 0
    images: int = 0
    epoch: int = 0
    position: int = 0
    skipped: int = 0
    nonfinite: int = 0
    nonfinite_run: int = 0
    loss_d: float | None = None
    loss_g: float | None = None
    history_interval: int = 10
    history: list[list[float | None]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the register as JSON values."""
        return dataclasses.asdict(self)

    @staticmethod
    def from_json(document: Any, name: str) -> "Register":
        """Read a stored register; ``name`` is the file it came from.

        Raises:
            InputError: fields missing, unknown, of another type or out of range.
        """
        try:
            register = Register(**document)
            _check(register)
        except (TypeError, ValueError) as error:
            raise InputError(f"{name}: found a register that cannot be read ({cut(str(error))})") from error
        return register

    def add_history(self) -> None:
        """Add a point, at the end of a round that ``history_interval`` divides; thin a history that grew too long."""
        self.history.append([self.g_steps, self.images, self.loss_d, self.loss_g])
        if len(self.history) > HISTORY_POINTS:
            self.history_interval *= 2
            self.history = [point for point in self.history if (point[0] or 0) % self.history_interval == 0]


def finite_or_none(value: float) -> float | None:
    """Return ``value``, or None when it is NaN or infinite: what JSON and the register hold."""
    return value if math.isfinite(value) else None


def is_digest(value: Any) -> bool:
    """Say whether ``value`` is a digest of 256 bits as hexadecimal text."""
    return isinstance(value, str) and len(value) == HEX_DIGITS and set(value) <= set("0123456789abcdef")


def _check(register: Register) -> None:
    for spec in dataclasses.fields(Register):
        value = getattr(register, spec.name)
        if spec.type is int and (type(value) is not int or not 0 <= value < 2**62):
            raise ValueError(f"{spec.name} is {value!r}")
    if register.history_interval < 1:
        raise ValueError("history_interval is 0")
    if not is_digest(register.data):
        raise ValueError("data is no digest")
    losses = [register.loss_d, register.loss_g]
    if not isinstance(register.history, list) or len(register.history) > HISTORY_POINTS:
        raise ValueError("history is no list of points")
    for point in register.history:
        if not (isinstance(point, list) and len(point) == 4 and all(type(count) is int for count in point[:2])):
            raise ValueError("history holds something that is no point")
        losses += point[2:]
    if not all(loss is None or (isinstance(loss, (int, float)) and math.isfinite(loss)) for loss in losses):
        raise ValueError("a loss is no finite number")
