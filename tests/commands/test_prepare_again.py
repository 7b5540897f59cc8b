"""``gantools prepare`` run again on a folder that is there: --prune, --restore, --rehash, generations, nothing new."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools.commands.changes import _since
from gantools.data.folder import open_data
from gantools.data.manifest import MANIFEST, PACK, Record, read_manifest
from gantools.data.summary import describe
from gantools.inspection.pictures import data_finding
from gantools.pictures.frames import frames_of
from gantools.pictures.open import Look
from tests.data.archive_makers import write_archive
from tests.data.makers import content, fill, noise, prepare, stamps, tree, write_idx

NAMES = [f"{label}/{i}.png" for label in ("cat", "dog") for i in range(5)]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with ``photos``: ten pictures of 32x32 in two classes."""
    monkeypatch.chdir(tmp_path)
    fill(Path("photos"), NAMES)
    return tmp_path


def sources() -> list[str]:
    """Return the sources of the data set, in its order."""
    return [record.source for record in read_manifest(Path("data", MANIFEST)).records]


def touch_with(path: Path, data: bytes) -> None:
    """Give a file other bytes and its old time."""
    status = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


# --prune


def test_prune_removes_what_is_gone(place: Path, capsys: Capture) -> None:
    """Without --prune pictures whose sources are gone stay, counted; with it record and PNG go; a third run is idle."""
    assert prepare("photos", "-o", "data", "-q") == 0
    for name in ("cat/0.png", "dog/3.png"):
        Path("photos", name).unlink()
    assert prepare("photos", "-o", "data") == 0
    assert "sources gone, whose pictures stay: 2; --prune removes them" in capsys.readouterr().err
    before = stamps(Path("data"))
    assert prepare("photos", "-o", "data", "--prune", "--dry-run") == 0
    err = capsys.readouterr().err
    assert "sources gone, whose pictures are removed: 2" in err
    assert "dry run: 0 pictures would be made, 2 removed; nothing was written" in err
    assert stamps(Path("data")) == before
    assert prepare("photos", "-o", "data", "--prune", "--json") == 0
    assert json.loads(capsys.readouterr().out)["pruned"] == 2
    assert not Path("data/cat/0.png").exists()
    assert prepare("photos", "-o", "fresh", "-q") == 0
    assert content(Path("data")) == content(Path("fresh"))
    before = stamps(Path("data"))
    assert prepare("photos", "-o", "data", "--prune", "-q") == 0
    assert stamps(Path("data")) == before


def test_prune_of_a_whole_class_leaves_no_folder(place: Path) -> None:
    """When a class is gone its folder and its name go too."""
    assert prepare("photos", "-o", "data", "-q") == 0
    shutil.rmtree("photos/cat")
    assert prepare("photos", "-o", "data", "--prune", "-q") == 0
    assert not Path("data/cat").exists()
    assert open_data(Path("data")).classes == ("dog",)


@pytest.mark.parametrize("absence", ["empty", "absent", "others"])
def test_prune_never_empties_the_data_set(place: Path, capsys: Capture, absence: str) -> None:
    """A disk that is not mounted, or another one at its place, empties nothing; --force does, and makes all again."""
    fill(Path("more"), ["1.png", "2.png"])
    assert prepare("photos", "more", "-o", "data", "-q") == 0
    before = stamps(Path("data"))
    shutil.move("photos", "unmounted")
    if absence != "absent":
        Path("photos").mkdir()
    if absence == "others":
        shutil.rmtree("more")
        fill(Path("photos"), ["new.png"])
    source = "photos" if absence == "others" else "more"
    for words in ([], ["--dry-run"]):
        assert prepare(source, "-o", "data", "--prune", *words) == 5
        err = capsys.readouterr().err
        if absence == "others":
            assert "error: data: found the sources of all 12 pictures gone, expected some to be left" in err
        else:
            assert "error: photos: found nothing of the 10 pictures that it gave, expected some of them" in err
        assert "is a disk not mounted? --prune --force makes all again without them" in err
        shown = " --dry-run" if words else ""
        assert err.splitlines()[-1] == f"hint: gantools prepare {source} -o data{shown}"
    assert stamps(Path("data")) == before
    assert prepare(source, "-o", "data", "--prune", "--force", "-q") == 0
    assert open_data(Path("data")).count == (1 if absence == "others" else 2)


