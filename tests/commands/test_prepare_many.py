"""Ten thousand files, one in a hundred of them bad: what comes out, what is said, and the memory it takes."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.pictures.test_damage import BAD

KINDS = [BAD[name] for name in list(BAD)[:20]]
EVERY = 100  # of so many files one is bad
TEXTURE_PX, SIDE_PX = 1024, 256


def fill(folder: Path, count: int) -> None:
    """Write ``count`` files: pieces of one texture as JPEG, no two alike, and each hundredth damaged."""
    random = np.random.RandomState(0)
    rough = Image.fromarray(random.randint(0, 256, (32, 32, 3)).astype(np.uint8))
    texture = rough.resize((TEXTURE_PX, TEXTURE_PX), Image.Resampling.BICUBIC)
    folder.mkdir()
    for number in range(count):
        path = folder / f"{number:05}.jpg"
        if number % EVERY == EVERY - 1:
            path.write_bytes(KINDS[number // EVERY % len(KINDS)][0])
            continue
        left, top = random.randint(0, TEXTURE_PX - SIDE_PX, 2).tolist()
        texture.crop((left, top, left + SIDE_PX, top + SIDE_PX)).save(path, quality=85)


def prepared(source: Path, out: Path) -> tuple[int, float]:
    """Run the command as a process; return its exit code and its largest memory in MiB."""
    words = [
        sys.executable,
        "-m",
        "gantools",
        "prepare",
        "-q",
        "--size",
        "32",
        "--jobs",
        "2",
        str(source),
        "-o",
        str(out),
    ]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss / 1024


@pytest.mark.slow
def test_ten_thousand_files_with_one_in_a_hundred_bad(tmp_path: Path) -> None:
    """Every good file is used, each bad one is listed once with its reason, and memory follows neither."""
    for count in (1_000, 10_000):
        fill(tmp_path / str(count), count)
    few, many = (prepared(tmp_path / str(count), tmp_path / f"data-{count}") for count in (1_000, 10_000))
    assert (few[0], many[0]) == (3, 3)
    assert many[1] < 1.10 * few[1], f"{few[1]:.1f} -> {many[1]:.1f} MiB"
    records = [json.loads(line) for line in (tmp_path / "data-10000" / "manifest.jsonl").read_text().splitlines()[1:]]
    skipped = {record["source"]: record["skipped"] for record in records if record.get("skipped")}
    assert len(records) == 10_000 and sum("file" in record for record in records) == 9_900
    assert Counter(Counter(record["source"] for record in records).values()) == {1: 10_000}
    for number in range(EVERY - 1, 10_000, EVERY):
        reason = skipped.pop(str(tmp_path / "10000" / f"{number:05}.jpg"))
        assert reason.startswith(KINDS[number // EVERY % len(KINDS)][1])
    assert not skipped
