"""Opening folders for training: prepared ones as they are, any other one of equal pictures, and what is refused."""

import json
import os
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools.data.folder import open_data
from gantools.data.manifest import MANIFEST, PACK
from gantools.data.pack import Pictures
from gantools.data.summary import describe
from gantools.errors import Again, InputError
from tests.data.makers import fill, noise, prepare, write_idx

NAMES = [f"{label}/{i}.png" for label in ("cat", "dog") for i in range(10)]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A prepared folder ``data`` of 20 pictures of two classes, in the current folder, made of ``photos``."""
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "photos", NAMES)
    assert prepare("photos", "-o", "data", "-q") == 0
    return Path("data")


def pixels_of(path: Path, mode: str = "RGB") -> np.ndarray:
    """Decode a picture with Pillow alone, (C, H, W)."""
    pixels = np.asarray(Image.open(path).convert(mode))
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def everything(pictures: Pictures) -> np.ndarray:
    """Return all pictures (N, C, H, W)."""
    return pictures.read(range(pictures.count))


def test_rows_are_the_pictures_in_order(data: Path) -> None:
    """Count, shape, labels and pixels are those of the PNG files in the order of the sources."""
    with open_data(data) as pictures:
        assert (pictures.count, pictures.channels, pictures.height, pictures.width) == (20, 3, 32, 32)
        assert pictures.classes == ("cat", "dog")
        assert pictures.labels is not None
        assert pictures.labels.dtype == np.int32
        assert pictures.labels.tolist() == [0] * 10 + [1] * 10
        assert np.array_equal(everything(pictures), np.stack([pixels_of(data / name) for name in NAMES]))
        assert len(pictures.digest) == 64
        assert pictures.digest == describe(data).digest


def test_deleted_picture_is_left_out(data: Path) -> None:
    """A picture deleted by hand is left out and counted, and changes the digest; put back, all is as before."""
    whole = open_data(data)
    (data / "cat" / "3.png").rename("kept.png")
    with open_data(data) as pictures:
        rest = [name for name in NAMES if name != "cat/3.png"]
        assert (pictures.count, pictures.removed) == (19, 1)
        assert np.array_equal(everything(pictures), np.stack([pixels_of(data / name) for name in rest]))
        assert pictures.digest != whole.digest
        assert pictures.labels is not None
        assert pictures.labels.tolist() == [0] * 9 + [1] * 10
    Path("kept.png").rename(data / "cat" / "3.png")
    assert open_data(data).digest == whole.digest


@pytest.mark.parametrize("same_size", [False, True])
def test_changed_picture_is_refused(data: Path, same_size: bool) -> None:
    """A picture changed by hand is refused, also one of the same size in bytes; preparing again mends it."""
    path = data / "dog" / "4.png"
    before = path.read_bytes()
    path.write_bytes(before[:-30] + bytes(18) + before[-12:] if same_size else before + b"x")
    os.utime(path, ns=(path.stat().st_atime_ns, (data / MANIFEST).stat().st_mtime_ns + 10**9))
    with pytest.raises(InputError, match=r"data: found dog/4.png changed by hand, expected the pictures") as caught:
        open_data(data)
    assert caught.value.hint == Again(first="gantools prepare photos -o data")
    assert prepare("photos", "-o", "data", "-q") == 0
    assert path.read_bytes() == before
    assert open_data(data).count == 20


@pytest.mark.parametrize("name", ["cat/new.png", "new.jpg", "bird/1.png"])
def test_added_picture_is_refused(data: Path, name: str) -> None:
    """A picture put in by hand is refused; preparing again leaves it where it is, out of training."""
    whole = open_data(data).digest
    (data / name).parent.mkdir(exist_ok=True)
    noise(99).save(data / name)
    with pytest.raises(InputError, match=rf"data: found {name} added by hand") as caught:
        open_data(data)
    assert caught.value.hint == Again(first="gantools prepare photos -o data")
    assert prepare("photos", "-o", "data", "-q") == 0
    with open_data(data) as pictures:
        assert (pictures.count, pictures.digest) == (20, whole)
    assert (data / name).exists()
    assert describe(data).foreign == [name]


def test_touched_picture_is_the_same(data: Path) -> None:
    """A copy of the folder, whose files are all newer than its manifest, holds the same data."""
    shutil.copytree(data, "copy", copy_function=shutil.copyfile)
    for name in NAMES:
        os.utime(Path("copy", name))
    assert open_data(Path("copy")).digest == open_data(data).digest


def test_lost_pack_is_rebuilt(data: Path) -> None:
    """Without its pack, or with another folder's, a folder gives the same rows from its PNG files."""
    whole = open_data(data)
    (data / PACK).unlink()
    with open_data(data) as pictures:
        assert pictures.digest == whole.digest
        assert np.array_equal(everything(pictures), everything(whole))
    fill(Path("others"), ["1.png", "2.png"], 16, 16)
    assert prepare("others", "-o", "data-2", "-q") == 0
    shutil.copy("data-2/" + PACK, data / PACK)
    assert np.array_equal(everything(open_data(data)), everything(whole))