def test_single_files_may_go_one_by_one(place: Path, capsys: Capture) -> None:
    """A picture that was typed by name is pruned when its folder is there with others, as with ``photos/*.png``."""
    Path("flat").mkdir()
    for i in range(4):
        noise(i).save(f"flat/{i}.png")
    assert prepare(*[f"flat/{i}.png" for i in range(4)], "-o", "data", "-q") == 0
    Path("flat/1.png").unlink()
    assert prepare("flat/0.png", "-o", "data", "--prune", "-q") == 0
    assert sources() == [f"flat/{i}.png" for i in (0, 2, 3)]
    shutil.rmtree("flat")
    fill(Path("flat2"), ["a.png"])
    assert prepare("flat2", "-o", "data", "--prune") == 5


def test_prune_keeps_what_cannot_be_looked_at(place: Path, capsys: Capture) -> None:
    """Of an archive that has been cut off, the pictures behind the damage stay."""
    members = {f"{i:03}.png": Path("photos", NAMES[i % 10]).read_bytes() for i in range(10)}
    path = write_archive(Path("a.tar"), members)
    assert prepare("a.tar", "-o", "data", "-q") == 0
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert prepare("a.tar", "-o", "data", "--prune", "-q") == 3
    assert open_data(Path("data")).count == 10


def test_prune_follows_a_list(place: Path, capsys: Capture) -> None:
    """What a list names no more, or names and is gone, is pruned; a list that is empty prunes nothing."""
    Path("list").write_text("".join(f"photos/{name}\n" for name in NAMES))
    assert prepare("--files-from", "list", "-o", "data", "-q") == 0
    Path("photos/cat/0.png").unlink()
    assert prepare("--files-from", "list", "-o", "data") == 0  # its picture stays, so it is no fault
    assert "sources gone, whose pictures stay: 1" in capsys.readouterr().err
    Path("list").write_text("".join(f"photos/{name}\n" for name in NAMES[:8]))
    assert prepare("--files-from", "list", "-o", "data", "--prune", "-q") == 0
    assert sources() == [f"photos/{name}" for name in NAMES[1:8]]
    Path("list").write_text("")
    fill(Path("more"), ["1.png"])
    assert prepare("more", "-o", "data", "-q") == 0
    capsys.readouterr()
    assert prepare("more", "-o", "data", "--prune") == 5
    assert "files-from:list: found nothing of the 7 pictures" in capsys.readouterr().err


def test_records_of_bad_sources_go_with_them(place: Path) -> None:
    """What could not be read and is gone leaves no record; it had no picture to keep."""
    Path("photos/bad.jpg").write_bytes(b"")
    assert prepare("photos", "-o", "data", "-q") == 3
    Path("photos/bad.jpg").unlink()
    assert prepare("photos", "-o", "data", "-q") == 0
    assert "photos/bad.jpg" not in sources()


# --restore


@pytest.mark.parametrize("has_pack", [True, False])
@pytest.mark.parametrize("has_source", [True, False])
def test_restore_brings_back_what_was_deleted(place: Path, capsys: Capture, has_pack: bool, has_source: bool) -> None:
    """A PNG deleted by hand comes back byte for byte from the pack or the source; with neither it is said and gone."""
    assert prepare("photos", "-o", "data", "-q") == 0
    whole, manifest = tree(Path("data")), Path("data", MANIFEST).read_bytes()
    Path("data/cat/1.png").unlink()
    assert prepare("photos", "-o", "data") == 0
    err = capsys.readouterr().err
    assert "pictures deleted by hand, which stay out of training: 1; --restore brings them back" in err
    if not has_source:
        Path("photos/cat/1.png").unlink()
    if not has_pack:
        Path("data", PACK).unlink()
    assert prepare("photos", "-o", "data", "--restore") == 0
    err = capsys.readouterr().err
    if has_pack or has_source:
        assert "pictures deleted by hand, which come back: 1" in err
        assert tree(Path("data")) == whole
        assert Path("data", MANIFEST).read_bytes() == manifest
    else:
        assert (
            "warning: data: pictures deleted by hand and their sources gone: they cannot come back: 1, such as " in err
        )
        assert open_data(Path("data")).count == 9
    before = stamps(Path("data"))
    assert prepare("photos", "-o", "data", "--restore", "-q") == 0
    assert stamps(Path("data")) == before


