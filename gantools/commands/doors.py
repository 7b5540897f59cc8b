"""How a command looks from outside: help in named groups under a working example, usage errors in three beats.

The classes stand on Typer's own; what it carries of Click is reached only through Typer.
"""

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from typer import Exit
from typer._click import exceptions as parsing  # private, like the next: hence the pin below 0.30
from typer._click.core import ParameterSource
from typer._click.globals import get_current_context
from typer.core import TyperCommand, TyperGroup, TyperOption

from gantools.commands.describe import argument_forms, choices, groups, label, opening
from gantools.commands.retype import retyped
from gantools.commands.values import take_plain
from gantools.console import Color, Console
from gantools.errors import Again, ExitCode, Hint, UsageError, nearest

HELP_WIDTH = 100
TOO_MANY = "Got unexpected extra argument(s) "


@dataclass
class Manner:
    """How errors of the running command are to be told, as far as its options have been read.

    Args:
        words: what was typed behind ``gantools``.
        root: the suite, which knows its commands and options.
        params: values of the running command by name.
    """

    color: Color = "auto"
    debug: bool = False
    words: Sequence[str] = ()
    root: Any = None
    params: dict[str, Any] = field(default_factory=dict)

    def line(self, hint: Hint | None) -> str | None:
        """Return a hint as a line to type: the words that were typed, with its changes."""
        if hint is None or (self.root is None and not isinstance(hint, str)):
            return None
        return retyped(hint, self.words, self.root)


def typed_again(hint: Hint | None) -> str | None:
    """Return a hint of the command that is running as a line to type."""
    ctx = get_current_context(silent=True)
    manner = ctx.find_object(Manner) if ctx is not None else None
    return (manner or Manner()).line(hint)


