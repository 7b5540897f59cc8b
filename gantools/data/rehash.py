"""Reading the sources again, to compare what they hold with what is on record; nothing is decoded."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from gantools.data.drawn import DemoOrigin
from gantools.data.entry import Entry, FileBytes, Unreadable, digest_of
from gantools.data.parallel import in_chunks, in_order
from gantools.data.recipe import Recipe

Digester = Callable[[], str]


def digests_of(
    entries: list[Entry], recipe: Recipe, threads: int, on_done: Callable[[int], None] = lambda done: None
) -> dict[str, str]:
    """Digest what each source holds, as its record does; a few of them are in memory at a time.

    Args:
        entries: whole files, members or rows, as found.
        recipe: of the data set.
        threads: that read and digest; at least 1.
        on_done: told how many are done.

    Returns:
        The digests by source. One that cannot be read is not among them, nor one that is drawn: there is nothing to
        read.
    """
    digests: dict[str, str] = {}
    done = 0
    results = in_order(_digest_all, _tasks(entries, recipe), threads, 2 * threads)
    with contextlib.closing(results):  # type: ignore[type-var]
        for pairs in results:
            digests |= {source: digest for source, digest in pairs if digest is not None}
            done += len(pairs)
            on_done(done)
    return digests


def _tasks(entries: list[Entry], recipe: Recipe) -> Iterator[list[tuple[str, Digester]]]:
    """Return the sources in chunks; files of many pictures are read here, in order."""
    read = (entry for entry in entries if not isinstance(entry.origin, DemoOrigin))
    return in_chunks(((entry.source, _digester(entry, recipe)), entry.held_bytes) for entry in read)


def _digester(entry: Entry, recipe: Recipe) -> Digester:
    """Return what digests a source: the bytes of a file, else the pixels of a row."""
    if isinstance(entry.origin, FileBytes):
        contents = entry.origin.contents(entry)
        return lambda: digest_of(contents())
    load = entry.origin.loader(entry)
    return lambda: load(replace(recipe, min_size=0)).digest  # one that is left out has a digest too


def _digest_all(task: list[tuple[str, Digester]]) -> list[tuple[str, str | None]]:
    return [(source, _digest(digester)) for source, digester in task]


def _digest(digester: Digester) -> str | None:
    try:
        return digester()
    except Unreadable:
        return None
