"""What a training run shows beside its bar."""

import doctest

import pytest

from gantools import panel
from gantools.panel import TrainingPanel, sparkline
from gantools.progress import ASCII, BLOCKS


def lines(shown: TrainingPanel, width: int = 60) -> list[str]:
    """Return the panel's lines without their styles."""
    return ["".join(span.text for span in line) for line in shown.lines(width, ASCII)]


def test_docstring_examples_hold() -> None:
    """The examples in the docstrings are true."""
    results = doctest.testmod(panel)
    assert results.attempted > 0
    assert results.failed == 0


def test_sparkline_shows_its_lowest_and_highest() -> None:
    """Positive courses start from zero; a course below zero starts from its lowest mean."""
    assert sparkline([1.0, 2.0, 4.0, 8.0], 4, BLOCKS.levels) == "▂▃▅█"
    assert sparkline([-4.0, 0.0, 4.0], 3, "123") == "123"
    assert sparkline([0.0, 0.0], 5, "123") == "11"
    assert sparkline([], 5, "123") == ""
    assert sparkline([1.0], 0, "123") == ""


def test_sparkline_leaves_a_gap_where_nothing_was_finite() -> None:
    """A loss that was not finite is a space, and does not pull a mean."""
    assert sparkline([2.0, None, 2.0, None], 4, "12") == "2 2 "
    assert sparkline([2.0, None, 1.0, 1.0], 2, "123") == "32"


@pytest.mark.parametrize("count", [3, 500, 5_000])
def test_course_covers_the_whole_run(count: int) -> None:
    """However many losses came, the course shows the run from its beginning to its end, in bounded memory."""
    shown = TrainingPanel()
    for number in range(count):
        shown.update(((number + 1) / count, 1.0), "balanced")
    course = lines(shown)[0].split("D ")[1].split()[0]
    assert course[0] in "_.-"
    assert course[-1] == "#"
    assert len(shown._points) <= panel.MOST_POINTS


def test_a_resumed_run_shows_its_past() -> None:
    """The stored history is in the course before the first turn."""
    assert lines(TrainingPanel([(1.0, 2.0), (2.0, 1.0)]))[0].startswith("  D +# ")


def test_lines_keep_their_order() -> None:
    """Losses, reading, the newest three events, the preview."""
    shown = TrainingPanel()
    shown.update((1.386, -0.5), "balanced")
    for number in range(4):
        shown.event(1000 * number, f"event {number}")
    shown.preview = "c.preview.png"
    found = lines(shown)
    assert found[0].split() == ["D", "#", "1.386", "G", "_", "-0.500"]
    assert found[1:] == [
        "  balanced",
        "  3.00k  event 3",
        "  2.00k  event 2",
        "  1.00k  event 1",
        "  preview: c.preview.png",
    ]


def test_remark_is_three_columns() -> None:
    """A log line ends with both losses and the reading; what is unknown is a dash."""
    shown = TrainingPanel()
    assert shown.remark() == "D -, G -, -"
    shown.update((1.25, None), "balanced")
    assert shown.remark() == "D 1.250, G -, balanced"
