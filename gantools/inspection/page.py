"""A page about a checkpoint: one file without scripts or pictures from elsewhere. What it shows is computed before."""

from dataclasses import dataclass, field
from pathlib import Path

from gantools import __version__
from gantools.config.build import PictureShape, all_fields, values_of
from gantools.config.fields import setting_of
from gantools.config.reproduce import own_values
from gantools.files.document import Document
from gantools.inspection.afterwards import Afterwards
from gantools.inspection.checkpoint import ground_of
from gantools.inspection.finding import Finding
from gantools.inspection.markup import (
    Pixels,
    Section,
    Sheet,
    command,
    figure,
    pairs,
    reduced,
    sheet,
    table,
    text,
)
from gantools.inspection.page_style import GENERATOR, SCRIPT, STYLE
from gantools.inspection.run_charts import augment_chart, figure_charts, loss_chart, sign_chart
from gantools.inspection.story import Story
from gantools.pictures.timeline import Timeline
from gantools.wording import counted

SHEET_PX = 500
TOLD_APART = ("reading", "version", "digest", "parent", "change", "made by")
"""Rows of the report that have a place of their own on the page."""

VERDICTS = {
    "bad": ("not finite", "collaps", "diverged"),
    "good": ("healthy",),
    "quiet": ("too early", "starting", "not judged"),
}
"""Words in a verdict and the class that colours it; others call for attention."""


@dataclass(frozen=True)
class NearestRow:
    """A sample (C, H, W), its nearest training pictures (K, C, H, W), and how far they are."""

    sample: Pixels
    pictures: Pixels
    distances: tuple[float, ...]


@dataclass(frozen=True)
class Judgement:
    """Figures beside real pictures: rows of names and values, and tables of cells with the heading first."""

    rows: list[tuple[str, str]]
    tables: list[list[tuple[str, ...]]]


@dataclass
class Gallery:
    """The pictures of a page, each uint8.

    Args:
        samples: of the run's seed, (N, C, H, W).
        walks: each along a circle of latents, (F, C, H, W).
        timeline: earlier pictures of the first latents; without rows where none were kept.
        reals: of the data that was given, (N, C, H, W).
        nearest, nearest_note: training pictures beside samples, and how they were found.
    """

    samples: Pixels
    walks: list[Pixels]
    timeline: Timeline
    reals: Pixels | None = None
    nearest: list[NearestRow] = field(default_factory=list)
    nearest_note: str = ""


def checkpoint_page(
    path: Path, document: Document, finding: Finding, story: Story, gallery: Gallery, judgement: Judgement | None
) -> str:
    """Return the page; equal arguments give equal text."""
    charts = loss_chart(document, story)
    charts += "".join(chart(story, document) for chart in (sign_chart, augment_chart, figure_charts))
    sections = [
        _samples(document, gallery),
        _figures(judgement),
        Section("training", "How it was trained", charts),
        _timeline(document, gallery),
        _nearest(gallery),
        _walk(gallery),
        _configuration(document),
        _lineage(document, finding),
        _again(finding),
    ]
    shown = [section for section in sections if section is not None]
    return whole(path.name, "checkpoint", _head(document, finding), shown)


def whole(name: str, kind: str, head: str, sections: list[Section]) -> str:
    """Return a page from its parts.

    Args:
        name: of the thing, foreign text.
        kind: what it is.
        head: markup that stands under the name.
        sections: in order.
    """
    links = "".join(f'<li><a href="#{section.name}">{text(section.heading)}</a></li>' for section in sections)
    body = "".join(section.html() for section in sections)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{GENERATOR} {__version__}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{text(name)}: {kind}</title><style>{STYLE}</style></head>\n"
        f'<body><header><p class="kicker">gantools {kind}</p><h1>{text(name)}</h1>{head}</header>\n'
        f'<nav aria-label="Sections"><ul>{links}</ul></nav>\n<main>{body}</main>\n'
        f"<footer>Written by gantools {text(__version__)}. Everything on this page is inside it: nothing is "
        f"loaded from elsewhere.</footer>\n<script>{SCRIPT}</script></body></html>\n"
    )


