"""The options of the three training doors: those that several of them have, and how a field becomes an option."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from gantools.commands.options import OUTPUT, RUN
from gantools.config.build import all_fields, set_by_presets
from gantools.config.fields import SWITCH, setting_of

RATES = "Rates and balance"
LENGTH = "Length"


def from_field(name: str, panel: str, metavar: str) -> Any:
    """Return the option of a configuration field: its flag, help and default stand in the field alone."""
    field = all_fields()[name]
    known = setting_of(field)
    default = ", ".join(map(str, field.default)) if isinstance(field.default, tuple) else str(field.default)
    default = f"{default or 'none'}, or the preset's" if name in set_by_presets() else default or "none"
    if known.choices == SWITCH:
        return typer.Option(known.flag, help=known.help, show_default=str(field.default), rich_help_panel=panel)
    names = f" One of {', '.join(known.typable)}." if known.choices else ""
    return typer.Option(
        known.flag, metavar=metavar, help=known.help + names, show_default=default, rich_help_panel=panel
    )


Data = Annotated[Path, typer.Argument(metavar="DATA", help="Folder of pictures, best made by prepare.")]
Checkpoint = Annotated[str, typer.Argument(metavar="CKPT", help="Checkpoint, or - for standard input.")]
Steps = Annotated[int | None, typer.Option(metavar="N", help="So many steps more.", rich_help_panel=LENGTH)]
Until = Annotated[
    int | None, typer.Option(metavar="N", help="Up to step N in all; nothing to do when there.", rich_help_panel=LENGTH)
]
Images = Annotated[
    str | None, typer.Option(metavar="N", help="So many images more; 10k and 2M work.", rich_help_panel=LENGTH)
]
Epochs = Annotated[
    float | None, typer.Option(metavar="N", help="So many passes over the data more.", rich_help_panel=LENGTH)
]
MaxTime = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="At most 90s, 50m or 8h, the save included.", rich_help_panel=LENGTH),
]
LrG = Annotated[float | None, from_field("optimizer.lr_g", RATES, "RATE")]
LrD = Annotated[float | None, from_field("optimizer.lr_d", RATES, "RATE")]
Metrics = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Append JSON lines with the losses.", rich_help_panel=OUTPUT)
]
OnCollapse = Annotated[
    Literal["stop", "warn"],
    typer.Option(
        help="A run that collapsed or diverged: end with 6 and keep the last good checkpoint, or only say so.",
        rich_help_panel=RUN,
    ),
]
