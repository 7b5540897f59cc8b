"""How a command looks from outside: help in named groups under a working example, usage errors in three beats.

The classes stand on Typer's own; what it carries of Click is reached only through Typer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from typer import Exit
from typer._click import exceptions as parsing  # private, like the next: hence the pin below 0.30
from typer._click.core import ParameterSource
from typer.core import TyperCommand, TyperGroup, TyperOption

from gantools.commands.describe import LABELS, argument_forms, choices, groups, label, opening
from gantools.console import Color, Console
from gantools.errors import ExitCode, UsageError, nearest

HELP_WIDTH = 100
TOO_MANY = "Got unexpected extra argument(s) "


@dataclass
class Manner:
    """How errors of the running command are to be told, as far as its options have been read."""

    color: Color = "auto"
    debug: bool = False


class GroupedCommand(TyperCommand):
    """A command whose help opens with its example and lists its options by ``rich_help_panel``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line; what is wrong with it is a ``gantools.errors.UsageError``."""
        with _three_beats(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command, once it is known how its errors are to be told."""
        manner = ctx.find_object(Manner)
        if manner is not None:
            manner.color, manner.debug = ctx.params.get("color", "auto"), ctx.params.get("debug", False)
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
        params: list[Any] = self.get_params(ctx)
        for param in params:
            param._runtime_param = _AsTyped()
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
            hint = f"gantools {close[0]} --help" if close else "gantools --help"
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


class _AsTyped:
    """What stands before a command is text or nothing: pydantic, which would convert it, takes 90 ms to load."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the value as it was typed; None when it was not."""
        return value


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
        return UsageError(f"{where}: found no {error.param.display_name_raw}, expected {_usage(ctx)}", hint=manual)
    if isinstance(error, parsing.BadParameter) and error.param is not None:
        return _bad_value(error, error.param, ctx)
    if error.message.startswith(TOO_MANY):
        found = error.message.removeprefix(TOO_MANY).strip("()")
        return UsageError(f"{where}: found '{found}' beyond its arguments, expected {_usage(ctx)}", hint=manual)
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
    words = {"N": "a whole number", "X": "a number", "PATH": "a path"}
    text = words.get(LABELS.get(getattr(param.type_descriptor.annotation, "__name__", ""), ""), label(param))
    if param.min is not None and param.max is not None:
        return f"{text} from {param.min} to {param.max}"
    if param.min is not None:
        return f"{text} of at least {param.min}"
    return f"{text} of at most {param.max}" if param.max is not None else text


def source_name(ctx: Any, param: Any) -> str:
    """Return where the value of ``param`` came from, as a user knows it: an option, an argument or a variable."""
    if ctx.get_parameter_source(param.name) is ParameterSource.ENVIRONMENT:
        return str(param.envvar)
    return max(param.opts, key=len) if isinstance(param, TyperOption) else param.display_name_raw


def _usage(ctx: Any) -> str:
    """Return the form of the command line in quotes: the command and its arguments, without its options."""
    return f"'{' '.join([ctx.command_path, *argument_forms(ctx.command)])}'"


def _bad_value(error: parsing.BadParameter, param: Any, ctx: Any) -> UsageError:
    """Say which value an option did not take, and what it takes instead."""
    name = source_name(ctx, param)
    errors = getattr(error.__cause__, "errors", None)  # pydantic's: the only place where the value is kept
    if errors is None:
        return UsageError(f"{name}: {error.message.rstrip('.')}, expected {_expected(param)}")
    found = str(errors()[0].get("input"))
    close = nearest(found, choices(param))
    return UsageError(
        f"{name}: found '{found}', expected {_expected(param)}", hint=f"{name} {close[0]}" if close else None
    )


def _bad_option_usage(error: parsing.BadOptionUsage, ctx: Any) -> UsageError:
    name = error.option_name
    if "does not take a value" in error.message:
        return UsageError(f"{name}: found a value, expected none", hint=name)
    param = next(param for param in ctx.command.params if name in param.opts)
    return UsageError(f"{name}: found no value, expected {_expected(param)}", hint=f"{name} {label(param)}")


def _unknown_option(name: str, where: str, manual: str, ctx: Any) -> UsageError:
    """Say which option is not there. The hint is the nearest one, or the command that has an option of this name."""
    own = ["--help", *(option for param in ctx.command.params for option in param.opts if option.startswith("--"))]
    close = nearest(name, own)
    commands = getattr(ctx.find_root().command, "commands", {})
    owners = [key for key, command in commands.items() if any(name in param.opts for param in command.params)]
    hint = manual
    if owners:
        hint = f"gantools {owners[0]} has {name}: options follow their command"
    elif close:
        hint = f"did you mean {close[0]}?"
    return UsageError(f"{where}: unknown option '{name}', expected one that '{manual}' shows", hint=hint)
