"""Sets of pictures drawn by code, ``demo:NAME``: they need no download, and every factor behind them is known.

``stickers`` shows one cut-out thing on a soft sky. Kind, colour and background are drawn uniformly and independently
of each other, so the modes of a trained generator can be counted; size and position are continuous, within bounds
for which a small network draws things that a person can name after three minutes.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from gantools import draws
from gantools.data import demo_shapes
from gantools.errors import unknown_name
from gantools.keys import key

NAMES: tuple[str, ...] = ("stickers",)
DEFAULT_SIDE_PX = 32

Color = tuple[int, int, int]

# Hues 3, 43, 138, 213 and 281 degrees: neighbours are at least 40 degrees apart, and no background is as vivid.
COLORS: dict[str, Color] = {
    "red": (232, 64, 56),
    "yellow": (250, 190, 40),
    "green": (48, 170, 84),
    "blue": (38, 122, 226),
    "violet": (164, 70, 206),
}
# The colours of a background's first and last row.
BACKGROUNDS: dict[str, tuple[Color, Color]] = {
    "day": ((126, 204, 240), (204, 238, 246)),
    "dawn": ((255, 170, 150), (255, 218, 178)),
    "night": ((52, 54, 122), (98, 92, 166)),
}
PAINTS: dict[str, Color] = {
    "white": (255, 255, 255),
    "cream": (255, 241, 214),
    "shade": (226, 200, 170),
    "ink": (38, 34, 52),
    "beak": (246, 132, 32),
    "wood": (150, 96, 64),
    "bark": (116, 72, 50),
    "glass": (120, 190, 220),
}
SHADOW: Color = (30, 20, 70)  # laid at 31 % below the sticker
SIZES = (0.80, 0.92)  # of the shorter side; below 0.65 an eye is lost at 28 px
WANDER = 0.3  # of the free space: with all of it, and smaller stickers, 150,000 images at 32 px left blots (measured)
RIM = 0.12  # the white border's width, in halves of the frame: about 1.3 px at 32 px


class Drawn(NamedTuple):
    """One picture and what is known about it.

    ``factors`` holds kind, color and background as text, and as numbers ``size`` (the longer side of the
    sticker's frame as a fraction of the picture's shorter side; the white rim around sharp corners ends up to 5 %
    short of it) and ``x`` and ``y`` in [-0.3, 0.3], where -1 would put the frame at the left or upper edge and 1 at the
    right or lower one. ``label`` is the kind.
    """

    image: Image.Image
    factors: dict[str, str | float]
    label: str


def default_count(name: str) -> int:
    """Return how many pictures of the set ``name`` are made unless another number is asked for.

    Raises:
        UsageError: no set has that name.
    """
    _check(name)
    return 4_000  # guess: 53 of each of the 75 combinations


def factors(name: str) -> dict[str, tuple[str, ...]]:
    """Return the discrete factors of the set ``name`` and their levels, in order.

    Raises:
        UsageError: no set has that name.
    """
    _check(name)
    return {
        "kind": tuple(demo_shapes.KINDS),
        "color": tuple(COLORS),
        "background": tuple(BACKGROUNDS),
    }


def draw(name: str, index: int, *, seed: int, height: int, width: int) -> Drawn:
    """Draw picture ``index`` of the set ``name``: a pure function of the arguments.

    Args:
        name: one of ``NAMES``.
        index: which picture; any integer. No picture depends on another.
        seed: the set's seed; another seed is another set of the same sort.
        height: of the picture in pixels, at least 8.
        width: of the picture in pixels, at least 8.

    Returns:
        The RGB picture, its factors (the same at every size) and its label.

    Raises:
        UsageError: no set has that name.

    Example:
        >>> drawn = draw("stickers", 0, seed=0, height=32, width=48)
        >>> drawn.image.size, drawn.label == drawn.factors["kind"]
        ((48, 32), True)
    """
    chosen = _choose(name, index, seed)
    return Drawn(_paint(chosen, height, width), chosen, str(chosen["kind"]))


def _check(name: str) -> None:
    if name not in NAMES:
        raise unknown_name("demo", name, NAMES)


def _choose(name: str, index: int, seed: int) -> dict[str, str | float]:
    """Draw the factors of one picture: discrete ones uniform over their levels, continuous ones over their range."""
    levels = factors(name)
    random = draws.generator(key(seed, "demo", name, index))
    chosen: dict[str, str | float] = {factor: names[random.randint(len(names))] for factor, names in levels.items()}
    chosen["size"] = float(random.uniform(*SIZES))
    chosen["x"], chosen["y"] = (float(offset) for offset in random.uniform(-WANDER, WANDER, 2))
    return chosen


def _paint(chosen: dict[str, str | float], height: int, width: int) -> Image.Image:
    """Paint the chosen picture larger than asked for, at least fourfold, and average it down."""
    fold = max(4, -(-128 // min(height, width)))
    canvas = _sky(str(chosen["background"]), height * fold, width * fold)
    half, outlines = _place(chosen, canvas)
    _stick(canvas, outlines, half * RIM)
    paints = PAINTS | _tones(COLORS[str(chosen["color"])])
    pen = ImageDraw.Draw(canvas)
    for part, outline in zip(demo_shapes.parts(str(chosen["kind"])), outlines, strict=True):
        pen.polygon(outline, fill=paints[part.paint])
    return canvas.reduce(fold)


def _sky(background: str, height: int, width: int) -> Image.Image:
    """Return a gradient from the background's upper colour to its lower one; each row is of one colour."""
    upper, lower = (np.array(color, dtype=np.float64) for color in BACKGROUNDS[background])
    rows = upper + (lower - upper) * np.linspace(0.0, 1.0, height)[:, None, None]  # (H, 1, C)
    return Image.fromarray(rows.round().astype(np.uint8)).resize((width, height), Image.Resampling.NEAREST)


def _place(chosen: dict[str, str | float], canvas: Image.Image) -> tuple[float, list[list[float]]]:
    """Return half the frame's side and each part's outline as x, y, x, y, ... both in pixels of the canvas."""
    side = float(chosen["size"]) * min(canvas.size)
    offset = np.array([float(chosen["x"]), float(chosen["y"])])
    centre = np.array(canvas.size) / 2 + offset * (np.array(canvas.size) - side) / 2
    half = side / 2 / (1 + RIM)
    parts = demo_shapes.parts(str(chosen["kind"]))
    return half, [(part.outline * half + centre - 0.5).ravel().tolist() for part in parts]


def _stick(canvas: Image.Image, outlines: list[list[float]], rim_px: float) -> None:
    """Lay a shadow and the white sticker that the parts are printed on: their union, ``rim_px`` wider all around."""
    mask = Image.new("L", canvas.size)
    pen = ImageDraw.Draw(mask)
    for outline in outlines:
        pen.polygon(outline, fill=255)
    # A straight edge blurred with deviation s is down to 2 % at a distance of 2.05 s; sharp tips get less, yet enough.
    blurred = mask.filter(ImageFilter.GaussianBlur(rim_px / 2.05))
    canvas.paste(SHADOW, (0, round(rim_px)), mask=blurred.point([min(80, 4 * level) for level in range(256)]))
    canvas.paste(PAINTS["white"], mask=blurred.point([0] * 5 + [255] * 251))


def _tones(color: Color) -> dict[str, Color]:
    """Return the three tones of a body colour: itself, lit and in shade."""
    return {"base": color, "light": _mix(color, (255, 255, 255), 0.45), "dark": _mix(color, (40, 20, 70), 0.25)}


def _mix(color: Color, other: Color, share: float) -> Color:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(color, other, strict=True))
    return red, green, blue
