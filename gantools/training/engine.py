"""The engine: turns in their order, without end. The command decides what to draw, log and save, and when to stop."""

from collections.abc import Iterator
from enum import Enum
from typing import Protocol

from gantools.config.catalog import LOSSES
from gantools.errors import UnhealthyError
from gantools.events import TurnDone
from gantools.training import vitals
from gantools.training.balance import is_d_turn
from gantools.training.health import TOLERATED_RUN
from gantools.training.state import TrainState
from gantools.training.turn import Fakes, Labels, Reals, discriminator_turn, draw_fakes, generator_turn

WAIT_TURNS = 16
"""On a GPU the count of non-finite turns is read this often: each reading waits for the device."""


class Source(Protocol):
    """Where real pictures come from."""

    def __call__(self, state: TrainState, labels: Labels | None = None) -> Reals:
        """Take those of the next D turn, of these classes where some are given; move epoch and position on."""
        ...

    def unseen(self, state: TrainState) -> Reals | None:
        """Take held-out pictures for D to look at, or None where there are none; nothing of the state moves."""
        ...

    def of_g_turn(self, state: TrainState, labels: Labels | None = None) -> Reals:
        """Take those of the next G turn: others than D sees, and nothing of the state moves."""
        ...


class Phase(Enum):
    """Which turns a command takes."""

    BOTH = "train"
    D_ONLY = "train-d"
    G_ONLY = "train-g"


def turns(state: TrainState, phase: Phase, reals: Source | None) -> Iterator[TurnDone]:
    """Take turns for ever, yielding after each: k D turns and a G turn, or only one of the two kinds.

    Args:
        state: read and written by every turn; whole after each.
        reals: source of real pictures; None only where no D turn is taken and the loss does not compare with them. A
            loss that compares sees a real and a fake of the same class in each place of a batch.

    Raises:
        UnhealthyError: ten turns in a row were not finite. The state still holds the last finite weights.
    """
    shared: Fakes | None = None
    compares = LOSSES[state.config.loss.name].compares
    while True:
        register = state.register
        takes_d = phase is Phase.D_ONLY or (phase is Phase.BOTH and is_d_turn(state.config.balance, register.d_since_g))
        if takes_d:
            assert reals is not None, "a D turn compares with real pictures"
            is_first = phase is Phase.BOTH and register.d_since_g == 0
            fakes = draw_fakes(state, register.d_since_g, with_graph=is_first)
            shared = fakes if is_first else shared
            unseen = reals.unseen(state) if vitals.looks_at_unseen(register.d_steps) else None
            discriminator_turn(state, reals(state, fakes.labels if compares else None), fakes, unseen)
        else:
            fakes = shared or draw_fakes(state, 0, with_graph=True)
            others = reals.of_g_turn(state, fakes.labels) if compares and reals is not None else None
            generator_turn(state, fakes, others)
            shared = None
        if state.machine.device.type != "cuda" or (register.d_steps + register.g_steps) % WAIT_TURNS == 0:
            require_health(state)
        yield TurnDone("d" if takes_d else "g", register.d_steps, register.g_steps, register.images)


def require_health(state: TrainState) -> None:
    """Require that no ten turns in a row were rejected. Waits for the device; due before every save too.

    Raises:
        UnhealthyError: they were. The state still holds the last finite weights.
    """
    if state.longest_run.item() >= TOLERATED_RUN:
        message = f"training diverged: {TOLERATED_RUN} turns in a row had a loss or gradients that are not finite"
        raise UnhealthyError(message)
