"""The options of ``prepare`` that say what is made of a source; None stands for one that was not typed."""

from typing import Annotated, Literal

import typer

PICTURES = "Pictures"

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
