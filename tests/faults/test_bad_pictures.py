"""Bad pictures among good ones, of every kind, through the real command (T15): all good are used, each bad is told."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.data.archive_makers import png, tar_bytes, zip_bytes
from tests.pictures.test_damage import BAD

SAID = re.compile(
    r"[^:]+: \d+ sources -> |size: |prepare: |skipped: |pictures |skipped  |digest |next: |other files passed over: |"
    r"warning: \d+ pictures for training"
)

LOUD = {"PYTHONWARNINGS": "always::UserWarning,always::RuntimeWarning"}
"""Pillow's warnings, which are of these two kinds, would be printed."""


def mixture(good: int, bad: int) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return files by name, good and bad ones mixed, and the reason of each bad one."""
    kinds, names = list(BAD.values()), [f"{number:05}.jpg" for number in range(good + bad)]
    spoiled = names[3 :: (good + bad) // bad][:bad]
    reasons = {name: kinds[place % len(kinds)][1] for place, name in enumerate(spoiled)}
    files = {name: png(seed, 16, 16) for seed, name in enumerate(names) if name not in reasons}
    files |= {name: kinds[place % len(kinds)][0] for place, name in enumerate(spoiled)}
    return dict(sorted(files.items())), reasons


def as_folder(files: dict[str, bytes], place: Path) -> str:
    """Write the files into a folder."""
    (place / "photos").mkdir()
    for name, data in files.items():
        (place / "photos" / name).write_bytes(data)
    return "photos"


def as_tar(files: dict[str, bytes], place: Path) -> str:
    """Write the files into a tar archive."""
    (place / "photos.tar").write_bytes(tar_bytes(files))
    return "photos.tar"


def as_zip(files: dict[str, bytes], place: Path) -> str:
    """Write the files into a zip archive."""
    (place / "photos.zip").write_bytes(zip_bytes(files.items()))
    return "photos.zip"


def records_of(folder: Path) -> list[dict]:
    """Return the records of a manifest, as they are written."""
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()[1:]]


def check(folder: Path, files: dict[str, bytes], reasons: dict[str, str]) -> None:
    """Require that each source is on record once, in order, good ones with a file and bad ones with their reason."""
    records = records_of(folder)
    assert [re.split("[/#]", record["source"])[-1] for record in records] == list(files)
    for name, record in zip(files, records, strict=True):
        if name in reasons:
            assert record["skipped"].startswith(reasons[name]), (name, record["skipped"])
            assert "file" not in record
        else:
            assert (folder / record["file"]).is_file()
            assert "skipped" not in record
    assert len(list(folder.rglob("*.png"))) == len(files) - len(reasons)


@pytest.mark.parametrize("packed", [as_folder, as_tar, as_zip])
def test_every_kind_of_damage_is_told_once(
    packed: Callable[[dict[str, bytes], Path], str], tmp_path: Path, gantools: Run
) -> None:
    """Of 300 files, one in ten bad, each kind of damage gives its line in the manifest and on stderr, nothing else."""
    files, reasons = mixture(300 - len(BAD), len(BAD))
    source = packed(files, tmp_path)
    done = gantools("prepare", source, "-o", "data", "--jobs", "8", "--size", "16", env=LOUD)
    assert done.returncode == 3, done.stderr
    assert done.stdout == "data\n"
    check(tmp_path / "data", files, reasons)
    lines = done.stderr.splitlines()
    assert all(SAID.match(line) for line in lines), done.stderr
    told = [line for line in lines if line.startswith("skipped: ")]
    shown = [name for line in told[:20] for name in reasons if name in line]
    assert shown == list(reasons)[:20]
    assert told[20:] == [f"skipped: {len(BAD) - 20} more, each with its reason in data/manifest.jsonl"]


def test_as_many_as_are_tolerated_end_with_0(tmp_path: Path, gantools: Run) -> None:
    """Ten bad of a hundred: --tolerate 10% ends with 0, 9 with 3, and the threads change no byte."""
    assert len(BAD) >= 20
    files, reasons = mixture(90, 10)
    source = as_folder(files, tmp_path)
    for number, (tolerate, code) in enumerate([("10%", 0), ("9", 3)]):
        done = gantools("prepare", source, "-o", f"{number}", "--jobs", f"{1 + 7 * number}", "--tolerate", tolerate)
        assert done.returncode == code, tolerate
        check(tmp_path / f"{number}", files, reasons)
    assert len({(tmp_path / f"{number}" / "manifest.jsonl").read_bytes() for number in range(2)}) == 1


@pytest.mark.slow
def test_ten_thousand_files_one_in_a_hundred_bad(tmp_path: Path, gantools: Run) -> None:
    """Of 10,000 files all good ones are used, each bad one is listed once, and 1 % is tolerated when asked for."""
    files, reasons = mixture(9_900, 100)
    source = as_folder(files, tmp_path)
    assert gantools("prepare", source, "-o", "data", "--size", "16").returncode == 3
    check(tmp_path / "data", files, reasons)
    assert gantools("prepare", source, "-o", "other", "--size", "16", "--tolerate", "1%").returncode == 0
