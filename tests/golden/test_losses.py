"""The first ten losses of a tiny run per case: a change that should not alter numbers must not move them."""

import json
import os
from pathlib import Path

import pytest

from gantools.data.batches import Batches
from gantools.training.engine import Phase, turns
from tests.tiny import CASES, fresh, some_pictures

GOLDEN = Path(__file__).with_name("losses.json")


def first_losses(case: str) -> list[float]:
    """Return the losses of the first ten turns in float32."""
    state, losses = fresh(case), []
    events = turns(state, Phase.BOTH, Batches(some_pictures()))
    for _ in range(10):
        losses.append(state.losses[next(events).network].item())
    return losses


@pytest.mark.parametrize("case", CASES)
def test_the_first_ten_losses(case: str) -> None:
    """They equal the stored ones to a relative 1e-3 (other processors give other bits); GOLDEN=1 rewrites them."""
    if os.environ.get("GOLDEN") == "1":
        stored = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
        GOLDEN.write_text(json.dumps(stored | {case: first_losses(case)}, indent=1, sort_keys=True) + "\n")
    assert first_losses(case) == pytest.approx(json.loads(GOLDEN.read_text())[case], rel=1e-3, abs=1e-5)
