"""Which words may come next on a command line, and which paths; how each shell asks is in shells.py.

Nothing is converted or checked: a line that is being typed is half of one, and Typer's own reader of it takes 90 ms.
"""

import os
import shlex
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from typer.core import TyperArgument

from gantools.commands.changes import CHANGEABLE
from gantools.commands.describe import choices, context, label
from gantools.config.build import all_fields
from gantools.config.catalog import FAMILIES, LOSSES, PENALTIES, PRESETS
from gantools.config.fields import setting_of
from gantools.config.reproduce import OF_THE_DATA
from gantools.errors import InputError
from gantools.files.document import read_document
from gantools.files.nearby import DRAWN
from gantools.safe import safe

CATALOG = {**FAMILIES, **LOSSES, **PENALTIES, **PRESETS}


class Paths(StrEnum):
    """Which paths may come next."""

    NONE = "none"
    FILES = "files"
    FOLDERS = "folders"
    CHECKPOINTS = "checkpoints"


PLACES = {
    "CKPT": Paths.CHECKPOINTS,
    "CONTENT": Paths.FILES,
    "OTHER": Paths.CHECKPOINTS,
    "DATA": Paths.FOLDERS,
    "DIR": Paths.FOLDERS,
    "FILE": Paths.FILES,
    "PATH": Paths.FILES,
    "SRC": Paths.FILES,
    "THING": Paths.FILES,
}
"""What stands for a value in the help, and the paths that it may be."""

OUTPUTS = {"prepare": Paths.FOLDERS, "train": Paths.CHECKPOINTS, "train-d": Paths.CHECKPOINTS,
           "train-g": Paths.CHECKPOINTS}  # fmt: skip


class Next(NamedTuple):
    """What may come next.

    Args:
        words: each with one line about it, which may be empty; one that ends in ``=`` goes on.
        paths: which paths may come too.
        skip: so many characters of the incomplete word stand before what the words replace, as in ``--arch=``.
    """

    words: tuple[tuple[str, str], ...] = ()
    paths: Paths = Paths.NONE
    skip: int = 0


@dataclass
class Reader:
    """Reads the whole words of a line and knows what the next one is for.

    Args:
        suite: the Typer group of all commands.
    """

    suite: Any
    command: Any = field(init=False)
    taken: int = field(default=0, init=False)
    first: str = field(default="", init=False)
    used: set[str] = field(default_factory=set, init=False)
    pending: Any = field(default=None, init=False)
    is_behind_dashes: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._enter(self.suite)

    def take(self, word: str) -> None:
        """Read one whole word."""
        if self.pending is not None:
            self.pending = None
        elif word == "--" and not self.is_behind_dashes:
            self.is_behind_dashes = True
        elif word.startswith("-") and word != "-" and not self.is_behind_dashes:
            self._take_option(word)
        elif self.command is not self.suite:
            self.taken += 1
            self.first = self.first or word
        elif word in self.suite.commands:
            self._enter(self.suite.commands[word])

    def next(self, word: str) -> Next:
        """Return what the incomplete ``word`` may become, and more: the shell leaves out what does not fit."""
        if self.pending is not None:
            return self._values(self.pending, word)
        if word.startswith("-") and not self.is_behind_dashes:
            name, equals, value = word.partition("=")
            if not equals:
                return self._option_names(word)
            param = self.options.get(name)
            found = self._values(param, value) if param is not None and _takes_value(param) else Next()
            return found._replace(skip=len(name) + 1 + found.skip)
        if self.command is self.suite:
            return Next(tuple((name, command.short_help or "") for name, command in self.suite.commands.items()))
        arguments = [param for param in self.command.params if isinstance(param, TyperArgument)]
        if self.taken < len(arguments):
            return self._values(arguments[self.taken], word)
        if arguments and arguments[-1].nargs == -1:
            return self._values(arguments[-1], word)
        return self._option_names(word)

    def _enter(self, command: Any) -> None:
        self.command = command
        parameters = command.get_params(context(command, command.name or ""))
        self.options = {name: param for param in parameters if not isinstance(param, TyperArgument)
                        for name in param.opts}  # fmt: skip

    def _take_option(self, word: str) -> None:
        """Read ``--name``, ``--name=value``, ``-n``, or letters behind one dash; the value may be the next word."""
        name, equals, _ = word.partition("=")
        if name.startswith("--"):
            param = self.options.get(name)
            self.used.add(param.name if param is not None else "")
            self.pending = param if param is not None and _takes_value(param) and not equals else None
            return
        for position, letter in enumerate(word[1:], start=2):
            param = self.options.get(f"-{letter}")
            self.used.add(param.name if param is not None else "")
            if param is not None and _takes_value(param):
                self.pending = param if position == len(word) else None
                return

    def _option_names(self, word: str) -> Next:
        """Return each option once, by its long name unless a short one is being typed; what was used is left out."""
        is_short = len(word) == 2 and word != "--"
        found: dict[str, str] = {}
        for param in self.options.values():
            if not param.hidden and (param.name not in self.used or getattr(param, "multiple", False)):
                names = [name for name in param.opts if name.startswith("--") is not is_short]
                found |= {name: (param.help or "").partition("\n")[0] for name in names[:1]}
        return Next(tuple(found.items()))

    def _values(self, param: Any, word: str) -> Next:
        """Return what may stand for the value of an option or an argument."""
        name = max(param.opts, key=len)
        if name == "--set":
            return _assignments(word)
        if name == "--label":
            return _classes(self.first)
        if name == "--allow-change":
            return Next(tuple((shown, "") for shown in CHANGEABLE))
        shown = label(param).strip("[]").partition(".")[0]
        names = choices(param) or next(([*known.typable] for known in _settings() if known.flag == name), [])
        if not names and shown == "SRC":
            names = _sources(word)
        elif not names:
            names = [part for part in shown.split("|") if part.isalpha() and part.islower()]
        paths = (
            OUTPUTS.get(self.command.name, Paths.FILES)
            if name == "--output"
            else PLACES.get(shown.rpartition("|")[2], Paths.NONE)
        )
        return Next(tuple((word, _about(word)) for word in names), paths)


