"""What ``sample`` is going to write: names, notes, and which pictures are there already. No torch."""

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gantools.config.catalog import FAMILIES
from gantools.config.run import NetworkConfig
from gantools.errors import Again, RefusedError, UsageError, output_errors
from gantools.files.document import Document
from gantools.files.nearby import free_name
from gantools.pictures.note import Note, is_whole, read_note
from gantools.sampling.labels import asked_labels, drawn_labels, folder_names

Format = Literal["png", "webp", "jpeg"]
Kind = Literal["folder", "picture", "sheet"]

STREAM = "-"
SUFFIXES: dict[Format, str] = {"png": ".png", "webp": ".webp", "jpeg": ".jpg"}
FORMATS: dict[str, Format] = {".png": "png", ".webp": "webp", ".jpg": "jpeg", ".jpeg": "jpeg"}
MAX_SHEET_PIXELS = 178_000_000
"""The largest sheet: what most programs, and ``prepare``, still open."""

GAP_PX = 2


@dataclass(frozen=True)
class Wish:
    """What was typed.

    Args:
        source: the checkpoint's path, or ``-``.
        count, start, seed: the pictures ``start`` to ``start + count - 1`` of a seed.
        weights: ``average`` or ``live``.
        grid: one sheet of all pictures.
        format: of the files; None when it was not typed.
        output: where to write, ``-`` for stdout; None: beside the checkpoint.
        force: foreign files may be replaced, and what is there already is made again.
        truncation: how much of its distance to the mean a style keeps, 1 for all.
        labels: names or numbers of classes: ``count`` pictures of each. Without them each picture draws its class.
    """

    source: str
    count: int
    start: int
    seed: int
    weights: str
    grid: bool
    format: Format | None
    output: Path | None
    force: bool
    truncation: float = 1.0
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spot:
    """One picture: its index, and its class by number, where the run has labels."""

    index: int
    label: int | None = None


@dataclass(frozen=True)
class Plan:
    """What will be written: a folder of pictures, one picture or one sheet; to ``path``, or to stdout without one.

    Args:
        classes, folders: names of the classes of the run, and of their folders; none without labels.
        asked: the classes that were asked for, by number.
        spots: every picture, in the order in which they are written.
    """

    wish: Wish
    kind: Kind
    path: Path | None
    format: Format
    digest: str
    classes: tuple[str, ...]
    folders: tuple[str, ...]
    asked: tuple[int, ...]
    spots: tuple[Spot, ...]

    def name(self, spot: Spot) -> str:
        """Return the name of a picture in a folder or an archive; with labels it stands in the folder of its class."""
        name = f"{spot.index:06d}{SUFFIXES[self.format]}"
        return name if spot.label is None else f"{self.folders[spot.label]}/{name}"

    def file(self, spot: Spot) -> Path:
        """Return where a picture, or the sheet, is written."""
        assert self.path is not None, "stdout has no files"
        return self.path / self.name(spot) if self.kind == "folder" else self.path

    def written(self) -> tuple[Spot, ...]:
        """Return the spots that are a file each: all of a folder, the first one of a sheet."""
        return self.spots if self.kind == "folder" else self.spots[:1]

    def files(self) -> Iterator[Path]:
        """Yield every file of the plan, in the order of the pictures."""
        return map(self.file, self.written())

    def note(self, spot: Spot) -> Note:
        """Return the note of a picture, or of the sheet.

        A picture's command makes this picture alone, so that its bytes do not depend on how many were made with it,
        and not on whether its class was asked for or drawn.
        """
        wish, is_sheet = self.wish, self.kind == "sheet"
        labels = self.asked if is_sheet else () if spot.label is None else (spot.label,)
        names = tuple(self.classes[label] for label in labels)
        count = wish.count if is_sheet else 1
        command = self._command(spot.index, count, names)
        return Note(self.digest, wish.weights, wish.seed, spot.index, count, command, wish.truncation, names)

    def _command(self, index: int, count: int, labels: tuple[str, ...]) -> str:
        wish = self.wish
        words = ["gantools", "sample", "--n", str(count)]
        words += [word for name in labels for word in ("--label", name)]
        words += ["--start", str(index)] if index else []
        words += ["--seed", str(wish.seed)] if wish.seed else []
        words += ["--weights", wish.weights] if wish.weights != "average" else []
        words += ["--truncation", f"{wish.truncation:g}"] if wish.truncation != 1 else []
        words += ["--grid"] if self.kind == "sheet" else []
        return shlex.join([*words, "CKPT" if wish.source == STREAM else Path(wish.source).name])


def make_plan(wish: Wish, document: Document) -> Plan:
    """Decide names, format and classes.

    Raises:
        UsageError: flags that contradict each other, or a checkpoint of other channels than the format takes, or
            without the classes that are asked for.
    """
    picture_format = _format(wish)
    network = document.config.network
    if picture_format == "jpeg" and network.channels == 4:
        message = "--format: found jpeg for pictures with alpha (channels rgba), expected png or webp"
        is_named = wish.output is not None and wish.output.suffix.lower() in FORMATS
        name = shlex.join(["-o", str(wish.output.with_suffix(".png"))]) if wish.output and is_named else ""
        raise UsageError(message, hint=Again(name, drop=("--format",)) if name else "--format png")
    if wish.truncation != 1 and not FAMILIES[network.family].truncates:
        able = ", ".join(name for name, entry in FAMILIES.items() if entry.truncates)
        message = f"--truncation {wish.truncation:g}: found {network.family} networks, which have no styles to draw to "
        raise UsageError(f"{message}their mean; expected {able}", hint=Again(drop=("--truncation",)))
    asked = asked_labels(wish.labels, document)
    if wish.grid:
        _require_fitting_sheet(wish.count, max(1, len(asked)), network)
    kind = _kind(wish, max(1, len(asked)))
    path = _path(wish, kind, picture_format, document)
    names = document.data.classes if document.register.label_counts else ()
    spots = _spots(wish, asked, document.register.label_counts)
    return Plan(wish, kind, path, picture_format, document.digest, names, folder_names(names), asked, spots)


