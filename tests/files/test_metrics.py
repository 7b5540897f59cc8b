"""The metrics file: whole JSON lines, appended, whatever came before."""

import json
import resource
from pathlib import Path

import pytest

from gantools.errors import ResourceError
from gantools.files.metrics import MetricsFile


def test_each_line_is_there_as_soon_as_it_is_added(tmp_path: Path) -> None:
    """Every object is one line of JSON in the file before the next one comes; the folder is made when absent."""
    path = tmp_path / "logs" / "m.jsonl"
    with MetricsFile(path) as metrics:
        assert path.read_bytes() == b""
        metrics.add(images=4, loss_d=None)
        assert path.read_text() == '{"images": 4, "loss_d": null}\n'
        metrics.add(event="end", what="é\n")
    assert [json.loads(line) for line in path.read_text("ascii").splitlines()][1] == {"event": "end", "what": "é\n"}


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"", b'{"a": 1}\n'), (b'{"b": 2}\n', b'{"b": 2}\n{"a": 1}\n'), (b'{"b"', b'{"b"\n{"a": 1}\n')],
    ids=["empty", "whole", "half"],
)
def test_what_is_there_stays(before: bytes, after: bytes, tmp_path: Path) -> None:
    """A file that exists is appended to; a half line, left by a killed run, is ended first."""
    path = tmp_path / "m.jsonl"
    path.write_bytes(before)
    with MetricsFile(path) as metrics:
        metrics.add(a=1)
    assert path.read_bytes() == after


def test_no_path_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a path nothing is opened or written."""
    monkeypatch.chdir(tmp_path)
    with MetricsFile(None) as metrics:
        metrics.add(a=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_json_lacks_are_our_own_fault(value: float, tmp_path: Path) -> None:
    """NaN and infinity must come as None: they are never written."""
    with MetricsFile(tmp_path / "m.jsonl") as metrics, pytest.raises(ValueError, match="not JSON compliant"):
        metrics.add(loss_d=value)
    assert (tmp_path / "m.jsonl").read_bytes() == b""


def test_a_full_disk_is_told_under_the_file_s_name(tmp_path: Path) -> None:
    """When the space ends in the middle of a line, the error names the metrics file, and is the only one."""
    path = tmp_path / "m.jsonl"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(ResourceError) as caught, MetricsFile(path) as metrics:
            for number in range(100):
                metrics.add(images=number)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    found = f"{path}: no space left to write it (File too large), expected more; what was there before is unchanged"
    assert caught.value.message == found
    lines = path.read_text().splitlines()
    assert [json.loads(line) for line in lines[:-1]] == [{"images": number} for number in range(len(lines) - 1)]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder in place of the file ends with the operating system's reason."""
    message = f"{tmp_path}: cannot be written (Is a directory), expected a place that can be written"
    with pytest.raises(ResourceError) as caught:
        MetricsFile(tmp_path)
    assert caught.value.message == message
