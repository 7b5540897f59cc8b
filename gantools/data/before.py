"""What is in a data set's folder when a run of ``prepare`` starts: a finished data set, an unfinished run, or both."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from gantools.data.folder import own_pack
from gantools.data.manifest import (
    JOURNAL,
    MANIFEST,
    Manifest,
    Record,
    is_ours,
    journal_records,
    read_heading,
    read_manifest,
)
from gantools.data.pack import Pack
from gantools.data.recipe import Recipe
from gantools.errors import InputError, RefusedError
from gantools.files.nearby import other_output


@dataclass
class Before:
    """What is in the folder when the run starts.

    Args:
        manifest: of the finished data set; None for none.
        pack: its pack; None when there is none that belongs to it.
        unfinished: whether a run did not end.
        journal: that run's recipe; None for none.
        journalled: what that run had made.
        loose: files of ours that are on no record.
    """

    manifest: Manifest | None = None
    pack: Pack | None = None
    unfinished: bool = False
    journal: Recipe | None = None
    journalled: list[Record] = field(default_factory=list)
    loose: set[str] = field(default_factory=set)


def look_at(folder: Path, force: bool) -> Before:
    """Read what an earlier run left in the folder.

    Args:
        folder: the data set; it may be absent.
        force: let pass a folder that holds other files.

    Raises:
        RefusedError: a file, or a folder with other files.
        InputError: a damaged manifest.
    """
    if not folder.exists():
        return Before()
    if not folder.is_dir():
        raise RefusedError(f"{folder}: found a file, expected a folder to write", hint=other_output(folder))
    before = Before(unfinished=(folder / JOURNAL).exists())
    if before.unfinished:
        try:
            before.journal = read_heading(folder / JOURNAL).recipe
        except InputError:
            before.journal = None  # cut off in its first line: nothing had been made
        for record in journal_records(folder / JOURNAL):
            if record.source and before.journal is not None:
                before.journalled.append(record)
            elif record.file is not None:
                before.loose.add(record.file)
    if is_ours(folder / MANIFEST):
        before.manifest = read_manifest(folder / MANIFEST)
        before.pack = own_pack(folder)
    elif not before.unfinished and not force and any(name[0] != "." for name in os.listdir(folder)):
        message = f"{folder}: found a folder with other files, expected a new or empty one, or one that prepare made"
        message += "; --force keeps these files and leaves them out of training"
        raise RefusedError(message, hint="--force")
    return before
