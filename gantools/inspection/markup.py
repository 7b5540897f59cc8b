"""The pieces of a page: text made harmless, pictures as data, tables, sections. Nothing here knows what it shows."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gantools.pictures.grid import grid
from gantools.safe import safe

Pixels = NDArray[np.uint8]
CRISP_PX = 64
"""Pictures up to this size are shown enlarged without blurring, and kept without loss."""

LARGEST_PX = 256
WEBP_QUALITY = 88


def text(foreign: object) -> str:
    """Return a text as it can stand in a page, in quotes too: no markup and no control character gets through."""
    return escape(safe(str(foreign)))


@dataclass(frozen=True)
class Sheet:
    """A picture for a page.

    Args:
        uri: the picture itself.
        width, height: its size in pixels.
        is_crisp: it is made of small pictures.
    """

    uri: str
    width: int
    height: int
    is_crisp: bool

    def img(self, alt: str, wanted_px: int, name: str = "") -> str:
        """Return the tag; a small picture is shown at a whole multiple of its size that is near ``wanted_px``."""
        times = max(1, round(wanted_px / self.width)) if self.is_crisp else 1
        shown = self.width * times if self.is_crisp else min(wanted_px, self.width)
        names = " ".join(filter(None, ("crisp" if self.is_crisp else "", name)))
        kind = f' class="{names}"' if names else ""
        size = f'width="{self.width}" height="{self.height}" style="width:{shown}px"'
        return f'<img{kind} src="{self.uri}" alt="{text(alt)}" {size}>'


def sheet(pictures: Pixels, columns: int | None = None, gap_px: int = 2) -> Sheet:
    """Lay pictures (N, C, H, W) out with transparent gaps; large ones are reduced, and kept as WebP."""
    shown = reduced(pictures, LARGEST_PX)
    is_crisp = max(shown.shape[2:]) <= CRISP_PX
    laid = grid(_with_alpha(shown) if gap_px and len(shown) > 1 else shown, columns, gap_px)
    return Sheet(_uri(laid, is_crisp), laid.shape[2], laid.shape[1], is_crisp)


def reduced(pictures: Pixels, longest_px: int) -> Pixels:
    """Return pictures whose longer side is at most so many pixels."""
    height, width = pictures.shape[2:]
    share = longest_px / max(height, width)
    if share >= 1:
        return pictures
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.stack([_planes(_image(picture).resize(size, Image.Resampling.BOX)) for picture in pictures])


def _with_alpha(pictures: Pixels) -> Pixels:
    """Return pictures as RGBA: what lies between them is transparent then, and shows the page."""
    count, channels, height, width = pictures.shape
    if channels == 4:
        return pictures
    opaque = np.full((count, 1, height, width), 255, np.uint8)
    colour = np.repeat(pictures, 3, axis=1) if channels == 1 else pictures
    return np.concatenate([colour, opaque], axis=1)


def _uri(pixels: Pixels, is_crisp: bool) -> str:
    """Encode a picture as WebP, which is a sixth smaller than a PNG here; small pictures keep every pixel."""
    stream = BytesIO()
    how = {"lossless": True, "quality": 50} if is_crisp else {"quality": WEBP_QUALITY}
    _image(pixels).save(stream, "WEBP", method=4, **how)
    return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode()}"


def _image(pixels: Pixels) -> Image.Image:
    plane = pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)
    return Image.fromarray(np.ascontiguousarray(plane))


def _planes(image: Image.Image) -> Pixels:
    pixels = np.asarray(image)
    return np.ascontiguousarray(pixels.reshape(*pixels.shape[:2], -1).transpose(2, 0, 1))


def figure(picture: Sheet, caption: str, alt: str, wanted_px: int) -> str:
    """Return a picture with its caption; the caption may hold markup, so what is foreign in it must be clean."""
    return f"<figure>{picture.img(alt, wanted_px)}<figcaption>{caption}</figcaption></figure>"


def table(heading: Sequence[str], rows: Iterable[Sequence[str]], name: str = "") -> str:
    """Return a table whose cells are foreign text; the first cell of a row is its heading."""
    head = "".join(f'<th scope="col">{text(cell)}</th>' for cell in heading)
    body = "".join(
        f'<tr><th scope="row">{text(first)}</th>{"".join(f"<td>{text(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    top = f"<thead><tr>{head}</tr></thead>" if heading else ""
    kind = f' class="{name}"' if name else ""
    return f'<div class="scroll" tabindex="0"><table{kind}>{top}<tbody>{body}</tbody></table></div>'


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Return names with their values, both foreign text."""
    items = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in rows)
    return f"<dl>{items}</dl>"


def command(words: str) -> str:
    """Return a line to type."""
    return f'<pre class="command"><code>{text(words)}</code></pre>'


@dataclass(frozen=True)
class Section:
    """A part of a page: its name in addresses, its heading, its markup."""

    name: str
    heading: str
    body: str

    def html(self) -> str:
        """Return the section."""
        return f'<section id="{self.name}"><h2>{text(self.heading)}</h2>{self.body}</section>'
