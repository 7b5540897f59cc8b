"""How counts, times and shares are read from the command line."""

import pytest

from gantools.commands.options import (
    Allowance,
    console_from,
    parse_count,
    parse_duration,
    parse_percent_or_count,
)
from gantools.errors import UsageError


@pytest.mark.parametrize(
    ("text", "count"), [("0", 0), ("500", 500), ("10k", 10_000), ("1.5k", 1500), ("2M", 2_000_000), (".5M", 500_000)]
)
def test_counts_take_k_and_m(text: str, count: int) -> None:
    """A count is whole, with k for thousands and M for millions."""
    assert parse_count(text) == count


@pytest.mark.parametrize("text", ["", "k", "1.5", "-1", "1K", "1e3", "10 k", "ten", "nan", "٣", "1.2345k", "9" * 400])
def test_other_counts_are_refused(text: str) -> None:
    """What is no whole number is refused with the option's name and an example."""
    with pytest.raises(UsageError) as caught:
        parse_count(text, "--ema")
    assert caught.value.message == f"--ema: found '{text}', expected a whole number like 500, 10k or 2M"
    assert caught.value.hint == "--ema 10k"


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90.0), ("50m", 3000.0), ("1.5h", 5400.0), ("0.5s", 0.5)])
def test_durations_are_seconds(text: str, seconds: float) -> None:
    """A time with its unit is read as seconds."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("50", "--max-time 50m"),
        ("0", "--max-time 50m"),
        ("0s", "--max-time 50m"),
        ("1d", "--max-time 50m"),
        ("5min", "--max-time 5m"),
        ("90sec", "--max-time 90s"),
    ],
)
def test_times_without_unit_or_length_are_refused(text: str, hint: str) -> None:
    """A time needs its unit and must be above zero; a bare number is taken for minutes in the hint."""
    with pytest.raises(UsageError) as caught:
        parse_duration(text)
    assert caught.value.message == f"--max-time: found '{text}', expected a time with its unit like 90s, 50m or 1.5h"
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("text", "total", "part"),
    [("1%", 250, 2), ("0%", 9, 0), ("100%", 7, 7), ("29%", 100, 29), ("12.5%", 80, 10), ("5", 100, 5), ("5", 3, 3)],
)
def test_shares_and_counts_are_parts_of_a_whole(text: str, total: int, part: int) -> None:
    """A share is rounded down, a count is never more than the whole."""
    assert parse_percent_or_count(text).of(total) == part


def test_share_and_count_are_kept_apart() -> None:
    """``5%`` is a share and ``5`` is a count."""
    assert parse_percent_or_count("5%") == Allowance(share=0.05, count=0)
    assert parse_percent_or_count("5") == Allowance(share=0.0, count=5)


@pytest.mark.parametrize("text", ["", "%", "101%", "-1", "1.5", "five"])
def test_other_parts_are_refused(text: str) -> None:
    """What is neither a share nor a count is refused."""
    with pytest.raises(UsageError) as caught:
        parse_percent_or_count(text)
    assert caught.value.message == f"--tolerate: found '{text}', expected a share like 1% or a count like 5"


def test_quiet_excludes_verbose() -> None:
    """``-q`` and ``-v`` contradict each other."""
    with pytest.raises(UsageError, match="-q and -v: found both, expected at most one"):
        console_from(quiet=True, verbose=True, color="auto")