def test_restore_is_for_one_run(place: Path) -> None:
    """A picture deleted after --restore stays out again; one restored while all is made anew has the new size."""
    assert prepare("photos", "-o", "data", "-q") == 0
    Path("data/cat/1.png").unlink()
    assert prepare("photos", "-o", "data", "--restore", "--size", "16", "-q") == 0
    assert Image.open("data/cat/1.png").size == (16, 16)
    Path("data/cat/1.png").unlink()
    assert prepare("photos", "-o", "data", "-q") == 0
    assert not Path("data/cat/1.png").exists()


# --rehash


def _archive(kind: str) -> Callable[[int], None]:
    def write(seed: int) -> None:
        members = {f"{i}.bmp": _bmp(i if i else seed) for i in range(12)}
        write_archive(Path(f"sources.{kind}"), members, 1_600_000_000)
        os.utime(f"sources.{kind}", (1e9, 1e9))

    return write


def _bmp(seed: int) -> bytes:
    from io import BytesIO

    stream = BytesIO()
    noise(seed).save(stream, "BMP")
    return stream.getvalue()


def _files(seed: int) -> None:
    for i in range(12):
        Path("sources").mkdir(exist_ok=True)
        Path(f"sources/{i}.bmp").write_bytes(_bmp(i if i else seed))
        os.utime(f"sources/{i}.bmp", (1e9, 1e9))


def _idx(seed: int) -> None:
    Path("sources").mkdir(exist_ok=True)
    rows = np.random.default_rng(5).integers(0, 256, (12, 32, 32), np.uint8)
    rows[0] = np.random.default_rng(seed).integers(0, 256, (32, 32))
    from tests.data.makers import idx_bytes

    Path("sources/train-images-idx3-ubyte").write_bytes(idx_bytes(rows))
    os.utime("sources/train-images-idx3-ubyte", (1e9, 1e9))


def _cifar(seed: int) -> None:
    Path("sources").mkdir(exist_ok=True)
    rows = np.random.default_rng(5).integers(0, 10, (12, 3073), np.uint8)
    rows[0, 1:] = np.random.default_rng(seed).integers(0, 256, 3072)
    Path("sources/data_batch_1.bin").write_bytes(rows.tobytes())
    os.utime("sources/data_batch_1.bin", (1e9, 1e9))


def _tiff(seed: int) -> None:
    Path("sources").mkdir(exist_ok=True)
    for i in range(4):
        first, *others = [noise(10 * i + page if i + page else seed) for page in range(3)]
        first.save(f"sources/{i}.tif", save_all=True, append_images=others)
        os.utime(f"sources/{i}.tif", (1e9, 1e9))


REHASHED = [
    ("sources", _files, [], 1),
    ("sources.tar", _archive("tar"), [], 1),
    ("sources.zip", _archive("zip"), [], 1),
    ("sources", _idx, [], 1),
    ("sources", _cifar, [], 1),
    ("sources", _tiff, ["--frames", "all"], 3),  # the digest is the file's
    ("sources", _files, ["--tiles", "grid", "--size", "16"], 4),
]


