"""What ``inspect --html`` does: compute the pictures of a page, put it together, write it."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from gantools.commands.judging import Answer, Question
from gantools.console import Console
from gantools.errors import Again, InputError, RefusedError, UsageError
from gantools.files.atomic import require_file_name, write_bytes
from gantools.files.nearby import free_name

if TYPE_CHECKING:
    from gantools.files.document import Document
    from gantools.inspection.finding import Finding
    from gantools.inspection.page import Gallery
    from gantools.measure.reals import Eyes
    from gantools.nets.base import Generator
    from gantools.pictures.timeline import Timeline

MOST_PIXELS = 64 * 64 * 64
SAMPLES = (64, 36, 16)
NEAREST = 8
WALKS = 4
WALK_PIXELS = 4 * 48 * 32 * 32
FRAMES = (48, 32, 16)
START_BYTES = 1024


def require_page_place(page: Path, force: bool) -> None:
    """Check that a page can be written at ``page``: a name that ends with .html, free or of a page of ours.

    Raises:
        UsageError: another ending.
        RefusedError: something else stands there, and not ``force``.
    """
    if page.suffix.lower() not in (".html", ".htm"):
        message = f"--html: found '{page}', expected a name that ends with .html"
        named = str(page.with_suffix(".html") if page.name else "page.html")
        raise UsageError(message, hint=shlex.join(["--html", named]))
    require_file_name(page)
    if page.exists() and not force and not _is_ours(page):
        message = f"{page}: exists and was not written by gantools, expected a free name, or --force to replace it"
        raise RefusedError(message, hint=shlex.join(["--html", free_name(str(page))]))


def write_page(page: Path, text: str) -> None:
    """Write a page unless the very same stands there.

    Raises:
        ResourceError: it cannot be written.
    """
    data = text.encode()
    if not (page.is_file() and page.read_bytes() == data):
        write_bytes(page, data, durable=False)


def checkpoint_text(
    path: Path,
    finding: "Finding",
    metrics: Path | None,
    asked: tuple[Question, Answer] | None,
    machine: tuple[str, int | None],
    console: Console,
) -> str:
    """Compute the pictures of a checkpoint's page and return it.

    Args:
        metrics: the metrics file of the run, or None.
        asked: the judgement by real pictures, when there was one.
        machine: device and threads as typed.

    Raises:
        InputError: a checkpoint, metrics or data that cannot be used.
        ResourceError: no such device.
    """
    from gantools.files.document import read_document
    from gantools.inspection.story import story_of

    story = story_of(read_document(path)[1], metrics)
    if story.unread:
        console.warn(f"{metrics}: left out {story.unread} lines that are no whole lines of a metrics file")
    from gantools.device import settle
    from gantools.files.checkpoint import load_average
    from gantools.inspection.page import Judgement, checkpoint_page

    device = settle(*machine, "fp32").device
    generator, document = load_average(path)
    if document.digest != finding.facts["digest"]:
        message = f"{path}: found another checkpoint than a moment ago, expected it to stay while it is drawn"
        raise InputError(message, hint=Again())
    gallery = _gallery(generator.to(device), document.config.seed, console)
    gallery.timeline = _timeline(path, document)
    judgement = None
    if asked is not None:
        _add_reals(gallery, asked[0], asked[1].eyes, console)
        judgement = Judgement(asked[1].rows, asked[1].tables)
    return checkpoint_page(path, document, finding, story, gallery, judgement)


def _timeline(path: Path, document: "Document") -> "Timeline":
    """Read the timeline beside a checkpoint; the best one of a run has that of the run."""
    from gantools.pictures.timeline import read_timeline, run_name, timeline_path

    place = timeline_path(path.with_name(path.name.replace(".best.", ".")))
    return read_timeline(place, run_name(document.config), document.register.images)


def _gallery(generator: "Generator", seed: int, console: Console) -> "Gallery":
    """Draw samples and walks; of large pictures fewer."""
    import numpy as np

    from gantools.inspection.page import Gallery
    from gantools.pictures.timeline import Timeline
    from gantools.sampling.render import render
    from gantools.sampling.walk import walk

    first = next(render(generator, seed, 0, 1))
    side = first.shape[1] * first.shape[2]
    count = next((count for count in SAMPLES if count * side <= MOST_PIXELS), SAMPLES[-1])
    frames = next((frames for frames in FRAMES if WALKS * frames * side <= WALK_PIXELS), FRAMES[-1])
    with console.progress("draw", count + WALKS * frames, "pictures") as progress:
        samples = np.stack(list(render(generator, seed, 0, count)))
        walks = []
        for index in range(WALKS):
            progress.update(count + index * frames)
            walks.append(walk(generator, seed, index, frames))
        progress.update(count + WALKS * frames)
    return Gallery(samples, walks, Timeline(""))


def _add_reals(gallery: "Gallery", question: Question, eyes: "Eyes", console: Console) -> None:
    """Add real pictures, and the nearest training pictures of some samples."""
    from gantools.data.folder import open_data
    from gantools.draws import permutation
    from gantools.inspection.page import NearestRow
    from gantools.keys import key
    from gantools.measure.nearest import nearest_training

    with open_data(question.data) as train:
        order = permutation(key(question.seed, "page", train.digest), train.count)
        gallery.reals = train.read(order[: len(gallery.samples)].tolist())
        total = train.count
    samples = gallery.samples[:NEAREST]
    with console.progress("search", total, "pictures") as progress:
        found = nearest_training(question.data, samples, eyes, question.seed, progress.update)
    gallery.nearest = [
        NearestRow(sample, pictures, tuple(distances.tolist()))
        for sample, pictures, distances in zip(samples, found.pictures, found.distances, strict=True)
    ]
    gallery.nearest_note = (
        f"Each framed sample, then the training pictures nearest to it, found among all {found.searched:,} by "
        f"small versions and put in order by {eyes.extractor.label}. A distance of 1 is how far "
        f"{found.unit}; much less is a copy."
    )


def _is_ours(path: Path) -> bool:
    from gantools.inspection.page_style import GENERATOR

    with open(path, "rb") as stream:
        return GENERATOR.encode() in stream.read(START_BYTES)
