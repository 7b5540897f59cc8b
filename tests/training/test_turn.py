"""What one turn may write: buffers, non-finite turns, skipped turns, the average."""

import copy

import pytest
import torch
from torch import nn

from gantools.data.batches import Batches
from gantools.errors import UnhealthyError
from gantools.training.adam import Adam
from gantools.training.engine import Phase, turns
from gantools.training.health import TOLERATED_RUN
from gantools.training.state import TrainState
from gantools.training.turn import discriminator_turn, draw_fakes, generator_turn
from tests.tiny import fresh, some_pictures, take, through_bytes


def snapshot(state: TrainState) -> dict[str, torch.Tensor]:
    """Copy every tensor of a run."""
    return {name: tensor.detach().clone() for name, tensor in state.tensors()}


def same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> list[str]:
    """Return the names under which both hold equal tensors."""
    return [name for name in one if torch.equal(one[name], two[name])]


def with_spectral_norm() -> TrainState:
    """A run whose networks both have buffers that every forward pass moves."""
    torch.manual_seed(0)
    state = fresh("fc")
    for network in (state.generator, state.discriminator):
        for layer in list(network.modules()):
            if isinstance(layer, nn.Linear):
                nn.utils.parametrizations.spectral_norm(layer)
    for name in ("generator", "discriminator"):
        network = getattr(state, name)
        state.optimizers[name] = Adam(network, state.config.optimizer)
    state.average = copy.deepcopy(state.generator)
    return state


def buffers(network: nn.Module) -> list[torch.Tensor]:
    """Copy the buffers of a network."""
    return [buffer.clone() for buffer in network.buffers()]


def equal(one: list[torch.Tensor], two: list[torch.Tensor]) -> bool:
    """Say whether two lists of tensors are equal, and not empty."""
    return len(one) > 0 and all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


def test_a_d_turn_leaves_the_generators_buffers_alone() -> None:
    """Spectral vectors of the frozen generator do not move in a D turn; those of the discriminator do."""
    state = with_spectral_norm()
    g, d = buffers(state.generator), buffers(state.discriminator)
    fakes = draw_fakes(state, 0, with_graph=True)
    discriminator_turn(state, Batches(some_pictures())(state), fakes)
    assert equal(buffers(state.generator), g)
    assert not equal(buffers(state.discriminator), d)


def test_a_g_turn_moves_the_generators_buffers_once() -> None:
    """A forward pass shared by the D and the G turn moves the generator's buffers once, in the G turn."""
    state = with_spectral_norm()
    fakes = draw_fakes(state, 0, with_graph=True)
    discriminator_turn(state, Batches(some_pictures())(state), fakes)
    d = buffers(state.discriminator)
    generator_turn(state, fakes)
    assert equal(buffers(state.generator), fakes.moved)
    assert equal(buffers(state.discriminator), d)


def test_a_rejected_turn_changes_only_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn whose gradients are not finite leaves weights, moments, average and buffers as they were."""
    state = take(fresh("dcgan"), Phase.BOTH, 2)
    before = snapshot(state)
    poison(monkeypatch, state, turns_from=0, count=2)
    take(state, Phase.BOTH, 1)
    state.pull()
    assert same(before, snapshot(state)) == list(before)
    register = state.register
    assert (register.d_steps, register.g_steps, register.images) == (3, 3, 12)
    assert (register.nonfinite, register.nonfinite_run) == (2, 2)
    take(state, Phase.BOTH, 1)
    state.pull()
    assert (register.nonfinite, register.nonfinite_run) == (2, 0)
    assert len(same(before, snapshot(state))) < len(before) / 2


def test_a_rejected_turn_keeps_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buffers of both networks stay where they were when their turn was not finite."""
    state = with_spectral_norm()
    g, d = buffers(state.generator), buffers(state.discriminator)
    poison(monkeypatch, state, turns_from=0, count=2)
    fakes = draw_fakes(state, 0, with_graph=True)
    discriminator_turn(state, Batches(some_pictures())(state), fakes)
    generator_turn(state, fakes)
    assert equal(buffers(state.generator), g)
    assert equal(buffers(state.discriminator), d)


