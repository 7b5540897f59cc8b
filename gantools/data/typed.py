"""What is typed as a source: how it is stored, and whether it is there."""

import os
import re
from collections.abc import Sequence

from gantools.data.lists import LIST, reads_stdin
from gantools.data.torchvision_sets import PREFIX, normal_name
from gantools.errors import Again, InputError, UsageError
from gantools.files.nearby import similar, some_pictures

SCHEME = re.compile(r"([a-z][a-z0-9+-]+):")


def checked_sources(sources: Sequence[str]) -> tuple[str, ...]:
    """Return sources as they are stored, and require that each is there; none is read.

    Raises:
        UsageError: a kind of source that there is not.
        InputError: one is not there.
    """
    normal = tuple(normal_source(source) for source in sources)
    for source in normal:
        check_exists(source)
    return normal


def normal_source(text: str) -> str:
    """Return a source as it is stored: ``photos/`` and ``./photos`` are one.

    Raises:
        UsageError: a kind of source that there is not.
    """
    if text.startswith(LIST) and not reads_stdin(text):
        return LIST + os.path.normpath(text.removeprefix(LIST))
    scheme = SCHEME.match(text)
    if scheme and not os.path.lexists(text) and not reads_stdin(text):
        if scheme[1] == "demo":
            from gantools.data.demo import default_count

            default_count(text.removeprefix("demo:"))
            return text
        if text.startswith(PREFIX):
            return normal_name(text)
        message = (
            f"{text}: found a source of kind '{scheme[1]}', expected a file, a folder, demo:NAME or torchvision:NAME"
        )
        raise UsageError(message, hint=Again(swap={text: some_pictures()}))
    return text if reads_stdin(text) else os.path.normpath(text)


def check_exists(source: str) -> None:
    """Require that a source is there. Of a published set this is not known before its copy is looked for.

    Raises:
        InputError: it is not; the hint names the nearest one beside it, or other pictures.
    """
    path = source.removeprefix(LIST)
    if source.startswith(("demo:", PREFIX)) or reads_stdin(source) or os.path.exists(path):
        return
    expected = "pictures or a folder of them" if path == source else "a list of them"
    message = f"{path}: found nothing of that name, expected {expected}"
    raise InputError(message, hint=Again(swap={path: similar(path) or some_pictures()}))
