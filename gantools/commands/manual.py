"""The manual page, made of what the commands say of themselves; and the words for exit codes, variables and files."""

from typing import Any

from gantools.commands.describe import Row, context, groups, opening
from gantools.errors import ExitCode

MEANINGS: dict[ExitCode, str] = {
    ExitCode.DONE: "done; also: nothing left to do, and --max-time reached with the checkpoint saved",
    ExitCode.BUG: "a bug; --debug prints where",
    ExitCode.USAGE: "usage or configuration: flags that are wrong or contradict each other or the stored run",
    ExitCode.PARTIAL: "done in part: some pictures were skipped, each listed with its reason; what was written is "
    "valid",
    ExitCode.INPUT: "unusable input: absent, unreadable, not a gantools checkpoint, corrupt, files that do not fit "
    "each other, no usable picture",
    ExitCode.REFUSED: "refused: the output exists and neither --force nor --resume was given",
    ExitCode.UNHEALTHY: "training unhealthy: it diverged or collapsed; the last good checkpoint is kept",
    ExitCode.RESOURCES: "resources: out of memory, disk full, device missing, output not writable",
    ExitCode.GATE: "gate: the new model is not better than the reference beyond noise",
    ExitCode.BUSY: "another run holds the output; try later",
    ExitCode.SIGNAL: "ended by signal n after saving, with the line printed that goes on (SIGINT 130, SIGTERM "
    "143, SIGHUP 129); a reader of stdout that goes away ends a command without a word, 141",
}
VARIABLES = {
    "GANTOOLS_DEVICE": "where to compute when --device is not given: auto, cpu, cuda or cuda:N",
    "GANTOOLS_CACHE": "the folder for what is downloaded; without it gantools in XDG_CACHE_HOME, or in ~/.cache",
    "GANTOOLS_THREADS": "processor threads when --threads is not given",
    "NO_COLOR": "when it is set and not empty, stderr gets no colour",
}
FILES = {
    "c.safetensors": "a checkpoint: a whole run, networks, average, counters and configuration",
    "c.safetensors.prev": "the checkpoint before it",
    "c.safetensors.lock": "held while a run writes c.safetensors; it stays on purpose",
    "c.preview.png": "samples, drawn at each save of train",
    "c-samples-IMAGES/": "where sample writes when -o is not given",
    "DATA/LABEL/NAME.png": "a picture that prepare wrote; one that is deleted is left out of training",
    "DATA/manifest.jsonl": "one line a source: what was done with it, or why it was skipped",
    "DATA/pack.safetensors": "the pictures' pixels once more, for training",
}
SPECIAL = {"\\": "\\e", "-": "\\-", "~": "\\(ti", "^": "\\(ha", "`": "\\(ga"}


def page(suite: Any, version: str) -> str:
    """Return the manual page of the suite in roff, for ``man``.

    Args:
        suite: the Typer group of all commands.
        version: printed at the foot; there is no date, so that the same release gives the same page.
    """
    ctx = context(suite, "gantools")
    example, purpose = opening(suite.help or "")
    commands = [(name, command, context(command, name, ctx)) for name, command in suite.commands.items()]
    lines = [f'.TH GANTOOLS 1 "" "gantools {escaped(version)}" "User Commands"', ".nh", ".SH NAME"]
    lines += ["gantools \\- train generative adversarial networks from the shell", ".SH SYNOPSIS"]
    for position, (name, command, inner) in enumerate(commands):
        lines += [".br"] * (position > 0) + [_usage(name, command, inner)]
    lines += [".br", "\\fBgantools\\fR [\\fIOPTIONS\\fR]", ".SH DESCRIPTION", *_paragraphs(purpose)]
    lines += _examples(example)
    lines += _paragraphs(("Paths, JSON or bytes go to stdout; all that is said to people goes to stderr.",))
    lines += [".SH COMMANDS"]
    for name, command, inner in commands:
        lines += [f".SS gantools {escaped(name)}", *_paragraphs(opening(command.help or "").purpose)]
        lines += [".PP", _usage(name, command, inner), *_groups(command, inner)]
    lines += [".SH OPTIONS", "These stand before a command; each prints something and ends."]
    lines += _rows(groups(suite, ctx)[-1][1])
    lines += [".SH EXIT STATUS", *_terms({_code(code): text for code, text in MEANINGS.items()})]
    lines += [".SH ENVIRONMENT", *_terms(VARIABLES), ".SH FILES", *_terms(FILES), ".SH EXAMPLES"]
    for _, command, _ in commands:
        example, purpose = opening(command.help or "")
        lines += [*_paragraphs(purpose), *_examples(example)]
    lines += [".SH SEE ALSO", "\\fBbash\\fR(1), \\fBzsh\\fR(1), \\fBfish\\fR(1): the completion of each is what"]
    lines += ["\\fBgantools \\-\\-show\\-completion\\fR \\fISHELL\\fR prints"]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return one line of text as roff shows it letter by letter."""
    shown = "".join(SPECIAL.get(character, character) for character in text)
    return f"\\&{shown}" if shown.startswith((".", "'")) else shown


def _code(code: ExitCode) -> str:
    return "128+n" if code is ExitCode.SIGNAL else str(int(code))


def _bold(text: str) -> str:
    return f"\\fB{escaped(text)}\\fR"


def _italic(text: str) -> str:
    return f"\\fI{escaped(text)}\\fR"


def _usage(name: str, command: Any, ctx: Any) -> str:
    """Return how a command is called, for example **gantools train** [OPTIONS] DATA."""
    return " ".join([_bold(f"gantools {name}"), *map(_italic, command.collect_usage_pieces(ctx))])


def _paragraphs(texts: tuple[str, ...]) -> list[str]:
    return [line for text in texts for line in (".PP", escaped(text))]


def _groups(command: Any, ctx: Any) -> list[str]:
    return [line for title, rows in groups(command, ctx) for line in (".PP", _italic(f"{title}:"), *_rows(rows))]


def _rows(rows: list[Row]) -> list[str]:
    lines = []
    for row in rows:
        form = ", ".join(map(_bold, row.names)) + (f" {_italic(row.value)}" if row.value else "")
        lines += [".TP", form, escaped(" ".join(row.text().split()))]
    return lines


def _terms(texts: dict[str, str]) -> list[str]:
    return [line for term, text in texts.items() for line in (".TP", _bold(term), escaped(text))]


def _examples(lines: tuple[str, ...]) -> list[str]:
    """Return commands to type; they are neither filled nor hyphenated."""
    return [".PP", ".nf", ".RS", *map(escaped, lines), ".RE", ".fi"]
