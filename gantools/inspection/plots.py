"""A picture of a thing: the losses of a checkpoint over its run, or a sheet of a folder's pictures."""

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gantools.errors import InputError, UsageError
from gantools.files.atomic import require_file_name, write_bytes
from gantools.files.document import read_document
from gantools.files.nearby import free_name
from gantools.inspection.contact import contact_pictures
from gantools.inspection.finding import Kind, short
from gantools.inspection.story import Mark, Story, story_of
from gantools.pictures.grid import grid
from gantools.pictures.note import KEYWORD, require_ours
from gantools.pictures.plot import Chart, Series, draw_chart
from gantools.pictures.write import png_bytes
from gantools.training.health import EVEN_PLAY

D_COLOR, G_COLOR = (178, 34, 120), (24, 128, 88)
SHEET_PICTURES = 64
MARK_LETTERS = 34
MOST_SKIPS = 4


def require_plot_place(path: Path, places: Mapping[Path, str], *, force: bool, option: str = "--plot") -> None:
    """Check that a picture can be written at ``path``: a name that ends with .png, free or of a picture of ours.

    Args:
        path: as typed.
        places: folders of pictures, in which it would be taken for one, and what each is.
        force: whether other files are replaced.
        option: by which it was typed.

    Raises:
        UsageError: another ending, or inside one of the places.
        RefusedError: something else stands there, and not ``force``.
    """
    if path.suffix.lower() != ".png":
        message = f"{option}: found '{path}', expected a name that ends with .png"
        named = str(path.with_suffix(".png") if path.name else "plot.png")
        raise UsageError(message, hint=shlex.join([option, named]))
    require_file_name(path)
    for place, what in places.items():
        if place.resolve() in path.resolve().parents:
            found = f"{option}: found '{path}' inside {what}"
            beside = os.path.join(os.path.dirname(os.path.normpath(place)), path.name)
            raise UsageError(
                f"{found}, expected another folder: it would be taken for a picture",
                hint=shlex.join([option, free_name(beside)]),
            )
    require_ours(path, option, force=force)


def write_plot(thing: Path, kind: Kind, path: Path, metrics: Path | None = None) -> None:
    """Draw ``thing`` and write the picture, unless the very same stands there.

    Args:
        metrics: of a checkpoint's run: it tells more than the checkpoint.

    Raises:
        InputError: a checkpoint without a history, a folder that cannot be used, or a picture.
        ResourceError: the picture cannot be written.
    """
    if kind == "picture":
        raise InputError(f"{thing}: found a picture, --plot expected a checkpoint or a folder of pictures")
    pixels = loss_plot(thing, metrics) if kind == "checkpoint" else contact_sheet(thing)
    note = json.dumps({"plot": kind, "of": thing.name}, sort_keys=True)
    data = png_bytes(pixels, text={KEYWORD: note})
    if not (path.is_file() and path.read_bytes() == data):
        write_bytes(path, data, durable=False)


def loss_plot(path: Path, metrics: Path | None = None) -> NDArray[np.uint8]:
    """Draw both losses of a checkpoint over the images seen, with what happened on the way.

    Raises:
        InputError: the run is too young to have a history.
    """
    _, document = read_document(path)
    config, story = document.config, story_of(document, metrics)
    if len(story.loss_d) < 2:
        message = (
            f"{path}: found {document.register.g_steps} rounds, --plot expected a run with a history of 20 or more"
        )
        raise InputError(message, hint=shlex.join(["gantools", "inspect", str(path)]))
    even = EVEN_PLAY.get(config.loss.name)
    return draw_chart(
        Chart(
            f"{path.name}: {config.network.family}, {config.loss.name}",
            "images seen",
            [
                Series("D loss", D_COLOR, [(float(images), value) for images, value in story.loss_d]),
                Series("G loss", G_COLOR, [(float(images), value) for images, value in story.loss_g]),
            ],
            None if even is None else (even, "even play for D"),
            tuple((float(mark.images), short(mark.text)[:MARK_LETTERS]) for mark in _marks(story)),
        )
    )


def _marks(story: Story) -> list[Mark]:
    """Return what happened, with the places where skipping D turns began and where turns were not finite."""
    skips = [Mark(start, "other", "D turns skipped") for start, _ in story.stretches(story.skipped)[:MOST_SKIPS]]
    faults = [Mark(start, "fault", "not finite") for start, _ in story.stretches(story.nonfinite)[:MOST_SKIPS]]
    return sorted([*story.marks, *skips, *faults], key=lambda mark: mark.images)


def contact_sheet(path: Path, count: int = SHEET_PICTURES) -> NDArray[np.uint8]:
    """Lay out pictures taken at equal steps from a folder, uint8 (C, H, W).

    Raises:
        InputError: no folder with a picture that can be read.
    """
    return grid(contact_pictures(path, count))
