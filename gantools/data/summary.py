"""What a folder of pictures holds, in numbers: from the manifest and the file names; no picture is decoded."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gantools.data import disk
from gantools.data.census import Census, census
from gantools.data.columns import columns_of
from gantools.data.entry import Natural, Unreadable
from gantools.data.folder import check_folder
from gantools.data.manifest import (
    HOLDOUT,
    MANIFEST,
    TRAIN,
    is_ours,
    manifest_bytes_digest,
    read_manifest,
)
from gantools.data.recipe import CHANNEL_COUNTS
from gantools.data.sources import folder_entries
from gantools.errors import InputError
from gantools.files.nearby import other_data

NO_LABEL = "(none)"


@dataclass
class DataSummary:
    """What is in a folder of pictures.

    Args:
        path: the folder.
        prepared: whether ``prepare`` made it.
        train: pictures for training that are there.
        holdout: held-out pictures that are there.
        labels: pictures of each class, both splits; ``(none)`` counts those without a label beside labelled ones.
        skipped: sources without a picture, by reason.
        sizes: (width, height) in pixels -> pictures; one entry in a prepared folder.
        channels: 1, 3 or 4.
        digest: of the pictures for training as they were written; empty for a folder that was not prepared.
        removed: pictures deleted by hand.
        changed: pictures changed by hand; training refuses the folder while there are any.
        added: pictures added by hand; likewise.
        foreign: pictures beside ours that are left out.
        options: those that ``prepare`` resolved; empty for a folder that was not prepared.
        manifest: its digest; it changes with every change of the data set; empty for a folder that was not prepared.
        generation: how many runs of ``prepare`` have changed its pictures; 0 for a folder that was not prepared.
        renewed: pictures that the newest of these runs made or changed.
        census: of the sources and copies; empty for a folder that was not prepared.
        dropped: pictures for training that it removed.
    """

    path: Path
    prepared: bool
    train: int = 0
    holdout: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    channels: int = 3
    digest: str = ""
    removed: int = 0
    changed: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    manifest: str = ""
    generation: int = 0
    renewed: int = 0
    census: Census = field(default_factory=Census)
    dropped: int = 0


def describe(path: Path) -> DataSummary:
    """Count what is in a folder that ``prepare`` made, or in any folder of pictures.

    Raises:
        InputError: no such folder, not a folder, a damaged manifest, or no picture.
    """
    check_folder(path)
    return _prepared(path) if is_ours(path / MANIFEST) else _raw(path)


def _prepared(path: Path) -> DataSummary:
    manifest = read_manifest(path / MANIFEST)
    heading, made = manifest.heading, manifest.made()
    index, _ = columns_of(made, heading.classes, heading.foreign)
    difference = disk.compare(path, index, (path / MANIFEST).stat().st_mtime_ns)
    missing = set(difference.missing)
    there = [record for row, record in enumerate(made) if row not in missing]
    shape = heading.recipe.shape
    unused = [record for record in manifest.records if record.file is None]
    return DataSummary(
        path,
        prepared=True,
        train=sum(record.split == TRAIN for record in there),
        holdout=sum(record.split == HOLDOUT for record in there),
        labels=Counter(record.label or NO_LABEL for record in there) if heading.classes else Counter(),
        skipped=Counter(record.skipped for record in manifest.records if record.skipped is not None),
        sizes=Counter({(shape.width, shape.height): len(there)}),
        channels=shape.channels,
        digest=heading.digest,
        removed=len(missing),
        changed=[index.files[row] for row in difference.changed],
        added=difference.added,
        foreign=heading.foreign,
        options=heading.recipe.document(),
        manifest=manifest_bytes_digest(path / MANIFEST),
        generation=heading.generation,
        dropped=heading.history[-1].removed if heading.history else 0,
        renewed=sum((record.generation or 1) == heading.generation for record in there),
        census=census(there + unused, heading.recipe),
    )


def _raw(path: Path) -> DataSummary:
    entries = folder_entries(path)
    summary = DataSummary(path, prepared=False)
    naturals: list[Natural] = []
    for entry in entries:
        try:
            naturals.append(entry.origin.look(entry))
        except Unreadable as error:
            summary.skipped[error.reason] += 1
            continue
        summary.sizes[naturals[-1].width, naturals[-1].height] += 1
        summary.labels[entry.label or NO_LABEL] += 1
    if not naturals:
        raise InputError(f"{path}: found no picture, expected a folder of pictures", hint=other_data(str(path)))
    if set(summary.labels) == {NO_LABEL}:
        summary.labels.clear()
    summary.train = len(naturals)
    summary.channels = CHANNEL_COUNTS["gray" if all(natural.gray for natural in naturals) else "rgb"]
    return summary
