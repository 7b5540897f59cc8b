"""The verdict, in tables of histories; what to try is accepted by the run that it is for."""

import shlex
from collections.abc import Iterable

import pytest
import torch

from gantools import cli
from gantools.commands.changes import require_allowed
from gantools.config.build import check, values_of, with_values
from gantools.config.catalog import LOSSES
from gantools.config.run import RunConfig
from gantools.config.typed import collect
from gantools.training.advice import remedy
from gantools.training.health import (
    FIRST_ROUNDS,
    RECENT_POINTS,
    TOLERATED_RUN,
    State,
    Verdict,
    recent_d_loss,
    verdict,
)
from gantools.training.register import Register
from tests.tiny import config_of

Sign = float | None
ROUNDS = 10
LEARNT = {"spread": 0.9, "twins": 0.9, "gap": 0.05, "order": 0.9}


def config(**more: object) -> RunConfig:
    """Return a configuration with batches large enough to be judged."""
    return with_values(config_of("dcgan"), {"batch": 64} | more)


def point(number: int, loss_d: Sign = 1.0, d_steps: int | None = None, **signs: Sign) -> list[Sign]:
    """Return the point after ``number`` times ten rounds; what is not given is as a good run has it."""
    found = LEARNT | signs
    steps = number * ROUNDS if d_steps is None else d_steps
    row = [number * ROUNDS, number * ROUNDS * 64, loss_d, 1.0, steps, *(found[name] for name in LEARNT)]
    return [*row, found["overfitting"]] if "overfitting" in found else row


def register_of(points: Iterable[list[Sign]], **more: object) -> Register:
    """Return the register of a run with this history."""
    history = list(points)
    last = history[-1] if history else [0, 0, None, None, 0]
    counts = {"g_steps": last[0], "images": last[1], "d_steps": last[4], "loss_d": last[2]}
    return Register("0" * 64, history=history, **(counts | more))


def course(*parts: tuple[int, dict[str, Sign]]) -> Register:
    """Return the register of a run that went through parts, each so many points with these signs."""
    signs = [values for count, values in parts for _ in range(count)]
    return register_of(point(number, **values) for number, values in enumerate(signs, 1))


def rise(count: int) -> list[tuple[int, dict[str, Sign]]]:
    """Return how a run begins that learns: from alike fakes, far away, to various ones, near."""
    steps = [number / count for number in range(count)]
    return [(1, {"spread": 0.05 + 0.8 * s, "twins": 0.05 + 0.8 * s, "gap": 2 - 1.9 * s, "order": 0.9}) for s in steps]


def judged(register: Register, **more: object) -> Verdict:
    """Return the verdict of a run."""
    return verdict(config(**more), register)


ALIKE = {"spread": 0.04, "twins": 0.06, "gap": 1.5}
FAR = ALIKE | {"gap": 3.0}
BY_HEART = {"overfitting": 0.8}
SURE = {"order": 0.995, "loss_d": 0.05, "spread": 0.6, "gap": 0.6}