def test_rebuilding_checks_the_pixels(data: Path) -> None:
    """Without its pack a folder is still not taken with a picture of other pixels, whatever its size and time say."""
    (data / PACK).unlink()
    path, size = data / "cat" / "0.png", (data / "cat" / "0.png").stat()
    other = (data / "cat" / "1.png").read_bytes()
    path.write_bytes(other[: size.st_size].ljust(size.st_size, b"\0"))
    os.utime(path, ns=(size.st_atime_ns, size.st_mtime_ns))
    with pytest.raises(InputError, match=r"data/cat/0.png: found other pixels than were written"):
        open_data(data)


def test_holdout_is_the_rest(data: Path) -> None:
    """The two splits share no picture and together hold all; a folder without hold-out says how to get one."""
    assert prepare("photos", "-o", "split", "--holdout", "30%", "-q") == 0
    train, held = open_data(Path("split")), open_data(Path("split"), split="holdout")
    assert train.count + held.count == 20
    rows = {row.tobytes() for row in (*everything(train), *everything(held))}
    assert rows == {row.tobytes() for row in everything(open_data(data))}
    with pytest.raises(InputError, match="data: found no picture for the hold-out") as caught:
        open_data(data, split="holdout")
    assert caught.value.hint == Again(first="gantools prepare photos -o data --holdout 5%")


def test_raw_folder_is_read_as_it_is(tmp_path: Path) -> None:
    """Any folder of equal pictures opens: labels from its sub-folders, RGB on white unless all are grey."""
    names = fill(tmp_path / "raw", ["a/1.png", "a/2.png", "b/1.png"])
    with open_data(names) as pictures:
        wanted = [pixels_of(names / name) for name in ("a/1.png", "a/2.png", "b/1.png")]
        assert np.array_equal(everything(pictures), np.stack(wanted))
        assert pictures.labels is not None
        assert (pictures.classes, pictures.labels.tolist()) == (("a", "b"), [0, 0, 1])
    gray = fill(tmp_path / "gray", ["1.png", "2.png"], mode="L")
    assert open_data(gray).channels == 1
    assert open_data(gray).labels is None
    Image.new("RGBA", (32, 32), (255, 0, 0, 0)).save(gray / "clear.png")
    assert (open_data(gray).channels, int(open_data(gray).read([2]).min())) == (3, 255)


def test_same_pixels_have_the_same_digest(data: Path) -> None:
    """A raw folder and the data set prepared from it at its own size are one to the digest."""
    assert open_data(Path("photos")).digest == open_data(data).digest


def test_raw_folder_of_digits(tmp_path: Path) -> None:
    """A folder that holds an IDX file opens too."""
    wanted, labels = write_idx(tmp_path, 30)
    with open_data(tmp_path) as pictures:
        assert np.array_equal(everything(pictures), wanted[:, None])
        assert pictures.labels is not None
        assert [pictures.classes[label] for label in pictures.labels] == [str(label) for label in labels]


