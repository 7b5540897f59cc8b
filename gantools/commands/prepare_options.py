"""The options of ``prepare`` that say what is made of a source; None stands for one that was not typed."""

import os
from typing import Annotated, Literal

import typer

from gantools.errors import UsageError, nearest

PICTURES = "Pictures"
WAYS_TO_LABEL = ("folders", "none")

MinSize = Annotated[
    int | None,
    typer.Option(
        "--min-size",
        metavar="N",
        min=0,
        help="Leave out pictures whose shorter side is under N pixels.",
        show_default="0: none",
        rich_help_panel=PICTURES,
    ),
]

Frames = Annotated[
    Literal["first", "all"] | None,
    typer.Option(
        "--frames",
        help="Of animations and pages: the first, or each as a picture of its own.",
        show_default="first",
        rich_help_panel=PICTURES,
    ),
]

Labels = Annotated[
    str | None,
    typer.Option(
        "--labels",
        metavar="folders|none|FILE.csv",
        help="What names classes: sub-folders and label files, nothing, or a table of names and labels.",
        show_default="folders",
        rich_help_panel=PICTURES,
    ),
]


def check_labels(text: str | None) -> str | None:
    """Return where labels come from, a path in its plain form.

    Raises:
        UsageError: neither a way to label nor a file.
    """
    if text is None or text in WAYS_TO_LABEL:
        return text
    if not os.path.exists(text):
        close = nearest(text, WAYS_TO_LABEL) or ["folders"]
        message = f"--labels: found '{text}', expected folders, none, or a CSV file that is there"
        raise UsageError(message, hint=f"--labels {close[0]}")
    return os.path.normpath(text)
