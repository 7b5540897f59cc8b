"""Archives: every packing gives the pictures of a folder; hostile and damaged ones write nothing outside and end."""

import os
import struct
import tarfile
import time
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import pytest

from gantools.data import archives, member
from gantools.data.folder import open_data
from gantools.data.manifest import MANIFEST, PACK, Record, read_manifest
from gantools.data.sources import discover
from gantools.errors import InputError
from tests.data.archive_makers import PACKERS, header, pictures, png, tar_bytes, write_archive, zip_bytes
from tests.data.makers import SHARED, content, needs_shared, prepare, stamps, tree

KINDS = [*PACKERS, "zip"]
NAMES = ("cat/1.png", "cat/deep/2.png", "dog/1.png", "alone.png")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with nothing in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def records(folder: str = "data") -> list[Record]:
    """Return what a data set says of its sources."""
    return read_manifest(Path(folder, MANIFEST)).records


def skipped() -> dict[str, str]:
    """Return the sources that gave no picture, with their reasons."""
    return {record.source: record.skipped for record in records() if record.skipped is not None}


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_is_like_the_folder_in_it(place: Path, kind: str) -> None:
    """The pictures, labels and file names are those of the folder that the archive was made of."""
    members = pictures(*NAMES)
    for name, data in members.items():
        Path("photos", name).parent.mkdir(parents=True, exist_ok=True)
        Path("photos", name).write_bytes(data)
    write_archive(Path(f"photos.{kind}"), members)
    assert prepare(f"photos.{kind}", "-o", "data", "-q") == 0
    assert prepare("photos", "-o", "fresh", "-q") == 0
    packed, plain = tree(Path("data")), tree(Path("fresh"))
    for files in (packed, plain):
        del files[MANIFEST], files[PACK]
    assert packed == plain
    assert [record.source for record in records()] == [f"photos.{kind}#{name}" for name in NAMES]


@pytest.mark.parametrize("kind", KINDS)
def test_one_folder_around_everything_is_no_label(place: Path, kind: str) -> None:
    """``set/cat/1.png`` beside ``set/dog/1.png`` is a cat; a README outside the folder changes nothing."""
    write_archive(Path(f"a.{kind}"), pictures("./set/cat/1.png", "set/dog/1.png", "set/2.png") | {"README": b"words"})
    found = discover([f"a.{kind}"], labels=True, without=None)
    assert [entry.label for entry in found.entries] == ["cat", "dog", None]
    assert found.passed_over == {"README": 1}
    assert {entry.label for entry in discover([f"a.{kind}"], labels=False, without=None).entries} == {None}


def test_archives_and_folders_mix(place: Path) -> None:
    """Two archives and a folder are one data set; limit and hold-out count over all of them."""
    write_archive(Path("a.tar.gz"), pictures(*(f"cat/{i}.png" for i in range(9))))
    write_archive(Path("b.zip"), {f"dog/{i}.png": png(100 + i) for i in range(9)})
    Path("cow").mkdir()
    Path("cow/1.png").write_bytes(png(200))
    assert prepare("a.tar.gz", "cow", "b.zip", "-o", "data", "--limit", "7", "--holdout", "30%", "-q") == 0
    assert [record.source[:5] for record in records()] == ["a.tar"] * 3 + ["cow/1"] + ["b.zip"] * 3


def test_an_archive_in_a_folder_is_passed_over(place: Path) -> None:
    """Only an archive that is typed is opened: one among photographs may hold the very same ones."""
    Path("photos").mkdir()
    Path("photos/1.png").write_bytes(png(1))
    write_archive(Path("photos/all.zip"), pictures("1.png"))
    found = discover(["photos"], labels=True, without=None)
    assert (len(found.entries), found.passed_over) == (1, {".zip": 1})


# Names


EVIL = ["../up.png", "/etc/root.png", "a/../../b.png", "-rf.png", "x" * 251 + ".png", "a\nb.png", "\x1b[2J.png",
        "clash.png", "./clash.png", "CLASH.png", "manifest.jsonl.png", "\udcff\udcfe.png", "C:\\win.png"]  # fmt: skip