@pytest.mark.parametrize(("source", "write", "words", "changed"), REHASHED)
def test_rehash_finds_what_size_and_time_hide(
    place: Path, capsys: Capture, source: str, write: Callable[[int], None], words: list[str], changed: int
) -> None:
    """Other bytes under the same size and time are found with --rehash alone, and only they are made again."""
    write(100)
    assert prepare(source, "-o", "data", *words, "-q") == 0
    before = stamps(Path("data"))
    assert prepare(source, "-o", "data", "--rehash", "-q") == 0
    assert stamps(Path("data")) == before
    write(101)
    is_zip = source.endswith(".zip")  # its checksums tell without reading
    assert prepare(source, "-o", "data", "-q") == 0
    assert is_zip or stamps(Path("data")) == before
    capsys.readouterr()
    assert prepare(source, "-o", "data", "--rehash", "--json", "--jobs", "2") == 0
    assert json.loads(capsys.readouterr().out)["made"] == (0 if is_zip else changed)
    assert prepare(source, "-o", "fresh", *words, "-q") == 0
    assert content(Path("data")) == content(Path("fresh"))


def test_rehash_takes_a_new_time_for_no_change(place: Path, capsys: Capture) -> None:
    """A file with another time and the same bytes is not made again; its time is taken over."""
    assert prepare("photos", "-o", "data", "-q") == 0
    for name in NAMES:
        os.utime(Path("photos", name), (2e9, 2e9))
    capsys.readouterr()
    assert prepare("photos", "-o", "data", "--rehash", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["made"], document["unchanged"]) == (0, 10)
    before = stamps(Path("data"))
    assert prepare("photos", "-o", "data", "-q") == 0
    assert stamps(Path("data")) == before
    assert read_manifest(Path("data", MANIFEST)).heading.generation == 1


def test_rehash_looks_at_bad_ones_too(place: Path) -> None:
    """A bad picture that was mended under its old size and time is found; one that is still bad is no news."""
    good = Path("photos/cat/1.png").read_bytes()
    Path("photos/cat/1.png").write_bytes(good[:-20] + bytes(20))
    Path("photos/bad.jpg").write_bytes(b"\xff\xd8\xff")
    assert prepare("photos", "-o", "data", "-q") == 3
    touch_with(Path("photos/cat/1.png"), good)
    assert prepare("photos", "-o", "data", "-q") == 0
    assert prepare("photos", "-o", "data", "--rehash", "-q") == 0
    assert open_data(Path("data")).count == 10
    Path("photos/cat/2.png").chmod(0)
    touch_with(Path("photos/cat/3.png"), b"bad".ljust(Path("photos/cat/3.png").stat().st_size))
    assert prepare("photos", "-o", "data", "--rehash", "-q") == 3
    assert not Path("data/cat/3.png").exists()


# Generations


def history() -> list[tuple[int, int, int, int]]:
    """Return number and counts of each generation."""
    past = read_manifest(Path("data", MANIFEST)).heading.history
    return [(each.number, each.added, each.removed, each.changed) for each in past]


def test_each_run_that_changes_pictures_is_a_generation(place: Path) -> None:
    """Pictures carry the generation that made or changed them; runs that change none do not count."""
    assert prepare("photos", "-o", "data", "--holdout", "0%", "-q") == 0
    digests = [open_data(Path("data")).digest]
    fill(Path("photos"), ["cat/00.png", "dog/9.png"])
    noise(77).save("photos/cat/3.png")
    assert prepare("photos", "-o", "data", "-q") == 0
    digests.append(open_data(Path("data")).digest)
    Path("photos/bad.jpg").write_bytes(b"")
    assert prepare("photos", "-o", "data", "-q") == 3
    Path("photos/dog/0.png").unlink()
    assert prepare("photos", "-o", "data", "--prune", "-q") == 0
    digests.append(open_data(Path("data")).digest)
    assert history() == [(1, 10, 0, 0), (2, 2, 0, 1), (3, 0, 1, 0)]
    manifest = read_manifest(Path("data", MANIFEST))
    assert [past.digest for past in manifest.heading.history] == digests
    newer = {record.source for record in manifest.records if record.generation == 2}
    assert newer == {"photos/cat/00.png", "photos/dog/9.png", "photos/cat/3.png"}
    assert [record.source for record in manifest.made()][-2:] == ["photos/cat/00.png", "photos/dog/9.png"]
    summary = describe(Path("data"))
    assert (summary.generation, summary.renewed, summary.dropped) == (3, 0, 1)
    assert ("generation", "3, which has 0 new or changed pictures, 1 removed") in data_finding(Path("data")).rows
    assert prepare("photos", "-o", "data", "--force", "-q") == 3
    assert history()[-1][0] == 3


