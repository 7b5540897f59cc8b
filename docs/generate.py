"""Write the references that come from the program itself: commands, configuration, exit codes. Run by ``make docs``."""

import dataclasses
import sys
from pathlib import Path
from typing import Any, get_origin

from gantools import cli
from gantools.commands.describe import Row, context, groups, opening
from gantools.commands.manual import MEANINGS, VARIABLES
from gantools.config.build import PictureShape, all_fields
from gantools.config.catalog import FAMILIES, PRESETS
from gantools.config.fields import Setting, setting_of
from gantools.config.ground import Ground
from gantools.config.run import RunConfig
from gantools.errors import ExitCode

PLACE = Path(__file__).parent / "reference"
NOTICE = "<!-- Written by `make docs` from the program itself: change that, then run it again. -->"
SETS = ((60_000, PictureShape(28, 28, 1)), (1_683, PictureShape(32, 32, 3)), (500, PictureShape(128, 128, 3)))
"""Pictures of which, and of what shape, the presets are shown for."""

TYPES = {int: "whole number", float: "number", str: "name", tuple: "list of FACTOR@IMAGES"}


def pages() -> dict[str, str]:
    """Return the text of each generated page by its file's name."""
    made = {"cli.md": commands_page(), "config.md": configuration_page(), "exit-codes.md": exit_codes_page()}
    return {name: "\n".join(lines) + "\n" for name, lines in made.items()}


def commands_page() -> list[str]:
    """Return the page of all commands: an example, the purpose, the form, and the options by group."""
    suite: Any = cli.build_suite()
    ctx = context(suite, "gantools")
    lines = [NOTICE, "# The commands", "", *_preface(), ""]
    lines += [f"- [`gantools {name}`](#gantools-{name}): {inner.short_help}" for name, inner in suite.commands.items()]
    for name, command in suite.commands.items():
        inner = context(command, name, ctx)
        example, purpose = opening(command.help or "")
        lines += ["", f"## gantools {name}", "", *purpose, "", "```text", *example, "```", ""]
        lines += [f"Usage: {code(' '.join([inner.command_path, *command.collect_usage_pieces(inner)]))}"]
        for title, rows in groups(command, inner):
            lines += ["", f"### {title} of {name}", "", *_table(rows)]
    lines += ["", "## Before a command", "", *_table(groups(suite, ctx)[-1][1])]
    lines += ["", "## Variables of the environment", "", "| variable | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {text} |" for name, text in VARIABLES.items()]
    rest = "No other variable changes a result; `TERM`, `COLORTERM` and the locale tell what a terminal can show."
    return [*lines, "", rest, "", "See also [exit codes](exit-codes.md)."]


def configuration_page() -> list[str]:
    """Return the page of all fields, subject by subject, and of the presets."""
    lines = [NOTICE, "# The configuration", "", *_introduction()]
    subjects = {field.name: field.type for field in dataclasses.fields(RunConfig)}
    last = None
    for name, field in all_fields().items():
        subject = name.rpartition(".")[0]
        if subject != last:
            lines += [f"## {subject.capitalize() or 'The run'}", "", *_about(subjects.get(subject)), ""]
        lines += [*_field(name, field), ""]
        last = subject
    return [*lines, *_presets()]


def exit_codes_page() -> list[str]:
    """Return the page of exit codes, which are those of ``gantools.errors.ExitCode``."""
    lines = [NOTICE, "# Exit codes", "", "| code | name | meaning |", "|---|---|---|"]
    for meant, text in MEANINGS.items():
        number = "128+n" if meant is ExitCode.SIGNAL else str(int(meant))
        lines.append(f"| {number} | `{meant.name}` | {text} |")
    return [
        *lines,
        "",
        "An error is one line on stderr, `error: thing: found this, expected that`, and mostly a second one, `hint:`",
        "with a line to type. A script may rely on the codes; 3 and 75 are the two that are often no failure.",
    ]


