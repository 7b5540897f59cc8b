"""Finding out what a run of ``prepare`` has to do. Nothing is written."""

import os
from dataclasses import replace
from pathlib import Path

from gantools.data.before import look_at
from gantools.data.comparison import compare
from gantools.data.entry import Unreadable
from gantools.data.frames import with_frames
from gantools.data.kinds import Rules
from gantools.data.labels import Labelled, with_labels
from gantools.data.nothing import no_pictures
from gantools.data.recipe import LABELS, Recipe, Wish, settle
from gantools.data.sources import NOTHING, Found, Supply, discover, limited
from gantools.data.survey import DEFAULT_SIDE_PX, check_size, survey
from gantools.data.tiles import with_tiles
from gantools.data.typed import checked_sources
from gantools.data.work import Item, Plan
from gantools.errors import UsageError
from gantools.files.nearby import other_output


def make_plan(folder: Path, wish: Wish, *, force: bool = False, supply: Supply = NOTHING) -> Plan:
    """Find out what is to be done; nothing is written. Call it under the folder's lock.

    Args:
        folder: the data set, which may exist.
        wish: the options as typed.
        force: make everything again, and use a folder that holds other files.
        supply: a copy of stdin where a source reads it, and copies of published sets.

    Raises:
        UsageError: options that are wrong or contradict each other.
        InputError: a source that is not there or is damaged, or no picture.
        RefusedError: the folder holds other files, or pictures that could not be made again, without ``force``.
    """
    wish = replace(wish, sources=checked_sources(wish.sources))
    for source in wish.sources:
        if os.path.exists(source) and folder.exists() and os.path.samefile(source, folder):
            raise UsageError(
                f"{source}: found it as a source and as -o, expected two folders", hint=other_output(folder)
            )
    before = look_at(folder, force)
    stored = before.journal or (before.manifest.heading.recipe if before.manifest else None)
    recipe = settle(wish, stored, (DEFAULT_SIDE_PX, DEFAULT_SIDE_PX), "rgb")
    check_size(recipe.size)
    found = discover(
        recipe.sources,
        labels=recipe.labels == "folders",
        without=folder,
        rules=Rules(recipe.seed, recipe.follow, recipe.formats),
        supply=supply,
    )
    labelled = _label(found, recipe)
    if recipe.frames == "all":
        found.entries = with_frames(found.entries, recipe.formats)
    seen = None
    if found.entries and (wish.channels == "auto" or (stored is None and None in (wish.size, wish.channels))):
        seen = survey(limited(found.entries, recipe.limit))
        recipe = settle(wish, stored, seen.size, seen.channels)
    if recipe.tiles != "none":
        found.entries = with_tiles(found.entries, recipe)
    plan = compare(folder, recipe, found, before, force)
    plan.survey, plan.labelled = seen, labelled
    if stored is not None and recipe.channels == "gray" and wish.channels is None:
        plan.greyed = _first_in_colour(plan.items)
    if not plan.items:
        raise no_pictures(wish.sources, found)
    return plan


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
