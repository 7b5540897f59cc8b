"""What a command says of itself, as data: the help, the manual page, the reference and completion are made of it."""

import inspect
from typing import Any, NamedTuple

from typer.core import TyperArgument, TyperOption

ARGUMENTS = "Arguments"
OPTIONS = "Options"
LABELS = {"int": "N", "float": "X", "Path": "PATH", "str": "TEXT"}


class Row(NamedTuple):
    """What is said of one parameter.

    Args:
        names: the option's names, the short one first; of an argument the one name.
        value: what stands for the option's value; empty for a flag and an argument.
        help: one sentence.
        notes: the variable that is read, the default.
    """

    names: tuple[str, ...]
    value: str
    help: str
    notes: tuple[str, ...]

    def form(self) -> str:
        """Return how it is typed: ``-o, --output PATH``."""
        return f"{', '.join(self.names)} {self.value}".rstrip()

    def text(self) -> str:
        """Return help and notes as one line."""
        return self.help + (f"  [{'; '.join(self.notes)}]" if self.notes else "")


class Opening(NamedTuple):
    """How a help text begins: lines to type, then paragraphs of prose, each on one line."""

    examples: tuple[str, ...]
    purpose: tuple[str, ...]


def opening(text: str) -> Opening:
    """Take a help text apart; a paragraph that begins with ``Example:`` holds commands to type."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    examples = [line.strip() for part in paragraphs if part.startswith("Example:") for line in part.splitlines()[1:]]
    purpose = [" ".join(part.split()) for part in paragraphs if not part.startswith("Example:")]
    return Opening(tuple(examples), tuple(purpose))


def groups(command: Any, ctx: Any) -> list[tuple[str, list[Row]]]:
    """Return a command's parameters by the title of their group; options without a group come last."""
    found: dict[str, list[Row]] = {}
    for param in command.get_params(ctx):
        if not param.hidden:
            default_group = ARGUMENTS if isinstance(param, TyperArgument) else OPTIONS
            found.setdefault(param.rich_help_panel or default_group, []).append(_row(param, ctx))
    last = found.pop(OPTIONS, [])
    return [(title, rows) for title, rows in [*found.items(), (OPTIONS, last)] if rows]


def context(command: Any, name: str, parent: Any = None) -> Any:
    """Return a context in which ``command`` describes itself; nothing of a command line is read."""
    return command.context_class(command, info_name=name, parent=parent, **command.context_settings)


def label(param: Any) -> str:
    """Return what stands for the value: the metavar, the choices, or a letter for its type."""
    if param.metavar:
        return str(param.metavar)
    descriptor = param.type_descriptor
    if descriptor.choices:
        return "|".join(choices(param))
    annotation = descriptor.annotation
    name = getattr(next(iter(getattr(annotation, "__args__", ())), annotation), "__name__", "VALUE")
    return LABELS.get(name, "VALUE")


def choices(param: Any) -> list[str]:
    """Return the words of which the parameter takes one; none when it takes anything."""
    return [str(getattr(choice, "value", choice)) for choice in param.type_descriptor.choices or ()]


def argument_forms(command: Any) -> list[str]:
    """Return how each argument is written: ``NAME``, ``[NAME]`` when it may be left out, ``NAME...`` for several."""
    forms = []
    for param in command.params:
        if isinstance(param, TyperArgument):
            name = param.display_name_raw.strip("[].") + ("..." if param.nargs != 1 else "")
            forms.append(name if param.required else f"[{name}]")
    return forms


def _row(param: TyperArgument | TyperOption, ctx: Any) -> Row:
    notes = []
    if param.show_envvar and param.envvar:
        notes.append(f"env: {param.envvar}")
    default = param.get_default(ctx, call=False)
    if isinstance(param.show_default, str):
        notes.append(f"default: {param.show_default}")
    elif param.show_default and default is not None and not isinstance(default, bool) and default != ():
        notes.append(f"default: {getattr(default, 'value', default)}")
    if isinstance(param, TyperArgument):
        return Row((param.display_name_raw.strip("[]"),), "", param.help or "", tuple(notes))
    names = (*sorted(param.opts, key=len), *param.secondary_opts)
    return Row(names, "" if param.is_flag or param.count else label(param), param.help or "", tuple(notes))
