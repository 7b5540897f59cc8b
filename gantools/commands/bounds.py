"""How long a run is: bounds as they are typed, turned into one count of steps to reach. No torch."""

import math
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field

from gantools.commands.options import parse_count, parse_duration
from gantools.config.run import RunConfig
from gantools.errors import UsageError
from gantools.training.register import Register

D_ONLY = "train-d"


@dataclass(frozen=True)
class Bounds:
    """Bounds of a run; the first one reached ends it.

    Args:
        steps: rounds more; in a phase command steps more.
        until: an absolute number of rounds, or of D or G steps in a phase command.
        images: images more.
        epochs: passes over the data more.
        max_time_s: seconds from the start of the command, the final save included.
        began: when the command began, on the monotonic clock; jumps of the wall clock change nothing.
    """

    steps: int | None = None
    until: int | None = None
    images: int | None = None
    epochs: float | None = None
    max_time_s: float | None = None
    began: float = field(default_factory=time.monotonic)

    def deadline(self) -> float:
        """Return when the run must have ended, on the monotonic clock; infinity without a time bound."""
        return math.inf if self.max_time_s is None else self.began + self.max_time_s

    def target(self, command: str, register: Register, config: RunConfig, count: int) -> int | None:
        """Return the count of rounds (``train-d``: of D steps) at which the run ends; None: only time ends it.

        Args:
            command: ``train``, ``train-d`` or ``train-g``.
            count: pictures in the data set.
        """
        now = register.d_steps if command == D_ONLY else register.g_steps
        d_share = config.balance.d_steps if command == "train" else 1
        ends = []
        if self.steps is not None:
            ends.append(now + self.steps)
        if self.until is not None:
            ends.append(self.until)
        if self.images is not None:
            ends.append(now + math.ceil(self.images / config.batch))
        if self.epochs is not None:
            ends.append(now + math.ceil(self.epochs * count / (config.batch * d_share)))
        if ends or self.max_time_s is not None:
            return min(ends, default=None)
        if command == "train":
            return now + math.ceil(max(0, config.length_images - register.images) / config.batch)
        return now + (config.balance.d_steps if command == D_ONLY else 1)


@dataclass(frozen=True)
class Cadence:
    """How often something is done in a run: every so many seconds, steps or images.

    Args:
        seconds: from one save to the next.
        steps: of the counted network, from one save to the next.
        images: from one to the next.
        first_s: with ``seconds``: the first save comes after so many, the next ones each when the run is twice as
            long as at the one before, until ``seconds`` lie between them. A new run is worth a look early.
    """

    seconds: float | None = None
    steps: int | None = None
    images: int | None = None
    first_s: float = math.inf

    def wait_s(self, age_s: float) -> float:
        """Return how long after a save at ``age_s`` seconds from the start (0: none yet) the next one is due.

        Example: with 300 and first 15, saves come 15, 30, 60, 120, 240, 480, 780, 1080 seconds after the start.
        """
        assert self.seconds is not None, "the cadence is one of time"
        return min(self.seconds, max(age_s, self.first_s))


class Pace:
    """Knows when the next thing of a cadence is due.

    Steps and images are counted from the beginning of the run, time from that of the process.

    Args:
        cadence: how often.
        batch: images of a step.
    """

    def __init__(self, cadence: Cadence, batch: int) -> None:
        self._cadence, self._batch = cadence, batch
        self._start = self._then = time.monotonic()

    def is_due(self, steps: int, images: int) -> bool:
        """Say whether it is due after ``steps`` steps of the counted network, just taken, and so many images."""
        cadence = self._cadence
        if cadence.steps is not None:
            return steps % cadence.steps == 0
        if cadence.images is not None:
            return images // cadence.images > (images - self._batch) // cadence.images
        if cadence.seconds is None:
            return False
        return time.monotonic() - self._then >= cadence.wait_s(self._then - self._start)

    def restart(self) -> None:
        """Note that it was done just now."""
        self._then = time.monotonic()


DEFAULT_CADENCE = Cadence(seconds=300.0, first_s=15.0)


def parse_bounds(
    steps: int | None, until: int | None, images: str | None, epochs: float | None, max_time: str | None
) -> Bounds:
    """Read the bounds as typed.

    Raises:
        UsageError: a negative count, or a count or time that cannot be read.
    """
    for flag, number in (("--steps", steps), ("--until", until), ("--epochs", epochs)):
        if number is not None and not 0 <= number < 1e15:
            raise UsageError(f"{flag}: found {number}, expected 0 or more", hint=f"{flag} 100")
    return Bounds(
        steps,
        until,
        None if images is None else parse_count(images, "--images"),
        epochs,
        None if max_time is None else parse_duration(max_time, "--max-time"),
    )


def parse_cadence(text: str, flag: str) -> Cadence:
    """Read ``10m``, ``1000steps`` or ``100kimages``; a blank may stand before the unit.

    Raises:
        UsageError: neither a time nor a count of steps or images.
    """
    match = re.fullmatch(r"(.*?)\s?(step|image)s?", text)
    if match is None:
        return Cadence(seconds=parse_duration(text, flag))
    with suppress(UsageError):
        count = parse_count(match[1], flag)
        if count > 0:
            return Cadence(steps=count) if match[2] == "step" else Cadence(images=count)
    message = f"{flag}: found '{text}', expected a time like 10m or a count like 1000steps or 100kimages"
    raise UsageError(message, hint=f"{flag} {'1000steps' if match[2] == 'step' else '100kimages'}")
