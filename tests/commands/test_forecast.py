"""What a run says that it expects."""

from types import SimpleNamespace
from typing import Any

import pytest

from gantools.commands.forecast import forecast
from gantools.config.build import PictureShape, resolve


def session(typed: dict[str, Any], count: int, images: int = 0) -> Any:
    """Return as much of a session as the sentence is about."""
    config = resolve(PictureShape(32, 32, 3), typed, count).config
    state = SimpleNamespace(
        config=config,
        register=SimpleNamespace(images=images),
        machine=SimpleNamespace(device=SimpleNamespace(type="cpu")),
    )
    return SimpleNamespace(state=state, data=SimpleNamespace(count=count))


@pytest.mark.parametrize(
    ("typed", "left_s", "is_new", "sentence"),
    [
        ({}, 3600.0, True, "auto chose dcgan of width 32, gamma 1, augment translation,cutout rising over 200k "
         "images, for 2,000 pictures of 32x32 RGB on a processor; expected: 200 images/s, first shapes in 3m 20s, at "
         "40,000 images, the run's end in 1h 00m; stop at any time"),
        ({}, None, False, "expected: 200 images/s; stop at any time"),
        ({"preset": "dcgan"}, 60.0, True, "expected: 200 images/s, the run's end in 1m 00s; stop at any time"),
    ],
)  # fmt: skip
def test_a_new_run_says_what_was_chosen_and_what_to_expect(
    typed: dict[str, Any], left_s: float | None, is_new: bool, sentence: str
) -> None:
    """A preset that looks at the data says what it chose and why; a run that goes on and other presets say the time."""
    assert forecast(session(typed, 2_000), 200.0, left_s, is_new=is_new) == sentence


def test_no_shapes_are_promised_to_a_run_that_ends_before() -> None:
    """A run of two minutes at 200 images/s ends before the images that shapes take."""
    assert "shapes" not in forecast(session({}, 2_000), 200.0, 120.0, is_new=True)
