"""Draw the sheet of docs/how-to/stylize.md: a scene and two styles drawn by code, and what the options make of them.

    python docs/stylized.py

It writes docs/pictures/stylized.png, the same on each run with one version of gantools and torch on one processor.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SHEET = Path(__file__).parent / "pictures" / "stylized.png"
SIDE, HEIGHT, LABEL, GAP, COLUMNS = 192, 144, 16, 6, 4
OVER = 4
"""Drawn so many times larger, and reduced: smooth edges."""

PAINTING, PRINT = "--style painting.png", "--style print.png"
CELLS = (
    ("photo.png", None),
    ("painting.png", None),
    ("print.png", None),
    (PAINTING, PAINTING),
    (PRINT, PRINT),
    ("both styles", f"{PAINTING} {PRINT}"),
    ("--content-weight 0.2", f"{PAINTING} --content-weight 0.2"),
    ("--content-weight 0.005", f"{PAINTING} --content-weight 0.005"),
    ("--style-scale 2", f"{PAINTING} --style-size 192 --style-scale 2"),
    ("--preserve-color luma", f"{PAINTING} --preserve-color luma"),
    ("--mask sky.png", f"{PAINTING} --mask sky.png"),
    ("a mask for each style", f"{PAINTING} --mask sky.png {PRINT} --mask ground.png"),
)
"""What stands below each picture, and the options that make it."""


def scene() -> tuple[Image.Image, Image.Image]:
    """Return a lake below mountains with a house, and the mask of its sky."""
    wide, high = SIDE * OVER, HEIGHT * OVER
    y = np.linspace(0.0, 1.0, high)[:, None, None]
    sky = np.array([92, 142, 205]) * (1 - y) + np.array([250, 224, 190]) * y
    image = Image.fromarray(np.broadcast_to(sky, (high, wide, 3)).astype(np.uint8))
    mask = Image.new("L", (wide, high), 255)
    draw, hide = ImageDraw.Draw(image), ImageDraw.Draw(mask)

    def shape(points: list[tuple[float, float]], colour: str) -> None:
        corners = [(x * wide, y * high) for x, y in points]
        draw.polygon(corners, colour)
        hide.polygon(corners, 0)

    draw.ellipse((0.68 * wide, 0.1 * high, 0.8 * wide, 0.26 * high), "#fff4cf")
    shape([(0, 0.55), (0.2, 0.3), (0.33, 0.42), (0.52, 0.2), (0.75, 0.5), (1, 0.38), (1, 0.7), (0, 0.7)], "#6d7f96")
    shape([(0.52, 0.2), (0.58, 0.28), (0.53, 0.33), (0.5, 0.28), (0.46, 0.28)], "#eef2f6")
    shape([(0, 0.52), (0.25, 0.56), (0.6, 0.53), (1, 0.6), (1, 0.72), (0, 0.7)], "#48704a")
    shape([(0, 0.68), (1, 0.7), (1, 1), (0, 1)], "#3f6f8f")
    for line in range(9):
        top = 0.72 + 0.03 * line
        shape([(0.1 + 0.07 * (line % 3), top), (0.45 + 0.05 * (line % 4), top), (0.4, top + 0.006)], "#8fb4c6")
    shape([(0, 0.8), (0.3, 0.86), (0.62, 0.98), (0.66, 1), (0, 1)], "#7d8a3a")
    shape([(0.12, 0.6), (0.3, 0.6), (0.3, 0.84), (0.12, 0.84)], "#d9c7a3")
    shape([(0.3, 0.6), (0.38, 0.62), (0.38, 0.84), (0.3, 0.84)], "#a8946f")
    shape([(0.09, 0.61), (0.21, 0.45), (0.33, 0.61)], "#a33f2f")
    shape([(0.21, 0.45), (0.31, 0.47), (0.41, 0.63), (0.33, 0.61)], "#7c2c22")
    for left in (0.15, 0.23):
        shape([(left, 0.66), (left + 0.045, 0.66), (left + 0.045, 0.73), (left, 0.73)], "#2f3c4a")
    shape([(0.83, 0.62), (0.86, 0.62), (0.86, 0.9), (0.83, 0.9)], "#4d3626")
    for x, y0, radius in ((0.84, 0.5, 0.09), (0.79, 0.58, 0.07), (0.9, 0.58, 0.07)):
        box = ((x - radius) * wide, y0 * high - radius * wide, (x + radius) * wide, y0 * high + radius * wide)
        draw.ellipse(box, "#2f5a33")
        hide.ellipse(box, 0)
    return clouded(reduced(image)), reduced(mask)


def clouded(image: Image.Image) -> Image.Image:
    """Return a picture with soft light and shade at all scales, as photographs have it."""
    numbers, light = np.random.RandomState(2), np.zeros((HEIGHT, SIDE), np.float32)
    for cell in (48, 24, 12, 6, 3, 1):
        grid = numbers.rand(HEIGHT // cell + 1, SIDE // cell + 1).astype(np.float32) - 0.5
        light += (
            np.asarray(Image.fromarray(grid).resize((SIDE, HEIGHT), Image.Resampling.BICUBIC)) * (4 + cell / 2) ** 0.8
        )
    pixels = np.asarray(image) + 2.5 * light[..., None]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def painting() -> Image.Image:
    """Return thick strokes along a swirling field, blue with yellow and red."""
    numbers = np.random.RandomState(1)
    wide, high = SIDE * OVER, HEIGHT * OVER
    image = Image.new("RGB", (wide, high), "#1d2f66")
    draw = ImageDraw.Draw(image)
    colours = ["#16255c", "#2b52a8", "#4f86d6", "#9cc3ea", "#f3d04f", "#f7eaa8", "#d9562f", "#12183d"]
    for _ in range(2600):
        x, y = numbers.rand() * wide, numbers.rand() * high
        band = int(4.0 * (np.sin(x / 150.0) + np.cos(y / 110.0) + 2.0)) % len(colours)
        colour = colours[(band + numbers.randint(0, 2)) % len(colours)]
        points = [(x, y)]
        for _ in range(9):
            angle = np.sin(x / 120.0) * 1.6 + np.cos(y / 95.0) * 1.6
            x, y = x + 9.0 * np.cos(angle), y + 9.0 * np.sin(angle)
            points.append((x, y))
        draw.line(points, colour, width=int(numbers.randint(9, 18)), joint="curve")
    return reduced(image)


def engraving() -> Image.Image:
    """Return hatched hills of ink on cream paper."""
    wide, high = SIDE * OVER, HEIGHT * OVER
    y, x = np.mgrid[0:high, 0:wide] / float(wide)
    tone = 0.5 + 0.3 * np.sin(9.0 * x + 3.0 * np.sin(7.0 * y)) + 0.25 * np.cos(11.0 * y - 4.0 * x)
    first = np.sin(2 * np.pi * 34.0 * (x + y)) * 0.5 + 0.5 < 1.0 - tone
    second = np.sin(2 * np.pi * 34.0 * (x - y)) * 0.5 + 0.5 < 0.6 - tone
    ink = (first | second)[..., None]
    pixels = np.where(ink, np.array([54, 34, 24]), np.array([240, 226, 196])).astype(np.uint8)
    return reduced(Image.fromarray(pixels))


def reduced(image: Image.Image) -> Image.Image:
    """Return a picture at the size of a cell."""
    return image.filter(ImageFilter.GaussianBlur(1)).resize((SIDE, HEIGHT), Image.Resampling.LANCZOS)


def sheet(cells: list[tuple[str, Image.Image]]) -> Image.Image:
    """Lay labelled pictures out row by row; 256 colours, which is a third of the bytes."""
    rows = -(-len(cells) // COLUMNS)
    across, down = SIDE + GAP, HEIGHT + LABEL + GAP
    image = Image.new("RGB", (COLUMNS * across - GAP, rows * down - GAP), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(11)
    for number, (label, picture) in enumerate(cells):
        left, top = number % COLUMNS * across, number // COLUMNS * down
        image.paste(picture, (left, top))
        draw.text((left + 1, top + HEIGHT + 1), label, "#333333", font)
    return image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def main() -> None:
    """Draw, stylise, and write the sheet."""
    with tempfile.TemporaryDirectory() as place:
        photo, sky = scene()
        ground = sky.point([255 - value for value in range(256)])
        drawn = {"photo": photo, "painting": painting(), "print": engraving(), "sky": sky, "ground": ground}
        for name, picture in drawn.items():
            picture.save(Path(place, f"{name}.png"))
        cells = []
        for number, (label, options) in enumerate(CELLS):
            file = Path(place, label if options is None else f"{number}.png")
            if options is not None:
                words = [*options.split(), "--size", str(SIDE), "--preset", "fast", "--features", "embedded"]
                command = [sys.executable, "-m", "gantools", "stylize", "photo.png", *words, "--precision", "fp32"]
                subprocess.run(
                    [*command, "--threads", "1", "-o", file.name, "-q"],
                    check=True,
                    cwd=place,
                    stdout=subprocess.DEVNULL,
                )
            with Image.open(file) as picture:
                cells.append((label, picture.convert("RGB")))
    sheet(cells).save(SHEET, optimize=True)
    print(f"{SHEET}: {SHEET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
