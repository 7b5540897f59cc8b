"""Charts: round ticks, lines where their values are, nothing outside the plot."""

import doctest

import numpy as np

from gantools.pictures import plot
from gantools.pictures.plot import Chart, Series, draw_chart, ticks

RED, GREEN = (200, 0, 0), (0, 120, 0)


def rows_of(pixels: np.ndarray, color: tuple[int, int, int], left: int, right: int) -> np.ndarray:
    """Return the rows between two columns, inside the plot, that hold nearly that colour."""
    part = pixels[:, 40:, left:right].astype(int)
    return 40 + np.flatnonzero((np.abs(part - np.array(color)[:, None, None]).sum(axis=0) < 60).any(axis=1))


def chart(*ys: float | None, **known: object) -> np.ndarray:
    """Draw one red line over 0, 1, 2, ..."""
    line = Series("one", RED, [(float(x), y) for x, y in enumerate(ys)])
    return draw_chart(Chart("title", "x", [line], **known))  # type: ignore[arg-type]


def test_docstring_examples_hold() -> None:
    """The examples in the docstrings are true."""
    assert doctest.testmod(plot) == (0, 1)


def test_ticks_are_round_and_inside() -> None:
    """Whatever the range, between three and eleven ticks lie in it, at multiples of 1, 2 or 5 times a power of ten."""
    for low, high in [(0.0, 1e-3), (0.0, 0.7), (-3.0, 5.0), (0.0, 999.0), (0.0, 5_370_000.0), (17.0, 17.5)]:
        found = ticks(low, high)
        assert 3 <= len(found) <= 11
        assert low <= found[0]
        assert found[-1] <= high
        step = found[1] - found[0]
        assert round(step / 10 ** np.floor(np.log10(step) + 1e-9), 6) in (1, 2, 5)


def test_a_line_rises_with_its_values() -> None:
    """A rising line begins at the bottom and ends at the top of the plot."""
    pixels = chart(0.0, 1.0, 2.0, 3.0)
    assert pixels.shape == (3, 480, 900)
    assert pixels.dtype == np.uint8
    first, last = rows_of(pixels, RED, 62, 80).mean(), rows_of(pixels, RED, 860, 879).mean()
    assert first > 400
    assert last < 70


def test_a_gap_stays_a_gap() -> None:
    """Where a value is missing nothing is drawn; a value alone between gaps is a dot."""
    pixels = chart(1.0, 1.0, None, None, 1.0, None, None, 1.0, 1.0)
    gap, dot = rows_of(pixels, RED, 180, 260), rows_of(pixels, RED, 462, 478)
    assert len(gap) == 0
    assert len(dot) > 0


def test_a_wild_value_does_not_flatten_the_rest() -> None:
    """One value in two hundred that is a thousand times larger is drawn at the edge; the others keep their room."""
    pixels = chart(*[1.0, 2.0] * 50, 1000.0, *[1.0, 2.0] * 50)
    found = rows_of(pixels, RED, 100, 300)
    assert found.max() - found.min() > 150


def test_level_and_marks_are_drawn() -> None:
    """A level inside the plot and a mark change it; a level outside changes nothing."""
    plain = chart(0.0, 1.0, 2.0)
    assert (chart(0.0, 1.0, 2.0, level=(1.5, "even")) != plain).any()
    assert (chart(0.0, 1.0, 2.0, level=(7.0, "even")) == plain).all()
    assert (chart(0.0, 1.0, 2.0, marks=((1.0, "drop"),)) != plain).any()


def test_same_values_everywhere_are_drawn() -> None:
    """A loss that never moved, even at zero, is a flat line and no error."""
    assert len(rows_of(chart(0.0, 0.0, 0.0), RED, 100, 800)) > 0
    assert len(rows_of(chart(-2.0, -2.0), RED, 100, 800)) > 0
