"""What a folder of pictures holds, and what a picture that ``sample`` or ``stylize`` wrote says about itself."""

import dataclasses
import shlex
from collections import Counter
from pathlib import Path
from typing import Any

from gantools.data.summary import DataSummary, describe
from gantools.data.twins import told
from gantools.errors import InputError
from gantools.files.nearby import free_name
from gantools.inspection.finding import Finding, short
from gantools.pictures.note import Note, parse_note
from gantools.pictures.open import Look, look, open_picture
from gantools.pictures.painted import PaintedNote, parse_painted
from gantools.pictures.write import read_text
from gantools.wording import counted

CHANNELS = {1: "grey", 3: "RGB", 4: "RGBA"}
SHOWN = 12
BY_HAND = ("removed", "changed", "added", "foreign")


def data_finding(path: Path) -> Finding:
    """Count what is in a folder of pictures, prepared or not; no picture is decoded.

    Raises:
        InputError: no picture in it, or a damaged manifest.
    """
    summary = describe(path)
    rows = [
        ("made by", "gantools prepare" if summary.prepared else "hand: a folder that prepare never saw"),
        ("pictures", f"{summary.train:,} for training, {summary.holdout:,} held out"),
        ("size", _most(Counter({f"{w}x{h}": count for (w, h), count in summary.sizes.items()}), summary)),
        ("labels", _table(summary.labels) or "none"),
    ]
    if summary.prepared:
        rows += summary.census.rows(*next(iter(summary.sizes)))
    if summary.skipped:
        rows.append(("skipped", _table(summary.skipped)))
    for name in BY_HAND:
        found = getattr(summary, name)
        if found:
            shown = f"{found:,}" if isinstance(found, int) else f"{len(found):,}: {', '.join(map(short, found[:3]))}"
            rows.append((name, shown))
    if summary.prepared:
        rows.append(("generation", _generation(summary)))
        rows.append(("digest", summary.digest))
    details = [("copy", f"{short(copy)}: {told(short(of), distance)}") for copy, of, distance in summary.census.pairs]
    details += [(name, short(value)) for name, value in summary.options.items()]
    is_mixed = not summary.prepared and len(summary.sizes) > 1  # train would refuse it
    following = ["prepare", str(path), "-o", "data"] if is_mixed else ["train", str(path), "-o", "c.safetensors"]
    return Finding("data", _data_facts(summary), rows, details, following)


def picture_finding(path: Path, *, is_verified: bool) -> Finding:
    """Say which command made a picture.

    Args:
        path: a PNG, WebP or JPEG file.
        is_verified: decode every pixel.

    Raises:
        InputError: not a whole picture, or one that ``sample`` did not write.
    """
    seen = look(path)
    if is_verified:
        open_picture(path, channels="rgba")
    texts = read_text(path)
    painted = parse_painted(texts)
    if painted is not None:
        return _painted_finding(painted, seen)
    note = parse_note(texts)
    if note is None:
        message = f"{path}: found a {seen.format} picture that gantools did not write, expected one of its own"
        raise InputError(message, hint=shlex.join(["gantools", "prepare", str(path), "-o", free_name("data")]))
    shown = f"picture {note.index}" if note.count == 1 else f"pictures {note.index} to {note.index + note.count - 1}"
    rows = [
        ("picture", f"{seen.format}, {seen.width}x{seen.height}"),
        ("shows", f"{shown} of seed {note.seed}{_classes(note)}, {short(note.weights)} weights"),
        ("checkpoint", f"content digest {short(note.digest)}"),
        ("made by", short(note.command)),
    ]
    facts = dataclasses.asdict(note) | {"format": seen.format, "width": seen.width, "height": seen.height}
    return Finding("picture", facts, rows)


def _classes(note: Note) -> str:
    names = ", ".join(map(short, note.labels))
    return f" of {'each of ' if len(note.labels) > 1 else ''}{names}" if names else ""


def _painted_finding(note: PaintedNote, seen: Look) -> Finding:
    content, style, variation = note.losses
    ended = "" if note.ended == "whole" else f", ended early ({short(note.ended)})"
    rows = [
        ("picture", f"{seen.format}, {seen.width}x{seen.height}"),
        ("shows", f"a content in another style, after {counted(note.iterations, 'iteration')}{ended}"),
        ("features", short(note.features)),
        ("losses", f"content {content:g}, style {style:g}, variation {variation:g}"),
        ("made by", short(note.command)),
    ]
    facts = dataclasses.asdict(note) | {"format": seen.format, "width": seen.width, "height": seen.height}
    return Finding("picture", facts, rows)


def require_same_pixels(path: Path) -> None:
    """Read every picture for training as training would, and digest it again.

    Raises:
        InputError: a picture cannot be read, or their digest is another one.
    """
    from gantools.data.folder import open_data, prepare_line
    from gantools.data.pack import Shape, data_digest, pixel_digest

    pictures = open_data(path)
    digests = b"".join(pixel_digest(pictures.read([row])[0]) for row in range(pictures.count))
    found = data_digest(digests, Shape(pictures.channels, pictures.height, pictures.width))
    if found != pictures.digest:
        message = f"{path}: found pictures of digest {found[:12]}, expected {pictures.digest[:12]}: they are damaged"
        raise InputError(message, hint=prepare_line(path))


def _data_facts(summary: DataSummary) -> dict[str, Any]:
    facts = {item.name: getattr(summary, item.name) for item in dataclasses.fields(summary) if item.name != "census"}
    if summary.prepared:
        facts |= summary.census.facts()
    sizes = [{"width": w, "height": h, "pictures": count} for (w, h), count in summary.sizes.most_common()]
    return facts | {"sizes": sizes, "labels": dict(summary.labels), "skipped": dict(summary.skipped)}


def _generation(summary: DataSummary) -> str:
    """Write how often the data set has grown, and by how much at last."""
    if summary.generation == 1:
        return "1"
    removed = f", {summary.dropped:,} removed" if summary.dropped else ""
    return f"{summary.generation}, which has {summary.renewed:,} new or changed pictures{removed}"


def _most(sizes: Counter[str], summary: DataSummary) -> str:
    text = _table(sizes) if len(sizes) > 1 else next(iter(sizes), "none")
    return f"{text}, {CHANNELS[summary.channels]}"


def _table(counts: Counter[str]) -> str:
    """Write the commonest names with their counts."""
    shown = ", ".join(f"{short(name)} {count:,}" for name, count in counts.most_common(SHOWN))
    rest = len(counts) - SHOWN
    return f"{shown}, and {rest:,} more" if rest > 0 else shown
