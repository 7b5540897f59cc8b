"""The door ``prepare``: pictures of any kind to a clean, uniform folder. Only torchvision:NAME loads torch."""

import contextlib
import os
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gantools.commands.doors import typed_again
from gantools.commands.options import (
    MACHINE,
    RUN,
    Color,
    Debug,
    DryRun,
    Json,
    Output,
    Print0,
    Quiet,
    Verbose,
    console_from,
    parse_percent_or_count,
)
from gantools.commands.prepare_account import describe, tell
from gantools.commands.prepare_options import (
    PICTURES,
    Dedupe,
    Formats,
    Frames,
    Labels,
    MinSize,
    Overlap,
    Prune,
    Rehash,
    Restore,
    Tiles,
    check_formats,
    check_labels,
    check_overlap,
    check_tiles,
    parse_share,
)
from gantools.commands.prepare_product import ListPictures, Product, Sheet
from gantools.commands.prepare_rehearsal import rehearse
from gantools.commands.prepare_sources import (
    FilesFrom,
    Follow,
    Root,
    Sources,
    copy_of_stdin,
    fetched,
    reads_stdin,
    typed_sources,
)
from gantools.commands.prepare_strict import Strict, check_strict, passes
from gantools.commands.signals import StopRequest, stop_requests
from gantools.config.sizes import parse_size
from gantools.console import Console
from gantools.errors import Again, ExitCode, UsageError
from gantools.files.nearby import free_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from gantools.data.entry import Entry
    from gantools.data.plan import Reread
    from gantools.data.recipe import Crop, Recipe
    from gantools.data.report import Report
    from gantools.data.work import Plan


LARGEST_KEPT_BYTES = 1 << 25  # a photograph of 8 megapixels; what is larger goes back, so that memory stays flat


class _Stopped(Exception):
    """A signal asked for the end, after so many pictures."""


def prepare(
    sources: Sources = None,
    output: Output = None,
    files_from: FilesFrom = None,
    follow: Follow = None,
    root: Root = None,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="64|64x48",
            show_default="the sources' own up to 64, else 64",
            rich_help_panel=PICTURES,
            help="Width, or width x height, in pixels.",
        ),
    ] = None,
    crop: Annotated[
        Literal["center", "top", "random", "none"] | None,
        typer.Option(
            help="What is kept of another shape; none stretches.", show_default="center", rich_help_panel=PICTURES
        ),
    ] = None,
    pad: Annotated[
        bool, typer.Option("--pad", help="Keep the whole picture, on --background.", rich_help_panel=PICTURES)
    ] = False,
    channels: Annotated[
        Literal["auto", "rgb", "gray", "rgba"] | None,
        typer.Option(help="auto: grey if all are grey, else RGB.", show_default="auto", rich_help_panel=PICTURES),
    ] = None,
    background: Annotated[
        str | None,
        typer.Option(
            metavar="COLOR",
            help="Behind transparent places and beside padded pictures: a name or #rrggbb.",
            show_default="white",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    min_size: MinSize = None,
    frames: Frames = None,
    tiles: Tiles = None,
    overlap: Overlap = None,
    labels: Labels = None,
    formats: Formats = None,
    dedupe: Dedupe = None,
    holdout: Annotated[
        str | None,
        typer.Option(
            metavar="5%",
            help="Share that G and D never learn from, chosen by content; train tells overfitting by it.",
            show_default="0%",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="At most N pictures, the classes in turn.",
            show_default="all",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", help="Of random crops and of drawn pictures.", show_default="0", rich_help_panel=RUN),
    ] = None,
    tolerate: Annotated[
        str | None,
        typer.Option(metavar="1%|N", help="Bad pictures that still end with 0.", show_default="0", rich_help_panel=RUN),
    ] = None,
    strict: Strict = False,
    prune: Prune = False,
    restore: Restore = False,
    rehash: Rehash = False,
    jobs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=256, help="Threads.", show_default="one a core", rich_help_panel=MACHINE),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            rich_help_panel="Output",
            help="Make all again; use a folder with other files, which stay and are left out of training.",
        ),
    ] = False,
    dry_run: DryRun = False,
    sheet: Sheet = None,
    list_: ListPictures = False,
    json: Json = False,
    print0: Print0 = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: Color = "auto",
    debug: Debug = False,
) -> int:
    """Turn pictures of any kind into a uniform folder; again, only what is new or changed. Return the exit code."""
    console = console_from(quiet, verbose, color)
    product = Product(json, list_, print0, sheet)
    product.check(dry_run)
    if output is None or str(output) == "-":
        found = "no output" if output is None else "stdout as output"
        message = f"prepare: found {found}, expected -o and the name of a folder"
        raise UsageError(message, hint=f"-o {free_name('data')}")
    check_strict(strict, tolerate)
    allowed = parse_percent_or_count(tolerate or "0")
    typed: dict[str, Any] = {
        "size": parse_size(size) if size is not None else None,
        "crop": _crop_or_pad(crop, pad),
        "channels": channels,
        "background": _parse_color(background),
        "min_size": min_size,
        "frames": frames,
        "tiles": check_tiles(tiles),
        "overlap": check_overlap(overlap),
        "labels": check_labels(labels),
        "holdout": parse_share(holdout),
        "limit": limit,
        "seed": seed,
        "follow": follow,
        "formats": check_formats(formats),
        "dedupe": dedupe,
    }

    from gantools.data.plan import make_plan
    from gantools.data.recipe import Wish
    from gantools.data.sources import Supply
    from gantools.data.typed import checked_sources
    from gantools.data.work import Acts
    from gantools.files.lock import locked

    # A slip, or a set that cannot be downloaded, leaves no lock file behind.
    wish = Wish(checked_sources(typed_sources(sources, files_from, root)), **typed)
    product.require_sheet_place(output, wish.sources, force)
    is_piped = reads_stdin(wish.sources)
    library = fetched(wish.sources, root, console, writes=not dry_run)
    acts = Acts(force=force, prune=prune, restore=restore, rehash=rehash)
    threads = jobs or len(os.sched_getaffinity(0))
    if dry_run:
        supply = Supply(copy_of_stdin() if is_piped else None, library)
        plan = make_plan(output, wish, acts, supply=supply, reread=_reader(threads, console, StopRequest()))
        return rehearse(plan, wish, threads if strict else None, console, json)
    with locked(output):
        stdin = copy_of_stdin() if is_piped else None  # a signal may end the wait for a pipe: nothing is made yet
        with stop_requests() as request, contextlib.suppress(_Stopped):
            supply, report = Supply(stdin, library), None
            plan = make_plan(output, wish, acts, supply=supply, reread=_reader(threads, console, request))
            describe(plan, console)
            is_sound = not strict or passes(plan, threads, console, request)
            report = _work(plan, threads, console, request) if is_sound else None
    if report is None:
        return ExitCode.SIGNAL + (request.signal or 0)
    return tell(plan, report, allowed, console, product)