@pytest.mark.parametrize("kind", ["tar", "tar.xz", "zip"])
def test_evil_names_stay_inside(place: Path, kind: str) -> None:
    """Whatever members are called, each picture gets its own file inside the folder, and nothing is written outside."""
    names = [name for name in EVIL if kind != "zip" or name.isprintable() or "\n" in name]
    write_archive(place / f"evil.{kind}", pictures(*names))
    before = set(os.listdir(place.parent))
    assert prepare(f"evil.{kind}", "-o", "data", "-q") == 0
    files = [record.file for record in records()]
    assert len({str(file).casefold() for file in files}) == len(names)
    assert {*files, MANIFEST, PACK} == set(tree(Path("data")))
    assert all(str(file).isprintable() and ".." not in Path(str(file)).parts for file in files)
    assert set(os.listdir(place)) == {f"evil.{kind}", "data", "data.lock"}
    assert set(os.listdir(place.parent)) == before


def test_links_and_devices_are_passed_over(place: Path) -> None:
    """A link to a file that is there, a device and a pipe are counted, not read."""
    extra = [
        header("1.png", tarfile.SYMTYPE, "/etc/hostname"),
        header("2.png", tarfile.LNKTYPE, "good.png"),
        header("3.png", tarfile.CHRTYPE),
        header("4.png", tarfile.FIFOTYPE),
        header("folder", tarfile.DIRTYPE),
    ]
    Path("a.tar").write_bytes(tar_bytes(pictures("good.png"), extra=extra))
    link = zipfile.ZipInfo("5.png")
    link.external_attr = 0o120777 << 16
    Path("b.zip").write_bytes(zip_bytes([(link, b"/etc/hostname"), ("good.png", png(7)), ("folder/", b"")]))
    found = discover(["a.tar", "b.zip"], labels=True, without=None)
    assert [entry.source for entry in found.entries] == ["a.tar#good.png", "b.zip#good.png"]
    assert found.passed_over == {"link": 3, "device or pipe": 2}


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_of_two_with_one_name_the_later_counts(place: Path, kind: str) -> None:
    """A name that comes twice is the later picture, as it would be after unpacking."""
    if kind == "zip":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = zip_bytes([("1.png", png(1)), ("1.png", png(2))])
    else:
        first = tar_bytes({"1.png": png(1)}).rstrip(b"\0")
        data = first + bytes(-len(first) % 512) + tar_bytes({"1.png": png(2)})
    Path(f"a.{kind}").write_bytes(data)
    Path("one").mkdir()
    Path("one/1.png").write_bytes(png(2))
    assert prepare(f"a.{kind}", "-o", "data", "-q") == 0
    assert prepare("one", "-o", "fresh", "-q") == 0
    assert tree(Path("data"))["1.png"] == tree(Path("fresh"))["1.png"]


def test_clutter_is_passed_over_and_pictures_are_known_by_content(place: Path) -> None:
    """What a Mac adds, hidden files and texts are counted; a picture without an ending is found."""
    members = pictures("set/1.png", "__MACOSX/set/._1.png", "set/.hidden.png", "set/NO_ENDING")
    write_archive(Path("a.zip"), members | {"set/notes.txt": b"words"})
    write_archive(Path("a.tar.gz"), members | {"set/notes.txt": b"words"})
    for name in ("a.zip", "a.tar.gz"):
        found = discover([name], labels=True, without=None)
        assert [entry.stem for entry in found.entries] == ["1", "NO_ENDING"]
        assert found.passed_over == {"__MACOSX": 1, ".hidden.png": 1, ".txt": 1}


# Bombs


def test_a_packed_archive_that_swells_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty kilobytes that unpack to 40 MB of zeros are refused in no time and no memory, by size read and declared."""
    monkeypatch.setattr(member, "FREE_BYTES", 1 << 20)
    monkeypatch.setattr(member, "MOST_TIMES", 10)
    members = {f"{i}.bmp": bytes(4_000_000) for i in range(10)}
    for kind in ("tar.gz", "tar.bz2", "tar.xz", "zip"):
        write_archive(Path(f"bomb.{kind}"), members)
        tracemalloc.start()
        with pytest.raises(InputError, match=rf"bomb.{kind}: found more than \d+ bytes packed into \d+, expected an"):
            discover([f"bomb.{kind}"], labels=True, without=None)
        assert tracemalloc.get_traced_memory()[1] < 16_000_000
        tracemalloc.stop()


def test_too_many_members_are_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive of more members than any set of pictures has is refused."""
    monkeypatch.setattr(member, "MAX_MEMBERS", 5)
    for kind in ("tar", "zip"):
        write_archive(Path(f"a.{kind}"), {f"{i}.txt": b"" for i in range(6)})
        with pytest.raises(InputError, match=f"a.{kind}: found more than 5 members"):
            discover([f"a.{kind}"], labels=True, without=None)


