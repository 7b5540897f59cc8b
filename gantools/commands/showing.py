"""What ``inspect --show`` does: draw a thing in the terminal, in colours or in characters.

The drawing is for people and goes to stderr; the report, which programs may read, stays alone on stdout.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from gantools.console import Console

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gantools.inspection.finding import Kind

PICTURES = 64
TEXT_LINES = 3
"""Lines of a terminal that the prompt and the next line need below a drawing."""


def show(path: Path, kind: "Kind", machine: tuple[str, int | None], console: Console) -> None:
    """Draw samples of a checkpoint, pictures of a folder, or a picture.

    Args:
        machine: device and threads as typed; only a checkpoint needs them.

    Raises:
        InputError: it cannot be used.
    """
    pictures = _samples(path, machine) if kind == "checkpoint" else _pictures(path, kind)
    from gantools.pictures.terminal import characters, picture_cells

    columns, lines, has_colors = console.canvas()
    drawn = picture_cells(pictures, columns, max(1, lines - TEXT_LINES))
    if has_colors:
        console.half_blocks(drawn)
    else:
        for line in characters(drawn):
            console.line(line)


def _samples(path: Path, machine: tuple[str, int | None]) -> "NDArray[np.uint8]":
    """Compute the pictures that ``sample`` would write first."""
    from gantools.device import settle
    from gantools.files.checkpoint import load_average
    from gantools.sampling.render import render

    device = settle(*machine, "fp32").device
    generator, document = load_average(path)
    import numpy as np

    return np.stack(list(render(generator.to(device), document.config.seed, 0, PICTURES)))


def _pictures(path: Path, kind: "Kind") -> "NDArray[np.uint8]":
    from gantools.inspection.contact import contact_pictures, file_picture

    return contact_pictures(path, PICTURES) if kind == "data" else file_picture(path)
