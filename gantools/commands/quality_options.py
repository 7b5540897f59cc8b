"""The options that ask how good a model is, of ``inspect`` and of ``train``."""

from pathlib import Path
from typing import Annotated

import typer

from gantools.features.names import CHOICES

QUALITY = "Quality"

Features = Annotated[
    str | None,
    typer.Option("--features", metavar="|".join((*CHOICES, "CKPT")), show_default=False, rich_help_panel=QUALITY,
                 help="What turns pictures into numbers; auto: the network of --weights, else the embedded one; "
                 "labels: one fitted on the labels of DATA; CKPT: its discriminator."),
]  # fmt: skip
Weights = Annotated[
    Path | None,
    typer.Option("--weights", metavar="FILE", show_default=False, rich_help_panel=QUALITY,
                 help="Weights for it with torchvision's names, safetensors or .pth."),
]  # fmt: skip
EvaluateEvery = Annotated[
    str | None,
    typer.Option("--evaluate-every", metavar="TIME|Nsteps|Nimages", show_default="never", rich_help_panel=QUALITY,
                 help="How often the figures of inspect --against DATA are taken, for the metrics file and --keep."),
]  # fmt: skip
Keep = Annotated[
    str | None,
    typer.Option("--keep", metavar="last,best:FIGURE", show_default="last", rich_help_panel=QUALITY,
                 help="last,best also keeps the best so far by kid, or by FIGURE: CKPT's stem + .best.safetensors."),
]  # fmt: skip