def _reader(threads: int, console: Console, request: StopRequest) -> "Reread":
    """Return what reads the sources again, with a display; a signal ends it."""
    from gantools.data.rehash import digests_of

    def read(entries: "list[Entry]", recipe: "Recipe") -> dict[str, str]:
        try:
            with console.progress("rehash", len(entries), "sources") as progress:
                return digests_of(entries, recipe, threads, lambda done: _advance(progress.update, done, request))
        except _Stopped as stopped:
            console.line(f"stopped after {stopped} of {len(entries)} sources were read: nothing was written")
            raise

    return read


def _work(plan: "Plan", threads: int, console: Console, request: StopRequest) -> "Report":
    """Carry out the plan; when a signal ends it, say that the next run goes on."""
    import gc

    from gantools.allocator import keep_freed_memory, share_one_heap
    from gantools.data.build import execute
    from gantools.data.folder import prepare_line

    if plan.nothing_to_do():
        return execute(plan, threads)
    keep_freed_memory(LARGEST_KEPT_BYTES)
    share_one_heap()
    gc.freeze()  # what is loaded and planned is looked through no more: that took time, and longer with a larger plan
    count = len(plan.items)
    try:
        with console.progress("prepare", count, "pictures") as progress:
            return execute(plan, threads, lambda done: _advance(progress.update, done, request))
    except _Stopped as stopped:
        console.line(f"stopped after {stopped} of {count} pictures, which are kept: the same line goes on")
        console.next(typed_again(Again()) or prepare_line(plan.folder))
        raise


def _advance(update: "Callable[[int], None]", done: int, request: StopRequest) -> None:
    update(done)
    if request.signal is not None:
        raise _Stopped(done)


def _crop_or_pad(crop: "Crop | None", pad: bool) -> "Crop | None":
    """Return what becomes of another shape; ``--pad`` is stored as a kind of crop, so the later of the two counts."""
    if pad and crop is not None:
        message = f"--pad: found it beside --crop {crop}, expected one of them: what is padded is not cropped"
        raise UsageError(message, hint=Again(drop=("--crop",)))
    return "pad" if pad else crop


def _parse_color(text: str | None) -> tuple[int, int, int] | None:
    """Read a colour's name or ``#rrggbb``."""
    if text is None:
        return None
    from gantools.data.shape import parse_color

    return parse_color(text)
