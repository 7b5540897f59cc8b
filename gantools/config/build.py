"""Building, checking and comparing configurations. Values go by dotted names such as ``optimizer.lr_g``."""

import dataclasses
from dataclasses import dataclass
from typing import Any, NamedTuple, get_origin

from gantools.config import catalog
from gantools.config.conflicts import conflicts
from gantools.config.fields import OnResume, fault, remedy, setting_of
from gantools.config.ground import MANY, Ground, augmentation, consequences
from gantools.config.run import RunConfig
from gantools.errors import Again, Hint, InputError, UsageError
from gantools.files.header import cut


class PictureShape(NamedTuple):
    """Height and width in pixels, and channels (1 grey, 3 RGB, 4 RGBA)."""

    height: int
    width: int
    channels: int

    def __str__(self) -> str:
        """Write the shape as people do: ``64x48 RGB`` (width x height)."""
        return f"{self.width}x{self.height} {({1: 'grey', 3: 'RGB', 4: 'RGBA'})[self.channels]}"


@dataclass(frozen=True)
class Resolved:
    """A checked configuration, and for each dotted name where its value came from."""

    config: RunConfig
    origins: dict[str, str]


@dataclass(frozen=True)
class Change:
    """A value that differs between a stored run and what was typed."""

    name: str
    old: Any
    new: Any
    on_resume: OnResume


def all_fields() -> dict[str, "dataclasses.Field[Any]"]:
    """Return every field of a run by its dotted name, in the order of declaration."""
    table: dict[str, dataclasses.Field[Any]] = {}
    for field in dataclasses.fields(RunConfig):
        if dataclasses.is_dataclass(field.type):
            table |= {f"{field.name}.{inner.name}": inner for inner in dataclasses.fields(field.type)}
        else:
            table[field.name] = field
    return table


def values_of(config: RunConfig) -> dict[str, Any]:
    """Return the values of ``config`` by dotted name."""
    return {name: _lookup(config, name) for name in all_fields()}


def build(values: dict[str, Any]) -> RunConfig:
    """Make a configuration from values by dotted name; absent names keep the fields' defaults. Nothing is checked."""
    top: dict[str, Any] = {}
    for name, value in values.items():
        subject, _, inner = name.rpartition(".")
        if subject:
            top.setdefault(subject, {})[inner] = value
        else:
            top[name] = value
    subjects = {field.name: field.type for field in dataclasses.fields(RunConfig)}
    made = {name: subjects[name](**value) if isinstance(value, dict) else value for name, value in top.items()}  # type: ignore[operator]
    return RunConfig(**made)


def resolve(
    shape: PictureShape, typed: dict[str, Any], count: int | None = None, classes: int = 0, device: str = "cpu"
) -> Resolved:
    """Build the configuration of a new run: the fields' defaults, then the preset, then the data, then what was typed.

    Args:
        shape: what the data are.
        typed: values by dotted name, from flags and ``--set``.
        count: how many pictures there are, for augmentation; None: that is not known.
        classes: how many the labels of the pictures know; only a conditional run uses them.
        device: ``cpu`` or ``cuda``, for the width of the default.

    Raises:
        UsageError: values out of range, unknown names, or values that contradict each other, all of them together.
    """
    preset, chosen = typed.get("preset", "auto"), preset_values(shape, typed, count, device)
    if typed.get("augment.operations") == "auto":
        chosen |= _augmentation_asked_for(shape, count)
        typed = {name: value for name, value in typed.items() if name != "augment.operations"}
    is_conditional = typed.get("network.conditional") == "yes"
    data = {f"network.{name}": value for name, value in shape._asdict().items()}
    data["network.classes"] = classes if is_conditional else 0
    if odd := [name for name, value in data.items() if typed.get(name, value) != value]:
        found = "; ".join(f"--set {name}: found {typed[name]}, the pictures have {data[name]}" for name in odd)
        raise UsageError(
            f"{found}; expected the data to decide", hint=Again(drop=tuple(f"--set {name}" for name in odd))
        )
    family, of_preset = typed.get("network.family"), chosen.get("network.family", (None, ""))[0]
    if None not in (family, of_preset) and family != of_preset:
        message = f"--preset {preset} and --arch {family}: the preset has {of_preset} networks, expected one of the two"
        raise UsageError(message, hint=f"--arch {family}")
    values = {name: value for name, (value, _) in chosen.items()} | data | typed
    _require_taken(values.get("network.family", "dcgan"), typed)
    config = build(values)
    origins = {name: setting_of(field).source or "default" for name, field in all_fields().items()}
    for name, (_, why) in chosen.items():
        origins[name] = why if why.startswith("--") else f"preset {preset}: {why}"  # some follow from what was typed
    origins |= dict.fromkeys(data, "the data") | dict.fromkeys(typed, "typed")
    check(config)
    return Resolved(config, origins)


def _augmentation_asked_for(shape: PictureShape, count: int | None) -> dict[str, tuple[Any, str]]:
    found = augmentation(MANY + 1 if count is None else count, shape.channels)
    return {name: (value, f"--augment auto: {why}") for name, (value, why) in found.items()}


