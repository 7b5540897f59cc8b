"""Finding pictures: which files, in which order, with which labels."""

import os
from pathlib import Path

import pytest

from gantools.data.sources import discover, limited
from gantools.data.survey import check_size, survey
from gantools.data.typed import check_exists, normal_source
from gantools.errors import Again, InputError, UsageError
from tests.data.makers import fill, noise, write_idx


def found(folder: Path, labels: bool = True) -> list[tuple[str, str | None]]:
    """Return (relative path, label) of what is found below ``folder``."""
    entries = discover([str(folder)], labels=labels, without=None).entries
    return [(os.path.relpath(entry.source, folder), entry.label) for entry in entries]


def test_first_sub_folder_is_the_label(tmp_path: Path) -> None:
    """Pictures are labelled by the first folder below the source, however deep they lie; those beside have none."""
    fill(tmp_path, ["dog/x.png", "cat/deep/er/1.png", "cat/2.png", "alone.png"])
    assert found(tmp_path) == [
        ("alone.png", None), ("cat/2.png", "cat"), ("cat/deep/er/1.png", "cat"), ("dog/x.png", "dog")
    ]  # fmt: skip
    assert {label for _, label in found(tmp_path, labels=False)} == {None}


def test_links_in_a_circle_are_survived(tmp_path: Path) -> None:
    """A folder that links to itself, its parent or another one is read once."""
    fill(tmp_path, ["a/1.png", "b/2.png"])
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a" / "self")
    (tmp_path / "b" / "a").symlink_to(tmp_path / "a")
    assert sorted(os.path.basename(name) for name, _ in found(tmp_path)) == ["1.png", "2.png"]


def test_clutter_is_passed_over_and_counted(tmp_path: Path) -> None:
    """Files that are no pictures by name and content are counted; a picture without ending is found by its content."""
    fill(tmp_path, ["1.png"])
    (tmp_path / "NO_EXTENSION").write_bytes((tmp_path / "1.png").read_bytes())
    for name in ("README", "notes.txt", "more.txt", ".DS_Store", "Thumbs.db", "._1.png"):
        (tmp_path / name).write_text("x")
    (tmp_path / ".git").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    result = discover([str(tmp_path)], labels=True, without=None)
    assert [entry.stem for entry in result.entries] == ["1", "NO_EXTENSION"]
    assert result.passed_over == {
        "README": 1, ".txt": 2, ".DS_Store": 1, ".db": 1, "._1.png": 1, ".git": 1, "not a file": 1
    }  # fmt: skip


def test_output_is_no_source_of_itself(tmp_path: Path) -> None:
    """The data set's own folder inside a source is left out."""
    fill(tmp_path, ["1.png", "data/2.png"])
    entries = discover([str(tmp_path)], labels=True, without=tmp_path / "data").entries
    assert [entry.stem for entry in entries] == ["1"]


def test_idx_files_in_a_folder_are_opened(tmp_path: Path) -> None:
    """A folder with an IDX file and its labels gives its pictures, labelled with digits; label files give none."""
    _, labels = write_idx(tmp_path, 12)
    entries = discover([str(tmp_path)], labels=True, without=None).entries
    assert [entry.label for entry in entries] == [str(label) for label in labels]
    assert entries[3].stem == "train-00003"
    assert entries[3].source.endswith("train-images-idx3-ubyte.gz#3")


def test_limit_takes_the_classes_in_turn(tmp_path: Path) -> None:
    """Five of three classes are 2, 2 and 1; a higher limit keeps what a lower one took; old ones go first."""
    fill(tmp_path, [f"{label}/{i}.png" for label in "abc" for i in range(4)])
    entries = discover([str(tmp_path)], labels=True, without=None).entries
    five, eight = (limited(entries, n) for n in (5, 8))
    assert [entry.label for entry in five] == ["a", "a", "b", "b", "c"]
    assert {entry.source for entry in five} < {entry.source for entry in eight}
    last = entries[-1].source
    assert last in {entry.source for entry in limited(entries, 3, first={last})}


def test_archive_of_another_kind_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 7z archive that was typed is refused with what to do."""
    monkeypatch.chdir(tmp_path)
    Path("photos.7z").write_bytes(b"7z\xbc\xaf" + bytes(60))
    with pytest.raises(InputError, match="photos.7z: found a 7z archive, expected pictures, or a tar or zip") as caught:
        discover(["photos.7z"], labels=True, without=None)
    assert caught.value.hint == Again(first="7z x photos.7z -ophotos", swap={"photos.7z": "photos"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("s3:photos", "found a source of kind 's3', expected a file, a folder, demo:NAME or torchvision:NAME"),
        ("torchvision:CIFAR11", "unknown name 'CIFAR11'"),
        ("demo:sticker", "unknown name 'sticker'"),
    ],
)
def test_unknown_kinds_of_sources_are_refused(text: str, message: str) -> None:
    """A scheme that there is not, or a drawn set of no such name, is a usage error."""
    with pytest.raises(UsageError, match=message):
        normal_source(text)


def test_missing_source_names_its_neighbours(tmp_path: Path) -> None:
    """A source that is not there is answered with names like it."""
    (tmp_path / "photos").mkdir()
    with pytest.raises(InputError, match="photo: found nothing of that name") as caught:
        check_exists(str(tmp_path / "photo"))
    assert caught.value.hint == Again(swap={str(tmp_path / "photo"): str(tmp_path / "photos")})


@pytest.mark.parametrize(
    ("pictures", "size", "channels"),
    [
        ([(32, 32, "L"), (32, 32, "L")], (32, 32), "gray"),
        ([(32, 32, "L"), (32, 32, "RGB")], (32, 32), "rgb"),
        ([(48, 32, "RGB")], (32, 48), "rgb"),
        ([(32, 32, "RGB"), (33, 32, "RGB")], (64, 64), "rgb"),
        ([(50, 50, "RGB")], (64, 64), "rgb"),  # 50 is 2 x 25
        ([(128, 128, "L")], (64, 64), "gray"),
        ([(16, 16, "RGBA")], (16, 16), "rgb"),
    ],
)
def test_defaults_suit_the_sources(
    tmp_path: Path, pictures: list[tuple[int, int, str]], size: tuple[int, int], channels: str
) -> None:
    """Size is the sources' own if all share one of at most 64 px that can be trained, else 64; grey if all are grey."""
    for number, (width, height, mode) in enumerate(pictures):
        noise(number, width, height, mode).save(tmp_path / f"{number}.png")
    seen = survey(discover([str(tmp_path)], labels=True, without=None).entries)
    assert (seen.size, seen.channels) == (size, channels)


def test_size_that_cannot_be_trained_is_refused() -> None:
    """A size that no family fits is refused with the nearest ones, also where it is not square."""
    with pytest.raises(UsageError, match="--size: found 100, expected sides of 3 to 8 times") as square:
        check_size((100, 100))
    with pytest.raises(UsageError, match="--size: found 64x100") as oblong:
        check_size((100, 64))
    assert square.value.message.endswith("like 96 or 112")
    assert square.value.hint == "--size 96"
    assert oblong.value.hint == "--size 64x96"
