"""Tiles: pieces of large pictures, each a picture of its own, at the picture's own scale."""

import threading
from collections.abc import Callable
from dataclasses import replace

from gantools import draws
from gantools.data.drawn import DemoOrigin
from gantools.data.entry import Entry, LeftOut, Loaded, Natural, Refusal, Unreadable
from gantools.data.recipe import Recipe
from gantools.keys import key

MAX_TILES = 100_000  # of one picture. Guess: the largest picture has 43,000 of 64x64
TURNED = "not of the size that its header says: tiles would lie elsewhere"


def with_tiles(entries: list[Entry], recipe: Recipe) -> list[Entry]:
    """Put the tiles of each picture in its place. Drawn sets stay: they are drawn at the size asked for."""
    return [tile for entry in entries for tile in _tiles(entry, recipe)]


def starts(length: int, side: int, step: int) -> list[int]:
    """Return where tiles begin along one side; the last one ends with the picture, so it may overlap more.

    Example:
        >>> starts(200, 64, 64), starts(64, 64, 48), starts(63, 64, 64)
        ([0, 64, 128, 136], [0], [])
    """
    found = list(range(0, length - side + 1, step))
    return found + [length - side] * bool(found and found[-1] + side < length)


def _tiles(entry: Entry, recipe: Recipe) -> list[Entry]:
    if isinstance(entry.origin, DemoOrigin):
        return [entry]
    try:
        seen = entry.origin.look(entry)
    except Unreadable:
        return [entry]  # loading it gives the reason
    height, width = recipe.size
    if min(seen[:2]) < recipe.min_size:
        return [entry]
    if seen.height < height or seen.width < width:
        return [replace(entry, origin=Refusal(f"smaller than a tile of {width}x{height}", LeftOut))]
    rows, columns = (
        starts(length, side, side - recipe.overlap_px(side))
        for length, side in ((seen.height, height), (seen.width, width))
    )
    count = recipe.random_tiles or len(rows) * len(columns)
    if count > MAX_TILES:
        return [replace(entry, origin=Refusal(f"too many tiles: {count:,}, more than {MAX_TILES:,}"))]
    origin = TileOrigin(entry, seen, rows, columns)
    return [entry.piece(*_named(entry.stem, number, len(columns), recipe), origin, number) for number in range(count)]


def _named(stem: str, number: int, columns: int, recipe: Recipe) -> tuple[str, str]:
    """Return the mark and the file's stem of a tile."""
    if recipe.random_tiles:
        return f"random{number}", f"{stem}-random{number:04}"
    row, column = divmod(number, columns)
    return f"r{row}c{column}", f"{stem}-r{row:02}c{column:02}"


class TileOrigin:
    """The tiles of one picture, which is decoded once and kept only while someone waits for a tile.

    Args:
        whole: the picture.
        seen: what its header says.
        rows, columns: where the tiles of a grid begin, in pixels.
    """

    def __init__(self, whole: Entry, seen: Natural, rows: list[int], columns: list[int]) -> None:
        self._whole, self._seen, self._rows, self._columns = whole, seen, rows, columns
        self._counting, self._reading = threading.Lock(), threading.Lock()
        self._waiting = 0
        self._load: Callable[[Recipe], Loaded] | None = None
        self._loaded: Loaded | Unreadable | None = None

    def look(self, entry: Entry) -> Natural:
        """Return what the picture is; a tile is of any size until it is asked for."""
        return self._seen

    def loader(self, entry: Entry) -> Callable[[Recipe], Loaded]:
        """Return what cuts the tile, and decodes the picture when no other tile has."""
        with self._counting:
            if not self._waiting:
                self._load = self._whole.origin.loader(self._whole)
            self._waiting += 1
        return lambda recipe: self._take(entry.number, recipe)

    def _take(self, number: int, recipe: Recipe) -> Loaded:
        try:
            with self._reading:
                loaded = self._loaded = self._loaded or self._decode(recipe)
            if isinstance(loaded, Unreadable):
                raise loaded
            box = self._box(number, loaded.digest, recipe)
            return replace(loaded, image=loaded.image.crop(box), extent=None)
        finally:
            with self._counting, self._reading:
                self._waiting -= 1
                if not self._waiting:
                    self._load = self._loaded = None

    def _decode(self, recipe: Recipe) -> Loaded | Unreadable:
        assert self._load is not None
        try:
            loaded = self._load(recipe)
        except Unreadable as error:
            return error
        if loaded.image.size != (self._seen.width, self._seen.height):
            return Unreadable(TURNED, loaded.digest)
        return loaded

    def _box(self, number: int, digest: str, recipe: Recipe) -> tuple[int, int, int, int]:
        """Return (left, upper, right, lower) of a tile; a random place follows from seed, content and number."""
        height, width = recipe.size
        if recipe.random_tiles:
            draw_key = key(recipe.seed, "tile", digest, self._whole.part or "", number)
            down, along = draws.generator(draw_key).random_sample(2).tolist()
            upper = int(down * (self._seen.height - height + 1))
            left = int(along * (self._seen.width - width + 1))
        else:
            row, column = divmod(number, len(self._columns))
            upper, left = self._rows[row], self._columns[column]
        return left, upper, left + width, upper + height
