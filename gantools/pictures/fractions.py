"""JPEGs decoded at 1/2, 1/4 or 1/8 of their size, and where the picture lies in what comes out."""

from io import BytesIO

from PIL import ImageFile

DIVISORS = (1, 2, 4, 8)

Box = tuple[float, float, float, float]
"""Left, upper, right and lower edge in pixels, not rounded."""


def decode_smaller(image: ImageFile.ImageFile, at_least: tuple[int, int]) -> int:
    """Have a JPEG decoded at the smallest fraction that gives ``at_least``, (width, height); return its divisor.

    A file in memory is also handed to the decoder in one piece: by default it waits for the others at each 64 KiB.
    """
    whole = image.size
    image.draft(None, at_least)
    if isinstance(image.fp, BytesIO):
        image.decodermaxblock = max(image.decodermaxblock, image.fp.getbuffer().nbytes)
    return next(
        divisor for divisor in DIVISORS if all(-(-a // divisor) == b for a, b in zip(whole, image.size, strict=True))
    )


def extent(inside: tuple[float, float], size: tuple[int, int], orientation: int) -> Box:
    """Return where a picture of ``inside`` pixels lies in its decoded and turned form, which may be a little larger.

    At 1/4 the last column of a JPEG of 1,023 px stands for three of its pixels and one behind its edge. Who takes it
    for a whole one moves all others a little, and changes pixels beside sharp edges by up to 70 levels.

    Args:
        inside: (width, height) of the upright picture, not rounded.
        size: (width, height) of what was decoded, upright.
        orientation: EXIF's, 1 to 8: by which the right edge and the bottom may have come to the left and the top.

    Example:
        >>> extent((9.5, 7.25), (10, 8), 1), extent((9.5, 7.25), (10, 8), 3)
        ((0.0, 0.0, 9.5, 7.25), (0.5, 0.75, 10.0, 8.0))
    """
    left = size[0] - inside[0] if orientation in (2, 3, 6, 7) else 0.0
    upper = size[1] - inside[1] if orientation in (3, 4, 7, 8) else 0.0
    return left, upper, left + inside[0], upper + inside[1]
