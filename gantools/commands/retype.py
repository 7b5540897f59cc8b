"""Writing a hint out: the command line that was typed, with the changes that an error asks for."""

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gantools.errors import Again, Hint, nearest

LONGEST = 4000
"""Characters of a hint; a line of more (``prepare *.jpg``) is described by what changes in it."""


@dataclass(eq=False)
class _Piece:
    """One argument, or one option with its value.

    Args:
        name: the option as typed; empty for an argument.
        value: the option's value or the argument; None when there is none.
        param: what the command knows of the option; None for an argument and an unknown option.
        is_joined: ``--name=value``.
    """

    name: str
    value: str | None
    param: Any = None
    is_joined: bool = False

    def words(self) -> list[str]:
        """Return it as it is typed."""
        if self.is_joined and self.value is not None:
            return [f"{self.name}={self.value}"]
        return [word for word in (self.name, self.value) if word]


def retyped(hint: Hint, typed: Sequence[str], root: Any) -> str | None:
    """Return a hint as a line that can be typed.

    Args:
        hint: a line, which is returned as it is, or changes to the typed one.
        typed: the words behind ``gantools``.
        root: the suite, which knows its commands and their options.

    Returns:
        None when there is nothing to type.
    """
    if isinstance(hint, str):
        if not hint.startswith("-"):
            return hint
        hint = Again(hint)
    pieces, options = _take_apart(list(typed), root)
    before = _words(pieces)
    pieces = [piece for piece in pieces if not any(_is_named(piece, name) for name in hint.drop)]
    _swap(pieces, hint.swap)
    for wanted in _read(shlex.split(hint.put), options):
        if wanted.param is not None:
            _put(pieces, wanted, hint.was)
    if _words(pieces) == before and not hint.first and (hint.put or hint.drop or hint.swap):
        return hint.otherwise
    line = shlex.join(["gantools", *_words(pieces)])
    line = f"{hint.first} && {line}" if hint.first else line
    return line if len(line) <= LONGEST else _described(hint)


def _take_apart(typed: list[str], root: Any) -> tuple[list[_Piece], list[Any]]:
    """Return the pieces of a command line, and the options of its command; a misspelt command is taken for its like."""
    front = list(root.params)
    others = [param for command in root.commands.values() for param in command.params]
    place = 0
    while place < len(typed) and typed[place].startswith("-"):
        place += 1
    if place == len(typed):
        return _read(typed, front), front
    commands = root.commands
    name = next(iter([typed[place]] if typed[place] in commands else nearest(typed[place], commands)), None)
    options = front if name is None else list(commands[name].params)
    command = _Piece("", typed[place])
    return [*_read(typed[:place], front), command, *_read(typed[place + 1 :], [*others, *options])], options


def _read(words: list[str], options: list[Any]) -> list[_Piece]:
    """Take words apart as the parser does, but an option's name is never the value of the option before it.

    Args:
        words: what was typed.
        options: what is known of options; the last of one name counts.
    """
    known = {name: param for param in options for name in (*param.opts, *param.secondary_opts) if name[0] == "-"}
    pieces: list[_Piece] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return [*pieces, *(_Piece("", argument) for argument in [word, *rest])]
        if not word.startswith("-") or word == "-":
            pieces.append(_Piece("", word))
        elif word.startswith("--"):
            name, equals, value = word.partition("=")
            pieces.append(_Piece(name, value if equals else None, known.get(name), bool(equals)))
        else:
            pieces += _read_short(word, known)
        last = pieces[-1]
        takes_value = last.param is not None and not last.param.is_flag and last.value is None
        if takes_value and rest and rest[0].partition("=")[0] not in known:
            last.value = rest.pop(0)
    return pieces


def _read_short(word: str, known: dict[str, Any]) -> list[_Piece]:
    """Take ``-qv`` and ``-ofile`` apart."""
    pieces: list[_Piece] = []
    for place, letter in enumerate(word[1:], 2):
        param = known.get(f"-{letter}")
        if param is None:
            return [_Piece(word, None)]
        if not param.is_flag:
            return [*pieces, _Piece(f"-{letter}", word[place:] or None, param)]
        pieces.append(_Piece(f"-{letter}", None, param))
    return pieces


def _words(pieces: list[_Piece]) -> list[str]:
    return [word for piece in pieces for word in piece.words()]


def _is_named(piece: _Piece, text: str) -> bool:
    """Say whether ``text`` means this piece: an argument, an option, or an option and the key of its value."""
    name, _, key = text.partition(" ")
    if not name.startswith("-"):
        return not piece.name and piece.value is not None and _is_same(piece.value, text)
    is_option = piece.name == name or (piece.param is not None and name in piece.param.opts)
    return is_option and (not key or (piece.value or "").partition("=")[0] == key)


def _swap(pieces: list[_Piece], swap: Mapping[str, str]) -> None:
    """Replace for each word the first that is the same, and none twice: arguments before options, the output last."""
    arguments = [piece for piece in reversed(pieces) if not piece.name]  # the command, which may be named alike, last
    options = [piece for piece in pieces if piece.name]
    order = arguments + sorted(options, key=lambda piece: piece.param is not None and piece.param.name == "output")
    for old, new in swap.items():
        for piece in order:
            if piece.value is not None and (_is_same(piece.value, old) or piece.value.startswith(f"{old}:")):
                piece.value = new + (piece.value.removeprefix(old) if piece.value.startswith(f"{old}:") else "")
            elif piece.name == old:
                piece.name = new
            else:
                continue
            order.remove(piece)
            break


def _put(pieces: list[_Piece], wanted: _Piece, was: str) -> None:
    """Let an option take the place of what was typed for it; a repeated one only where the value or its key is same."""
    same = [place for place, piece in enumerate(pieces) if piece.param is wanted.param]
    if wanted.param.multiple:
        key = (wanted.value or "").partition("=")[0]
        same = [place for place in same if pieces[place].value in (was, wanted.value)
                or (pieces[place].value or "").startswith(f"{key}=")]  # fmt: skip
    for place in reversed(same[1:]):
        del pieces[place]
    if same:
        pieces[same[0]] = _Piece(pieces[same[0]].name, wanted.value, wanted.param)
        return
    end = next((place for place, piece in enumerate(pieces) if not piece.name and piece.value == "--"), len(pieces))
    pieces.insert(end, wanted)


def _is_same(word: str, text: str) -> bool:
    return word == text or (bool(word) and os.path.normpath(word) == os.path.normpath(text))


def _described(hint: Again) -> str:
    """Say what to change in a line that is too long to be shown."""
    with_ = [f"with {hint.put}"] if hint.put else []
    without = [f"without {' '.join(hint.drop)}"] if hint.drop else []
    swapped = [f"with {shlex.quote(new)} instead of {shlex.quote(old)}" for old, new in hint.swap.items()]
    return (
        f"{hint.first + ' && ' if hint.first else ''}the same line {' and '.join([*with_, *without, *swapped])}".strip()
    )
