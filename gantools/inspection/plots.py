"""A picture of a thing: the losses of a checkpoint over its run, or a sheet of a folder's pictures."""

import json
import shlex
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gantools.errors import InputError, UsageError
from gantools.files.atomic import require_file_name, write_bytes
from gantools.files.document import read_document
from gantools.inspection.finding import Kind, short
from gantools.pictures.grid import grid
from gantools.pictures.note import KEYWORD, require_ours
from gantools.pictures.plot import Chart, Series, draw_chart
from gantools.pictures.write import png_bytes
from gantools.training.health import EVEN_PLAY

D_COLOR, G_COLOR = (178, 34, 120), (24, 128, 88)
SHEET_PICTURES = 64
MARK_LETTERS = 28


def require_plot_place(path: Path, *, force: bool, option: str = "--plot") -> None:
    """Check that a picture can be written at ``path``: a name that ends with .png, free or of a picture of ours.

    Raises:
        UsageError: another ending.
        RefusedError: something else stands there, and not ``force``.
    """
    if path.suffix.lower() != ".png":
        message = f"{option}: found '{path}', expected a name that ends with .png"
        named = str(path.with_suffix(".png") if path.name else "plot.png")
        raise UsageError(message, hint=shlex.join([option, named]))
    require_file_name(path)
    require_ours(path, option, force=force)


def write_plot(thing: Path, kind: Kind, path: Path) -> None:
    """Draw ``thing`` and write the picture, unless the very same stands there.

    Raises:
        InputError: a checkpoint without a history, a folder that cannot be used, or a picture.
        ResourceError: the picture cannot be written.
    """
    if kind == "picture":
        raise InputError(f"{thing}: found a picture, --plot expected a checkpoint or a folder of pictures")
    pixels = loss_plot(thing) if kind == "checkpoint" else contact_sheet(thing)
    note = json.dumps({"plot": kind, "of": thing.name}, sort_keys=True)
    data = png_bytes(pixels, text={KEYWORD: note})
    if not (path.is_file() and path.read_bytes() == data):
        write_bytes(path, data, durable=False)


def loss_plot(path: Path) -> NDArray[np.uint8]:
    """Draw both losses of a checkpoint over the images seen, with the drops and changes on the way.

    Raises:
        InputError: the run is too young to have a history.
    """
    _, document = read_document(path)
    config, history = document.config, document.register.history
    if len(history) < 2:
        message = (
            f"{path}: found {document.register.g_steps} rounds, --plot expected a run with a history of 20 or more"
        )
        raise InputError(message, hint=shlex.join(["gantools", "inspect", str(path)]))
    drops = [(float(due), f"rates x {factor:g}") for factor, due in config.balance.lr_drops]
    changes = [(float(event.images), short(event.what)[:MARK_LETTERS]) for event in document.lineage.events]
    seen = document.register.images
    return draw_chart(
        Chart(
            f"{path.name}: {config.network.family}, {config.loss.name}",
            "images seen",
            [
                Series("D loss", D_COLOR, [(float(point[1] or 0), point[2]) for point in history]),
                Series("G loss", G_COLOR, [(float(point[1] or 0), point[3]) for point in history]),
            ],
            (EVEN_PLAY[config.loss.name], "even play for D"),
            tuple((x, text) for x, text in sorted(drops + changes) if x <= seen),
        )
    )


def contact_sheet(path: Path, count: int = SHEET_PICTURES) -> NDArray[np.uint8]:
    """Lay out pictures taken at equal steps from a folder, as training reads them, uint8 (C, H, W).

    Raises:
        InputError: no folder that training could use.
    """
    from gantools.data.folder import open_data

    with open_data(path) as pictures:
        shown = min(count, pictures.count)
        return grid(pictures.read([index * pictures.count // shown for index in range(shown)]))
