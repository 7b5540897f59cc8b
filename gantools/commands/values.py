"""From words to values: what is plain is taken as it is, because pydantic, which typer asks, takes 100 ms to load."""

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from typer._click.core import ParameterSource
from typer._coercion import RuntimeParam, build_runtime_param

MAKERS = {str: str, Path: Path}
MOST_DIGITS = 18


class PlainValue:
    """Stands in for typer's conversion of one parameter, and hands over to it whatever is not plain.

    Defaults keep the value that is declared. Text, paths, lists of them, one of several words and counts are made here;
    other numbers, and all that is wrong, are typer's.

    Args:
        annotation: the declared type, ``| None`` taken off.
    """

    def __init__(self, annotation: Any) -> None:
        self._annotation = annotation
        self._real: RuntimeParam | None = None

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the value of ``param``; what was typed and does not fit raises typer's own error."""
        is_many = param.multiple or param.nargs == -1
        if value is None:
            return () if is_many else None
        if ctx.get_parameter_source(param.name) == ParameterSource.DEFAULT:
            return value
        kind = get_args(self._annotation)[0] if get_origin(self._annotation) is list else self._annotation
        if kind in MAKERS and is_many and not isinstance(value, str):
            return [MAKERS[kind](part) for part in value]
        if kind in MAKERS and not is_many and isinstance(value, str):
            return MAKERS[kind](value)
        if get_origin(kind) is Literal and value in get_args(kind):
            return value
        if kind is int and isinstance(value, str) and value.isascii() and value.isdecimal():
            least, most = param.type_descriptor.parameter_info.min, param.type_descriptor.parameter_info.max
            if len(value) <= MOST_DIGITS and (least or 0) <= int(value) and (most is None or int(value) <= most):
                return int(value)
        self._real = self._real or build_runtime_param(param.type_descriptor)
        return self._real.coerce(value, param=param, ctx=ctx)


def take_plain(params: list[Any]) -> None:
    """Let the parameters of a command take plain values without pydantic."""
    for param in params:
        if hasattr(param, "type_descriptor"):
            param._runtime_param = PlainValue(param.type_descriptor.annotation)