def code(text: str) -> str:
    """Return ``text`` as code that also stands in a cell of a table."""
    return f"`{text.replace('|', chr(92) + '|')}`"


def _table(rows: list[Row]) -> list[str]:
    lines = ["| | | default |", "|---|---|---|"]
    for row in rows:
        default = next((note.removeprefix("default: ") for note in row.notes if note.startswith("default: ")), "")
        others = [f" ({note.replace('env: ', 'also ')})" for note in row.notes if not note.startswith("default: ")]
        lines.append(f"| {code(row.form())} | {_cell(row.help + ''.join(others))} | {_cell(default)} |")
    return lines


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _preface() -> list[str]:
    return [
        "`gantools COMMAND --help` and `man gantools` say the same. The defaults of `train` are those of the fields;",
        "the [preset](config.md#presets) has other ones for some, and `--print-config` shows what holds.",
    ]


def _introduction() -> list[str]:
    return [
        "What defines a run: equal configurations, data and seeds give equal runs. A value comes from the field's",
        "default, the [preset](#presets), the data, and what was typed, in this order; `gantools train DATA",
        "--print-config` prints each with where it came from. It is stored in the checkpoint, and a resumed run keeps",
        "what is stored for all that is not typed again.",
        "",
    ]


def _about(subject: Any) -> list[str]:
    return [subject.__doc__.replace("``", "`") if subject is not None else "What belongs to no subject."]


def _field(name: str, field: "dataclasses.Field[Any]") -> list[str]:
    known = setting_of(field)
    lines = [f"### {name}", "", known.help, "", f"- type: {TYPES[get_origin(field.type) or field.type]}"]  # type: ignore[index]
    lines += [f"- default: {_default(field)}", f"- allowed: {_allowed(known)}"]
    lines += [f"- typed as: {code(known.flag)} or `--set {name}=`" if known.flag else f"- typed as: `--set {name}=`"]
    lines += [f"- in a resumed run: {known.on_resume.value}"]
    return [*lines, f"- where the default is from: {known.source}"] if known.source else lines


def _default(field: "dataclasses.Field[Any]") -> str:
    if field.default is dataclasses.MISSING:
        return "none; the data decide"
    return code(str(field.default)) if field.default != () else "none"


def _allowed(known: Setting) -> str:
    if known.choices:
        return ", ".join(map(code, known.choices))
    low, high = known.minimum, known.maximum
    return "any" if low is None and high is None else f"{_number(low)} to {_number(high)}"


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _presets() -> list[str]:
    """Return what each preset sets for three sets of pictures; families are shown where it asks for the family."""
    lines = ["## Presets", "", "`--preset NAME` gives values to fields that were not typed.", ""]
    for name, entry in PRESETS.items():
        lines += [f"### {name}", "", f"{entry.help[:1].upper()}{entry.help[1:]}.", ""]
        shown = []
        for family in FAMILIES:
            recipes = [entry.load()(Ground(family, shape, count)) for count, shape in SETS]
            heads = " | ".join(f"{count:,} of {shape}" for count, shape in SETS)
            table = [f"| field | {heads} | why |", "|---" * (len(SETS) + 2) + "|"]
            for field, (_, why) in {name: row for recipe in recipes for name, row in recipe.items()}.items():
                values = [code(str(recipe[field][0])) if field in recipe else "" for recipe in recipes]
                table.append(f"| `{field}` | {' | '.join(values)} | {_cell(why)} |")
            shown.append((family, table))
        is_same = all(table == shown[0][1] for _, table in shown)
        for family, table in shown[:1] if is_same else shown:
            lines += ([] if is_same else [f"With `--arch {family}`:", ""]) + [*table, ""]
    return lines[:-1]


def main() -> None:
    """Write every page, and print the paths."""
    for name, text in pages().items():
        (PLACE / name).write_text(text)
        sys.stdout.write(f"docs/reference/{name}\n")


if __name__ == "__main__":
    main()