def test_what_has_come_and_gone_is_on_record(place: Path) -> None:
    """From the digest of an earlier generation follows what to tell of the pictures since; of another, nothing."""
    assert prepare("photos", "-o", "data", "-q") == 0
    first = open_data(Path("data")).digest
    for name in ("cat/8.png", "dog/8.png"):
        fill(Path("photos"), [name])
        assert prepare("photos", "-o", "data", "-q") == 0
    Path("photos/cat/0.png").unlink()
    assert prepare("photos", "-o", "data", "--prune", "-q") == 0
    assert _since(Path("data"), first, 0) == ": 2 pictures added, 1 removed since generation 1 (now 4)"
    newest = open_data(Path("data")).digest
    assert _since(Path("data"), newest, 1) == ": 1 picture deleted by hand since generation 4"
    assert _since(Path("data"), "0" * 64, 0) == ""
    assert _since(Path("photos"), first, 0) == ""


def test_manifest_without_generations_is_read_as_the_first(place: Path) -> None:
    """A data set of an earlier version opens, and its next change is generation 2."""
    assert prepare("photos", "-o", "data", "-q") == 0
    lines = Path("data", MANIFEST).read_bytes().splitlines(keepends=True)
    heading = json.loads(lines[0])
    del heading["generation"], heading["history"]
    Path("data", MANIFEST).write_bytes(json.dumps(heading).encode() + b"\n" + b"".join(lines[1:]))
    manifest = read_manifest(Path("data", MANIFEST))
    digest = open_data(Path("data")).digest
    assert (manifest.heading.generation, {record.generation for record in manifest.records}) == (1, {None})
    fill(Path("photos"), ["cat/9.png"])
    assert prepare("photos", "-o", "data", "-q") == 0
    assert history() == [(1, 0, 0, 0), (2, 1, 0, 0)]
    assert _since(Path("data"), digest, 0) == ": 1 picture added since generation 1 (now 2)"


