"""Work done in several threads whose results come out in the order of the tasks, a bounded number at a time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

CHUNK = 8  # pictures a task: handing over a task costs about as much as a small picture
CHUNK_BYTES = 1 << 26  # of members of archives, which are in memory before a thread takes the chunk up

Task = TypeVar("Task")
Result = TypeVar("Result")


def in_order(work: Callable[[Task], Result], tasks: Iterable[Task], threads: int, waiting: int) -> Iterator[Result]:
    """Yield ``work(task)`` for each task, in order.

    Tasks are taken from ``tasks`` one by one in the caller's thread, so that it may read a stream. The first error
    ends it: what has not begun is given up.

    Args:
        work: called in any of the threads.
        tasks: may be endless.
        threads: how many, at least 1.
        waiting: the largest number of tasks begun whose result has not been taken; memory follows it.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="picture")
    begun: deque[Future[Result]] = deque()
    try:
        for task in tasks:
            begun.append(pool.submit(work, task))
            if len(begun) >= waiting:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def in_chunks(tasks: Iterable[tuple[Task, int]]) -> Iterator[list[Task]]:
    """Yield small tasks in chunks, in order.

    Args:
        tasks: each with the bytes that it holds in memory until it is done.
    """
    chunk: list[Task] = []
    held_bytes = 0
    for task, size_bytes in tasks:
        chunk.append(task)
        held_bytes += size_bytes
        if len(chunk) == CHUNK or held_bytes > CHUNK_BYTES:
            yield chunk
            chunk, held_bytes = [], 0
    if chunk:
        yield chunk
