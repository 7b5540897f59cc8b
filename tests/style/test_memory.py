"""How much memory is taken to be free, and that a picture too large for it is made in tiles."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from gantools.config.style import StyleConfig
from gantools.style import memory
from gantools.style.memory import free_bytes, tile_for
from tests.conftest import child_environment

UNDER_A_LIMIT = """
import resource, sys
import torch
from pathlib import Path
from gantools import cli
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + (1 << 30)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
sys.exit(cli.main(sys.argv[1:]))
"""


def group(folder: Path, **files: int | str) -> None:
    """Write the files of a control group."""
    folder.mkdir(parents=True)
    for name, value in files.items():
        (folder / name.replace("__", ".")).write_text(f"{value}\n")


@pytest.mark.parametrize("version", [1, 2])
def test_a_limit_of_any_group_around_the_process_counts(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is free is the least that a container or a service leaves; pages of files that can be dropped are free."""
    root = tmp_path if version == 2 else tmp_path / "memory"
    limit, taken = ("memory__max", "memory__current") if version == 2 else ("memory__limit_in_bytes",
                                                                            "memory__usage_in_bytes")  # fmt: skip
    group(root / "night.slice", **{limit: 5000, taken: 1500, "memory__stat": "anon 7\ninactive_file 500"})
    group(root / "night.slice/gan.service", **{limit: "max", taken: 700, "memory__stat": "inactive_file 0"})
    (tmp_path / "own").write_text(
        "0::/night.slice/gan.service\n" if version == 2 else "5:cpu,memory:/night.slice/gan.service\n0::/\n"
    )
    monkeypatch.setattr(memory, "GROUPS", tmp_path)
    monkeypatch.setattr(memory, "OWN_GROUPS", tmp_path / "own")
    assert free_bytes() == 4000
    (root / "night.slice/gan.service" / limit.replace("__", ".")).write_text("1000\n")
    assert free_bytes() == 300


def test_tiles_leave_room_for_what_is_read_around_them() -> None:
    """A picture that fits is measured whole; of one that does not, a tile with its halo fits, down to 256 px."""
    config = StyleConfig(features="embedded", size=2048)
    picture = 150 * 2048**2
    assert tile_for(config, picture + round(2048.5**2 * 1500 / 0.7)) is None
    assert tile_for(config, picture + round(2047.5**2 * 1500 / 0.7)) == 1600
    assert [tile_for(config, picture + count) for count in (round(768.5**2 * 1500 / 0.7), 10**6, 0)] == [384, 256, 256]
    assert tile_for(config, 10**6) == 256


def test_under_a_limit_a_large_picture_is_made_in_tiles(tmp_path: Path) -> None:
    """With a gigabyte left by `ulimit -v`, 1,024 px are said to go in tiles, and come out whole."""
    for name, size in (("photo.png", (1024, 1024)), ("style.png", (200, 300))):
        Image.radial_gradient("L").resize(size).convert("RGB").save(tmp_path / name)
    words = ["stylize", "photo.png", "--style", "style.png", "--size", "1024", "--iterations", "1", "-o", "out.png",
             "--features", "embedded", "--threads", "1"]  # fmt: skip
    ended = subprocess.run([sys.executable, "-c", UNDER_A_LIMIT, *words], cwd=tmp_path, env=child_environment(),
                           capture_output=True, text=True, check=False)  # fmt: skip
    assert (ended.returncode, ended.stdout) == (0, "out.png\n"), ended.stderr
    assert re.search(r"memory: too little to measure 1024 px at once, goes in tiles of (256|320|384) px", ended.stderr)
    with Image.open(tmp_path / "out.png") as made:
        assert made.size == (1024, 1024)
