"""The options of ``stylize``: names, help, groups. Their defaults are the preset's, see ``gantools.config.style``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from gantools.commands.options import OUTPUT, RUN
from gantools.features.names import STYLING

STYLE = "Style"
METHOD = "Method"
HIDE = {"show_default": False}

Contents = Annotated[
    list[str], typer.Argument(metavar="CONTENT", help="Pictures or folders of them; - for a picture or a tar on stdin.")
]
StyleFiles = Annotated[
    list[str],
    typer.Option("--style", metavar="FILE", help="Picture whose style is wanted; FILE:2 weighs twice. Repeatable.",
                 rich_help_panel=STYLE),
]  # fmt: skip
StyleSize = Annotated[
    int | None,
    typer.Option(metavar="N", help="Long side of the styles in pixels; the result's when not given.",
                 rich_help_panel=STYLE, **HIDE),
]  # fmt: skip
StyleScale = Annotated[
    float | None,
    typer.Option(metavar="X", help="Factor on that size: above 1 strokes are larger.", rich_help_panel=STYLE, **HIDE),
]
Masks = Annotated[
    list[Path] | None,
    typer.Option("--mask", metavar="FILE", help="Where the style holds: white; one for each --style, in their order. "
                 "Outside all of them the content stays.", rich_help_panel=STYLE, **HIDE),
]  # fmt: skip
PreserveColor = Annotated[
    Literal["none", "luma", "match", "histogram"],
    typer.Option("--preserve-color", help="Keep the content's colours: its chroma, its mean and covariance, or its "
                 "histograms.", rich_help_panel=STYLE),
]  # fmt: skip
Preset = Annotated[
    Literal["default", "fast", "gatys", "lesson"],
    typer.Option(help="Values for all that is not given.", rich_help_panel=RUN),
]
Size = Annotated[
    int | None,
    typer.Option(metavar="N", help="Long side of the result in pixels, 512; smaller pictures stay as they are.",
                 rich_help_panel=RUN, **HIDE),
]  # fmt: skip
Iterations = Annotated[
    int | None,
    typer.Option(metavar="N", help="At each size, of which each is twice the one before.", rich_help_panel=RUN,
                 **HIDE),
]  # fmt: skip
MaxTime = Annotated[
    str | None,
    typer.Option("--max-time", metavar="TIME", help="End after this time, with what there is: 90s, 50m.",
                 rich_help_panel=RUN, **HIDE),
]  # fmt: skip
Start = Annotated[
    str | None,
    typer.Option(metavar="content|noise|FILE", help="What to begin with.", rich_help_panel=RUN, **HIDE),
]
ContentWeight = Annotated[
    float | None, typer.Option(metavar="X", help="Of the content loss.", rich_help_panel=METHOD, **HIDE)
]
StyleWeight = Annotated[
    float | None, typer.Option(metavar="X", help="Of the style loss.", rich_help_panel=METHOD, **HIDE)
]
TvWeight = Annotated[
    float | None,
    typer.Option("--tv-weight", metavar="X", help="Of the total variation.", rich_help_panel=METHOD, **HIDE),
]
Objective = Annotated[
    Literal["gram", "moments", "wasserstein"] | None,
    typer.Option(help="Distance of two styles.", rich_help_panel=METHOD, **HIDE),
]
Optimizer = Annotated[
    Literal["adam", "lbfgs", "gd"] | None, typer.Option(help="What moves the pixels.", rich_help_panel=METHOD, **HIDE)
]
Rate = Annotated[float | None, typer.Option(metavar="X", help="Of the optimizer.", rich_help_panel=METHOD, **HIDE)]
Features = Annotated[
    str | None,
    typer.Option(metavar="|".join((*STYLING, "CKPT")), rich_help_panel=METHOD, **HIDE,
                 help="Network that tells styles; auto: VGG-19 where its weights are, else embedded; CKPT: the "
                 "discriminator of a checkpoint."),
]  # fmt: skip
Weights = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The network's weights, safetensors or .pth.", rich_help_panel=METHOD, **HIDE),
]
StyleLayers = Annotated[
    str | None,
    typer.Option("--style-layers", metavar="NAMES", help="Activations for style, divided by commas.",
                 rich_help_panel=METHOD, **HIDE),
]  # fmt: skip
ContentLayers = Annotated[
    str | None,
    typer.Option("--content-layers", metavar="NAMES", help="Activations for content, divided by commas.",
                 rich_help_panel=METHOD, **HIDE),
]  # fmt: skip
TileSide = Annotated[
    str,
    typer.Option("--tile", metavar="auto|N", help="Measure in tiles of so many pixels: less memory, the same result.",
                 rich_help_panel="Machine"),
]  # fmt: skip
SaveEvery = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Write the picture as it is every N iterations.", rich_help_panel=OUTPUT,
                 **HIDE),
]  # fmt: skip
