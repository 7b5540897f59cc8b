"""From a generator to files or a stream: a few blocks are computed, then encoded by threads, and so on.

Encoding beside the computing would be slower on a processor: compute threads whose cores are taken wait for each other.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from gantools.data.parallel import in_order
from gantools.files.atomic import write_bytes
from gantools.files.tar import tar_to
from gantools.nets.base import Generator
from gantools.pictures.grid import grid
from gantools.pictures.write import encode
from gantools.sampling.plan import Plan, Spot
from gantools.sampling.render import BLOCK, render

Pixels = NDArray[np.uint8]
Item = TypeVar("Item")
Result = TypeVar("Result")

ENCODERS = min(8, len(os.sched_getaffinity(0)))
CHUNK_PICTURES = 8 * BLOCK
CHUNK_BYTES = 64 << 20
"""Pixels that wait for the encoders: memory stays flat, however many pictures are made."""


def write_folder(plan: Plan, generator: Generator, spots: list[Spot]) -> Iterator[int]:
    """Write some pictures of the plan, in its order, as files; yield how many are done after each."""

    def work(item: tuple[Spot, Pixels]) -> None:
        spot, pixels = item
        write_bytes(plan.file(spot), _encoded(plan, spot, pixels), durable=False)

    for done, _ in enumerate(_encode_all(work, _pictures(plan, generator, spots)), 1):
        yield done


def write_tar(plan: Plan, generator: Generator, stream: BinaryIO) -> Iterator[int]:
    """Write all pictures of the plan to ``stream`` as an uncompressed tar; yield how many are done after each."""
    pictures = _pictures(plan, generator, plan.spots)

    def work(item: tuple[Spot, Pixels]) -> tuple[Spot, bytes]:
        return item[0], _encoded(plan, *item)

    with tar_to(stream) as add:
        for done, (spot, data) in enumerate(_encode_all(work, pictures), 1):
            add(plan.name(spot), data)
            yield done


def single_bytes(plan: Plan, generator: Generator, on_done: Callable[[int], None]) -> bytes:
    """Return the bytes of the one picture or of the sheet; ``on_done`` is told how many pictures are computed.

    A sheet of several classes has a row for each.
    """
    pictures = []
    for _, pixels in _pictures(plan, generator, plan.spots):
        pictures.append(pixels)
        on_done(len(pictures))
    columns = plan.wish.count if len(plan.asked) > 1 else None
    pixels = grid(np.stack(pictures), columns) if plan.kind == "sheet" else pictures[0]
    return _encoded(plan, plan.spots[0], pixels)


def in_turns(
    work: Callable[[Item], Result], items: Iterable[Item], chunk: int, threads: int = ENCODERS
) -> Iterator[Result]:
    """Do ``work`` on every item in threads and yield the results in the items' order.

    Args:
        work: done in a thread; what it raises comes out here.
        items: taken by the calling thread, ``chunk`` at a time and only while no work is going on.
        chunk: how many items are held at most.
    """
    source = iter(items)
    while held := list(islice(source, chunk)):
        yield from in_order(work, held, threads, chunk)


def _encode_all(
    work: Callable[[tuple[Spot, Pixels]], Result], pictures: Iterator[tuple[Spot, Pixels]]
) -> Iterator[Result]:
    """Do ``work`` on all pictures, as many at a time as ``CHUNK_BYTES`` allows."""
    first = next(pictures)
    chunk = min(CHUNK_PICTURES, max(ENCODERS, CHUNK_BYTES // first[1].nbytes))
    return in_turns(work, chain([first], pictures), chunk)


def _pictures(plan: Plan, generator: Generator, spots: Sequence[Spot]) -> Iterator[tuple[Spot, Pixels]]:
    """Yield each spot with its pixels (C, H, W)."""
    for label in plan.asked or (None,):
        own = [spot for spot in spots if label is None or spot.label == label]
        stretches = runs([spot.index for spot in own])
        pixels = chain.from_iterable(render(generator, plan.wish.seed, *stretch, label) for stretch in stretches)
        yield from zip(own, pixels, strict=True)


def runs(indices: list[int]) -> Iterator[tuple[int, int]]:
    """Split rising numbers into (first, count) of stretches without a gap.

    Example:
        >>> list(runs([0, 1, 2, 5, 9, 10]))
        [(0, 3), (5, 1), (9, 2)]
    """
    first = 0
    for position in range(1, len(indices) + 1) if indices else ():
        if position == len(indices) or indices[position] != indices[position - 1] + 1:
            yield indices[first], position - first
            first = position


def _encoded(plan: Plan, spot: Spot, pixels: Pixels) -> bytes:
    return encode(pixels, plan.format, plan.note(spot).texts())
