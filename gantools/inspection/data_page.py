"""A page about a data set: counts, labels, sizes, copies and blank pictures to look at, what was skipped and why."""

import os
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gantools.data.folder import open_data
from gantools.data.manifest import MANIFEST, TRAIN, Manifest, Record, is_ours, read_manifest
from gantools.data.shape import pixels_of
from gantools.data.summary import DataSummary, describe
from gantools.data.twins import told
from gantools.errors import InputError
from gantools.inspection.contact import contact_pictures, spread
from gantools.inspection.finding import Finding, short
from gantools.inspection.markup import Pixels, Section, figure, pairs, sheet, table, text
from gantools.inspection.page import tiles, whole
from gantools.inspection.pictures import CHANNELS
from gantools.pictures.open import PictureError, open_picture
from gantools.wording import counted

SHOWN_PICTURES, COLUMNS = 60, 10
SHOWN_HELD_OUT = 16
SHOWN_COUPLES = 24
SHOWN_BLANK = 16
SHOWN_BARS = 40
SHOWN_SKIPPED = 200
SHOWN_GENERATIONS = 30
SHEET_PX, THUMB_PX = 640, 96


@dataclass
class Folder:
    """A folder, what was counted in it, and its manifest where ``prepare`` made it."""

    path: Path
    summary: DataSummary
    manifest: Manifest | None

    @property
    def records(self) -> list[Record]:
        """What became of each source; empty for a folder that was not prepared."""
        return self.manifest.records if self.manifest else []

    @cached_property
    def place(self) -> str:
        """The folder that all sources are in, to be left out of their names; empty without one."""
        found = os.path.commonpath(self._sources) if self._sources else ""
        return os.path.join(found, "") if len(self._sources) > 1 and found else ""

    @cached_property
    def _sources(self) -> list[str]:
        sources = [record.source for record in self.records]
        return sources if len({os.path.isabs(source) for source in sources}) == 1 else []

    def name(self, source: str) -> str:
        """Return a source's name for people."""
        return short(source.removeprefix(self.place))

    def picture(self, record: Record | None) -> Pixels | None:
        """Return a picture (1, 4, H, W); None when there is none, or it cannot be read."""
        if record is None or record.file is None:
            return None
        try:
            return pixels_of(open_picture(self.path / record.file, channels="rgba"))[None]
        except PictureError:
            return None


def data_page(path: Path, finding: Finding) -> str:
    """Return the page about a folder of pictures; the same folder gives the same text.

    Raises:
        InputError: no picture in it, or a damaged manifest.
    """
    manifest = read_manifest(path / MANIFEST) if is_ours(path / MANIFEST) else None
    folder = Folder(path, describe(path), manifest)
    sections = [
        _sheet(folder),
        _split(folder),
        _bars("labels", "Labels", folder.summary.labels, "picture"),
        _sizes(folder),
        _copies(folder),
        _blank(folder),
        _skipped(folder),
        _generations(folder),
        Section("facts", "All that is known", pairs(row for row in finding.rows if row[0] != "skipped")),
        _options(folder),
    ]
    shown = [section for section in sections if section is not None]
    return whole(path.resolve().name, "data set", _head(folder), shown)


def _head(folder: Folder) -> str:
    summary = folder.summary
    sizes = [f"{width}x{height}" for width, height in summary.sizes]
    size = sizes[0] if len(sizes) == 1 else f"{len(sizes)} sizes"
    made = "prepared by gantools" if summary.prepared else "a folder that gantools prepare never saw"
    numbers = [
        ("pictures for training", f"{summary.train:,}"),
        ("held out", f"{summary.holdout:,}"),
        ("labels", f"{len(summary.labels):,}" if summary.labels else "none"),
        ("size", size),
        ("copies", f"{summary.census.copies:,}" if summary.prepared else "-"),
        ("skipped", f"{summary.skipped.total():,}"),
    ]
    return f'<p class="lede">{text(f"{CHANNELS[summary.channels]} pictures, {made}")}</p>{tiles(numbers)}'


def _sheet(folder: Folder) -> Section:
    try:
        pictures = contact_pictures(folder.path, SHOWN_PICTURES)
    except InputError as error:
        return Section("pictures", "Pictures", f"<p>{text(error.message)}</p>")
    shown = f"{counted(len(pictures), 'picture')} at equal steps through the folder, in its order."
    body = figure(sheet(pictures, COLUMNS), shown, shown, SHEET_PX)
    return Section("pictures", "Pictures", body)


