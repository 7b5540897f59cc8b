"""What became of a run after a checkpoint, from metrics files beside it."""

import json
from pathlib import Path
from typing import Any

import pytest

from gantools.inspection.afterwards import Afterwards, afterwards

START = {"event": "start", "images": 0, "parent": None}
HALF = [START, {"event": "saved", "images": 100, "digest": "a"}]
LOST = {"event": "health", "images": 300, "state": "collapsed", "reason": "alike"}
GONE = [{"event": "saved", "images": 200, "digest": "b"}, LOST, {"event": "collapsed", "images": 300}]
FOUND = Afterwards("collapsed", 300, "alike", "m.jsonl")


def again(digest: str, images: int = 100) -> dict[str, Any]:
    """Return the line of a run that goes on from a checkpoint."""
    return {"event": "start", "images": images, "parent": digest}


CASES: dict[str, tuple[list[Any], Afterwards | None]] = {
    "it collapsed": ([*HALF, *GONE], FOUND),
    "it is alive": ([*HALF, {"event": "end", "images": 200, "digest": "b"}], None),
    "another run": ([START, *GONE], None),
    "it went on from a later one": ([*HALF, GONE[0], again("b", 200), LOST], FOUND),
    "it went on from another one": ([*HALF, again("x"), LOST], None),
    "the next attempt is alive": ([*HALF, *GONE, again("a")], None),
    "an unrelated run comes behind it": ([*HALF, *GONE, again("x"), GONE[0] | {"digest": "y"}], FOUND),
    "a new run comes behind it": ([*HALF, *GONE, START], FOUND),
    "the same run once more is alive": ([*HALF, *GONE, *HALF], None),
    "the same run once more": ([*HALF, *GONE, *HALF, *GONE], FOUND),
    "a parent that is no digest": ([START | {"parent": ["a"]}, again("a") | {"parent": {"a": 1}}, *HALF, *GONE], FOUND),
    "it recovered": ([*HALF, LOST, LOST | {"state": "healthy"}], None),
    "turns that are not finite": ([*HALF, {"event": "diverged", "images": 150}],
                                  Afterwards("diverged", 150, None, "m.jsonl")),
    "half lines and other things": ([*HALF, '{"event": "start"', [1], {"event": 3, "images": 1}, {"images": 1}, *GONE],
                                    FOUND),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_the_lines_behind_its_digest_say(tmp_path: Path, name: str) -> None:
    """Only runs that went on from this content count, and of several attempts the last one."""
    lines, found = CASES[name]
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    (tmp_path / "m.jsonl").write_text(text)
    (tmp_path / "a.jsonl").write_bytes(b"\xff\xfe\n[[[[\n")
    (tmp_path / "folder.jsonl").mkdir()
    assert afterwards(tmp_path / "c.safetensors", "a") == found


def test_few_bytes_are_read_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too large for the bytes that are left is passed over, and what is behind it is read where it fits."""
    text = "".join(f"{json.dumps(line)}\n" for line in [*HALF, *GONE])
    for name in ("a", "m"):
        (tmp_path / f"{name}.jsonl").write_text(" " * len(text) if name == "a" else text)
    found = {}
    for most in (len(text) - 1, 2 * len(text) - 1, 2 * len(text)):
        monkeypatch.setattr("gantools.inspection.afterwards.MOST_BYTES", most)
        found[most - len(text)] = afterwards(tmp_path / "c.safetensors", "a")
    assert found == {-1: None, len(text) - 1: None, len(text): FOUND}
    (tmp_path / "a.jsonl").write_text(" " * (2 * len(text) + 1))
    assert afterwards(tmp_path / "c.safetensors", "a") == FOUND


def test_told_in_a_sentence() -> None:
    """With its reason where there is one."""
    assert FOUND.told() == "went on from here and collapsed at 300 images: alike (m.jsonl)"
    assert FOUND._replace(reason=None).told() == "went on from here and collapsed at 300 images (m.jsonl)"
