"""Finding out what a run of ``prepare`` has to do. Nothing is written."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from gantools.data.before import look_at
from gantools.data.comparison import Standing, compare, look_again, settled, standing_of
from gantools.data.entry import Entry, Unreadable
from gantools.data.frames import with_frames
from gantools.data.gone import settle_gone
from gantools.data.kinds import Rules
from gantools.data.labels import Labelled, with_labels
from gantools.data.nothing import no_pictures
from gantools.data.recipe import LABELS, Recipe, Wish, settle
from gantools.data.rehash import digests_of
from gantools.data.sources import NOTHING, Found, Supply, discover, limited
from gantools.data.survey import DEFAULT_SIDE_PX, check_size, survey
from gantools.data.tiles import with_tiles
from gantools.data.typed import checked_sources
from gantools.data.work import Acts, Item, Plan
from gantools.errors import UsageError
from gantools.files.nearby import other_output

Reread = Callable[[list[Entry], Recipe], dict[str, str]]
"""Reads sources again and returns their digests."""


def make_plan(
    folder: Path,
    wish: Wish,
    acts: Acts = Acts(),  # noqa: B008 - frozen
    *,
    supply: Supply = NOTHING,
    reread: Reread = partial(digests_of, threads=1),  # noqa: B008 - it holds nothing
) -> Plan:
    """Find out what is to be done; nothing is written. Call it under the folder's lock.

    Args:
        folder: the data set, which may exist.
        wish: the options as typed.
        acts: what else this run is asked to do.
        supply: a copy of stdin where a source reads it, and copies of published sets.
        reread: reads the sources again, called when ``acts`` ask for it.

    Raises:
        UsageError: options that are wrong or contradict each other.
        InputError: a source that is not there or is damaged, or no picture.
        RefusedError: the folder holds other files, or pictures that could not be made again, without ``acts.force``;
            or ``acts.prune`` would remove what is more likely a disk that is not there.
    """
    wish = replace(wish, sources=checked_sources(wish.sources))
    _check_places(wish.sources, folder)
    before = look_at(folder, acts.force)
    stored = before.journal or (before.manifest.heading.recipe if before.manifest else None)
    recipe = settle(wish, stored, (DEFAULT_SIDE_PX, DEFAULT_SIDE_PX), "rgb")
    check_size(recipe.size)
    found = _found(recipe, folder, supply)
    labelled = _label(found, recipe)
    wholes, seen, framed = found.entries, None, None
    if wholes and (wish.channels == "auto" or (stored is None and None in (wish.size, wish.channels))):
        framed = with_frames(wholes, recipe.formats) if recipe.frames == "all" else wholes
        seen = survey(limited(framed, recipe.limit))
        recipe = settle(wish, stored, seen.size, seen.channels)
    standing = standing_of(folder, recipe, before, acts)
    if acts.rehash:
        standing.digests = reread(wholes, recipe)
    found.entries = _pieces(wholes, framed, recipe, standing)
    plan = Plan(folder, recipe, [], before, standing.foreign, found.passed_over, seen, standing.redone, labelled)
    settle_gone(plan, compare(plan, found, standing), found, standing)
    look_again(plan)
    if stored is not None and recipe.channels == "gray" and wish.channels is None:
        plan.greyed = _first_in_colour(plan.items)
    if before.manifest is not None:
        plan.beside = before.manifest.heading.recipe.sources
        plan.others = tuple(source for source in recipe.sources if source not in plan.beside)
    if not plan.items:
        raise no_pictures(wish.sources, found)
    return plan


def _check_places(sources: tuple[str, ...], folder: Path) -> None:
    """Require that the data set is none of its sources."""
    for source in sources:
        if os.path.exists(source) and folder.exists() and os.path.samefile(source, folder):
            raise UsageError(
                f"{source}: found it as a source and as -o, expected two folders", hint=other_output(folder)
            )


def _found(recipe: Recipe, folder: Path, supply: Supply) -> Found:
    return discover(
        recipe.sources,
        labels=recipe.labels == "folders",
        without=folder,
        rules=Rules(recipe.seed, recipe.follow, recipe.formats),
        supply=supply,
    )


def _pieces(wholes: list[Entry], framed: list[Entry] | None, recipe: Recipe, standing: Standing) -> list[Entry]:
    """Return the frames and tiles that are asked for. Of a file that has not changed they are taken from the records.

    Args:
        wholes: the files.
        framed: their frames, where they are known already.
        recipe: the options; under a limit the records do not tell all parts of a file.
        standing: of the records.
    """
    if recipe.frames == "first" and recipe.tiles == "none":
        return wholes
    parts: list[Entry] = []
    if framed is None:
        if standing.is_whole and not recipe.limit:
            parts, wholes = settled(wholes, standing)
        framed = with_frames(wholes, recipe.formats) if recipe.frames == "all" else wholes
    return parts + (framed if recipe.tiles == "none" else with_tiles(framed, recipe))


def _label(found: Found, recipe: Recipe) -> Labelled | None:
    """Give the pictures the labels of a CSV file, if that is where they come from."""
    if recipe.labels in LABELS:
        return None
    found.entries, labelled = with_labels(found.entries, recipe.labels)
    return labelled


def _first_in_colour(items: list[Item]) -> str | None:
    for item in items:
        if item.entry is not None and not item.keep:
            try:
                if not item.entry.origin.look(item.entry).gray:
                    return item.entry.source
            except Unreadable:
                continue
    return None