def _split(folder: Folder) -> Section | None:
    summary = folder.summary
    if not summary.holdout:
        return None
    share = summary.holdout / (summary.train + summary.holdout)
    parts = "".join(f'<i style="flex:{part:.4f}"></i>' for part in (1 - share, share))
    said = (
        f"{summary.train:,} for training, {summary.holdout:,} held out ({share:.1%}), which training never learns from."
    )
    body = f'<p>{said}</p><div class="split" aria-hidden="true">{parts}</div>'
    try:
        with open_data(folder.path, split="holdout") as held_out:
            pictures = held_out.read(spread(held_out.count, SHOWN_HELD_OUT))
        caption = f"{counted(len(pictures), 'held-out picture')}."
        body += figure(sheet(pictures), caption, caption, SHEET_PX // 2)
    except InputError as error:
        body += f"<p>{text(error.message)}</p>"
    return Section("holdout", "Hold-out", body)


def _bars(name: str, heading: str, counts: Counter[str], unit: str, kind: str = "") -> Section | None:
    """Return a bar for each count; of many the commonest, and the sum of the others."""
    if not counts:
        return None
    return Section(name, heading, bars(counts.most_common(SHOWN_BARS), kind) + _rest(counts, unit))


def bars(counts: list[tuple[str, int]], kind: str = "") -> str:
    """Return names, bars of the length of their counts, and the counts."""
    most = max(1, *(count for _, count in counts))
    rows = "".join(
        f'<div><dt>{text(short(name))}</dt><dd><div class="bar {kind}" style="width:{count / most:.2%}"></div></dd>'
        f"<dd><span>{count:,}</span></dd></div>"
        for name, count in counts
    )
    return f'<dl class="bars">{rows}</dl>'


def _rest(counts: Counter[str], unit: str) -> str:
    others = counts.most_common()[SHOWN_BARS:]
    total = sum(count for _, count in others)
    return f'<p class="note">And {len(others):,} more with {counted(total, unit)}.</p>' if others else ""


def _sizes(folder: Folder) -> Section | None:
    summary = folder.summary
    found = summary.census.sizes if summary.prepared else summary.sizes
    if len(found) < 2:
        return None
    named = Counter({f"{width}x{height}": count for (width, height), count in found.items()})
    heading = "Sizes of the sources" if summary.prepared else "Sizes"
    return _bars("sizes", heading, named, "picture", "g")


def _copies(folder: Folder) -> Section | None:
    copies = [record for record in folder.records if record.twin is not None]
    if not copies:
        return None
    by_source = {record.source: record for record in folder.records}
    couples = "".join(_couple(folder, record, by_source.get(str(record.twin))) for record in copies[:SHOWN_COUPLES])
    more = f", the first {SHOWN_COUPLES} of {len(copies):,}" if len(copies) > SHOWN_COUPLES else ""
    note = f'<p class="note">Each copy, then the earlier picture it is like{more}.</p>'
    return Section("copies", "Copies", f'{note}<div class="couples">{couples}</div>')


def _couple(folder: Folder, copy: Record, twin: Record | None) -> str:
    shown = [folder.picture(copy), folder.picture(twin)]
    pictures = "".join(
        sheet(picture).img(alt, THUMB_PX)
        for picture, alt in zip(shown, ("the copy", "the earlier picture"), strict=True)
        if picture is not None
    )
    left_out = ", and is left out" if copy.file is None else ""
    said = told(folder.name(str(copy.twin)), copy.distance) + left_out
    caption = f"<b>{text(folder.name(copy.source))}</b><br>{text(said)}"
    return f'<figure><div class="two">{pictures}</div><figcaption>{caption}</figcaption></figure>'


def _blank(folder: Folder) -> Section | None:
    blank = [record for record in folder.records if record.blank and record.file is not None]
    if not blank:
        return None
    shown = [(record, folder.picture(record)) for record in blank[:SHOWN_BLANK]]
    pictures = "".join(
        figure(sheet(picture), text(short(record.file)), f"a picture mostly of one colour: {record.file}", THUMB_PX)
        for record, picture in shown
        if picture is not None
    )
    note = f'<p class="note">{counted(len(blank), "picture")} mostly of one colour.</p>'
    return Section("blank", "Blank pictures", f'{note}<div class="row">{pictures}</div>')


def _skipped(folder: Folder) -> Section | None:
    counts = folder.summary.skipped
    if not counts:
        return None
    body = bars(counts.most_common(SHOWN_BARS), "skip")
    files = [
        (folder.name(record.source), short(record.skipped)) for record in folder.records if record.skipped is not None
    ]
    if files:
        body += table(("source", "why it was skipped"), files[:SHOWN_SKIPPED], "text")
        if len(files) > SHOWN_SKIPPED:
            body += f'<p class="note">And {len(files) - SHOWN_SKIPPED:,} more, in {MANIFEST}.</p>'
    return Section("skipped", "Skipped", body)


def _generations(folder: Folder) -> Section | None:
    history = folder.manifest.heading.history if folder.manifest else []
    if len(history) < 2:
        return None
    totals: list[tuple[str, int]] = []
    total = sum(record.file is not None and record.split == TRAIN for record in folder.records)
    for past in reversed(history):  # the oldest may be forgotten, the newest is what is there
        totals.insert(0, (f"generation {past.number}", total))
        total += past.removed - past.added
    rows = [
        (f"{past.number}", f"{past.added:,}", f"{past.removed:,}", f"{past.changed:,}", past.digest[:12])
        for past in reversed(history[-SHOWN_GENERATIONS:])
    ]
    heading = ("generation", "added", "removed", "changed", "digest")
    note = '<p class="note">Pictures for training after each run of prepare that changed them.</p>'
    body = note + bars(totals[-SHOWN_GENERATIONS:]) + table(heading, rows)
    return Section("generations", "Generations", body)


def _options(folder: Folder) -> Section | None:
    if not folder.summary.prepared:
        return None
    rows = [(name, _value(name, value)) for name, value in folder.summary.options.items()]
    return Section("options", "How it was prepared", pairs(rows))


def _value(name: str, value: object) -> str:
    """Write an option's value for people."""
    if name == "size" and isinstance(value, tuple | list):
        return "x".join(map(str, reversed(value)))
    return short(", ".join(map(str, value))) if isinstance(value, tuple | list) else short(value)
