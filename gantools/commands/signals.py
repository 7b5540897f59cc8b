"""Signals that ask a run to end: it finishes its turn, saves, and says how to go on."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class StopRequest:
    """The first signal that asked for the end, or None."""

    signal: int | None = None


@contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Note INT, TERM and HUP instead of dying of them while the block runs; later ones change nothing.

    A signal that the process was started to ignore (``nohup``, a background job's INT) stays ignored.
    """
    request = StopRequest()

    def note(number: int, frame: FrameType | None) -> None:
        request.signal = request.signal or number

    before = {number: signal.getsignal(number) for number in ENDING}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, note)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
