"""A look at what else the machine is doing, before work that wants all of it."""

import os

from gantools.console import Console
from gantools.wording import counted


def warn_of_load(threads: int, console: Console) -> None:
    """Warn once when other work keeps the cores busy: two compute threads beside it run at a third."""
    load, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    if load > cores and _others_running():
        busy = f"load {load:.1f} on {cores} cores"
        text = f"{busy}: other work is running, {counted(threads, 'thread')} will be slow until it ends"
        console.warn(text)


def _others_running() -> bool:
    """Say whether anything else wants a processor just now: the load of a minute also tells what has ended."""
    try:
        with open("/proc/loadavg", encoding="ascii") as stream:
            running = int(stream.read().split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return True
    return running > 1  # this process is one
