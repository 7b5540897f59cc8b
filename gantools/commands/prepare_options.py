"""The options of ``prepare`` that say what is made of a source; None stands for one that was not typed."""

from typing import Annotated

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
