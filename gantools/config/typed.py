"""Reading configuration values as they are typed: flags and ``--set FIELD=VALUE`` together."""

import dataclasses
import math
import shlex
from typing import Any, get_origin

from gantools.config.build import all_fields
from gantools.config.catalog import AUGMENTATIONS
from gantools.config.fields import setting_of
from gantools.errors import Again, UsageError, nearest, unknown_name


def collect(flags: dict[str, Any], assignments: list[str]) -> dict[str, Any]:
    """Put together what was typed as flags, where None is untyped, and as ``--set``.

    Raises:
        UsageError: both set one field, to different values; or an assignment that cannot be read.
    """
    typed = {name: value for name, value in flags.items() if value is not None}
    for name, value in map(parse_assignment, assignments):
        if typed.get(name, value) != value:
            shown = setting_of(all_fields()[name]).flag or "--set"
            message = f"{shown} and --set {name}: found {typed[name]} and {value}, expected one value"
            hint = (
                Again(shlex.join(["--set", f"{name}={value}"])) if shown == "--set" else Again(drop=(f"--set {name}",))
            )
            raise UsageError(message, hint=hint)
        typed[name] = value
    return typed


def parse_assignment(text: str) -> tuple[str, Any]:
    """Read ``network.latent_dim=64`` as a dotted name and a value of the field's type.

    Raises:
        UsageError: no such field, or a value of another type.
    """
    name, equals, value = text.partition("=")
    fields = all_fields()
    if not equals:
        field = next(iter(nearest(name, fields)), "network.latent_dim")
        hint = Again(f"--set {field}={_example(fields[field])}", was=text)
        raise UsageError(f"--set: found '{text}', expected FIELD=VALUE", hint=hint)
    if name not in fields:
        unknown = unknown_name("--set", name, fields)
        close = next(iter(nearest(name, fields)), None)
        unknown.hint = close and Again(shlex.join(["--set", f"{close}={value}"]), was=text)
        raise unknown
    return name, _convert(name, fields[name], value)


def parse_drop(text: str) -> tuple[float, int]:
    """Read ``0.1@400k`` as (factor, images seen).

    Raises:
        UsageError: not of that form, or the factor not in (0, 1].
    """
    factor, at, images = text.partition("@")
    multiple = {"k": 1_000, "m": 1_000_000}.get(images[-1:].lower(), 1)
    digits = images if multiple == 1 else images[:-1]
    try:
        parsed = (float(factor), int(float(digits) * multiple))
        if at and 0.0 < parsed[0] <= 1.0 and parsed[1] >= 0:
            return parsed
    except (ValueError, OverflowError):
        pass
    message = f"--lr-drop: found '{text}', expected FACTOR@IMAGES with a factor in (0, 1]"
    raise UsageError(message, hint=Again("--lr-drop 0.1@400k", ("--set balance.lr_drops",), was=text))


def parse_augment(text: str) -> str:
    """Read names of changes in any order as the catalogue has them; ``auto`` and unknown ones stay as they are."""
    names = set(text.split(","))
    return next((known for known in AUGMENTATIONS if set(known.split(",")) == names), text)


def _convert(name: str, field: "dataclasses.Field[Any]", text: str) -> Any:
    if get_origin(field.type) is tuple:
        return tuple(parse_drop(part) for part in text.split(",") if part)
    usual = f"--set {name}={_example(field)}"
    if name == "augment.operations":
        return parse_augment(text)
    try:
        value = field.type(text)  # type: ignore[operator]
    except ValueError:
        expected = {int: "a whole number", float: "a number"}[field.type]  # type: ignore[index]
        raise UsageError(f"--set {name}: found '{text}', expected {expected}", hint=usual) from None
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"--set {name}: found '{text}', expected a finite number", hint=usual)
    return value


def _example(field: "dataclasses.Field[Any]") -> Any:
    """Return a value to show for a field: its default, where it has one that is a word or a number."""
    return 64 if isinstance(field.default, tuple) or field.default is dataclasses.MISSING else field.default
