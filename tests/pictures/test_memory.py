"""What large pictures take together: threads wait for one another, and one that is too large is skipped."""

import struct
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools.data.manifest import MANIFEST, read_manifest
from gantools.pictures import memory
from gantools.pictures.memory import Budget
from gantools.pictures.open import open_picture
from tests.conftest import Run
from tests.data.archive_makers import png as small_png
from tests.data.archive_makers import tar_bytes
from tests.data.makers import fill, noise, prepare
from tests.pictures.test_damage import chunk


def blank(path: Path, side: int) -> None:
    """Write a black grey PNG of side x side pixels, which is small on the disk."""
    packer = zlib.compressobj(1)
    data = b"".join(packer.compress(bytes(side + 1)) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def test_threads_wait_until_there_is_room() -> None:
    """At no time do threads hold more than the budget; each gets its turn, also one that wants more than all."""
    budget, lock, now, most = Budget(100), threading.Lock(), [0, 0], [0, 0]

    def work(size: int) -> None:
        with budget.taken(size):
            with lock:
                now[0], now[1] = now[0] + size, now[1] + 1
                most[:] = max(most[0], now[0] if size <= 100 else 0), max(most[1], now[1] if size > 100 else 0)
            threading.Event().wait(0.002)
            with lock:
                now[0], now[1] = now[0] - size, now[1] - 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [60, 30, 45, 300, 10, 99] * 6))
    assert 0 < most[0] <= 100
    assert most[1] == 1


def test_what_comes_out_counts_until_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoded picture is counted with 4 bytes a pixel until nobody holds it, and holds up no decoding for ever."""
    budget = Budget(100)
    monkeypatch.setattr("gantools.pictures.open.decoding_budget", lambda: budget)
    stream = BytesIO()
    noise(1, 20, 30).save(stream, "PNG")
    pictures = [open_picture(stream, channels="rgb") for _ in range(3)]
    assert budget._used == 3 * 4 * 20 * 30
    pictures.clear()
    assert budget._used == 0


@pytest.mark.parametrize(("mode", "format"), [("RGB", "JPEG"), ("RGB", "PNG"), ("RGBA", "PNG"), ("L", "TIFF")])
def test_the_need_is_told_from_the_header(mode: str, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """12 bytes a pixel, 20 with alpha; of a JPEG that is decoded at a quarter, of the quarter's pixels."""
    needs: list[int] = []
    real = memory.needed_bytes
    monkeypatch.setattr("gantools.pictures.open.needed_bytes", lambda *facts: needs.append(real(*facts)) or needs[-1])
    stream = BytesIO()
    Image.new(mode, (640, 320)).save(stream, format)
    open_picture(stream, channels="rgb", at_least=(80, 80))
    pixels = 160 * 80 if format == "JPEG" else 640 * 320
    assert needs == [pixels * (20 if mode == "RGBA" else 12)]


def test_threads_with_large_pictures_stay_in_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the whole of ``prepare`` with eight threads no more is decoded at once than there is room for."""
    seen: list[int] = []

    class Watched(Budget):
        def keep(self, picture: Image.Image) -> None:
            super().keep(picture)
            seen.append(self._used)

    budget = Watched(2 * 12 * 200 * 200)
    for room in ("open", "frames"):
        monkeypatch.setattr(f"gantools.pictures.{room}.decoding_budget", lambda: budget)
    fill(tmp_path / "photos", [f"{i:02}.png" for i in range(24)], 200, 200)
    assert prepare(tmp_path / "photos", "-o", tmp_path / "data", "--jobs", "8", "--size", "32", "-q") == 0
    assert len(seen) == 24
    assert max(seen) <= budget.most + 4 * 200 * 200
    assert budget._used == 0


@pytest.mark.slow
def test_a_picture_beyond_the_memory_is_skipped(tmp_path: Path, gantools: Run) -> None:
    """Where a picture needs more memory than there is (T22) it is skipped, and tried again next time."""
    fill(tmp_path / "photos", [f"{i}.png" for i in range(10)], 40, 40)
    fill(tmp_path / "photos", ["z.png"], 41, 40)
    blank(tmp_path / "photos" / "5-huge.png", 13_000)
    words = "prepare", "photos", "-o", "data", "--size", "32", "--jobs", "1", "--channels", "rgb"
    limits = ["sh", "-c", 'ulimit -v 1100000; exec "$@"', "sh"]
    done = gantools(*words, before=limits)
    assert done.returncode == 3, done.stderr
    assert "skipped: photos/5-huge.png: more memory needed than there is\n" in done.stderr
    assert "Traceback" not in done.stderr
    assert gantools(*words).returncode == 0
    assert len(read_manifest(tmp_path / "data" / MANIFEST).made()) == 12


def test_members_of_an_archive_are_read_a_bounded_number_of_bytes_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large members make small chunks, so that few of them are in memory before a thread takes them up."""
    from gantools.data import build, parallel
    from gantools.data.plan import make_plan
    from gantools.data.recipe import Wish

    (tmp_path / "a.tar").write_bytes(tar_bytes({f"{i}.png": small_png(i) for i in range(20)}))
    plan = make_plan(tmp_path / "data", Wish((str(tmp_path / "a.tar"),)))
    assert [len(task) for task in build.tasks(plan.items)] == [8, 8, 4]
    monkeypatch.setattr(parallel, "CHUNK_BYTES", 2500)
    lengths = [len(task) for task in build.tasks(plan.items)]
    assert set(lengths) == {2} and sum(lengths) == 20


def test_a_file_of_half_a_gigabyte_is_not_read(tmp_path: Path, gantools: Run) -> None:
    """A file above 512 MiB is skipped by its size alone; one just below is opened."""
    fill(tmp_path / "photos", ["1.png"])
    for name, size in (("2.png", (1 << 29) + 1), ("3.tif", 1 << 40)):
        with open(tmp_path / "photos" / name, "wb") as stream:
            stream.truncate(size)
    done = gantools("prepare", "photos", "-o", "data")
    assert done.returncode == 3
    assert "skipped: photos/2.png: 536870913 bytes, more than 536870912\n" in done.stderr
    assert "skipped: photos/3.tif: 1099511627776 bytes, more than 536870912\n" in done.stderr


def test_a_nearly_black_16_bit_picture_is_noted(tmp_path: Path) -> None:
    """A 16-bit picture that uses a sliver of its range is scaled truly, not stretched, and the manifest says so."""
    (tmp_path / "deep").mkdir()
    values = np.linspace(291, 694, 32 * 32).round().astype(np.uint16).reshape(32, 32)
    Image.fromarray(values).save(tmp_path / "deep" / "dark.png")
    Image.fromarray(np.full((32, 32), 500, np.uint16)).save(tmp_path / "deep" / "flat.png")
    Image.fromarray(values * 90).save(tmp_path / "deep" / "wide.png")
    assert prepare(tmp_path / "deep", "-o", tmp_path / "data", "-q") == 0
    dark, flat, wide = read_manifest(tmp_path / "data" / MANIFEST).records
    assert dark.notes == ["uses 0.6 % of its range: 291..694 of 0..65535; nothing is stretched"]
    assert flat.notes is None and wide.notes is None
    assert np.array_equal(np.asarray(Image.open(tmp_path / "data" / "dark.png")), np.round(values / 257))