def test_history_forgets_the_oldest(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the newest generations are kept, and their numbers go on."""
    monkeypatch.setattr("gantools.data.generations.KEPT", 2)
    for i in range(4):
        fill(Path("photos"), [f"cat/x{i}.png"])
        assert prepare("photos", "-o", "data", "-q") == 0
    assert [number for number, *_ in history()] == [3, 4]


# Another source


def test_another_source_is_announced_once(place: Path, capsys: Capture) -> None:
    """Sources typed for a data set that has others are said to join them; the same line again says nothing of it."""
    fill(Path("photos2"), ["cow/1.png"])
    assert prepare("photos", "-o", "data") == 0
    assert "another source" not in capsys.readouterr().err
    assert prepare("photos2", "-o", "data") == 0
    assert "photos2: another source for data, beside photos" in capsys.readouterr().err
    assert prepare("photos2", "-o", "data") == 0
    assert "another source" not in capsys.readouterr().err


# Nothing new


def _gif(seed: int) -> None:
    _tiff(seed)
    Path("sources/still.gif").write_bytes(Path("photos/cat/1.png").read_bytes())


def _labels(seed: int) -> None:
    _files(seed)
    Path("labels.csv").write_text("0.bmp,zero\n1.bmp,one\nabsent.bmp,none\n")


def _list(seed: int) -> None:
    _files(seed)
    Path("list").write_text("sources/0.bmp\nsources/absent.bmp\nphotos\n")


def _mixed(seed: int) -> None:
    _files(seed)
    Path("sources/bad.jpg").write_bytes(b"")
    Path("sources/notes.txt").write_text("no picture")
    noise(3, 20, 20).save("sources/small.png")


IDLE: dict[str, tuple[Callable[[int], object], list[str], int]] = {
    "files": (_files, ["sources"], 0),
    "bad ones": (_mixed, ["sources"], 3),
    "tolerated": (_mixed, ["sources", "--tolerate", "9"], 0),
    "too small": (_mixed, ["sources", "--min-size", "30"], 3),
    "tar": (_archive("tar"), ["sources.tar"], 0),
    "tar.gz": (_archive("tar.gz"), ["sources.tar.gz"], 0),
    "zip": (_archive("zip"), ["sources.zip"], 0),
    "idx": (lambda seed: write_idx(Path("sources"), 20), ["sources"], 0),
    "cifar": (_cifar, ["sources"], 0),
    "frames": (_gif, ["sources", "--frames", "all"], 0),
    "tiles": (_mixed, ["sources", "--tiles", "grid", "--size", "16"], 3),
    "no tiles": (_mixed, ["sources", "--tiles", "grid", "--size", "24"], 3),
    "random tiles": (_files, ["sources", "--tiles", "random:3", "--size", "16"], 0),
    "tiles of frames": (_tiff, ["sources", "--frames", "all", "--tiles", "grid", "--size", "16", "--limit", "9"], 0),
    "list": (_list, ["--files-from", "list"], 3),
    "labels": (_labels, ["sources", "--labels", "labels.csv"], 0),
    "limit": (_files, ["sources", "photos", "--limit", "7"], 0),
    "hold-out": (_files, ["sources", "--holdout", "40%"], 0),
    "drawn": (lambda seed: None, ["demo:stickers", "--limit", "12"], 0),
}


@pytest.mark.parametrize("kind", IDLE)
def test_with_nothing_new_no_byte_is_written(place: Path, kind: str, capsys: Capture) -> None:
    """T23: the same line again leaves every inode and time as it was and ends with 0, whatever the sources are."""
    write, words, code = IDLE[kind]
    write(100)
    assert prepare(*words, "-o", "data", "-q") == code
    before = stamps(place)
    for more in ([], ["--jobs", "3"]):
        capsys.readouterr()
        assert prepare(*words, "-o", "data", *more) == 0
        assert "nothing to do: data already holds" in capsys.readouterr().err
    after = stamps(place)
    after.pop("data.lock", None)
    assert {name: stamp for name, stamp in after.items() if not name.endswith(".lock")} == {
        name: stamp for name, stamp in before.items() if not name.endswith(".lock")
    }


def test_unchanged_files_are_not_opened_for_their_parts(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames and tiles of files that have not changed are counted from the records; of a new file, from the file."""
    _tiff(100)
    words = ["sources", "-o", "data", "--frames", "all", "--tiles", "grid", "--size", "16"]
    assert prepare(*words, "-q") == 0
    opened: list[str] = []

    def watched(source: Path, formats: tuple[str, ...]) -> dict[int, Look]:
        opened.append(str(source))
        return frames_of(source, formats)

    monkeypatch.setattr("gantools.data.frames.frames_of", watched)
    before = stamps(Path("data"))
    assert prepare(*words, "-q") == 0
    assert (opened, stamps(Path("data"))) == ([], before)
    noise(1, 40, 40).save("sources/new.png")
    noise(2).save("sources/2.tif", save_all=True, append_images=[noise(4)])
    assert prepare(*words, "-q") == 0
    assert sorted(opened) == ["sources/2.tif", "sources/new.png"]
    Path("data/3-frame0001-r00c01.png").write_bytes(b"changed by hand")
    assert prepare(*words, "-q") == 0
    assert opened[2:] == ["sources/3.tif"]
    assert prepare("sources", "-o", "fresh", *words[3:], "-q") == 0
    assert content(Path("data")) == content(Path("fresh"))


def test_record_without_generation_writes_none() -> None:
    """A record of the first generation is written as before there were any."""
    assert b"generation" not in Record("a.png").line()