@pytest.mark.parametrize(
    ("parts", "state", "short"),
    [
        ([(4, {})], State.STARTING, "too early to tell"),
        (rise(20), State.HEALTHY, "healthy"),
        ([*rise(20), (40, {})], State.HEALTHY, "healthy"),
        ([*rise(20), (3, {"spread": 0.3})], State.COLLAPSING, "collapsing: fakes grow alike"),
        ([*rise(20), (3, {"twins": 0.3})], State.COLLAPSING, "collapsing: fakes grow alike"),
        ([*rise(20), (2, {"spread": 0.3})], State.HEALTHY, "healthy"),
        ([*rise(20), (RECENT_POINTS, {"spread": 0.1})], State.COLLAPSED, "collapsed: fakes are alike"),
        ([*rise(20), (RECENT_POINTS, {"twins": 0.1})], State.COLLAPSED, "collapsed: fakes are alike"),
        ([*rise(20), (RECENT_POINTS - 1, {"spread": 0.1})], State.COLLAPSING, "collapsing: fakes grow alike"),
        ([*rise(20), (RECENT_POINTS, {"spread": 0.1}), (1, {})], State.HEALTHY, "healthy"),
        ([*rise(20), (40, {"twins": None})], State.HEALTHY, "healthy"),
        ([(1, FAR), (FIRST_ROUNDS // ROUNDS - 1, ALIKE)], State.COLLAPSED, "collapsed: fakes are alike"),
        ([(1, FAR), (FIRST_ROUNDS // ROUNDS - 2, ALIKE)], State.STARTING, "starting: no likeness yet"),
        ([(FIRST_ROUNDS // ROUNDS, ALIKE)], State.STALLED, "stalled: fakes come no nearer"),
        ([*rise(20), (RECENT_POINTS, {"order": 0.2, "loss_d": 2.0})], State.DIVERGED, "diverged: D is turned around"),
        ([*rise(20), (RECENT_POINTS, {"order": 0.2, "loss_d": 1.4})], State.HEALTHY, "healthy"),
        ([*rise(20), (RECENT_POINTS, {"order": 0.5})], State.HEALTHY, "healthy"),
        ([*rise(20), (RECENT_POINTS, {"loss_d": 9.0})], State.DIVERGED, "diverged: the D loss is wild"),
        ([*rise(20), (3, {"loss_d": 9.0})], State.HEALTHY, "healthy"),
        ([*rise(20), (RECENT_POINTS, SURE)], State.D_AHEAD, "D ahead: G learns little"),
        ([*rise(20), (RECENT_POINTS, SURE | {"loss_d": 0.5})], State.HEALTHY, "healthy"),
        ([*rise(20), (RECENT_POINTS, SURE | {"order": 0.9})], State.HEALTHY, "healthy"),
        ([*rise(20), (RECENT_POINTS, BY_HEART)], State.OVERFITTING, "overfitting: D knows its pictures by heart"),
        (
            [*rise(20), (RECENT_POINTS, BY_HEART | SURE)],
            State.OVERFITTING,
            "overfitting: D knows its pictures by heart",
        ),
        ([*rise(20), (RECENT_POINTS - 1, BY_HEART)], State.HEALTHY, "healthy"),
        ([*rise(20), (RECENT_POINTS, {"overfitting": 0.4})], State.HEALTHY, "healthy"),
        ([*rise(20), (RECENT_POINTS, BY_HEART), (1, {})], State.HEALTHY, "healthy"),
        ([(20, ALIKE | BY_HEART)], State.STARTING, "starting: no likeness yet"),
        ([*rise(10), (30, {"spread": 0.6, "gap": 1.0})], State.STALLED, "stalled: fakes come no nearer"),
        ([*rise(10), (30, {"gap": 0.2})], State.HEALTHY, "healthy"),
    ],
)
def test_verdicts(parts: list[tuple[int, dict[str, Sign]]], state: State, short: str) -> None:
    """The last points decide; one good point ends a collapse that was called."""
    found = judged(course(*parts))
    assert (found.state, found.short) == (state, short)


def test_late_starters_are_let_alone() -> None:
    """A run whose fakes still grow apart, and come nearer, after 300 rounds is no collapse, however alike they are."""
    signs = [{"spread": 0.01 * 1.04**n, "twins": 0.1, "gap": 1.5 * 0.98**n} for n in range(FIRST_ROUNDS // ROUNDS + 5)]
    assert judged(course(*((1, sign) for sign in signs))).short == "starting: no likeness yet"


def test_noise_of_the_start_sets_no_mark() -> None:
    """Fakes that differed more than the pictures, as noise does, may come down to the pictures' own variety."""
    noise = {"spread": 2.5, "twins": 2.5, "gap": 1.5}
    assert judged(course((15, noise), (20, {"spread": 0.7, "twins": 0.7, "gap": 0.2}))).state is State.HEALTHY


LOST_PARTS = {
    "collapsed": [*rise(20), (RECENT_POINTS, {"spread": 0.1})],
    "turned around": [*rise(20), (RECENT_POINTS, {"order": 0.2, "loss_d": 2.0})],
    "wild before it learnt": [(RECENT_POINTS + 5, {"spread": 2.5, "twins": 2.5, "gap": 2.0, "loss_d": 9.0})],
}


@pytest.mark.parametrize("name", LOST_PARTS)
def test_a_lost_run_stays_lost_until_it_is_well(name: str) -> None:
    """What it comes to afterwards is no start; where it was lost is told with what it is like since."""
    parts, far = LOST_PARTS[name], {"spread": 0.6, "twins": 0.6, "gap": 1.9}
    lost, since = judged(course(*parts)), judged(course(*parts, (20, far)))
    assert lost.is_lost and since.is_lost
    assert since.short == lost.short
    assert since.reason.startswith("at ") and "; since then stalled: fakes are as far" in since.reason
    assert judged(course(*parts, (20, far), (RECENT_POINTS, {}))).state is State.HEALTHY
    assert judged(course(*parts, (2 * RECENT_POINTS, {}), (20, far))).state is State.STALLED


def test_lost_runs() -> None:
    """Collapsed and diverged runs are lost; while one collapses its checkpoints are no good either."""
    bad = {state: Verdict(state, "", "") for state in State}
    assert {state for state, found in bad.items() if found.is_lost} == {State.COLLAPSED, State.DIVERGED}
    assert {state for state, found in bad.items() if not found.is_good} == {
        State.COLLAPSED, State.DIVERGED, State.COLLAPSING,
    }  # fmt: skip


def test_what_was_not_measured_says_nothing() -> None:
    """Small batches, alike reals and G turns without a D turn give no verdict, whatever the figures."""
    collapsed = course(*rise(20), (20, ALIKE))
    assert judged(collapsed).state is State.COLLAPSED
    small = judged(collapsed, batch=8)
    assert (small.state, small.short) == (State.STARTING, "not judged: a batch of 8 is under 16")
    alike = dict.fromkeys(("spread", "twins", "gap"))
    assert judged(course((60, alike))).state is State.STARTING
    history = course(*rise(30)).history + [point(n, d_steps=300, **ALIKE) for n in range(31, 99)]
    assert judged(register_of(history)).state is State.HEALTHY


def test_a_change_begins_a_new_judgement() -> None:
    """What came before the last change of rates and the like does not count."""
    register = course(*rise(20), (20, ALIKE))
    register.judged_from = 400
    assert judged(register).short == "too early to tell"


def test_a_thinned_history_keeps_its_verdict() -> None:
    """Every second point gone, as in a long run, the verdict is the same."""
    for parts in ([*rise(40), (20, ALIKE)], rise(40), [*rise(40), (20, SURE)], [*rise(20), (60, {"gap": 1.0})]):
        register = course(*parts)
        before = judged(register).state
        register.history = [row for row in register.history if (row[0] or 0) % (2 * ROUNDS) == 0]
        assert judged(register).state is before


def test_turns_that_are_not_finite() -> None:
    """They are told beside the verdict, and ten in a row are one."""
    register = course(*rise(20))
    register.nonfinite = 3
    assert judged(register).short == "healthy; turns not finite: 3"
    register.nonfinite_run = TOLERATED_RUN
    assert (judged(register).state, judged(register).is_lost) == (State.DIVERGED, True)


def test_a_loss_without_even_play_is_judged_by_order() -> None:
    """D is ahead by the order of its answers alone where its loss has no scale."""
    assert {state.value for state in State} >= {"healthy", "D ahead", "collapsing", "collapsed", "diverged", "stalled"}
    for name in LOSSES:
        found = verdict(config(**{"loss.name": name}), course(*rise(20), (RECENT_POINTS, SURE | {"loss_d": 0.01})))
        assert found.state is State.D_AHEAD, name


@pytest.mark.parametrize("name", ["lsgan", "relativistic"])
def test_steep_losses_are_small_sooner(name: str) -> None:
    """A D that pays a tenth of even play is not far ahead there; one that pays a thirtieth is."""
    even = LOSSES[name].even
    for share, state in ((0.1, State.HEALTHY), (1 / 30, State.D_AHEAD)):
        signs = SURE | {"gap": 0.2, "loss_d": share * even}
        parts = [*((count, values | {"loss_d": even}) for count, values in rise(20)), (RECENT_POINTS, signs)]
        assert verdict(config(**{"loss.name": name}), course(*parts)).state is state


def test_every_loss_has_an_even_play() -> None:
    """Even play is the least that D pays for giving one logit to everything: at 0, or halfway between two labels."""
    answers = torch.linspace(-2, 2, 401, dtype=torch.float64)
    for name, entry in LOSSES.items():
        paid = torch.stack([entry.load().discriminator(answer[None], answer[None])[0] for answer in answers])
        assert float(paid.min()) == pytest.approx(entry.even, abs=1e-9), name
        if entry.neutral is None:
            assert torch.allclose(paid, paid[0]), name  # only differences of logits count
        else:
            assert answers[paid.argmin()].item() == pytest.approx(entry.neutral, abs=0.01) or name == "hinge"


def test_recent_loss() -> None:
    """The mean over the last points that have one, or the last loss before the first point."""
    losses = [9.0, None, *[1.0, 2.0] * (RECENT_POINTS // 2)]
    assert recent_d_loss(register_of(point(n, loss_d=loss) for n, loss in enumerate(losses, 1))) == 1.5
    assert recent_d_loss(Register("0" * 64, d_steps=3, loss_d=0.1)) == 0.1
    assert recent_d_loss(Register("0" * 64)) is None


CONFIGS = {
    "plain": {"network.critic_norm": "batch", "loss.penalty": "none"},
    "free": {"network.critic_norm": "none", "loss.penalty": "none", "network.channels": 3},
    "penalised": {"network.critic_norm": "none", "loss.penalty": "r1+r2", "loss.gamma": 0.5},
    "many D steps": {"balance.d_steps": 5},
    "fast D": {"optimizer.lr_d": 0.02},
    "augmented": {"augment.operations": "translation", "network.critic_norm": "batch", "loss.penalty": "none"},
    "slow": {"optimizer.lr_g": 1e-5, "optimizer.lr_d": 1e-5},
}


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("state", State)
def test_what_to_try_can_be_typed(name: str, state: State) -> None:
    """Every remedy is options of ``train`` that a stored run accepts, and that change it."""
    stored = config(**CONFIGS[name])
    options = remedy(stored, state)
    assert (options is None) == (state in (State.STARTING, State.HEALTHY))
    if options is None:
        return
    command = cli.build_suite().commands["train"]  # type: ignore[attr-defined]
    params = command.make_context("train", ["data", *shlex.split(options)], resilient_parsing=True).params
    fields = {"lr_g": "optimizer.lr_g", "lr_d": "optimizer.lr_d", "gamma": "loss.gamma", "penalty": "loss.penalty",
              "d_steps": "balance.d_steps", "augment": "augment.operations"}  # fmt: skip
    typed = collect({field: params[option] for option, field in fields.items()}, [])
    found = require_allowed(stored, typed, tuple(params["allow_change"] or ()))
    assert found
    check(with_values(stored, {change.name: change.new for change in found}))
    assert values_of(stored) != values_of(with_values(stored, {change.name: change.new for change in found}))
