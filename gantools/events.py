"""What work reports while it runs: numbers and paths only."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class TurnDone:
    """One turn was taken; the counts are those after it."""

    network: Literal["d", "g"]
    d_steps: int
    g_steps: int
    images: int


@dataclass(frozen=True)
class Saved:
    """A checkpoint was written."""

    path: Path
    digest: str
    images: int
