"""The vital signs, on batches whose signs are known."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from gantools.data.batches import Batches
from gantools.training import vitals
from gantools.training.engine import Phase, turns
from gantools.training.register import LEADS, SIGNS, Point, Register, ratios
from tests.tiny import fresh, some_pictures, take, through_bytes


def some_batch(seed: int, count: int = 64, spread: float = 1.0) -> Tensor:
    """Draw flat pictures (N, 1, 16, 12) whose grey values differ by ``spread``."""
    draw = torch.Generator().manual_seed(seed)
    return (torch.randn(count, 1, 1, 1, generator=draw) * spread).expand(count, 1, 16, 12)


def signs_of(reals: Tensor, fakes: Tensor, real_logits: Tensor, fake_logits: Tensor) -> Point:
    """Return what signs of one measurement come to."""
    found = vitals.measure(reals, fakes, real_logits, fake_logits).tolist()
    return Point(0, 0, None, None, 0, *ratios(dict(zip(SIGNS, found, strict=True))))


def test_signs_of_known_pictures() -> None:
    """Distances are Euclidean over 64 means; the order is the share of pairs that D puts right, ties counting half."""
    reals, fakes = torch.tensor([0.0, 1.0, 3.0]), torch.tensor([0.0, 0.0, 2.0])
    both = [values.view(3, 1, 1, 1).expand(3, 1, 16, 24) for values in (reals, fakes)]
    found = vitals.measure(*both, torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, 1.0, 2.0]))
    expected = [4 / 3 * 8, 2 * 8, 2 / 3 * 8, 4 / 3 * 8, 12 / 9 * 8, (6 + 2 * 0.5) / 9]
    assert found.tolist() == pytest.approx(expected)


def test_a_perfect_generator() -> None:
    """Fakes drawn as the reals are: spread and twins near 1, gap near 0, and D that guesses is right half the time."""
    found = [signs_of(some_batch(2 * i), some_batch(2 * i + 1), torch.zeros(64), torch.zeros(64)) for i in range(20)]
    assert sum(point.spread or 0 for point in found) / 20 == pytest.approx(1, abs=0.05)
    assert sum(point.twins or 0 for point in found) / 20 == pytest.approx(1, abs=0.3)  # a mean of ratios leans up
    assert sum(point.gap or 0 for point in found) / 20 == pytest.approx(0, abs=0.03)
    assert found[0].order == 0.5


def test_a_generator_that_collapsed_by_construction() -> None:
    """One picture for all latents: nothing differs, and D, which knows it, is always right."""
    same = torch.full((64, 1, 16, 12), 0.3)
    point = signs_of(some_batch(0), same, torch.ones(64), torch.zeros(64))
    assert (point.spread, point.twins, point.order) == (0, 0, 1)
    assert point.gap is not None and point.gap > 0.3


def test_a_few_pictures_many_times() -> None:
    """Eight pictures eight times each differ as the reals do, but each fake has a twin."""
    point = signs_of(some_batch(0), some_batch(0)[:8].repeat(8, 1, 1, 1), torch.zeros(64), torch.zeros(64))
    assert point.spread is not None and point.spread > 0.6
    assert point.twins == 0


def test_few_real_pictures_are_no_collapse() -> None:
    """Reals that repeat themselves are the measure: fakes that repeat them as often are as far apart."""
    few = some_batch(1, 10).repeat(6, 1, 1, 1)
    point = signs_of(few, few.flip(0), torch.zeros(60), torch.zeros(60))
    assert point.spread == 1
    assert point.twins is None  # each real has its twin in the batch: nothing to compare with


def test_alike_reals_say_nothing() -> None:
    """A data set of one picture many times has no variety that a generator could lose."""
    same = torch.zeros(8, 3, 8, 8)
    point = signs_of(same, some_batch(0, 8).expand(8, 3, 16, 12), torch.zeros(8), torch.zeros(8))
    assert (point.spread, point.twins, point.gap) == (None, None, None)


def test_moving_means() -> None:
    """The mean of the first ten measurements, then a moving one; what is not finite changes nothing."""
    signs = torch.full((1,), math.nan)
    for number in range(vitals.MEMORY):
        signs = vitals.follow(signs, torch.tensor([float(number)]), number * vitals.EVERY)
    assert signs.item() == pytest.approx(4.5)
    later = vitals.EVERY * 1000
    assert vitals.follow(signs, torch.tensor([5.5]), later).item() == pytest.approx(4.6)
    assert vitals.follow(signs, torch.tensor([math.inf]), later).item() == pytest.approx(4.5)
    begun = vitals.follow(torch.tensor([math.nan]), torch.tensor([2.0]), later)
    assert begun.item() == 2


def test_signs_are_of_d_turns_alone() -> None:
    """D turns take the signs at their own counts, G turns and saving leave them, and a file keeps them to the bit."""
    state = fresh("fc")
    take(state, Phase.G_ONLY, 2)
    state.pull()
    assert set(state.register.signs.values()) == {None}
    take(state, Phase.D_ONLY, 1)
    state.pull()
    first = dict(state.register.signs)
    assert None not in first.values()
    assert list(first) == [*SIGNS, *LEADS]
    take(state, Phase.D_ONLY, vitals.EVERY - 1)
    take(state, Phase.G_ONLY, 1)
    again = through_bytes(state)
    assert again.register.signs == first
    assert torch.equal(again.signs, state.signs)
    take(state, Phase.D_ONLY, 1)
    state.pull()
    assert all(state.register.signs[name] != first[name] for name in SIGNS[:5])


def test_one_lead_alone_is_kept() -> None:
    """What is not finite from the first look on leaves the other lead to the run that goes on."""
    state = fresh("fc")
    take(state, Phase.D_ONLY, 1)
    for found in ([0.5, math.nan], [math.nan, 0.25]):
        state.leads.copy_(torch.tensor(found))
        again = through_bytes(state)
        assert torch.equal(again.leads.isnan(), state.leads.isnan())
        assert again.leads.nan_to_num().tolist() == state.leads.nan_to_num().tolist()
        assert set(again.register.signs) == {*SIGNS, *LEADS}
        assert ratios(again.register.signs)[-1] is None
    state.leads.fill_(math.nan)
    assert set(through_bytes(state).register.signs) == set(SIGNS)


def test_leads_of_known_logits() -> None:
    """Training pictures stand above held-out ones and fakes by the differences of the means; their share is r_v."""
    found = vitals.leads(torch.tensor([3.0, 5.0]), torch.tensor([2.0, 4.0]), torch.tensor([-4.0, 4.0])).tolist()
    assert found == pytest.approx([1.0, 4.0])
    known = dict.fromkeys(SIGNS) | dict(zip(LEADS, found, strict=True))
    assert ratios(known)[-1] == 0.25
    assert ratios(known | {"over_fakes": -0.1})[-1] is None
    assert ratios(dict.fromkeys(SIGNS))[-1] is None


@pytest.mark.parametrize("case", ["dcgan-plain", "spectral", "labels, fc", "augmented"])
def test_looking_at_held_out_pictures_changes_nothing_else(case: str) -> None:
    """With and without a hold-out a run has the same weights, moments and register, but for what it says of that."""
    states = [fresh(case) for _ in range(2)]
    for state, held_out in zip(states, (some_pictures().held_out, None), strict=True):
        pictures = replace(some_pictures(), held_out=held_out)
        events = turns(state, Phase.BOTH, Batches(pictures))
        while state.register.g_steps < 20:
            next(events)
        state.pull()
    seen, unseen = states
    for (name, one), (_, other) in zip(seen.tensors(), unseen.tensors(), strict=True):
        assert torch.equal(one, other), name
    documents = [state.register.to_json() for state in states]
    histories = [document.pop("history") for document in documents]
    assert [row[:9] for row in histories[0]] == histories[1]
    signs = [document.pop("signs") for document in documents]
    assert signs[0].keys() - signs[1].keys() == set(LEADS)
    assert {name: signs[0][name] for name in SIGNS} == signs[1]
    assert documents[0] == documents[1]


def test_d_looks_at_all_held_out_pictures_in_turn() -> None:
    """Every twentieth D turn takes the next ones, as often as they must to fill a batch; the count alone decides."""
    state, batches = fresh("fc"), Batches(some_pictures())
    batches.pictures.held_out = some_pictures(7)
    totals = []
    for looked in range(7):
        state.register.d_steps = looked * vitals.UNSEEN_EVERY
        found = batches.unseen(state)
        assert found is not None
        totals += found.images.sum((1, 2, 3)).tolist()
    assert len(totals) == 28
    assert sorted(totals) == sorted(4 * totals[:7])
    assert batches.unseen(state).images.equal(found.images)  # type: ignore[union-attr]


def test_points_keep_what_the_signs_come_to() -> None:
    """A point of the history has counts, losses and four shares, by name."""
    register = Register("0" * 64, d_steps=20, g_steps=10, images=640, loss_d=1.25, loss_g=0.5)
    register.add_history()
    register.signs = dict(zip(SIGNS, (1.0, 2.0, 0.3, 0.4, 2.5, 0.9), strict=True))
    register.add_history()
    assert register.points() == [
        Point(10, 640, 1.25, 0.5, 20, None, None, None, None),
        Point(10, 640, 1.25, 0.5, 20, 0.5, 0.75, 1.0, 0.9),
    ]
    register.signs |= {"over_unseen": 1.0, "over_fakes": 4.0}
    register.add_history()
    assert register.points()[-1].overfitting == 0.25
    assert Register.from_json(register.to_json(), "x") == register
