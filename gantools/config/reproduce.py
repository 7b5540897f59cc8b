"""The way back from a configuration to the options that give it."""

from typing import Any

from gantools.config.build import PictureShape, all_fields, build, preset_values, values_of
from gantools.config.fields import SWITCH, setting_of
from gantools.config.run import RunConfig

OF_THE_DATA = (*(f"network.{name}" for name in PictureShape._fields), "network.classes")
OF_THE_MACHINE = ("precision",)
"""Untyped, these are chosen by the device: they are always written out."""


def typed_options(config: RunConfig, count: int | None = None, device: str = "cpu") -> list[str]:
    """Return the words that make ``train`` build ``config`` from data of its shape.

    Only what differs from the defaults of its preset and family is there: a flag where the field has one, else
    ``--set name=value``.

    Args:
        count, device: the pictures and the device of the run, which a preset may look at.
    """
    words: list[str] = []
    own = own_values(config, count, device)
    for name, value in values_of(config).items():
        if name in own or name in OF_THE_MACHINE:
            words += _words(name, value)
    return words


def own_values(config: RunConfig, count: int | None = None, device: str = "cpu") -> set[str]:
    """Return the names of the values that are other than the defaults of its preset and family for its data."""
    untyped = _untyped(config, count, device)
    return {name for name, value in values_of(config).items() if name not in OF_THE_DATA and value != untyped[name]}


def _untyped(config: RunConfig, count: int | None, device: str) -> dict[str, Any]:
    """Return the values of a run of which only the preset and, where the preset has another, the family is typed.

    What follows from a loss, a penalty or changes of augmentation that are not the preset's is in them.
    """
    data = {name: values_of(config)[name] for name in OF_THE_DATA}
    shape = PictureShape(*(data[f"network.{name}"] for name in PictureShape._fields))

    def values(typed: dict[str, Any]) -> dict[str, Any]:
        chosen = preset_values(shape, typed, count, device)
        return values_of(build({name: value for name, (value, _) in chosen.items()} | data))

    preset = {"preset": config.preset}
    loss = {"loss.name": config.loss.name, "loss.penalty": config.loss.penalty}
    typed = preset | loss | {"network.family": config.network.family}
    own = values(typed)
    if own["augment.operations"] != config.augment.operations:
        own = values(typed | {"augment.operations": config.augment.operations})
    return own | {"network.family": values(preset)["network.family"]}


def _words(name: str, value: Any) -> list[str]:
    flag = setting_of(all_fields()[name]).flag
    if isinstance(value, tuple):
        drops = [f"{factor!r}@{images}" for factor, images in value]
        return [word for drop in drops for word in (flag, drop)] if drops else ["--set", f"{name}="]
    if setting_of(all_fields()[name]).choices == SWITCH:
        return [flag] if value == "yes" else ["--set", f"{name}={value}"]
    return [flag, str(value)] if flag else ["--set", f"{name}={value}"]