def test_ten_rejected_turns_in_a_row_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine non-finite turns in a row pass, the tenth ends the run with its weights still finite."""
    state = fresh("fc")
    poison(monkeypatch, state, turns_from=0, count=1000)
    events = turns(state, Phase.BOTH, Batches(some_pictures()))
    for _ in range(TOLERATED_RUN - 1):
        next(events)
    with pytest.raises(UnhealthyError, match="10 turns in a row had a loss or gradients that are not finite"):
        next(events)
    assert state.is_finite()


def poison(monkeypatch: pytest.MonkeyPatch, state: TrainState, turns_from: int, count: int) -> None:
    """Make the loss infinite for so many forward passes of the turn that steps next."""
    import gantools.training.turn as turn

    left = {"turns": count}
    plain = turn._count

    def poisoned(state: TrainState, loss: torch.Tensor, network: nn.Module) -> torch.Tensor:
        if left["turns"] > 0:
            left["turns"] -= 1
            next(iter(network.parameters())).grad.flatten()[0] = float("inf")  # type: ignore[union-attr]
        return plain(state, loss, network)

    monkeypatch.setattr(turn, "_count", poisoned)


def test_a_skipped_d_turn_counts_and_changes_nothing() -> None:
    """Under the threshold D keeps its bits, the turn counts, and the loss is written; above it D moves."""
    state = fresh("dcgan", **{"balance.skip_d_below": 100.0})
    before = snapshot(state)
    take(state, Phase.D_ONLY, 3)
    state.pull()
    assert same(before, snapshot(state)) == list(before)
    register = state.register
    assert (register.skipped, register.d_steps, register.d_since_g, register.nonfinite) == (3, 3, 3, 0)
    assert register.loss_d is not None and 0.5 < register.loss_d < 5
    assert register.position != 0 or register.epoch > 0


def test_the_frozen_discriminator_gets_no_weight_gradients() -> None:
    """A G turn computes no gradient of D's weights, and leaves them trainable afterwards."""
    state = take(fresh("dcgan"), Phase.D_ONLY, 1)
    state.discriminator.zero_grad(set_to_none=True)
    take(state, Phase.G_ONLY, 1)
    assert all(p.grad is None and p.requires_grad for p in state.discriminator.parameters())


def test_the_average_follows_by_the_image_counted_half_life() -> None:
    """The average after a G turn is decay x old + (1 - decay) x live, with decay 0.5 ** (batch / half-life)."""
    state = take(fresh("fc", **{"average.ramp": 1.0, "average.half_life_images": 6}), Phase.BOTH, 2)
    old = [p.clone() for p in state.average.parameters()]
    take(state, Phase.BOTH, 1)
    decay = 0.5 ** (4 / 6)
    for before, mean, live in zip(old, state.average.parameters(), state.generator.parameters(), strict=True):
        torch.testing.assert_close(mean, decay * before + (1 - decay) * live)


def test_a_g_turn_compares_with_reals_of_its_own() -> None:
    """Reals of G turns come in another order than D's, keyed by g_steps alone, and move neither epoch nor position."""
    state, batches = fresh("relativistic"), Batches(some_pictures())
    of_g = batches.of_g_turn(state).images
    assert torch.equal(of_g, batches.of_g_turn(state).images)
    assert (state.register.epoch, state.register.position) == (0, 0)
    assert not torch.equal(of_g, batches(state).images)
    pictures = some_pictures().pixels
    seen = []
    for state.register.g_steps in range(5):  # two passes over ten pictures, in batches of four
        seen += [round(picture.sum().item(), 3) for picture in batches.of_g_turn(state).images]
    sums = [round(float((picture / 127.5 - 1).sum()), 3) for picture in pictures]
    assert sorted(seen[:10]) == pytest.approx(sorted(sums), abs=0.01)
    assert sorted(seen[10:]) == pytest.approx(sorted(sums), abs=0.01)
    assert seen[:10] != seen[10:]


def test_the_mean_path_length_follows_in_g_turns_alone() -> None:
    """A due G turn moves the mean by a hundredth of the way, a D turn does not, and a run read back has the same."""
    state = take(fresh("path lengths"), Phase.G_ONLY, 1)
    moved = state.path_mean.item()
    assert moved > 0
    take(state, Phase.D_ONLY, 1)
    take(state, Phase.G_ONLY, 1)  # not due
    assert state.path_mean.item() == moved
    assert through_bytes(state).path_mean.item() == moved
    take(state, Phase.G_ONLY, 1)
    assert state.path_mean.item() > moved


def test_the_d_loss_is_the_textbooks() -> None:
    """With every logit at 0 the D loss is 2 ln 2 and the G loss ln 2."""
    state = fresh("fc")
    with torch.no_grad():
        for parameter in state.discriminator.parameters():
            parameter.zero_()
    fakes = draw_fakes(state, 0, with_graph=True)
    discriminator_turn(state, Batches(some_pictures())(state), fakes)
    assert state.losses["d"].item() == pytest.approx(1.386294, abs=1e-6)
    with torch.no_grad():
        for parameter in state.discriminator.parameters():
            parameter.zero_()
    generator_turn(state, fakes)
    assert state.losses["g"].item() == pytest.approx(0.693147, abs=1e-6)
