"""The options of ``prepare`` that say what is made of a source; None stands for one that was not typed."""

import os
import re
from typing import Annotated, Literal

import typer

from gantools.commands.options import RUN
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

Tiles = Annotated[
    str | None,
    typer.Option(
        "--tiles",
        metavar="grid|random:N|none",
        help="Cut pieces of --size out of large pictures: all in a grid, or N of each at random places.",
        show_default="none",
        rich_help_panel=PICTURES,
    ),
]

Overlap = Annotated[
    str | None,
    typer.Option(
        "--overlap",
        metavar="16|25%",
        help="What neighbours in a grid of tiles have in common: pixels, or a share of the side.",
        show_default="0",
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

Prune = Annotated[
    bool,
    typer.Option("--prune", help="Remove the pictures whose sources are gone.", rich_help_panel=RUN),
]

Restore = Annotated[
    bool,
    typer.Option("--restore", help="Bring back the pictures that were deleted by hand.", rich_help_panel=RUN),
]

Rehash = Annotated[
    bool,
    typer.Option("--rehash", help="Read every source, instead of trusting its size and time.", rich_help_panel=RUN),
]

Dedupe = Annotated[
    Literal["none", "exact", "near"] | None,
    typer.Option(
        "--dedupe",
        help="Leave out copies of earlier pictures: of the same pixels; or nearly the same, too.",
        show_default="none",
        rich_help_panel=PICTURES,
    ),
]


Formats = Annotated[
    str | None,
    typer.Option(
        "--formats",
        metavar="default,ico|png,jpeg",
        help="File formats that are read; default stands for the usual ones. Pictures in others are left out.",
        show_default="default",
        rich_help_panel=PICTURES,
    ),
]


def check_formats(text: str | None) -> tuple[str, ...] | None:
    """Return the formats that are read.

    Raises:
        UsageError: one that is not known, or never read.
    """
    if text is None:
        return None
    from gantools.pictures.formats import parse_formats

    return parse_formats(text)


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


def check_tiles(text: str | None) -> str | None:
    """Require a way to cut tiles.

    Raises:
        UsageError: it is none.
    """
    if text is not None and re.fullmatch(r"none|grid|random:[1-9]\d{0,4}", text, re.ASCII) is None:
        close = "random:100" if text.startswith("r") else "grid"
        message = f"--tiles: found '{text}', expected grid, none, or random:N with N from 1 to 99999"
        raise UsageError(message, hint=f"--tiles {close}")
    return text


def check_overlap(text: str | None) -> str | None:
    """Require pixels or a share below 100 %.

    Raises:
        UsageError: it is neither.
    """
    if text is not None and re.fullmatch(r"\d{1,5}|\d{1,2}(\.\d{1,3})?%", text, re.ASCII) is None:
        message = f"--overlap: found '{text}', expected pixels like 16 or a share below 100% like 25%"
        raise UsageError(message, hint="--overlap 25%")
    return text


def parse_share(text: str | None) -> float | None:
    """Read ``5%`` as 0.05.

    Raises:
        UsageError: not of that form, or not below 100 %.
    """
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s?%", text, re.ASCII)
    if match is None or float(match[1]) >= 100:
        share = text if text.isdecimal() and int(text) < 100 else 5
        raise UsageError(f"--holdout: found '{text}', expected a share below 100% like 5%", hint=f"--holdout {share}%")
    return float(match[1]) / 100