def test_a_header_cannot_ask_for_memory(place: Path) -> None:
    """A long name of 8 GB, of a negative size, or names in front of names without end are damage, found at once."""
    good = tar_bytes(pictures("good.png")).rstrip(b"\0")
    good += bytes(-len(good) % 512)
    long_name = header("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    bad = []
    for size in (8 << 30, -512):
        long_name.size = size
        bad.append(long_name.tobuf(tarfile.GNU_FORMAT))
    nested = header("x", tarfile.XHDTYPE).tobuf(tarfile.GNU_FORMAT) * 5000
    for number, tail in enumerate((*bad, nested)):
        Path(f"{number}.tar").write_bytes(
            good[: good.index(b"IEND") + 8].ljust(-(-len(good) // 512) * 512, b"\0") + tail
        )
        started = time.monotonic()
        found = discover([f"{number}.tar"], labels=True, without=None)
        assert time.monotonic() - started < 2
        assert [entry.source for entry in found.entries] == [f"{number}.tar#good.png"]
        assert [entry.source for entry in found.faults] == [f"{number}.tar"]


def test_a_member_too_large_is_skipped(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One member beyond what a picture may have is skipped by its declared size; the others are used."""
    monkeypatch.setattr("gantools.data.pixels.MAX_FILE_BYTES", 5000)
    write_archive(Path("a.tar.gz"), {"big.bmp": bytes(6000), "1.png": png(1)})
    assert prepare("a.tar.gz", "-o", "data", "-q") == 3
    assert skipped() == {"a.tar.gz#big.bmp": "6000 bytes, more than 5000"}


def test_a_zip_that_lies_about_sizes_is_skipped(place: Path) -> None:
    """A member that unpacks to more or less than its table says, or to other data, is skipped; no more is read."""
    data = bytearray(zip_bytes([("1.png", png(1)), ("2.png", png(2)), ("3.png", png(3)), ("4.png", png(4))]))
    table = [i for i in range(len(data)) if data[i : i + 4] == b"PK\x01\x02"]
    size = struct.unpack_from("<I", data, table[0] + 24)[0]
    struct.pack_into("<I", data, table[0] + 24, size - 9)
    struct.pack_into("<I", data, table[1] + 24, size + 1000)
    struct.pack_into("<I", data, table[2] + 16, 1)
    Path("a.zip").write_bytes(data)
    assert prepare("a.zip", "-o", "data", "-q") == 3
    assert {name: reason.partition(" than")[0] for name, reason in skipped().items()} == {
        "a.zip#1.png": "damaged archive: more bytes",
        "a.zip#2.png": "damaged archive: fewer bytes",
        "a.zip#3.png": "damaged archive: wrong checksum",
    }


# Damage


@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_before_the_damage_is_used(place: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of an archive that is cut off the whole pictures are used; the archive is listed once with the reason; 3."""
    path = write_archive(Path(f"a.{kind}"), {f"{i:03}.png": png(i, 32, 32) for i in range(40)})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    # bzip2 unpacks blocks of 900 kB: none of this one is whole.
    assert prepare(f"a.{kind}", "-o", "data") == (4 if kind == "tar.bz2" else 3)
    err = capsys.readouterr().err
    if kind == "tar.bz2":
        assert "a.tar.bz2: found a packed file (bz2) without a tar" in err
        return
    assert 15 <= open_data(Path("data")).count <= 30
    assert list(skipped()) == [f"a.{kind}"]
    assert skipped()[f"a.{kind}"].startswith("archive cut off")
    assert err.count(f"skipped: a.{kind}: archive cut off") == 1
    before = stamps(Path("data"))
    assert prepare(f"a.{kind}", "-o", "data") == 0
    assert "1 sources skipped by an earlier run" in capsys.readouterr().err
    assert stamps(Path("data")) == before
    write_archive(path, {f"{i:03}.png": png(i, 32, 32) for i in range(40)})
    assert prepare(f"a.{kind}", "-o", "data", "-q") == 0
    assert prepare(f"a.{kind}", "-o", "fresh", "-q") == 0
    assert content(Path("data")) == content(Path("fresh"))


def _flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :]


AWKWARD = {
    "empty.tar": (bytes(10240), "found 1 other file (1 .tar) and no picture"),
    "cut.tar.gz": (PACKERS["tar.gz"](tar_bytes(pictures("1.png")))[:15], "found a packed file (gzip) without a tar"),
    "text.gz": (PACKERS["tar.gz"](b"words"), "found a packed file (gzip) without a tar"),
    "text.xz": (PACKERS["tar.xz"](b"words"), "found a packed file (lzma) without a tar"),
    "old.7z": (b"7z\xbc\xaf\x27\x1c" + bytes(60), "found a 7z archive, expected pictures, or a tar or zip archive"),
    "texts.zip": (zip_bytes([("a.txt", b"words")]), "found 1 other file (1 .txt) and no picture"),
    "nothing.zip": (zip_bytes([]), "nothing.zip: found no file"),
    "cut.zip": (zip_bytes([("1.png", png(1))])[:200], "archive cut off: its table of contents is missing"),
    "bad.tar": (tar_bytes({"1.png": png(1)})[:900], "archive cut off"),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_archive_without_a_usable_picture_ends_with_4(
    place: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Empty, foreign and useless archives say what they are, and leave nothing behind."""
    data, text = AWKWARD[name]
    Path(name).write_bytes(data)
    assert prepare(name, "-o", "data") == 4
    err = capsys.readouterr().err
    assert "bug" not in err
    assert text in err
    assert not Path("data").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_no_flipped_byte_is_a_bug(place: Path, kind: str) -> None:
    """Whichever byte of an archive is wrong, it ends with 0, 3 or 4, and in good time."""
    data = write_archive(Path(f"a.{kind}"), pictures("cat/1.png", "dog/2.png")).read_bytes()
    for number in range(16):
        Path(f"b.{kind}").write_bytes(_flipped(data, len(data) * number // 16))
        assert prepare(f"b.{kind}", "-o", f"data-{number}", "-q") in (0, 3, 4)


def test_encrypted_members_say_so(place: Path) -> None:
    """A member with the mark of encryption is skipped with what to do."""
    data = bytearray(zip_bytes([("1.png", png(1)), ("2.png", png(2))]))
    data[6] |= 1
    Path("a.zip").write_bytes(data)
    assert prepare("a.zip", "-o", "data", "-q") == 3
    assert skipped() == {"a.zip#1.png": "encrypted, not supported: unpack the archive with its password"}


# Again


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip"])
@pytest.mark.parametrize("mtime", [0, 1_700_000_000])
def test_only_what_has_changed_in_it_is_decoded(
    place: Path, kind: str, mtime: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unchanged archive costs no decoding; of a changed one only members that are new or other are decoded.

    The other picture has the size of the one before it; in a plain tar archive it has another time, or there is none.
    """
    members = pictures("a.png", "b.png", "c.png")
    path = write_archive(Path(f"a.{kind}"), members, mtime)
    assert prepare(path, "-o", "data", "-q") == 0
    decoded: list[int] = []
    real = archives.decoded
    monkeypatch.setattr(archives, "decoded", lambda data, recipe: (decoded.append(1), real(data, recipe))[1])
    before = stamps(Path("data"))
    assert prepare(path, "-o", "data", "-q") == 0
    assert (stamps(Path("data")), decoded) == (before, [])
    members["b.png"] = png(77)
    members = {"new.png": png(50)} | members
    write_archive(path, members, mtime + (1 if mtime and kind == "tar" else 0))
    os.utime(path, (2e9, 2e9))
    assert prepare(path, "-o", "data", "-q") == 0
    assert len(decoded) == (4 if mtime and kind == "tar" else 2)
    assert prepare(path, "-o", "fresh", "-q") == 0
    assert content(Path("data")) == content(Path("fresh"))


def test_many_archives_need_few_descriptors(place: Path) -> None:
    """A hundred archives are read with a handful of open files."""
    import resource

    names = [str(write_archive(Path(f"{i:03}.tar.gz"), {"1.png": png(i)})) for i in range(100)]
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 24, limits[1]))
    try:
        assert prepare(*names, "-o", "data", "-q") == 0
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert open_data(Path("data")).count == 100


@needs_shared
def test_real_archive_has_its_ten_classes(place: Path) -> None:
    """The tar of real photographs gives its ten classes at their own size, its outer folder being no label."""
    assert prepare(SHARED / "cifar10" / "cifar10-train-10k.tar", "-o", "data", "--limit", "50", "-q") == 0
    with open_data(Path("data")) as rows:
        assert (rows.count, rows.height, rows.width) == (50, 32, 32)
        assert " ".join(rows.classes) == "airplane automobile bird cat deer dog frog horse ship truck"
