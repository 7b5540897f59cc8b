"""The seven laws, as bytes: what holds for a run whatever its family, loss, penalty, remedy and precision."""

import pytest
import torch
from safetensors.torch import load as read_tensors

from gantools.data.batches import Batches
from gantools.training.engine import Phase, turns
from gantools.training.state import TrainState
from tests.tiny import CASES, REMEDIES, fresh, packed, some_pictures, sparing, take, through_bytes

ROUNDS = 5
EVERY_RUN = pytest.mark.parametrize("precision", ["fp32", "bf16"])
EVERY_CASE = pytest.mark.parametrize("case", sparing(CASES))


def digest(state: TrainState) -> str:
    """Return the content digest of a run."""
    return packed(state).document.digest


def tensors_of(state: TrainState, *networks: str) -> dict[str, bytes]:
    """Return the bytes of the tensors whose names begin so."""
    found = read_tensors(packed(state).data)
    return {name: t.numpy().tobytes() for name, t in found.items() if name.startswith(networks)}


@EVERY_RUN
@EVERY_CASE
def test_resume(case: str, precision: str) -> None:
    """Law 1: a run cut and resumed ends in the same content as an undisturbed one."""
    whole = take(fresh(case, precision), Phase.BOTH, ROUNDS)
    first = take(fresh(case, precision), Phase.BOTH, 2)
    assert digest(take(through_bytes(first), Phase.BOTH, ROUNDS - 2)) == digest(whole)


@EVERY_RUN
@EVERY_CASE
def test_resume_between_any_two_turns(case: str, precision: str) -> None:
    """Law 5: a run saved in the middle of a round goes on as if nothing had been."""
    whole = take(fresh(case, precision), Phase.BOTH, ROUNDS)
    state = fresh(case, precision)
    while state.register.g_steps < ROUNDS:
        next(turns(state, Phase.BOTH, Batches(some_pictures())))
        state = through_bytes(state)
    assert digest(state) == digest(whole)


@EVERY_RUN
@EVERY_CASE
def test_composition(case: str, precision: str) -> None:
    """Law 2: n rounds equal n times k D steps and one G step, each in a process of its own."""
    whole = take(fresh(case, precision), Phase.BOTH, ROUNDS)
    state = fresh(case, precision)
    for _ in range(ROUNDS):
        state = through_bytes(take(state, Phase.D_ONLY, state.config.balance.d_steps))
        state = through_bytes(take(state, Phase.G_ONLY, 1))
    assert digest(state) == digest(whole)


@EVERY_RUN
@EVERY_CASE
def test_frozen_means_frozen(case: str, precision: str) -> None:
    """Law 3: train-d leaves generator and average alone, train-g the discriminator; the other side moves."""
    state = through_bytes(take(fresh(case, precision, **{"balance.skip_d_below": 0.0}), Phase.BOTH, 2))
    generator = tensors_of(state, "generator/", "average/", "optimizer/generator/")
    critic = tensors_of(state, "discriminator/", "optimizer/discriminator/")
    take(state, Phase.D_ONLY, 2)
    assert tensors_of(state, "generator/", "average/", "optimizer/generator/") == generator
    moved = tensors_of(state, "discriminator/", "optimizer/discriminator/")
    assert all(moved[name] != critic[name] for name in critic if name.endswith("weight/exp_avg"))
    take(state, Phase.G_ONLY, 2)
    assert tensors_of(state, "discriminator/", "optimizer/discriminator/") == moved
    after = tensors_of(state, "generator/", "average/", "optimizer/generator/")
    assert all(after[name] != generator[name] for name in generator if name.endswith("weight/exp_avg"))


@pytest.mark.parametrize("precision", ["fp32", pytest.param("bf16", marks=pytest.mark.slow)])
@pytest.mark.parametrize("case", sparing(REMEDIES))
def test_every_remedy_keeps_the_laws(case: str, precision: str) -> None:
    """Laws 1 to 3 at once: phases through files, of which each leaves the other network alone, equal one run."""
    whole = take(fresh(case, precision), Phase.BOTH, ROUNDS)
    state = fresh(case, precision)
    for _ in range(ROUNDS):
        generator = tensors_of(state, "generator/", "average/", "optimizer/generator/")
        state = through_bytes(take(state, Phase.D_ONLY, state.config.balance.d_steps))
        assert tensors_of(state, "generator/", "average/", "optimizer/generator/") == generator
        critic = tensors_of(state, "discriminator/", "optimizer/discriminator/")
        state = through_bytes(take(state, Phase.G_ONLY, 1))
        assert tensors_of(state, "discriminator/", "optimizer/discriminator/") == critic
    assert digest(state) == digest(whole)


@EVERY_RUN
def test_same_in_same_out(precision: str) -> None:
    """Law 6: the same run gives the same file, byte for byte; another seed another one."""
    one, two = (packed(take(fresh("dcgan", precision), Phase.BOTH, 2)).data for _ in range(2))
    assert one == two
    assert digest(take(fresh("dcgan", precision, seed=1), Phase.BOTH, 2)) != digest(
        take(fresh("dcgan", precision), Phase.BOTH, 2)
    )


def test_nothing_is_drawn_from_torch() -> None:
    """A run neither reads nor moves torch's own random state."""
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one = digest(take(fresh(), Phase.BOTH, 2))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert digest(take(fresh(), Phase.BOTH, 2)) == one


def test_repeated_phases_draw_afresh() -> None:
    """Two D steps without a G step between them see different fakes, and different reals."""
    state = fresh("fc")
    take(state, Phase.D_ONLY, 1)
    first = state.losses["d"].item()
    again = through_bytes(fresh("fc"))
    again.register.d_since_g, again.register.position = 1, 0
    take(again, Phase.D_ONLY, 1)
    assert again.losses["d"].item() != first
