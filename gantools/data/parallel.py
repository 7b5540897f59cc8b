"""Work done in several threads whose results come out in the order of the tasks, a bounded number at a time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

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