def _spots(wish: Wish, asked: tuple[int, ...], counts: list[int]) -> tuple[Spot, ...]:
    indices = range(wish.start, wish.start + wish.count)
    if asked:
        return tuple(Spot(index, label) for label in asked for index in indices)
    if not counts:
        return tuple(map(Spot, indices))
    return tuple(map(Spot, indices, drawn_labels(wish.seed, wish.start, wish.count, counts)))


def missing(plan: Plan) -> list[Spot]:
    """Return the pictures that are still to be made; a sheet counts as its first one.

    Raises:
        RefusedError: a file that ``sample`` did not write stands under a name of the plan.
        ResourceError: the place cannot be written.
    """
    spots = list(plan.written())
    if plan.path is None:
        return spots
    folder = plan.path if plan.kind == "folder" else plan.path.parent
    if folder.exists() and not folder.is_dir():
        raise RefusedError(
            f"{folder}: found something that is no folder, expected one or a new name", hint=_free_output(plan.wish)
        )
    _require_writable(folder)
    if plan.wish.force:
        return spots
    files = [plan.file(spot) for spot in spots]
    places = {file.parent for file in files}
    present = {place / name for place in places if place.is_dir() for name in os.listdir(place)}
    return [spot for spot, file in zip(spots, files, strict=True) if file not in present or not _is_made(plan, spot)]


def _is_made(plan: Plan, spot: Spot) -> bool:
    path = plan.file(spot)
    note = read_note(path)
    if note is None:
        message = f"{path}: exists and was not written by sample, expected a free name, or --force to replace it"
        raise RefusedError(message, hint=_free_output(plan.wish))
    return note.shows_same(plan.note(spot)) and is_whole(path)


def _free_output(wish: Wish) -> str:
    """Return ``-o`` with a name at which nothing is."""
    return shlex.join(["-o", free_name(str(wish.output or ("samples.png" if wish.grid else "samples")))])


def _kind(wish: Wish, classes: int) -> Kind:
    named = wish.output is not None and wish.output.suffix.lower() in FORMATS
    if wish.grid:
        return "sheet"
    total = wish.count * classes
    if total == 1 and (named or str(wish.output) == STREAM):
        return "picture"
    if named and not (wish.output is not None and wish.output.is_dir()):
        message = f"-o {wish.output}: found a picture's name for {total} pictures, expected a folder's, or --grid"
        raise UsageError(message, hint="--grid")
    return "folder"


def _format(wish: Wish) -> Format:
    """Return the typed format, or that of the output's name; both must agree, and the name of a sheet must fit."""
    suffix = "" if wish.output is None or str(wish.output) == STREAM else wish.output.suffix.lower()
    of_name = FORMATS.get(suffix)
    if wish.grid and suffix and of_name is None:
        message = f"-o {wish.output}: found the ending {suffix}, expected .png, .webp or .jpg for a sheet"
        assert wish.output is not None, "it has an ending"
        raise UsageError(message, hint=shlex.join(["-o", str(wish.output.with_suffix(".png"))]))
    if wish.format is not None and of_name is not None and wish.format != of_name and (wish.grid or wish.count == 1):
        message = f"-o {wish.output} and --format {wish.format}: found two formats, expected one"
        raise UsageError(message, hint=Again(drop=("--format",)))
    single = wish.grid or wish.count == 1
    return wish.format or (of_name if of_name and single else "png")


def _path(wish: Wish, kind: Kind, picture_format: Format, document: Document) -> Path | None:
    if wish.output is not None:
        return None if str(wish.output) == STREAM else wish.output
    if wish.source == STREAM:
        hint = _free_output(wish)
        raise UsageError("sample -: found no -o, expected where to write what comes from a pipe", hint=hint)
    source = Path(wish.source)
    name = f"{source.stem}-samples-{document.register.images}"
    return source.with_name(name + SUFFIXES[picture_format] if kind == "sheet" else name)


def _require_fitting_sheet(count: int, rows: int, network: NetworkConfig) -> None:
    pixels = count * rows * (network.height + GAP_PX) * (network.width + GAP_PX)
    if pixels > MAX_SHEET_PIXELS:
        most = MAX_SHEET_PIXELS // ((network.height + GAP_PX) * (network.width + GAP_PX)) // rows
        each = f" of each of {rows} classes" if rows > 1 else ""
        found = f"{count} pictures of {network.width}x{network.height}{each}"
        message = f"--grid: found {found}, expected at most {most}, or no --grid"
        raise UsageError(message, hint=f"--n {most}")


def _require_writable(folder: Path) -> None:
    """Ask before the expensive work whether files can be made in ``folder``, or the folder itself."""
    with output_errors(folder):
        existing = next((place for place in [folder, *folder.absolute().parents] if place.exists()), Path("/"))
        if not os.access(existing, os.W_OK | os.X_OK):
            raise PermissionError(13, os.strerror(13))
