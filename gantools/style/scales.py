"""Pictures at the sizes of a pyramid."""

from torch import Tensor
from torch.nn import functional


def fit(height: int, width: int, long_side: int) -> tuple[int, int]:
    """Return height and width of a picture whose longer side is ``long_side``, at least one pixel each.

    Example:
        >>> fit(400, 600, 300)
        (200, 300)
    """
    factor = long_side / max(height, width)
    return max(1, round(height * factor)), max(1, round(width * factor))


def resized(image: Tensor, height: int, width: int) -> Tensor:
    """Return a picture (1, C, H, W) in [-1, 1] at another size, bicubic, averaged when it shrinks."""
    if image.shape[-2:] == (height, width):
        return image
    shrinks = height < image.shape[-2]
    found = functional.interpolate(image, (height, width), mode="bicubic", align_corners=False, antialias=shrinks)
    return found.clamp(-1.0, 1.0)


def pooled(weights: Tensor, height: int, width: int) -> Tensor:
    """Return weights (H, W) as means over a coarser grid (height, width)."""
    return functional.adaptive_avg_pool2d(weights[None, None], (height, width))[0, 0]
