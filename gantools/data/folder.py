"""Opening a folder of pictures for training: one that ``prepare`` made, or any folder of equal-sized pictures."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gantools.data import disk
from gantools.data.columns import columns_of
from gantools.data.manifest import (
    JOURNAL,
    MANIFEST,
    PACK,
    PREVIOUS_PACK,
    is_ours,
    manifest_bytes_digest,
    read_heading,
    read_manifest,
)
from gantools.data.pack import Index, Pack, Pictures, Shape, data_digest, manifest_digest_of, open_pack
from gantools.data.raw import open_raw, rebuilt
from gantools.errors import Again, InputError
from gantools.files.nearby import is_checkpoint, other_data, prepare_first, some_pictures

Split = Literal["train", "holdout"]
SHOWN_SOURCES = 20
EXPECTED = "expected a folder of pictures"


def open_data(path: Path, *, split: Split = "train") -> Pictures:
    """Open the pictures of one split.

    A picture deleted by hand is left out. A missing or foreign pack is replaced by a nameless temporary file.

    Args:
        path: a folder that ``prepare`` wrote, or any folder of pictures of one size.
        split: training never learns from held-out pictures; a folder that was not prepared has none.

    Raises:
        InputError: no such folder, not a folder, nothing in it, pictures of several sizes, pictures changed or added
            by hand, or a checkpoint where the data belong; the hint is the line to type.
        ResourceError: no space for the temporary file.
    """
    check_folder(path)
    if is_ours(path / MANIFEST):
        found = _open_prepared(path, split)[0]
        if found is None:
            raise _nothing_in(path, split)
        return found
    if (path / JOURNAL).exists():
        message = f"{path}: found a data set that is not finished, expected a whole one"
        raise InputError(message, hint=Again(first=prepare_line(path)))
    if split == "holdout":
        raise _nothing_in(path, split)
    return open_raw(path)


def open_for_training(path: Path) -> Pictures:
    """Open the training pictures, with those that are held out of training beside them when there are any.

    Raises:
        InputError, ResourceError: as ``open_data``.
    """
    if not is_ours(path / MANIFEST):
        return open_data(path)
    found, held_out = _open_prepared(path, "train", "holdout")
    if found is None:
        raise _nothing_in(path, "train")
    found.held_out = held_out
    return found


def prepare_line(folder: Path) -> str:
    """Return the line that makes ``folder`` again: with its stored sources where they are known."""
    sources = sources_of(folder) or (some_pictures(str(folder)),)
    shown = " ".join(shlex.quote(source) for source in sources[:SHOWN_SOURCES])
    more = " ..." if len(sources) > SHOWN_SOURCES else ""
    return f"gantools prepare {shown}{more} -o {shlex.quote(str(folder))}"


def sources_of(folder: Path) -> tuple[str, ...]:
    """Return what a folder was prepared from; nothing when that is not known."""
    for name in (MANIFEST, JOURNAL):
        try:
            return read_heading(folder / name).recipe.sources
        except InputError:
            continue
    return ()


def own_pack(folder: Path) -> Pack | None:
    """Open the pack that belongs to the manifest of ``folder``, or return None when there is none."""
    digest = manifest_bytes_digest(folder / MANIFEST)
    for name in (PACK, PREVIOUS_PACK):
        if manifest_digest_of(folder / name) == digest:
            try:
                return open_pack(folder / name)
            except InputError:
                continue
    return None


def check_folder(path: Path) -> None:
    """Require that ``path`` is a folder.

    Raises:
        InputError: it is not; the hint is the line to type.
    """
    if path.is_dir():
        return
    if not path.exists():
        raise InputError(f"{path}: found nothing of that name, {EXPECTED}", hint=other_data(str(path)))
    if is_checkpoint(str(path)):
        raise InputError(f"{path}: found a checkpoint, {EXPECTED}", hint=other_data(str(path)))
    raise InputError(f"{path}: found a file, {EXPECTED}", hint=prepare_first(str(path)))


@dataclass(frozen=True)
class _Prepared:
    """A folder that ``prepare`` wrote; ``is_there`` says of each row whether its picture is there, (N,)."""

    folder: Path
    pack: Pack | None
    index: Index
    shape: Shape
    labels: NDArray[np.int32]
    is_there: NDArray[np.bool_]

    def open(self, split: Split) -> Pictures | None:
        """Open the pictures of a split; None: there are none."""
        is_chosen = np.frombuffer(self.index.splits.encode(), np.uint8) == ord(split[0])
        rows = np.flatnonzero(is_chosen & self.is_there).astype(np.int64)
        if not len(rows):
            return None
        if self.pack is None:
            descriptor, offsets = _from_pngs(self.folder, self.index, rows, self.shape)
        else:
            descriptor, offsets = os.dup(self.pack.descriptor), self.pack.offsets()[rows]
        return Pictures(
            descriptor,
            str(self.folder if self.pack is None else self.pack.path),
            offsets,
            self.shape,
            data_digest(self.index.pixel_digests()[rows].tobytes(), self.shape),
            classes=tuple(self.index.classes),
            labels=self.labels[rows] if self.index.classes else None,
            removed=int((is_chosen & ~self.is_there).sum()),
        )


def _open_prepared(folder: Path, *splits: Split) -> list[Pictures | None]:
    """Open splits of a folder that ``prepare`` wrote; None is one without pictures."""
    pack = own_pack(folder)
    try:
        if pack is None:
            manifest = read_manifest(folder / MANIFEST)
            heading = manifest.heading
            index, numbers = columns_of(manifest.made(), heading.classes, heading.foreign)
            shape, labels = heading.recipe.shape, np.asarray(numbers, np.int32)
        else:
            index, shape, labels = pack.index, pack.shape, pack.labels
        prepared = _Prepared(folder, pack, index, shape, labels, _present(folder, index))
        return [prepared.open(split) for split in splits]
    finally:
        if pack is not None:
            os.close(pack.descriptor)


def _present(folder: Path, index: Index) -> NDArray[np.bool_]:
    """Return which rows' files are there, (N,).

    Raises:
        InputError: files were changed or added by hand.
    """
    difference = disk.compare(folder, index, (folder / MANIFEST).stat().st_mtime_ns)
    # While a run is unfinished, what it has written so far lies beside the old data set, which stays the valid one.
    if not (folder / JOURNAL).exists():
        _refuse_changes(folder, index, difference)
    present = np.ones(len(index.files), np.bool_)
    present[difference.missing] = False
    return present


def _refuse_changes(folder: Path, index: Index, difference: disk.Difference) -> None:
    changed = [index.files[row] for row in difference.changed]
    for files, what in ((changed, "changed"), (difference.added, "added")):
        if files:
            more = f" and {len(files) - 1} more" if len(files) > 1 else ""
            found = f"found {files[0]}{more} {what} by hand"
            message = f"{folder}: {found}, expected the pictures that gantools prepare wrote"
            raise InputError(message, hint=Again(first=prepare_line(folder)))


def _from_pngs(folder: Path, index: Index, rows: NDArray[np.int64], shape: Shape) -> tuple[int, NDArray[np.int64]]:
    digests = index.pixel_digests()
    files = ((folder / index.files[row], digests[row].tobytes()) for row in rows.tolist())
    return rebuilt(files, shape, Again(first=prepare_line(folder)))


def _nothing_in(folder: Path, split: Split) -> InputError:
    message = f"{folder}: found no picture for {'training' if split == 'train' else 'the hold-out'}, expected some"
    line = prepare_line(folder)
    return InputError(message, hint=Again(first=line if split == "train" else f"{line} --holdout 5%"))