def test_unequal_sizes_name_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of several sizes are refused, with one of each and what makes them equal."""
    monkeypatch.chdir(tmp_path)
    fill(tmp_path, ["1.png", "2.png"])
    noise(1, 40, 32).save(tmp_path / "3.png")
    with pytest.raises(InputError, match=r"found .*1.png of 32x32 and .*3.png of 40x32 pixels, expected") as caught:
        open_data(tmp_path)
    assert caught.value.hint == Again(first=f"gantools prepare {tmp_path} -o data", swap={str(tmp_path): "data"})


def test_what_is_no_data_is_told_apart(tmp_path: Path, data: Path) -> None:
    """Nothing, a file, a checkpoint, an empty folder, a damaged picture, an odd size: each has its own words."""
    about = json.dumps({"__metadata__": {"gantools": '{"kind":"checkpoint"}'}}).encode()
    (tmp_path / "c.safetensors").write_bytes(len(about).to_bytes(8, "little") + about)
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    fill(tmp_path / "odd", ["1.png"], 50, 50)
    fill(tmp_path / "bad", ["1.png"])
    (tmp_path / "bad" / "1.png").write_bytes((tmp_path / "bad" / "1.png").read_bytes()[:200])

    def prepared(words: str) -> Again:
        source = words.partition(" ")[0]
        made = f"{Path(source).stem}-data"
        return Again(first=f"gantools prepare {words} -o {made}", swap={source: made})

    for name, text, hint in [
        ("absent", "found nothing of that name", Again(swap={"absent": "data"})),
        ("notes.txt", "found a file, expected a folder", prepared("notes.txt")),
        ("c.safetensors", "found a checkpoint, expected a folder", Again(swap={"c.safetensors": "data"})),
        ("empty", "found no picture", Again(swap={"empty": "data"})),
        ("odd", "found pictures of 50x50 pixels, expected a size like 48 or 56", prepared("odd --size 48")),
        ("bad", r"bad/1.png: cannot be read \(cut off\)", prepared("bad")),
    ]:
        with pytest.raises(InputError, match=text) as caught:
            open_data(Path(name))
        assert caught.value.hint == hint


def test_damaged_manifest_is_named(data: Path) -> None:
    """A manifest that is cut off, names files outside, or is of a newer format is refused without a pack to trust."""
    lines = (data / MANIFEST).read_bytes().splitlines(keepends=True)
    (data / PACK).unlink()
    for changed, text in [
        ([*lines[:-1], lines[-1][:50]], r"manifest.jsonl: found no record in line 21"),
        ([*lines[:-1], lines[-1].replace(b"dog/9.png", b"../9.png")], r"found no record in line 21"),
        ([lines[0].replace(b'"format":1', b'"format":9'), *lines[1:]], r"found format 9 \(written by gantools"),
        ([lines[0].replace(b'"crop":"center"', b'"crop":"squint"'), *lines[1:]], r"found a damaged first line"),
    ]:
        (data / MANIFEST).write_bytes(b"".join(changed))
        with pytest.raises(InputError, match=text):
            open_data(data)


def test_memory_does_not_follow_the_pictures(tmp_path: Path) -> None:
    """Opening 120 MB of pixels that were never prepared holds a small part of them in memory."""
    picture = tmp_path / "raw" / "0.png"
    fill(tmp_path / "raw", ["0.png"], 16, 16)
    Image.new("RGB", (1024, 1024)).save(picture)
    for i in range(1, 40):
        os.link(picture, tmp_path / "raw" / f"{i}.png")
    tracemalloc.start()
    try:
        with open_data(tmp_path / "raw") as pictures:
            assert pictures.count == 40
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_summary_counts(data: Path) -> None:
    """The summary of a prepared folder counts what is there, by label, and what is not."""
    (data / "cat" / "1.png").unlink()
    summary = describe(data)
    assert summary.prepared
    assert (summary.train, summary.holdout, summary.removed) == (19, 0, 1)
    assert (summary.labels, summary.sizes) == ({"cat": 9, "dog": 10}, {(32, 32): 19})
    assert summary.options["sources"] == ("photos",)
    raw = describe(Path("photos"))
    assert (raw.prepared, raw.train, raw.channels, raw.labels) == (False, 20, 3, {"cat": 10, "dog": 10})
