"""The story of a run, from its metrics file and from its checkpoint."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gantools.errors import InputError
from gantools.files.document import Document, Event, Lineage
from gantools.inspection.story import Story, growth_of, read_metrics, story_of
from gantools.training.engine import Phase
from tests import tiny

START = {"event": "start", "command": "train", "images": 0, "d_steps": 0, "g_steps": 0, "changes": []}


def losses(images: int, skipped: int = 0, **more: Any) -> dict[str, Any]:
    """Return a line of losses; D's tells which one it is."""
    return {"images": images, "loss_d": images / 1000, "loss_g": 1.0, "skipped": skipped, "nonfinite": 0} | more


def judged(images: int, kid: float, **more: Any) -> dict[str, Any]:
    """Return a line of figures."""
    facts = {"value": kid, "low": kid - 1, "high": kid + 1, "floor": 0.5}
    return {"event": "figures", "images": images, "n": 64, "reals": "ab", "figures": {"kid": facts}} | more


def written(path: Path, *lines: dict[str, Any] | str) -> Path:
    """Write a metrics file."""
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return path


@pytest.fixture(scope="module")
def document() -> Document:
    """What a run of 160 images with two drops says."""
    return tiny.packed(tiny.take(tiny.fresh("dcgan-hinge-drop"), Phase.BOTH, 40)).document


def test_what_a_kill_took_back_is_forgotten(tmp_path: Path) -> None:
    """A run that goes on from 400 replaces what stands behind 400; it is marked, with what was changed."""
    again = START | {"images": 400, "changes": ["changed: optimizer.lr_g 1 -> 2"]}
    path = written(tmp_path / "m", START, *(losses(n) for n in (200, 400, 600)), judged(600, 3.0), again, losses(800))
    story = read_metrics(path)
    assert story.loss_d == [(200, 0.2), (400, 0.4), (800, 0.8)]
    assert story.figures == {}
    assert [(mark.images, mark.text) for mark in story.marks] == [(400, "resumed"), (400, "optimizer.lr_g 1 -> 2")]


def test_a_file_used_again_tells_the_last_run(tmp_path: Path) -> None:
    """A run that begins at 0 is another one: what stands before it is not of this run."""
    path = written(tmp_path / "m", START, losses(200), losses(400), START, losses(100))
    assert read_metrics(path).loss_d == [(100, 0.1)]


def test_half_lines_are_counted(tmp_path: Path) -> None:
    """Lines that a kill has cut off are left out and counted; a file of nothing else is refused."""
    path = written(tmp_path / "m", START, '{"images": 20', losses(200), '{"loss_d": 3}', "[1]")
    assert (read_metrics(path).unread, read_metrics(path).loss_d) == (3, [(200, 0.2)])
    written(path, "a", "b")
    with pytest.raises(InputError, match="found no line with images seen, expected a metrics file") as caught:
        read_metrics(path)
    assert caught.value.hint == f"head -n 3 {path}"
    with pytest.raises(InputError, match="cannot be read"):
        read_metrics(tmp_path / "absent")


def test_only_figures_that_can_be_compared_stand_together(tmp_path: Path) -> None:
    """With other real pictures the figures begin anew; each has its interval and floor."""
    path = written(tmp_path / "m", judged(100, 3.0), judged(200, 2.0, n=32), judged(300, 1.5, n=32))
    assert [tuple(point) for point in read_metrics(path).figures["kid"]] == [
        (200, 2.0, 1.0, 3.0, 0.5), (300, 1.5, 0.5, 2.5, 0.5),
    ]  # fmt: skip


def test_values_that_are_no_numbers_leave_gaps(tmp_path: Path) -> None:
    """A loss that was not finite is a gap, and text or truth in the place of a number too."""
    path = written(tmp_path / "m", losses(1, loss_d=None), losses(2, loss_d="x"), losses(3, loss_d=True), losses(4))
    assert [value for _, value in read_metrics(path).loss_d] == [None, None, None, 0.004]


def test_stretches_are_where_a_count_rose() -> None:
    """Neighbouring stretches are joined; where the count stood still there is a gap."""
    story = Story(skipped=[(100, 0), (200, 3), (300, 5), (400, 5), (500, 6)])
    assert story.stretches(story.skipped) == [(100, 300), (400, 500)]


def test_a_checkpoint_alone_tells_its_history(document: Document, tmp_path: Path) -> None:
    """Without a metrics file the history of the register serves, as it does where it is finer; drops are marked."""
    event = Event(12, 3, 3, "optimizer.lr_g 1 -> 2")
    changed = replace(document, lineage=Lineage(None, (event,)))
    story = story_of(changed)
    assert [images for images, _ in story.loss_d] == [40, 80, 120, 160]
    assert [(mark.images, mark.kind) for mark in story.marks] == [(8, "drop"), (12, "change"), (16, "drop")]
    assert story.marks[2].text == "both rates are now 0.05 of where they began"
    coarse = story_of(changed, written(tmp_path / "m", START, losses(100), losses(400)))
    assert coarse.loss_d == story.loss_d
    finer = story_of(changed, written(tmp_path / "m", *(losses(images) for images in range(20, 400, 20))))
    assert [images for images, _ in finer.loss_d] == list(range(20, 161, 20))


def test_a_change_is_told_once(document: Document, tmp_path: Path) -> None:
    """What both the metrics file and the checkpoint tell stands there once."""
    changed = replace(document, lineage=Lineage(None, (Event(8, 2, 2, "optimizer.lr_g 1 -> 2"),)))
    again = START | {"images": 8, "changes": ["changed: optimizer.lr_g 1 -> 2"]}
    story = story_of(changed, written(tmp_path / "m", again, losses(100)))
    assert [mark.text for mark in story.marks if mark.kind == "change"] == ["optimizer.lr_g 1 -> 2"]


def test_growth_is_told() -> None:
    """Each size that has begun to fade in is marked; the size in which a run begins is no event."""
    config = tiny.config_of("progressive", **{"network.grow_images": 100})
    sizes = [mark.text for mark in growth_of(config, 10**9)]
    assert sizes[-1] == "12x8 begins to fade in"
    assert [mark.images for mark in growth_of(config, 299)] == [100]
    assert growth_of(config, 99) == []
    assert growth_of(tiny.config_of("dcgan"), 10**9) == []
