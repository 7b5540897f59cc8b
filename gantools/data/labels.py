"""Labels from a CSV file: a path or a name, and a label, a line each."""

import csv
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from gantools.data.entry import Entry
from gantools.data.kinds import PICTURE_SUFFIXES
from gantools.data.names import safe_name
from gantools.errors import Again, InputError

SEPARATORS = ",;\t"
EXPECTED = "expected two columns: a path or a name, and a label"


@dataclass
class Labelled:
    """What a file of labels gave.

    Args:
        path: the file.
        absent: names in it that no source has.
        unlabelled: how many sources are not in it.
    """

    path: str
    absent: list[str] = field(default_factory=list)
    unlabelled: int = 0


def with_labels(entries: list[Entry], path: str) -> tuple[list[Entry], Labelled]:
    """Give each entry the label that a CSV file has for it, and none to those that are not in it.

    A line names a picture by its path, by the end of it, or by its name with or without the ending.

    Args:
        entries: with labels of any kind, which are dropped.
        path: a regular file, UTF-8, separated by commas, semicolons or tabs; a first line that names no picture is its
            heading.

    Raises:
        InputError: it cannot be read, is no such table, names two pictures at once, or one picture twice.
    """
    found = Labelled(path)
    labels: list[str | None] = [None] * len(entries)
    places = _places(entries)
    for number, (name, label) in enumerate(_rows(path)):
        fitting = _fitting(name, places, entries)
        if not fitting:
            if number or _has_ending(name):
                found.absent.append(name)
            continue
        place, text = fitting[0], safe_name(label) if label else None
        source, known = entries[place].source, labels[place]
        if fitting[1:]:
            message = f"'{name}', which is {source} and {entries[fitting[1]].source}, expected a path that is only one"
            raise InputError(f"{path}: found {message}", hint=shlex.join(["head", path]))
        if known not in (None, text):
            message = f"{path}: found two labels for {source}, '{known}' and '{text}', expected one"
            raise InputError(message, hint=shlex.join(["head", path]))
        labels[place] = text
    found.unlabelled = labels.count(None)
    pairs = zip(entries, labels, strict=True)
    return [replace(entry, label=label, group=f"{entry.group}/{label or ''}") for entry, label in pairs], found


def _places(entries: list[Entry]) -> dict[str, list[int]]:
    """Return where the entries of each file name are, with and without its ending."""
    places: dict[str, list[int]] = {}
    for place, entry in enumerate(entries):
        name = _parted(entry.source)[-1]
        for known in {name, os.path.splitext(name)[0]}:
            places.setdefault(known, []).append(place)
    return places


def _fitting(name: str, places: dict[str, list[int]], entries: list[Entry]) -> list[int]:
    """Return the places of the entries that a line's name may mean."""
    wanted = _parted(name)
    found = []
    for place in places.get(wanted[-1], []):
        source = entries[place].source
        *folders, _ = _parted(os.path.abspath(source) if os.path.isabs(name) else source)
        if folders[len(folders) - len(wanted) + 1 :] == wanted[:-1]:
            found.append(place)
    return found


def _parted(path: str) -> list[str]:
    """Return the components of a path; what is in an archive or another file stands behind ``#``."""
    return [part for part in path.replace("#", "/").split("/") if part not in ("", ".")]


def _has_ending(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in PICTURE_SUFFIXES


def _rows(path: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the label of each line that is not empty."""
    if not Path(path).is_file():
        raise InputError(f"{path}: found no file of that name, {EXPECTED}", hint=Again(put="--labels folders"))
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            first = stream.readline()
            separator = max(SEPARATORS, key=first.count)
            stream.seek(0)
            for row in csv.reader(stream, delimiter=separator):
                if any(cell.strip() for cell in row):
                    yield _cells(row, path)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}), {EXPECTED}", hint=shlex.join(["ls", "-l", path])
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error}), {EXPECTED}", hint=shlex.join(["head", path])) from error


def _cells(row: list[str], path: str) -> tuple[str, str]:
    if len(row) != 2 or not row[0].strip():
        found = f"found a line of {len(row)} columns ({','.join(row)[:60]})"
        raise InputError(f"{path}: {found}, {EXPECTED}", hint=shlex.join(["head", path]))
    return row[0].strip(), row[1].strip()