class GroupedCommand(TyperCommand):
    """A command whose help opens with its example and lists its options by ``rich_help_panel``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line; what is wrong with it is a ``gantools.errors.UsageError``."""
        take_plain(self.get_params(ctx))
        with _three_beats(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command, once it is known how its errors are to be told."""
        manner = ctx.find_object(Manner)
        if manner is not None:
            manner.color, manner.debug = ctx.params.get("color", "auto"), ctx.params.get("debug", False)
            manner.params = ctx.params
        with _three_beats(ctx):
            return super().invoke(ctx)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what follows the command's name in the usage line."""
        return ["[OPTIONS]", *argument_forms(self)]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write example and purpose, then the usage line, then the groups of options."""
        _write_opening(self.help or "", formatter)
        self.format_usage(ctx, formatter)
        _write_groups(self, ctx, formatter)


class CommandList(TyperGroup):
    """The suite itself: its help opens with the shortest way and lists the commands in the order of their use."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands' names in the order in which they were added."""
        return list(self.commands)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read what stands before the command; an empty command line shows the help on stderr and ends with 2."""
        if not args and not ctx.resilient_parsing:
            for line in ctx.get_help().splitlines():
                Console().line(line)
            raise Exit(ExitCode.USAGE)
        take_plain(self.get_params(ctx))
        with _three_beats(ctx):
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first word names.

        Raises:
            UsageError: there is no such command; the nearest one is in the hint.
        """
        if args[0] not in self.commands and not ctx.resilient_parsing:
            known = list(self.commands)
            close = nearest(args[0], known)
            hint = Again(swap={args[0]: close[0]}) if close else "gantools --help"
            message = f"gantools: unknown command '{args[0]}', expected one of {', '.join(known)}"
            raise UsageError(message, hint=hint)
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write example and purpose, then the commands, then the few options."""
        _write_opening(self.help or "", formatter)
        self.format_usage(ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.short_help or "") for name, command in self.commands.items()])
        _write_groups(self, ctx, formatter)
        formatter.write_paragraph()
        formatter.write_text("'gantools COMMAND --help' shows a command's options.")


@contextmanager
def _three_beats(ctx: Any) -> Iterator[None]:
    """Turn what Typer says about the command line of ``ctx`` into one of our errors."""
    try:
        yield
    except parsing.UsageError as error:
        raise usage_error(error, error.ctx or ctx) from error


def usage_error(error: parsing.UsageError, ctx: Any) -> UsageError:
    """Rewrite what Typer says about a command line as one of our errors: three beats and a hint."""
    where = ctx.command_path.removeprefix("gantools ")
    manual = f"{ctx.command_path} --help"
    if isinstance(error, parsing.NoSuchOption):
        return _unknown_option(error.option_name, where, manual, ctx)
    if isinstance(error, parsing.BadOptionUsage):
        return _bad_option_usage(error, ctx)
    if isinstance(error, parsing.MissingParameter) and error.param is not None:
        return _missing(error.param, where, manual, ctx)
    if isinstance(error, parsing.BadParameter) and error.param is not None:
        return _bad_value(error, error.param, ctx)
    if error.message.startswith(TOO_MANY):
        found = error.message.removeprefix(TOO_MANY).strip("()")
        message = f"{where}: found '{found}' beyond its arguments, expected {_usage(ctx)}"
        return UsageError(message, hint=_as_output(found, ctx) or manual)
    return UsageError(f"{where}: {error.format_message().rstrip('.')}, expected {_usage(ctx)}", hint=manual)


def _write_opening(text: str, formatter: Any) -> None:
    """Write a help text; commands to type are never wrapped."""
    examples, purpose = opening(text)
    formatter.write("\n".join(["Example:", *(f"  {line}" for line in examples)]) + "\n" if examples else "")
    for paragraph in purpose:
        formatter.write_paragraph()
        formatter.write_text(paragraph)
    formatter.write_paragraph()


def _write_groups(command: Any, ctx: Any, formatter: Any) -> None:
    for title, rows in groups(command, ctx):
        with formatter.section(title):
            formatter.write_dl([(row.form(), row.text()) for row in rows], col_max=26)


def _expected(param: Any) -> str:
    """Say which values a parameter takes."""
    if param.type_descriptor.choices:
        return f"one of {', '.join(choices(param))}"
    text = {"int": "a whole number", "float": "a number", "Path": "a path"}.get(_kind(param), label(param))
    if param.min is not None and param.max is not None:
        return f"{text} from {param.min} to {param.max}"
    if param.min is not None:
        return f"{text} of at least {param.min}"
    return f"{text} of at most {param.max}" if param.max is not None else text


def _kind(param: Any) -> str:
    """Return the name of a parameter's type: ``int`` for ``int | None`` too."""
    annotation = param.type_descriptor.annotation
    return getattr(next(iter(getattr(annotation, "__args__", ())), annotation), "__name__", "")


def source_name(ctx: Any, param: Any) -> str:
    """Return where the value of ``param`` came from, as a user knows it: an option, an argument or a variable."""
    if ctx.get_parameter_source(param.name) is ParameterSource.ENVIRONMENT:
        return str(param.envvar)
    return max(param.opts, key=len) if isinstance(param, TyperOption) else param.display_name_raw


def _missing(param: Any, where: str, manual: str, ctx: Any) -> UsageError:
    """Say which argument, or which option that must be typed, is not there."""
    name, form = param.display_name_raw, _usage(ctx)
    if param.param_type_name == "option":
        name = max(param.opts, key=len)
        form = f"{form[:-1]} {name} {param.metavar}'"
    return UsageError(f"{where}: found no {name}, expected {form}", hint=manual)


def _usage(ctx: Any) -> str:
    """Return the form of the command line in quotes: the command and its arguments, without its options."""
    return f"'{' '.join([ctx.command_path, *argument_forms(ctx.command)])}'"


def _as_output(extra: str, ctx: Any) -> Again | None:
    """Return the line in which a word too many, such as ``train data c.safetensors``, is what the command writes."""
    has_output = any(param.name == "output" for param in ctx.command.params)
    is_typed = ctx.params.get("output") is not None
    if not has_output or is_typed or " " in extra or os.path.isdir(extra):
        return None
    return Again(shlex.join(["-o", extra]), drop=(extra,))


def _bad_value(error: parsing.BadParameter, param: Any, ctx: Any) -> UsageError:
    """Say which value an option did not take, and what it takes instead."""
    name = source_name(ctx, param)
    errors = getattr(error.__cause__, "errors", None)  # pydantic's: the only place where the value is kept
    if errors is None:
        return UsageError(f"{name}: {error.message.rstrip('.')}, expected {_expected(param)}")
    found = str(errors()[0].get("input"))
    return UsageError(f"{name}: found '{found}', expected {_expected(param)}", hint=_with_value(param, found))


def _with_value(param: Any, found: str) -> Again | None:
    """Return the line in which an option has a value that it takes: the likeliest one."""
    if not isinstance(param, TyperOption):
        return None
    known, default = choices(param), param.show_default if isinstance(param.show_default, str) else param.default
    kind = _kind(param)
    if known:
        value = next(iter(nearest(found, known)), known[0])
    elif kind in ("int", "float"):
        value = str(_number_like(found, default, param, int if kind == "int" else float))
    else:
        return None
    return Again(shlex.join([max(param.opts, key=len), value]), was=found)


def _number_like(found: str, default: Any, param: Any, kind: type[int] | type[float]) -> int | float:
    """Return the number that ``found`` begins with, else the default, within the option's range."""
    number: int | float = 1
    for text in (str(default), found):
        match = re.match(r"\d+(\.\d+)?([eE][-+]?\d+)?", text.replace(",", ""))
        number = kind(float(match[0])) if match else number
    number = number if param.min is None else max(number, param.min)
    return number if param.max is None else min(number, param.max)


def _bad_option_usage(error: parsing.BadOptionUsage, ctx: Any) -> UsageError:
    name = error.option_name
    if "does not take a value" in error.message:
        return UsageError(f"{name}: found a value, expected none", hint=name)
    param = next(param for param in ctx.command.params if name in param.opts)
    hint = _with_value(param, "") or f"{ctx.command_path} --help"
    return UsageError(f"{name}: found no value, expected {_expected(param)}", hint=hint)


def _unknown_option(name: str, where: str, manual: str, ctx: Any) -> UsageError:
    """Say which option is not there. The hint leaves out another command's option, and mends a misspelt one."""
    own = ["--help", *(option for param in ctx.command.params for option in param.opts if option.startswith("--"))]
    close = nearest(name, own)
    commands = getattr(ctx.find_root().command, "commands", {})
    owners = [key for key, command in commands.items() if any(name in param.opts for param in command.params)]
    if owners:
        manner = ctx.find_object(Manner)
        typed = [owner for owner in owners if manner is not None and owner in manner.words]
        owners = typed or owners
        message = f"{where}: unknown option '{name}', expected it after 'gantools {owners[0]}', which has it"
        return UsageError(message, hint=_moved(owners[0], ctx) or Again(drop=(name,), otherwise=manual))
    message = f"{where}: unknown option '{name}', expected one that '{manual}' shows"
    return UsageError(message, hint=Again(swap={name: close[0]}) if close else manual)


def _moved(owner: str, ctx: Any) -> str | None:
    """Return the line in which the options that stand before the command stand behind it; None when none does."""
    manner = ctx.find_object(Manner)
    words = list(manner.words) if manner is not None else []
    if ctx.parent is not None or owner not in words:
        return None
    place = words.index(owner)
    return shlex.join(["gantools", *words[place:], *words[:place]])
