"""What a data set is made of and how: the resolved options of ``prepare``, as they are stored in the manifest."""

import re
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

from gantools.data.pack import Shape
from gantools.errors import Again, UsageError
from gantools.pictures.formats import DEFAULT_FORMATS, EVERY

Crop = Literal["center", "top", "random", "none", "pad"]
Channels = Literal["auto", "rgb", "gray", "rgba"]
LABELS = ("folders", "none")
"""What labels are taken from, beside a CSV file."""
Frames = Literal["first", "all"]
Dedupe = Literal["none", "exact", "near"]
ChannelsName = Literal["gray", "rgb", "rgba"]
CHANNEL_NAMES: dict[int, ChannelsName] = {1: "gray", 3: "rgb", 4: "rgba"}
CHANNEL_COUNTS = {name: count for count, name in CHANNEL_NAMES.items()}
WHITE = (255, 255, 255)
WHICH = ("sources", "follow", "dedupe")
"""Options that say which pictures there are, and nothing of what becomes of each: those that are made stay."""
TILES = re.compile(r"none|grid|random:[1-9]\d{0,4}", re.ASCII)
OVERLAP = re.compile(r"\d{1,5}|\d{1,2}(\.\d{1,3})?%", re.ASCII)


@dataclass(frozen=True)
class Wish:
    """The options as typed; None for one that was not typed.

    Args:
        sources: files, folders and ``demo:NAME``, as typed.
        size: (height, width) in pixels.
        crop: what is kept of a picture of another shape; ``none`` stretches it, ``pad`` keeps all and fills up.
        channels: ``auto`` is grey if all sources are grey, else RGB.
        background: sRGB, shows through transparent places and beside what is padded.
        min_size: pictures whose shorter side is below that many pixels are left out; 0 for none.
        frames: of animations and stacks of pages the first, or each as a picture of its own.
        tiles: ``none``; ``grid``, or ``random:N`` at random places: pieces of the size, each a picture of its own.
        overlap: of neighbours in a grid of tiles: pixels, or a share of the tile's side such as ``25%``.
        labels: ``folders``: sub-folders name classes; ``none``; or the path of a CSV file that names them.
        holdout: the share that training never learns from, in [0, 1).
        limit: at most that many pictures; 0 for no limit.
        seed: of random crops and of drawn pictures.
        follow: whether links to folders below a source are followed.
        formats: in which pictures may be, as Pillow names them; those of others are left out.
        dedupe: ``exact``: pictures with the pixels of an earlier one are left out; ``near``: and those that look alike.
    """

    sources: tuple[str, ...]
    size: tuple[int, int] | None = None
    crop: Crop | None = None
    channels: Channels | None = None
    background: tuple[int, int, int] | None = None
    min_size: int | None = None
    frames: Frames | None = None
    tiles: str | None = None
    overlap: str | None = None
    labels: str | None = None
    holdout: float | None = None
    limit: int | None = None
    seed: int | None = None
    follow: bool | None = None
    formats: tuple[str, ...] | None = None
    dedupe: Dedupe | None = None


@dataclass(frozen=True)
class Recipe:
    """The options with nothing left open; equal recipes and sources give equal bytes.

    The fields are those of ``Wish``; ``channels`` is one of gray, rgb, rgba.
    """

    sources: tuple[str, ...]
    size: tuple[int, int]
    channels: ChannelsName
    crop: Crop = "center"
    background: tuple[int, int, int] = WHITE
    labels: str = "folders"
    holdout: float = 0.0
    limit: int = 0
    seed: int = 0
    min_size: int = 0
    frames: Frames = "first"
    tiles: str = "none"
    overlap: str = "0"
    follow: bool = False
    formats: tuple[str, ...] = DEFAULT_FORMATS
    dedupe: Dedupe = "none"

    @property
    def shape(self) -> Shape:
        """The shape of every picture."""
        return Shape(CHANNEL_COUNTS[self.channels], *self.size)

    @property
    def random_tiles(self) -> int:
        """How many tiles of a picture lie at random places; 0 for those of a grid, or none."""
        return int(self.tiles.removeprefix("random:")) if self.tiles.startswith("random:") else 0

    def overlap_px(self, side: int) -> int:
        """Return how many pixels tiles of ``side`` pixels have in common with the next."""
        share = self.overlap.removesuffix("%")
        return int(share) if share == self.overlap else int(side * float(share) / 100)

    def document(self) -> dict[str, Any]:
        """Return the recipe as JSON values."""
        return asdict(self)

    def differences(self, other: "Recipe") -> list[str]:
        """Return the names of the options that differ and that every picture depends on."""
        return [
            field.name
            for field in fields(self)
            if field.name not in WHICH and getattr(self, field.name) != getattr(other, field.name)
        ]