def tiles(values: list[tuple[str, str]]) -> str:
    """Return a few large numbers with their names."""
    shown = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in values)
    return f'<dl class="tiles">{shown}</dl>'


def _head(document: Document, finding: Finding) -> str:
    config, register, network = document.config, document.register, document.config.network
    shape = PictureShape(network.height, network.width, network.channels)
    said = str(finding.facts["reading"])
    kind = next((kind for kind, words in VERDICTS.items() if any(word in said for word in words)), "")
    parameters = finding.facts["parameters"]
    numbers = [
        ("images seen", f"{register.images:,}"),
        ("rounds", f"{register.g_steps:,}"),
        ("epochs", f"{register.images / max(1, document.data.count):,.1f}"),
        ("training pictures", f"{document.data.count:,}"),
        ("parameters of G", f"{parameters['generator']:,}"),
        ("parameters of D", f"{parameters['discriminator']:,}"),
    ]
    lede = f"{network.family} networks, pictures of {shape}, {config.loss.name} loss, batch {config.batch}"
    verdicts = f'<p class="verdict {kind}">{text(said)}</p>'
    if (later := finding.facts["afterwards"]) is not None:
        verdicts += f'<p class="verdict bad">{text(f"the run {Afterwards(**later).told()}")}</p>'
    return f'<p class="lede">{text(lede)}</p><div class="verdicts">{verdicts}</div>{tiles(numbers)}'


def _samples(document: Document, gallery: Gallery) -> Section:
    count, seed = len(gallery.samples), document.config.seed
    caption = f"{count} samples of seed {seed}, drawn with the average weights. None was chosen."
    parts = [figure(sheet(gallery.samples), caption, f"{count} generated pictures", SHEET_PX)]
    if gallery.reals is not None:
        shown = len(gallery.reals)
        caption = f"{shown} real pictures, drawn by lot from the training data."
        parts.append(figure(sheet(gallery.reals), caption, f"{shown} real pictures", SHEET_PX))
    heading = "Samples" if gallery.reals is None else "Samples beside reals"
    return Section("samples", heading, f'<div class="row">{"".join(parts)}</div>')


def _figures(judgement: Judgement | None) -> Section | None:
    if judgement is None:
        return None
    tables = "".join(table(cells[0], cells[1:], "figures") for cells in judgement.tables)
    note = (
        '<p class="note">The floor is the same figure for real pictures in place of the samples: what a perfect model '
        "would reach. The interval holds the true value with 95 %.</p>"
    )
    return Section("figures", "Figures", tables + note + pairs(judgement.rows))


def _timeline(document: Document, gallery: Gallery) -> Section | None:
    timeline = gallery.timeline
    if not timeline.rows:
        return None
    now = reduced(gallery.samples[: len(timeline.rows[0])], max(timeline.rows[0].shape[2:]))
    rows = list(zip(timeline.counts, timeline.rows, strict=True))
    if timeline.counts[-1] != document.register.images:
        rows.append((document.register.images, now))
    shown = "".join(
        f"<div><dt><b>{images:,}</b>images</dt><dd>"
        f"{_strip(pictures).img(f'{len(pictures)} samples at {images:,} images', 640)}</dd></div>"
        for images, pictures in rows
    )
    note = '<p class="note">The same latents each time, at doubling counts of images seen; the last row is now.</p>'
    return Section("timeline", "Over time", f'{note}<dl class="timeline">{shown}</dl>')


def _nearest(gallery: Gallery) -> Section | None:
    if not gallery.nearest:
        return None
    shown = "".join(_nearest_row(number, row) for number, row in enumerate(gallery.nearest, 1))
    note = f'<p class="note">{text(gallery.nearest_note)}</p>'
    return Section("nearest", "Nearest training pictures", f'{note}<div class="near">{shown}</div>')