def list_paths(kind: Paths, text: str) -> list[str]:
    """Return the paths that begin with ``text``, in their order; of checkpoints, what looks like one when any does.

    Args:
        kind: which; folders are always among them.
        text: as typed, but without quotes; ``~`` is understood and kept.
    """
    start = text[: len(text) - len(os.path.basename(text))]
    try:
        entries = sorted(os.scandir(os.path.expanduser(start) or "."), key=lambda entry: entry.name)
    except OSError:
        return []
    part = text[len(start) :]
    fitting = [
        entry
        for entry in entries
        if entry.name.startswith(part) and (part or not entry.name.startswith(".")) and "\n" not in entry.name
    ]
    if kind is Paths.CHECKPOINTS and any(entry.name.endswith(".safetensors") for entry in fitting):
        fitting = [entry for entry in fitting if entry.name.endswith(".safetensors") or entry.is_dir()]
    if kind is Paths.FOLDERS:
        fitting = [entry for entry in fitting if entry.is_dir()]
    return [start + entry.name for entry in fitting]


def _sources(word: str) -> list[str]:
    """Return what is no path; the many published sets only when one of them is begun."""
    from gantools.data.torchvision_sets import PREFIX, SETS

    return [DRAWN, *(f"{PREFIX}{name}" for name in SETS if word[:1] == PREFIX[:1])]


def _classes(checkpoint: str) -> Next:
    """Return the classes of a checkpoint, by number where a shell would have to quote the name."""
    if not os.path.isfile(checkpoint):
        return Next()
    try:
        document = read_document(Path(checkpoint))[1]
    except InputError:
        return Next()
    counts = zip(document.data.classes, document.register.label_counts, strict=False)
    return Next(tuple(
        (name, f"{count:,} pictures") if shlex.quote(name) == name else (str(number), safe(name))
        for number, (name, count) in enumerate(counts)
    ))  # fmt: skip


def _takes_value(param: Any) -> bool:
    return not (param.is_flag or param.count)


def _settings() -> list[Any]:
    return [setting_of(described) for described in all_fields().values()]


def _about(word: str) -> str:
    return CATALOG[word].help if word in CATALOG else ""


def _assignments(word: str) -> Next:
    """Return the fields for ``--set``, or behind ``field=`` the choices of that field."""
    fields = {name: setting_of(described) for name, described in all_fields().items() if name not in OF_THE_DATA}
    name, equals, _ = word.partition("=")
    if not equals:
        return Next(tuple((f"{name}=", known.help) for name, known in fields.items()))
    known = fields[name].typable if name in fields else ()
    return Next(tuple((choice, _about(choice)) for choice in known), skip=len(name) + 1)
