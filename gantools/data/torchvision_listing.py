"""What a copy of a published set holds, as a list that is kept: with it the next run needs no torch and no loader."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gantools.data.entry import Entry, Loaded, Natural, digest_of
from gantools.data.names import safe_name
from gantools.data.origins import FileOrigin
from gantools.data.pixels import check_side
from gantools.data.recipe import Recipe
from gantools.data.torchvision_sets import Published, Wanted
from gantools.pictures.open import Look

BLOCK = 1024


@dataclass(frozen=True)
class Listing:
    """What a copy holds.

    Args:
        stamp: of the copy's files, as ``stamp_of`` gives it: another one means another copy.
        labels: fit to be folders' names, one for each class.
        targets: the class of each picture, None for one without.
        files: the path of each picture below the copy's root; None for pictures in memory.
        digest: of those pictures and their labels; None where there are files, which are known by size and time. It
            tells a changed set, and is the same wherever the copy lies and whenever it was made.
        size: height and width in pixels, of pictures in memory.
        gray: whether those are.
    """

    stamp: str
    labels: list[str]
    targets: list[int | None]
    files: list[str] | None = None
    digest: str | None = None
    size: tuple[int, int] = (0, 0)
    gray: bool = False

    def to_json(self) -> bytes:
        """Return it as the text of a file."""
        return json.dumps(asdict(self), sort_keys=True).encode()


def listing_from(data: bytes) -> Listing | None:
    """Read what ``to_json`` returned; None for anything else, which is made again."""
    try:
        values = json.loads(data)
        listing = Listing(**{**values, "size": tuple(values["size"])})
        labels, numbers = listing.labels, {target for target in listing.targets if target is not None}
        is_sound = all(0 <= number < len(labels) for number in numbers) and len(listing.size) == 2
        is_whole = listing.files is None or len(listing.files) == len(listing.targets)
        return listing if is_sound and is_whole else None
    except (ValueError, TypeError, KeyError):
        return None


def stamp_of(place: Path) -> str:
    """Digest the names, sizes and times of a copy's files, and the loader's version."""
    try:
        state = blake2b(version("torchvision").encode(), digest_size=16)
    except PackageNotFoundError:
        state = blake2b(digest_size=16)
    for path in _files_of(place):
        facts = f"{os.path.relpath(path, place)}\0{_status(Path(path))}\0"
        state.update(facts.encode(errors="surrogateescape"))
    return state.hexdigest()


def list_copy(loader: Any, known: Published, root: Path, stamp: str) -> Listing:
    """Ask an opened loader what it holds; all of it is read once where it is in memory."""
    files = None if known.files is None else [os.path.relpath(path, root) for path in known.files(loader)]
    count = len(loader) if files is None else len(files)
    targets = [_number(target) for target in (known.targets(loader) if known.targets else [None] * count)]
    names = known.names(loader) if known.names else range(1 + max((t for t in targets if t is not None), default=-1))
    labels = [safe_name(str(name)) for name in names]
    if files is not None:
        return Listing(stamp, labels, targets, files)
    state = blake2b(json.dumps([labels, targets, known.is_transposed]).encode(), digest_size=16)
    for start in range(0, count, BLOCK):  # a whole copy of STL-10 beside itself would be 2.8 GB
        state.update(np.ascontiguousarray(loader.data[start : start + BLOCK]).data)
    first = picture_of(loader, 0, known)
    return Listing(stamp, labels, targets, None, state.hexdigest(), (first.height, first.width), first.mode == "L")


def entries_of(
    listing: Listing, name: Wanted, source: str, root: Path, open_loader: Callable[[], Any], labels: bool
) -> list[Entry]:
    """List the pictures of a copy.

    Args:
        listing: what it holds.
        name: of the set.
        source: as it is stored.
        root: of the copy.
        open_loader: opens it; called when the first picture is made.
        labels: whether labels are wanted.
    """
    digits = max(5, len(str(len(listing.targets) - 1)))
    origin = MemoryOrigin(listing, name.published, open_loader)
    picture_bytes = listing.size[0] * listing.size[1] * (1 if listing.gray else 3)
    entries = []
    for i, target in enumerate(listing.targets):
        label = listing.labels[target] if labels and target is not None else None
        entry = Entry(f"{source}#{i}", f"{name.title}-{i:0{digits}}", label, None, None, origin, i, f"{source}/{label}")
        entries.append(entry)
        if listing.files is None:  # bytes of one picture, no time: what tells a change is the digest of all
            entry.size_bytes, entry.member = picture_bytes, listing.digest
        else:
            entry.origin = CopiedFile(root / listing.files[i])
            entry.size_bytes, entry.mtime_ns = _status(root / listing.files[i])
    return entries


def picture_of(loader: Any, number: int, known: Published) -> Image.Image:
    """Return one picture that a loader holds in memory, L or RGB."""
    image: Image.Image = loader[number][0]
    return image.transpose(Image.Transpose.TRANSPOSE) if known.is_transposed else image


class MemoryOrigin:
    """Pictures that a loader holds in memory.

    Args:
        listing: what it holds.
        known: the set.
        open_loader: opens it.
    """

    def __init__(self, listing: Listing, known: Published, open_loader: Callable[[], Any]) -> None:
        self._listing, self._known, self._open = listing, known, open_loader
        self._loader: Any = None

    def look(self, entry: Entry) -> Natural:
        """Return what all are."""
        return Natural(*self._listing.size, self._listing.gray)

    def loader(self, entry: Entry) -> Callable[[Recipe], Loaded]:
        """Open the set when it is the first time; the rest may happen in any thread."""
        if self._loader is None:
            self._loader = self._open()
        return lambda recipe: self._load(entry.number, recipe)

    def _load(self, number: int, recipe: Recipe) -> Loaded:
        check_side(*self._listing.size, recipe)
        image = picture_of(self._loader, number, self._known)
        shape = [image.height, image.width, *([] if image.mode == "L" else [3])]
        # Digested as a row of an IDX file, or a record of CIFAR's, is: one picture is held out under either name.
        digest = digest_of(" ".join(map(str, shape)).encode() + b" " + image.tobytes())
        seen = Look(image.width, image.height, image.mode, image.mode == "L", alpha=False, format="torchvision")
        return Loaded(image, digest, seen=seen)


class CopiedFile(FileOrigin):
    """One picture of a set whose copy is a folder of files.

    Args:
        path: where it is.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = str(path)

    def path(self, entry: Entry) -> str:
        """Return where the file is, which its name does not say: a copy may lie anywhere."""
        return self._path


def _number(target: Any) -> int | None:
    return None if target is None else int(target)


def _status(path: Path) -> tuple[int | None, int | None]:
    try:
        status = path.stat()
    except OSError:
        return None, None  # loading it will say so
    return status.st_size, status.st_mtime_ns


def _files_of(place: Path) -> Iterator[str]:
    if not place.is_dir():
        yield str(place)
        return
    for folder, folders, names in os.walk(place):
        folders.sort()
        yield from (os.path.join(folder, name) for name in sorted(names))