def _nearest_row(number: int, row: NearestRow) -> str:
    side = 84
    said = ", ".join(f"{distance:.2f}" for distance in row.distances)
    sample = sheet(row.sample[None]).img(f"sample {number}", side, "sample")
    count = len(row.distances)
    others = _strip(row.pictures).img(f"its {counted(count, 'nearest training picture')}", (side + 4) * count)
    return f"<figure>{sample}{others}<figcaption>distance {said}</figcaption></figure>"


def _walk(gallery: Gallery) -> Section | None:
    if not gallery.walks:
        return None
    frames = len(gallery.walks[0])
    shown = "".join(_moving(walk, number) for number, walk in enumerate(gallery.walks, 1))
    strip = _strip(gallery.walks[0][:: max(1, frames // 8)]).img(f"{min(8, frames)} steps of the first walk", 640)
    note = (
        f'<p class="note">Each picture goes round a circle in the latent space in {frames} steps. Sudden '
        "jumps mean that G has learnt single pictures by heart.</p>"
    )
    return Section("walk", "A walk through the latents", f'{note}<div class="walks">{shown}</div>{strip}')


def _moving(walk: Pixels, number: int) -> str:
    """Return a picture whose frames stand below each other and are moved past by the style sheet."""
    frames, _, height, width = walk.shape
    film = sheet(walk, columns=1, gap_px=0)
    shown = max(1, round(112 / width)) * width if film.is_crisp else min(128, width)
    tall = round(shown * height / width)
    style = (
        f"width:{shown}px;height:{tall}px;background-image:url({film.uri});background-size:{shown}px {tall * frames}px;"
        f"--frames:{frames};--length:{tall * frames}px;--time:{frames / 8:g}s"
    )
    return f'<div class="walk" role="img" aria-label="walk {number}, moving" style="{style}"></div>'


def _configuration(document: Document) -> Section:
    own, fields = own_values(document.config, *ground_of(document)), all_fields()
    head = "".join(f'<th scope="col">{name}</th>' for name in ("name", "value", "what it is"))
    rows = "".join(
        f'<tr{" class=set" if name in own else ""}><th scope="row">{text(name)}</th><td>{text(value)}</td>'
        f"<td>{text(setting_of(fields[name]).help)}</td></tr>"
        for name, value in values_of(document.config).items()
    )
    note = '<p class="note">Bold values are other than the defaults of the preset.</p>'
    body = f'<div class="scroll" tabindex="0"><table class="config"><thead><tr>{head}</tr></thead>'
    return Section("configuration", "Configuration", f"{note}{body}<tbody>{rows}</tbody></table></div>")


def _lineage(document: Document, finding: Finding) -> Section:
    lineage = document.lineage
    rows = [(name, value) for name, value in finding.rows if name not in TOLD_APART]
    rows += [
        ("written by", f"gantools {document.version}"),
        ("content digest", document.digest),
        ("went on from", lineage.parent or "nothing: the run began here"),
        ("digest of its data", document.register.data),
    ]
    changes = [
        (f"{event.images:,}", f"{event.d_steps:,}", f"{event.g_steps:,}", event.what) for event in lineage.events
    ]
    body = pairs(rows)
    if changes:
        body += "<h3>Changes on the way</h3>" + table(("images", "D steps", "G steps", "what changed"), changes, "text")
    return Section("lineage", "Where it comes from", body)


def _again(finding: Finding) -> Section:
    line, why_not = finding.facts["reproduce"], finding.facts["reproduce_note"]
    if line is None:
        return Section("again", "Make it again", f"<p>{text(str(why_not).capitalize())}.</p>")
    note = '<p class="note">With the data of this digest in place of DATA this line makes the same run.</p>'
    return Section("again", "Make it again", note + command(str(line)))


def _strip(pictures: Pixels) -> Sheet:
    return sheet(pictures, columns=len(pictures))