def recipe_from(document: Any) -> Recipe:
    """Read what ``Recipe.document`` returned.

    Raises:
        ValueError: it is no such document.
    """
    try:
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in document.items()
        }
        recipe = Recipe(**values)
        sound = (
            all(isinstance(source, str) for source in recipe.sources)
            and len(recipe.size) == 2
            and len(recipe.background) == 3
            and recipe.channels in CHANNEL_COUNTS
            and recipe.crop in get_args(Crop)
            and isinstance(recipe.labels, str)
            and TILES.fullmatch(recipe.tiles)
            and OVERLAP.fullmatch(recipe.overlap)
            and recipe.frames in get_args(Frames)
            and isinstance(recipe.follow, bool)
            and isinstance(recipe.formats, tuple)
            and set(recipe.formats) <= EVERY.keys()
            and recipe.dedupe in get_args(Dedupe)
        )
        numbers = (*recipe.size, *recipe.background, recipe.limit, recipe.seed, recipe.min_size)
        if not sound or not all(type(number) is int for number in numbers):
            raise ValueError("options of the wrong kind")
        return replace(recipe, holdout=float(recipe.holdout))
    except (TypeError, AttributeError) as error:
        raise ValueError(f"options that are none ({error})") from error


def settle(wish: Wish, stored: Recipe | None, size: tuple[int, int], channels: ChannelsName) -> Recipe:
    """Fill what was not typed from what is stored, and where nothing is stored from the defaults.

    Args:
        wish: the options as typed.
        stored: the recipe of the data set that exists already.
        size: what to take when the size is open.
        channels: what to take when the channels are open.

    Raises:
        UsageError: options that contradict each other.
    """
    typed: dict[str, Any] = {
        field.name: value for field in fields(wish) if (value := getattr(wish, field.name)) not in (None, "auto")
    }
    sources = stored.sources if stored else ()
    typed["sources"] = sources + tuple(source for source in dict.fromkeys(wish.sources) if source not in sources)
    base = stored or Recipe((), size, channels)
    if wish.channels == "auto":
        base = replace(base, channels=channels)
    recipe = replace(base, **typed)
    if recipe.channels == "rgba" and wish.background is not None:
        message = "--background: found a colour beside --channels rgba, expected one of them: RGBA keeps what is clear"
        raise UsageError(message, hint="--channels rgb")
    _check_tiles(recipe, wish)
    return recipe


def _check_tiles(recipe: Recipe, wish: Wish) -> None:
    """Refuse what contradicts tiles, and an overlap without a grid or as large as a tile."""
    if recipe.tiles != "none" and wish.crop is not None:
        typed = "--pad" if wish.crop == "pad" else f"--crop {wish.crop}"
        message = f"--tiles: found {recipe.tiles} beside {typed}, expected one of them: a tile is cut at its own size"
        drop = Again(drop=(typed.split()[0],))
        raise UsageError(message, hint=drop if wish.tiles else "--tiles none")
    if wish.overlap not in (None, "0") and recipe.tiles != "grid":
        message = f"--overlap: found it beside --tiles {recipe.tiles}, expected --tiles grid"
        raise UsageError(message, hint="--tiles grid")
    if recipe.tiles == "grid" and any(recipe.overlap_px(side) >= side for side in recipe.size):
        height, width = recipe.size
        message = f"--overlap: found {recipe.overlap}, expected less than a tile's side of {min(height, width)} pixels"
        raise UsageError(message, hint="--overlap 25%")
