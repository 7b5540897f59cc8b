"""Making pictures: an item of the plan -> pixels, the PNG's bytes and the record. Safe in threads; writes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gantools.data.disk import encoded_digest
from gantools.data.entry import Entry, LeftOut, Loaded, Unreadable
from gantools.data.likeness import Likeness, likenesses
from gantools.data.manifest import HOLDOUT, TRAIN, Record
from gantools.data.pack import Pictures, pixel_digest
from gantools.data.raw import own_pixels
from gantools.data.recipe import Recipe
from gantools.data.shape import shaped
from gantools.data.work import Item, Plan
from gantools.pictures.open import Look
from gantools.pictures.png import png_files
from gantools.pictures.reasons import NO_MEMORY
from gantools.pictures.write import png_bytes

Loader = Callable[[Recipe], Loaded]


@dataclass(slots=True)
class Made:
    """What became of one item.

    Args:
        item: of the plan.
        record: without a file name when the picture is new; None when it is lost: no source, no pixels.
        pixels: uint8 (C, H, W); None when there is no picture.
        png: the file to write; None when it is there, was deleted by hand, or there is no picture.
        likeness: how it looks; None when there is no picture.
        image: a new picture until it is encoded.
    """

    item: Item
    record: Record | None
    pixels: NDArray[np.uint8] | None = None
    png: bytes | None = None
    likeness: Likeness | None = None
    image: Image.Image | None = None


class Maker:
    """Makes the pictures of one plan.

    Args:
        plan: its recipe and folder.
        pack: the old pack's rows, all of them; None for none.
    """

    def __init__(self, plan: Plan, pack: Pictures | None) -> None:
        self._recipe, self._folder, self._pack = plan.recipe, plan.folder, pack

    def make(self, task: list[tuple[Item, Loader | None]]) -> list[Made]:
        """Make several pictures; an item without a loader is kept.

        Step by step for all: after a photograph has been decoded, the code of what follows is in no cache any more,
        and is run at a fraction of its speed.
        """
        chunk = [self._one(item, loader) for item, loader in task]
        fresh = [made for made in chunk if made.image is not None]
        try:
            _encode(fresh)
        except MemoryError:
            for made in fresh:
                if made.image is not None:
                    _encode_alone(made)
        _look(chunk)
        return chunk

    def _one(self, item: Item, loader: Loader | None) -> Made:
        if loader is None:
            return self._kept(item)
        assert item.entry is not None
        try:
            return self._new(item, item.entry, loader(self._recipe))
        except Unreadable as error:
            asked = isinstance(error, LeftOut) or None
            return Made(item, _record(item.entry, digest=error.digest, skipped=error.reason, asked=asked))
        except MemoryError:  # of its file's bytes, or while it is resized: one picture does not end the others
            return Made(item, _record(item.entry, skipped=NO_MEMORY))

    def _kept(self, item: Item) -> Made:
        """Return the pixels of a picture that stays: from the old pack, else from its PNG."""
        record = item.old
        assert record is not None
        if record.file is None:
            return Made(item, record)
        if item.row is not None and self._pack is not None:
            pixels = self._pack.read([item.row])[0]
            return Made(item, record, pixels, png_bytes(pixels) if item.rewrite else None)
        decoded = own_pixels(self._folder / record.file, self._recipe.shape)
        if decoded is not None and pixel_digest(decoded).hex() == record.pixels:
            return Made(item, record, decoded)
        return Made(item, None) if item.entry is None else self._one(item, item.entry.origin.loader(item.entry))

    def _new(self, item: Item, entry: Entry, loaded: Loaded) -> Made:
        record = _record(
            entry,
            digest=loaded.digest,
            label=loaded.label if loaded.label is not None else entry.label,
            split=split_of(loaded.digest, self._recipe.holdout),
            notes=list(loaded.notes) or None,
            factors=loaded.factors,
            width=loaded.seen.width if loaded.seen else None,
            height=loaded.seen.height if loaded.seen else None,
            mode=_mode(loaded.seen) if loaded.seen else None,
        )
        picture = shaped(loaded.image, self._recipe, loaded.digest, loaded.extent)
        return Made(item, record, image=picture)


def _encode(chunk: list[Made]) -> None:
    """Make the pixels and the files of new pictures, and complete their records."""
    if not chunk:
        return
    pictures = np.stack([_array(made.image) for made in chunk if made.image is not None])
    pngs = png_files(pictures)
    for made, pixels, png in zip(chunk, np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)), pngs, strict=True):
        record = made.record
        assert record is not None
        record.pixels, record.encoded, record.encoded_bytes = pixel_digest(pixels).hex(), encoded_digest(png), len(png)
        made.pixels, made.png, made.image = pixels, png if made.item.write else None, None


def _encode_alone(made: Made) -> None:
    """Do as ``_encode`` does with one picture; without the memory even for that it is skipped."""
    try:
        _encode([made])
    except MemoryError:
        assert made.item.entry is not None
        made.record, made.image = _record(made.item.entry, skipped=NO_MEMORY), None


def _array(image: Image.Image) -> NDArray[np.uint8]:
    """Return a picture of mode L, RGB or RGBA as uint8 (H, W, C)."""
    return np.asarray(image).reshape(image.height, image.width, -1)


def _look(chunk: list[Made]) -> None:
    """Say how the pictures of a chunk look, and mark those that are mostly blank."""
    pictures = [(made, made.record, made.pixels) for made in chunk if made.record is not None]
    seen = [(made, record, pixels) for made, record, pixels in pictures if pixels is not None]
    if not seen:
        return
    looks = likenesses(np.stack([pixels for _, _, pixels in seen]))
    for (made, record, _), likeness in zip(seen, looks, strict=True):
        made.likeness, record.blank = likeness, likeness.blank or None


def _mode(seen: Look) -> str:
    return ("gray" if seen.gray else "rgb") + ("+alpha" if seen.alpha else "")


def split_of(digest: str, holdout: float) -> str:
    """Return the side of a picture. It follows from what it is made of alone, so it never changes with the others.

    Args:
        digest: of the source, hexadecimal.
        holdout: the share held out, in [0, 1); a larger share holds out the same pictures and more.
    """
    return HOLDOUT if int(digest[:13], 16) < holdout * 16**13 else TRAIN


def _record(entry: Entry, **values: Any) -> Record:
    known: dict[str, Any] = {
        "size_bytes": entry.size_bytes,
        "mtime_ns": entry.mtime_ns,
        "member": entry.member,
        "part": entry.part,
    }
    return Record(entry.source, **known, **values)
