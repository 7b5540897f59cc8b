"""What a GAN will suffer from in a data set, in words, each with what to do about it."""

from collections import Counter
from dataclasses import dataclass
from math import log

from gantools.config.sizes import nearest_sides, pairs
from gantools.data.census import Census
from gantools.data.manifest import MANIFEST
from gantools.data.recipe import Recipe

FEW_PICTURES = 1000  # where the gain of more pictures was still steep in Karras 2020, figure 7
UNEVEN_RATIO = 10  # largest to smallest class. Guess
COPIES_SHARE = 0.02  # guess
CUT_OFF_SHARE = 0.25  # of the area, on average. Guess: a centre crop of 4:3, the commonest photo, is just below it
ENLARGED_SHARE = 0.1  # guess
BLANK_SHARE = 0.05  # guess
SAME_SHAPE_SHARE = 0.9  # of the sources within 5 % of the middle one's proportions: then a size of theirs is advised


@dataclass(frozen=True)
class Advice:
    """One thing that training will suffer from.

    Args:
        kind: one word, which stays the same in every version.
        text: what was found, and what to type or do.
        count: how many pictures it concerns.
    """

    kind: str
    text: str
    count: int


def advise(found: Census, recipe: Recipe, train: int, labels: Counter[str]) -> list[Advice]:
    """Say what stands out, the worst first; an empty list for a data set without a fault that can be counted.

    Args:
        found: the counts.
        recipe: the options.
        train: pictures for training.
        labels: pictures of each class.
    """
    total = labels.total() if labels else train
    total = max(total, found.sizes.total(), 1)
    every = [
        _few(train),
        _copies(found, total),
        _leak(found),
        _blank(found, total),
        _cut_off(found, recipe),
        _enlarged(found, recipe, total),
        _uneven(labels),
    ]
    return [advice for advice in every if advice is not None]


def _few(train: int) -> Advice | None:
    if train >= FEW_PICTURES:
        return None
    text = f"{train:,} pictures for training, and under {FEW_PICTURES:,} a discriminator learns them by heart"
    return Advice("few", f"{text}: more of their kind help, or gantools train --gamma 5", train)


def _copies(found: Census, total: int) -> Advice | None:
    if found.copies <= COPIES_SHARE * total:
        return None
    nearly, option = (" or nearly", "near") if found.near else ("", "exact")
    text = f"{found.copies:,} of {total:,} pictures are the same as an earlier one{nearly}, and count twice"
    return Advice("copies", f"{text}: --dedupe {option} leaves them out", found.copies)


def _leak(found: Census) -> Advice | None:
    if not found.across_splits:
        return None
    option = "near" if found.near else "exact"
    text = f"copies on both sides of the hold-out, which tells less for it: {found.across_splits:,}"
    return Advice("leak", f"{text}; --dedupe {option} leaves them out", found.across_splits)


def _blank(found: Census, total: int) -> Advice | None:
    if found.blank <= BLANK_SHARE * total:
        return None
    text = f"{found.blank:,} of {total:,} pictures are mostly of one colour"
    return Advice("blank", f'{text}: delete their PNGs, which lines with "blank":true in {MANIFEST} name', found.blank)


def _cut_off(found: Census, recipe: Recipe) -> Advice | None:
    if found.cut_off <= CUT_OFF_SHARE:
        return None
    size = _their_size(found, recipe)
    remedy = f"--size {size} has their shape" if size else "--pad keeps all of it"
    text = f"the crop cuts off {100 * found.cut_off:.0f} % of the sources' area"
    return Advice("cut_off", f"{text}: {remedy}", found.sizes.total())


def _their_size(found: Census, recipe: Recipe) -> str | None:
    """Return a size of about the recipe's area with the proportions that nearly all sources share, if they do."""
    shapes = sorted(log(width / height) for width, height in found.sizes.elements())
    middle = shapes[len(shapes) // 2]
    if sum(abs(shape - middle) < 0.05 for shape in shapes) < SAME_SHAPE_SHARE * len(shapes):
        return None
    area = recipe.size[0] * recipe.size[1]
    near = [
        pair for pair in pairs() if 0.5 <= pair[0] * pair[1] / area <= 2 and abs(log(pair[0] / pair[1]) - middle) < 0.1
    ]
    if not near:
        return None
    width, height = min(
        near, key=lambda pair: (abs(log(pair[0] / pair[1]) - middle), abs(log(pair[0] * pair[1] / area)))
    )
    return f"{width}x{height}"


def _enlarged(found: Census, recipe: Recipe, total: int) -> Advice | None:
    if found.enlarged <= ENLARGED_SHARE * total:
        return None
    shorter = sorted(min(size) for size in found.sizes.elements())
    smaller = nearest_sides(shorter[len(shorter) // 10])[0]
    remedies = [f"--size {smaller} enlarges fewer"] if smaller < min(recipe.size) else []
    if found.enlarged < total:
        remedies.append(f"--min-size {max(recipe.size)} leaves them out")
    text = f"{found.enlarged:,} of {total:,} pictures come from smaller sources and are blurred"
    return Advice("enlarged", f"{text}: {', '.join(remedies) or 'larger ones help'}", found.enlarged)


def _uneven(labels: Counter[str]) -> Advice | None:
    if len(labels) < 2:
        return None
    (large, most), (small, fewest) = labels.most_common()[0], labels.most_common()[-1]
    if most <= UNEVEN_RATIO * fewest:
        return None
    text = f"{most:,} pictures of {large} and {fewest:,} of {small}, which will be rare in samples too"
    return Advice(
        "uneven", f"{text}: more of it, or --limit {len(labels) * fewest}, which takes the classes in turn", most
    )
