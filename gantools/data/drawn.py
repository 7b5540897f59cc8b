"""The drawn sets as a source: pictures made by code at the size that is asked for.

What draws them is imported only where one is a source, which it seldom is.
"""

from collections.abc import Callable

from gantools.data.entry import Entry, Loaded, Natural, digest_of
from gantools.data.recipe import Recipe


class DemoOrigin:
    """A set drawn by code.

    Args:
        name: one of ``demo.NAMES``.
        labels: whether its labels are wanted.
        seed: of the set.
    """

    def __init__(self, name: str, labels: bool, seed: int) -> None:
        self._name, self._labels, self._seed = name, labels, seed

    def look(self, entry: Entry) -> Natural:
        """Return the size it is drawn at unless another one is asked for."""
        from gantools.data import demo

        return Natural(demo.DEFAULT_SIDE_PX, demo.DEFAULT_SIDE_PX, False)

    def loader(self, entry: Entry) -> Callable[[Recipe], Loaded]:
        """Return what draws the picture, at the size asked for."""
        return lambda recipe: self._draw(entry.number, recipe)

    def _draw(self, number: int, recipe: Recipe) -> Loaded:
        from gantools.data import demo

        height, width = recipe.size
        image, factors, label = demo.draw(self._name, number, seed=self._seed, height=height, width=width)
        digest = digest_of(f"demo:{self._name}#{number} seed {self._seed}".encode())  # the same at every size
        return Loaded(image, digest, (), factors, label if self._labels else None)


def demo_entries(source: str, labels: bool, seed: int) -> list[Entry]:
    """List the pictures of the drawn set ``demo:NAME``."""
    from gantools.data import demo

    name = source.removeprefix("demo:")
    origin = DemoOrigin(name, labels, seed)
    return [
        Entry(f"{source}#{i}", f"{name}-{i:05}", None, None, None, origin, i, source)
        for i in range(demo.default_count(name))
    ]