def _require_taken(family: str, typed: dict[str, Any]) -> None:
    """Require that what was typed is something that the family has: a value that does nothing is refused."""
    odd = [name for name in catalog.others(family) if f"network.{name}" in typed]
    if odd:
        known = {name: [arch for arch, entry in catalog.FAMILIES.items() if name in entry.takes] for name in odd}
        of = "; ".join(f"--set network.{name} and --arch {family}: it is of {', '.join(known[name])}" for name in odd)
        hint = Again(drop=tuple(f"--set network.{name}" for name in odd))
        raise UsageError(f"{of}; expected no value that does nothing", hint=hint)


def preset_values(
    shape: PictureShape, typed: dict[str, Any], count: int | None = None, device: str = "cpu"
) -> dict[str, tuple[Any, str]]:
    """Return what the preset gives for data and family: dotted name -> (value, why).

    Args:
        shape, count, device: see ``resolve``.
        typed: of these only ``preset``, ``network.family``, the loss, penalty and augmentation are looked at.

    Raises:
        UsageError: no such preset or family.
    """
    recipe = catalog.find("--preset", catalog.PRESETS, typed.get("preset", "auto")).load()
    family = typed.get("network.family", "dcgan")
    catalog.find("--arch", catalog.FAMILIES, family)
    values: dict[str, tuple[Any, str]] = recipe(Ground(family, shape, count, device))
    return values | consequences(typed, values)


def set_by_presets() -> set[str]:
    """Return the fields to which a preset gives a value, whatever the family."""
    shape = PictureShape(64, 64, 3)
    recipes = [entry.load() for entry in catalog.PRESETS.values()]
    grounds = [Ground(family, shape, count=1) for family in catalog.FAMILIES]
    return {name for recipe in recipes for ground in grounds for name in recipe(ground)}


def check(config: RunConfig) -> None:
    """Check every value and every combination; report all faults together.

    Raises:
        UsageError: at least one fault.
    """
    values = values_of(config)
    faults = [text for name, field in all_fields().items() if (text := fault(name, field, values[name]))]
    hint: Hint | None = Again(
        " ".join(put for name, field in all_fields().items() if (put := remedy(name, field, values[name]))),
        drop=tuple(f"--set {name}" for name, field in all_fields().items() if fault(name, field, values[name])),
    )
    if not faults:
        found = conflicts(config)
        faults, hint = [fault for fault, _ in found], " ".join(put for _, put in found) or None
    if len(faults) == 1:
        raise UsageError(faults[0], hint=hint)
    if faults:
        raise UsageError(f"{len(faults)} faults in the configuration: " + "; ".join(faults), hint=hint)


def to_json(config: RunConfig) -> dict[str, Any]:
    """Return the configuration as nested JSON values."""
    return dataclasses.asdict(config)


def from_json(document: Any, name: str) -> RunConfig:
    """Read a stored configuration; ``name`` is the file it came from.

    Raises:
        InputError: fields missing, unknown, of another type or out of range.
    """
    try:
        flat = {
            key if not isinstance(value, dict) else f"{key}.{inner}": value if not isinstance(value, dict) else item
            for key, value in document.items()
            for inner, item in (value.items() if isinstance(value, dict) else [("", value)])
        }
        fields = all_fields()
        if flat.keys() != fields.keys():
            odd = sorted(flat.keys() ^ fields.keys())
            raise ValueError(f"fields that differ: {', '.join(odd[:5])}")
        config = build({key: _stored(fields[key], value) for key, value in flat.items()})
        check(config)
    except (AttributeError, TypeError, ValueError, UsageError) as error:
        raise InputError(f"{name}: found a stored configuration that cannot be read ({cut(str(error))})") from error
    return config


def changes(stored: RunConfig, typed: dict[str, Any]) -> list[Change]:
    """Return the typed values that differ from the stored ones; what was not typed keeps its stored value."""
    fields, values = all_fields(), values_of(stored)
    return [
        Change(name, values[name], value, setting_of(fields[name]).on_resume)
        for name, value in typed.items()
        if values[name] != value and (name, value) != ("augment.operations", "auto")  # what auto came to is stored
    ]


def with_values(config: RunConfig, new: dict[str, Any]) -> RunConfig:
    """Return ``config`` with some values replaced, checked."""
    changed = build(values_of(config) | new)
    check(changed)
    return changed


def _lookup(config: RunConfig, name: str) -> Any:
    value: Any = config
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _stored(field: "dataclasses.Field[Any]", value: Any) -> Any:
    if get_origin(field.type) is tuple:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{field.name} is {value!r}")
        return tuple(_stored_drop(factor, images) for factor, images in value)
    if field.type is float and type(value) is int:
        return float(value)
    if type(value) is not field.type:
        raise ValueError(f"{field.name} is {value!r}")
    return value


def _stored_drop(factor: Any, images: Any) -> tuple[float, int]:
    if type(factor) not in (int, float) or not 0 < factor <= 1 or type(images) is not int or images < 0:
        raise ValueError(f"a drop is {factor!r} at {images!r}")
    return float(factor), images
