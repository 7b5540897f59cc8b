"""How long a run is: bounds as typed, and the one count of steps that they come to."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gantools.commands.bounds import DEFAULT_CADENCE, Bounds, Cadence, Pace, parse_bounds, parse_cadence
from gantools.config.build import PictureShape, resolve, with_values
from gantools.config.run import RunConfig
from gantools.errors import UsageError
from gantools.training.register import Register

FLAG = "--checkpoint-every"
CONFIG = resolve(PictureShape(8, 8, 1), {"network.family": "fc", "batch": 10, "length_images": 95}).config
HERE = Register(data="0" * 64, d_steps=50, g_steps=20, images=200)


def target(
    command: str = "train", register: Register = HERE, k: int = 1, count: int = 25, length: int = 95, **bounds: Any
) -> int | None:
    """Return where a run at ``HERE`` with batch 10 on 25 pictures ends."""
    config: RunConfig = with_values(CONFIG, {"balance.d_steps": k, "length_images": length})
    return Bounds(**bounds).target(command, register, config, count)


@pytest.mark.parametrize(
    ("bounds", "rounds"),
    [
        ({"steps": 0}, 20),
        ({"steps": 7}, 27),
        ({"until": 7}, 7),
        ({"images": 70}, 27),
        ({"images": 61}, 27),
        ({"images": 0}, 20),
        ({"epochs": 2.0}, 25),
        ({"epochs": 0.1}, 21),
        ({"steps": 7, "images": 30, "epochs": 9.0, "until": 40}, 23),
        ({"max_time_s": 5.0}, None),
        ({"max_time_s": 5.0, "steps": 1}, 21),
        ({}, 20),
    ],
)
def test_rounds_of_train(bounds: dict[str, Any], rounds: int | None) -> None:
    """Rounds are counted from here, rounded up; the first bound ends the run; without one its own length does."""
    assert target(**bounds) == rounds


@pytest.mark.parametrize(
    ("command", "bounds", "steps"),
    [
        ("train-d", {}, 53),
        ("train-g", {}, 21),
        ("train-d", {"steps": 4}, 54),
        ("train-g", {"steps": 4}, 24),
        ("train-d", {"until": 51}, 51),
        ("train-d", {"epochs": 1.0}, 53),
        ("train-g", {"images": 25}, 23),
    ],
)
def test_steps_of_a_phase(command: str, bounds: dict[str, Any], steps: int) -> None:
    """A phase counts its own steps; without a bound train-d takes a round's share of 3, train-g one step."""
    assert target(command, k=3, **bounds) == steps


def test_an_epoch_of_train_counts_every_d_step() -> None:
    """With k D steps a round an epoch takes a k-th of the rounds: D turns are what reads the pictures."""
    assert target(k=3, count=60, epochs=1.0) == 20 + 2


@settings(deadline=None)
@given(steps=st.integers(0, 10**6), done=st.integers(0, 10**6))
def test_a_run_in_two_parts_ends_where_one_does(steps: int, done: int) -> None:
    """``--until`` does not depend on where the process began; --steps does by as many."""
    there = Register(data="0" * 64, g_steps=done)
    assert target(register=there, until=steps) == steps
    assert target(register=there, steps=steps) == done + steps


@pytest.mark.parametrize(("images", "rounds"), [(0, 100), (1, 100), (11, 99), (1000, 0), (2000, 0)])
def test_a_runs_own_length_is_counted_in_images(images: int, rounds: int) -> None:
    """Without a bound a run of 1,000 images takes what is left in batches of 10, whatever batch it had before."""
    there = Register(data="0" * 64, g_steps=7, images=images)
    assert target(register=there, length=1000) == 7 + rounds


@pytest.mark.parametrize(
    ("flag", "typed", "message"),
    [
        ("--steps", (-1, None, None, None, None), "--steps: found -1, expected 0 or more"),
        ("--until", (None, -5, None, None, None), "--until: found -5, expected 0 or more"),
        ("--epochs", (None, None, None, math.nan, None), "--epochs: found nan, expected 0 or more"),
        ("--epochs", (None, None, None, math.inf, None), "--epochs: found inf, expected 0 or more"),
    ],
)
def test_impossible_counts_are_refused(flag: str, typed: tuple[Any, ...], message: str) -> None:
    """Negative, infinite and undefined counts are refused under the flag's name."""
    with pytest.raises(UsageError) as caught:
        parse_bounds(*typed)
    assert (caught.value.message, caught.value.hint) == (message, f"{flag} 100")


def test_bounds_are_read_with_their_units() -> None:
    """Images take k and M, times their unit."""
    found = parse_bounds(3, None, "1.5k", 0.5, "2m")
    assert (found.steps, found.until, found.images, found.epochs, found.max_time_s) == (3, None, 1500, 0.5, 120.0)
    assert found.deadline() == found.began + 120.0
    assert parse_bounds(None, None, None, None, None).deadline() == math.inf


@pytest.mark.parametrize(
    ("text", "cadence"),
    [
        ("10m", Cadence(seconds=600.0)),
        ("1step", Cadence(steps=1)),
        ("1000steps", Cadence(steps=1000)),
        ("100k images", Cadence(images=100_000)),
        ("50images", Cadence(images=50)),
    ],
)
def test_cadences_are_times_or_counts(text: str, cadence: Cadence) -> None:
    """``--checkpoint-every`` is a time with its unit, or a count of steps or images."""
    assert parse_cadence(text, FLAG) == cadence


@pytest.mark.parametrize("text", ["0steps", "steps", "-1steps", "1.5steps", "1e3steps"])
def test_other_counts_are_refused(text: str) -> None:
    """A count of steps is whole and above zero."""
    with pytest.raises(UsageError) as caught:
        parse_cadence(text, FLAG)
    expected = "expected a time like 10m or a count like 1000steps or 100kimages"
    assert caught.value.message == f"--checkpoint-every: found '{text}', {expected}"
    assert caught.value.hint == "--checkpoint-every 1000steps"


@pytest.mark.parametrize("text", ["", "10", "0m", "5d"])
def test_other_times_are_refused(text: str) -> None:
    """A time needs its unit and must be above zero."""
    with pytest.raises(UsageError, match=rf"^--checkpoint-every: found '{text}', expected a time with its unit"):
        parse_cadence(text, FLAG)


def test_default_saves_come_early_at_first() -> None:
    """By default saves are due 15, 30, 60, 120, 240, 480 seconds after the start, then every five minutes."""
    cadence, age, due = DEFAULT_CADENCE, 0.0, []
    while age < 1000:
        age += cadence.wait_s(age)
        due.append(age)
    assert due == [15, 30, 60, 120, 240, 480, 780, 1080]


def test_a_typed_cadence_is_kept() -> None:
    """--checkpoint-every 10m saves every ten minutes from the first."""
    assert [parse_cadence("10m", FLAG).wait_s(age) for age in (0.0, 600.0, 9999.0)] == [600.0] * 3


def test_a_pace_by_images_fires_whenever_a_multiple_is_passed() -> None:
    """With batches of 8 a cadence of 20 images is due at 24, 40 and 64: once for each multiple of 20."""
    pace = Pace(parse_cadence("20images", FLAG), 8)
    assert [images for images in range(8, 73, 8) if pace.is_due(images // 8, images)] == [24, 40, 64]
