"""The register: every number that a turn reads beside the tensors. No torch; ``inspect`` reads it from a header."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gantools.errors import InputError
from gantools.files.header import cut

HISTORY_POINTS = 256
"""The loss history is thinned to half, and its interval doubled, when it is longer than this."""

HEX_DIGITS = 64

SIGNS = ("among_fakes", "among_reals", "nearest_fakes", "nearest_reals", "across", "order")
"""The vital signs that D turns take, as moving means: the mean distance of two fakes, and of two reals; the distance of
a fake from the fake most like it, and of a real from such a real; that of a real and a fake; the share of pairs of a
real and a fake that D puts in the right order."""


LEADS = ("over_unseen", "over_fakes")
"""Vital signs of data with held-out pictures, beside the others: how much higher D puts training pictures than held-out
ones, and than fakes."""


class Point(NamedTuple):
    """One point of the history: counts, losses, and what the vital signs come to.

    Args:
        round, images: where the run was.
        loss_d, loss_g: the last losses; None when not finite.
        d_steps: D turns so far. Where they did not grow since the point before, nothing new was measured.
        spread: how much two fakes differ, as a share of how much two reals do. 0: all fakes are alike.
        twins: how much a fake differs from the one most like it, as a share of the reals' own. 0: each has a twin.
        gap: how far the fakes lie from the reals (energy distance), as a share of how much two reals differ; 0 for
            equals, about 2 for a single picture of noise.
        order: share of pairs of a real and a fake that D puts in the right order. 0.5: it cannot tell them apart.
        overfitting: how much higher D puts training pictures than held-out ones, as a share of how much higher than
            fakes; 0: it knows nothing of them by heart. None, and left out, where no pictures are held out.
    """

    round: int
    images: int
    loss_d: float | None
    loss_g: float | None
    d_steps: int
    spread: float | None
    twins: float | None
    gap: float | None
    order: float | None
    overfitting: float | None = None


COUNTS = ("round", "images", "d_steps")


class DataLabels(NamedTuple):
    """What a conditional run knows of the labels of its pictures.

    Args:
        counts: pictures of each class.
        digest: of the label of each picture and the classes' names, 32 hexadecimal digits.
    """

    counts: list[int]
    digest: str


UNLABELLED = DataLabels([], "")


@dataclass
class Register:
    """Counters and last losses of a run.

    Args:
        data: digest of the data set (64 hexadecimal digits); it keys the order of the pictures.
        label_counts: pictures of each class in the data of a conditional run, by which labels are drawn; else none.
        label_digest: digest of the label of each of them (32 hexadecimal digits); else empty.
        d_steps, g_steps: turns taken by each network. g_steps is the number of rounds.
        d_since_g: D turns since the last G turn.
        images: the clock: grows by one batch at the end of each G turn.
        epoch, position: where in which permutation of the data the next D turn begins, in pictures.
        skipped: D turns that changed nothing because the D loss was under the threshold.
        nonfinite, nonfinite_run: turns whose loss or gradients were not finite, in all and in a row just now.
        loss_d, loss_g: the losses of the last turns; None before the first, or when not finite.
        augment_strength: of an adaptive augmentation, in [0, 1].
        path_length: running mean of the path lengths of G; 0 before the first.
        signs: the vital signs by name; None before the first.
        judged_from: the round from which on the run is judged: the last change of its rates and the like.
        history_interval: rounds from one point of the history to the next.
        history: points, each the list of what ``Point`` names.
    """

    data: str
    label_counts: list[int] = field(default_factory=list)
    label_digest: str = ""
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
    augment_strength: float = 0.0
    path_length: float = 0.0
    signs: dict[str, float | None] = field(default_factory=lambda: dict.fromkeys(SIGNS))
    judged_from: int = 0
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
            if odd := document.keys() ^ {spec.name for spec in dataclasses.fields(Register)}:
                raise ValueError(f"fields that differ: {', '.join(sorted(odd)[:5])}")
            register = Register(**document)
            _check(register)
        except (AttributeError, TypeError, ValueError) as error:
            raise InputError(f"{name}: found a register that cannot be read ({cut(str(error))})") from error
        return register

    def add_history(self) -> None:
        """Add a point, at the end of a round that ``history_interval`` divides; thin a history that grew too long."""
        losses = self.loss_d, self.loss_g
        point = list(Point(self.g_steps, self.images, *losses, self.d_steps, *ratios(self.signs)))
        self.history.append(point if point[-1] is not None else point[:-1])
        if len(self.history) > HISTORY_POINTS:
            self.history_interval *= 2
            self.history = [point for point in self.history if (point[0] or 0) % self.history_interval == 0]

    def points(self) -> list[Point]:
        """Return the history as points with names."""
        return [Point(*point) for point in self.history]  # type: ignore[arg-type]


def ratios(signs: Mapping[str, float | None]) -> tuple[float | None, ...]:
    """Return spread, twins, gap, order and overfitting, to four digits.

    None where a sign is missing, the reals are all alike, or D does not put training pictures above fakes.
    """
    fakes, reals, near_fakes, near_reals, across, order = (signs[name] for name in SIGNS)
    spread = twins = gap = None
    if fakes is not None and across is not None and reals:
        spread, gap = round(fakes / reals, 4), round((2 * across - fakes - reals) / reals, 4)
    if near_fakes is not None and near_reals:
        twins = round(near_fakes / near_reals, 4)
    over_unseen, over_fakes = (signs.get(name) for name in LEADS)
    overfitting = None
    if over_unseen is not None and over_fakes is not None and over_fakes > 0:
        overfitting = round(over_unseen / over_fakes, 4)
    return spread, twins, gap, None if order is None else round(order, 4), overfitting


def named_ratios(signs: Mapping[str, float | None]) -> dict[str, float | None]:
    """Return spread, twins, gap, order and overfitting by name."""
    return dict(zip(Point._fields[-5:], ratios(signs), strict=True))


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
    if not isinstance(register.augment_strength, (int, float)) or not 0 <= register.augment_strength <= 1:
        raise ValueError(f"augment_strength is {register.augment_strength!r}")
    if not (isinstance(register.path_length, (int, float)) and math.isfinite(register.path_length)):
        raise ValueError(f"path_length is {register.path_length!r}")
    if register.history_interval < 1:
        raise ValueError("history_interval is 0")
    counts = register.label_counts
    if not isinstance(counts, list) or not all(type(count) is int and 0 <= count < 2**62 for count in counts):
        raise ValueError("label_counts are no counts")
    if counts and not any(counts):
        raise ValueError("label_counts are all 0")
    if not isinstance(register.label_digest, str) or bool(register.label_digest) != bool(counts):
        raise ValueError("label_digest is no digest")
    if not is_digest(register.data):
        raise ValueError("data is no digest")
    if register.signs.keys() not in (set(SIGNS), {*SIGNS, *LEADS}):
        raise ValueError("signs are other ones")
    numbers = [register.loss_d, register.loss_g, *register.signs.values()]
    if not isinstance(register.history, list) or len(register.history) > HISTORY_POINTS:
        raise ValueError("history is no list of points")
    for row in register.history:
        if not (isinstance(row, list) and len(row) in (len(Point._fields) - 1, len(Point._fields))):
            raise ValueError("history holds something that is no point")
        point = dict(zip(Point._fields, row, strict=False))
        if not all(type(point[name]) is int for name in COUNTS):
            raise ValueError("a point of the history counts in no whole numbers")
        numbers += row
    if not all(value is None or (isinstance(value, (int, float)) and math.isfinite(value)) for value in numbers):
        raise ValueError("a loss or a sign is no finite number")
