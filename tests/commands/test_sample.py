"""``gantools sample``: real checkpoints of tiny networks, the real front, real files."""

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from gantools import cli
from gantools.pictures.write import read_text
from gantools.sampling.produce import in_turns, runs
from gantools.training.engine import Phase
from tests import tiny
from tests.conftest import Run, child_environment

PROBE = """
import json, sys
from gantools.cli import main
code = main(sys.argv[1:])
print(code, *(name for name in ("torch", "torchvision") if name in sys.modules), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tiny.Packed]:
    """Runs of three rounds, one a family."""
    return {case: tiny.packed(tiny.take(tiny.fresh(case), Phase.BOTH, 3)) for case in ("dcgan", "fc")}


@pytest.fixture
def place(trained: dict[str, tiny.Packed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, made the current one, with the checkpoints dcgan.safetensors and fc.safetensors."""
    for case, packed in trained.items():
        (tmp_path / f"{case}.safetensors").write_bytes(packed.data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sample(*words: str | Path) -> int:
    """Run ``gantools sample`` in this process."""
    return cli.main(["sample", *map(os.fspath, words)])


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return the bytes of a folder's files by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("case", ["dcgan", "fc"])
@pytest.mark.parametrize("threads", ["1", "2"])
def test_first_pictures_do_not_depend_on_how_many(place: Path, case: str, threads: str) -> None:
    """--n 8 writes the first 8 files of --n 64, byte for byte, and --start 32 --n 32 the second half."""
    for words in (["--n", "64", "-o", "all"], ["--n", "8", "-o", "few"], ["--start", "32", "--n", "32", "-o", "late"]):
        assert sample(f"{case}.safetensors", "--threads", threads, *words) == 0
    whole = bytes_of(place / "all")
    assert list(whole) == [f"{index:06d}.png" for index in range(64)]
    assert bytes_of(place / "few") == dict(list(whole.items())[:8])
    assert bytes_of(place / "late") == dict(list(whole.items())[32:])
    assert len(set(whole.values())) == 64


def test_odd_stretch_is_cut_from_whole_blocks(place: Path) -> None:
    """Pictures 13 to 17, across the border of two blocks, are those of the whole set."""
    assert sample("dcgan.safetensors", "--n", "32", "-o", "all") == 0
    assert sample("dcgan.safetensors", "--start", "13", "--n", "5", "-o", "some") == 0
    assert bytes_of(place / "some").items() <= bytes_of(place / "all").items()


def test_default_output_lies_beside_the_checkpoint(place: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Without -o the folder is <stem>-samples-<images>; stdout lists its files, stderr ends with the next line."""
    assert sample("dcgan.safetensors", "--n", "3") == 0
    out, err = capsysbinary.readouterr()
    names = [f"dcgan-samples-12/{index:06d}.png" for index in range(3)]
    assert out.decode().splitlines() == names
    assert all((place / name).is_file() for name in names)
    assert err.decode().splitlines()[-1] == "next: gantools sample --n 3 --grid dcgan.safetensors"
    assert b"dcgan, 12x8 grey, 12 images seen, average weights" in err


def test_seed_and_weights_change_the_pictures(place: Path) -> None:
    """Another seed, and the live weights, give other pictures; live ones repeat too."""
    for name, words in {"a": [], "b": ["--seed", "1"], "c": ["--weights", "live"], "d": ["--weights", "live"]}.items():
        assert sample("dcgan.safetensors", "--n", "1", "-o", f"{name}.png", *words) == 0
    a, b, c, d = ((place / f"{name}.png").read_bytes() for name in "abcd")
    assert len({a, b, c}) == 3
    assert c == d


@pytest.mark.parametrize(("name", "kind"), [("png", "PNG"), ("webp", "WEBP"), ("jpeg", "JPEG")])
def test_every_format_holds_the_same_note(place: Path, trained: dict[str, tiny.Packed], name: str, kind: str) -> None:
    """The note inside says checkpoint, seed, index and weights, and the command that makes this one picture."""
    assert sample("dcgan.safetensors", "--n", "3", "--seed", "7", "--format", name, "-o", "out") == 0
    third = sorted((place / "out").iterdir())[2]
    with Image.open(third) as picture:
        assert (picture.format, picture.size) == (kind, (12, 8))
    assert json.loads(read_text(third)["gantools"]) == {
        "digest": trained["dcgan"].document.digest, "seed": 7, "index": 2, "count": 1, "weights": "average",
        "command": "gantools sample --n 1 --start 2 --seed 7 dcgan.safetensors",
    }  # fmt: skip


def test_noted_command_makes_the_picture_again(place: Path) -> None:
    """The command inside a picture writes the same bytes."""
    assert sample("fc.safetensors", "--n", "5", "--seed", "3", "--weights", "live", "-o", "out") == 0
    words = json.loads(read_text(place / "out" / "000004.png")["gantools"])["command"].split()
    assert cli.main([*words[1:], "-o", "again.png"]) == 0
    assert (place / "again.png").read_bytes() == (place / "out" / "000004.png").read_bytes()


def test_sheet_shows_the_pictures_in_order(place: Path) -> None:
    """--grid writes one PNG beside the checkpoint: rows of pictures, the note of the whole sheet inside."""
    assert sample("dcgan.safetensors", "--n", "4", "--grid") == 0
    assert sample("dcgan.safetensors", "--n", "4", "-o", "out") == 0
    sheet = np.asarray(Image.open(place / "dcgan-samples-12.png"))
    last = np.asarray(Image.open(place / "out" / "000003.png"))
    assert sheet.shape == (18, 26)
    assert (sheet[10:, 14:] == last).all()
    note = json.loads(read_text(place / "dcgan-samples-12.png")["gantools"])
    assert (note["index"], note["count"]) == (0, 4)
    assert note["command"] == "gantools sample --n 4 --grid dcgan.safetensors"


def test_second_run_changes_no_byte_and_loads_no_torch(place: Path) -> None:
    """Run again on the same checkpoint it has nothing to do: the paths are printed, torch stays unloaded."""
    assert sample("dcgan.safetensors", "--n", "20") == 0
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in (place / "dcgan-samples-12").iterdir()}
    command = [sys.executable, "-c", PROBE, "sample", "--n", "20", "dcgan.safetensors"]
    done = subprocess.run(command, cwd=place, env=child_environment(), capture_output=True, text=True, check=True)
    assert "nothing to do: dcgan-samples-12 already shows this checkpoint, seed and weights" in done.stderr
    assert done.stderr.splitlines()[-1] == "0"
    assert len(done.stdout.splitlines()) == 20
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in before} == before


def test_only_what_is_missing_is_made(place: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Pictures that were deleted or cut off are made again with the same bytes; the others are left alone."""
    assert sample("dcgan.safetensors", "--n", "20", "-o", "out") == 0
    before = bytes_of(place / "out")
    (place / "out" / "000003.png").unlink()
    (place / "out" / "000018.png").write_bytes(before["000018.png"][:-20])
    kept = (place / "out" / "000004.png").stat().st_mtime_ns
    capsysbinary.readouterr()
    assert sample("dcgan.safetensors", "--n", "20", "-o", "out") == 0
    assert b"18 of 20 pictures were there already" in capsysbinary.readouterr().err
    assert bytes_of(place / "out") == before
    assert (place / "out" / "000004.png").stat().st_mtime_ns == kept


def test_older_pictures_of_its_own_are_replaced(place: Path) -> None:
    """Pictures that sample wrote from another checkpoint or seed are replaced without --force."""
    assert sample("fc.safetensors", "--n", "2", "-o", "out") == 0
    old = bytes_of(place / "out")
    assert sample("dcgan.safetensors", "--n", "2", "-o", "out") == 0
    assert not set(bytes_of(place / "out").values()) & set(old.values())


def test_renamed_checkpoint_has_nothing_to_do(place: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """What counts is the content of the checkpoint, not its name."""
    assert sample("dcgan.safetensors", "--n", "2", "-o", "out") == 0
    os.rename("dcgan.safetensors", "other.safetensors")
    assert sample("other.safetensors", "--n", "2", "-o", "out") == 0
    assert b"nothing to do: out" in capsysbinary.readouterr().err


def test_foreign_file_is_refused(place: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """A file that sample did not write ends with 5 and stays as it is; --force replaces it."""
    (place / "out").mkdir()
    Image.new("L", (12, 8)).save(place / "out" / "000001.png")
    before = bytes_of(place / "out")
    assert sample("dcgan.safetensors", "--n", "2", "-o", "out") == 5
    err = capsysbinary.readouterr().err.decode()
    assert "error: out/000001.png: exists and was not written by sample, expected a free name" in err
    assert "hint: gantools sample dcgan.safetensors --n 2 -o out-2\n" in err
    assert bytes_of(place / "out") == before
    assert sample("dcgan.safetensors", "--n", "2", "-o", "out", "--force") == 0
    assert "gantools" in read_text(place / "out" / "000001.png")


def test_folder_in_place_of_a_file_and_the_reverse_are_refused(
    place: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """A file where the folder belongs, or a folder where the sheet belongs, ends with 5."""
    (place / "out").write_text("mine")
    assert sample("dcgan.safetensors", "--n", "2", "-o", "out", "--force") == 5
    assert b"out: found something that is no folder, expected one or a new name" in capsysbinary.readouterr().err
    (place / "sheet.png").mkdir()
    assert sample("dcgan.safetensors", "--grid", "-o", "sheet.png", "--force") == 5
    assert b"sheet.png: found a folder" in capsysbinary.readouterr().err


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["--n", "2", "-o", "x.png"], "-o x.png: found a picture's name for 2 pictures, expected a folder's",
         "--n 2 -o x.png --grid"),
        (["--grid", "-o", "x.gif"], "-o x.gif: found the ending .gif, expected .png, .webp or .jpg", "--grid -o x.png"),
        (["--grid", "-o", "x.png", "--format", "webp"], "-o x.png and --format webp: found two", "--grid -o x.png"),
        (["--n", "9999999", "--grid"], "found 9999999 pictures of 12x8, expected at most 1271428",
         "--n 1271428 --grid"),
        (["-o", "-", "--json"], "-o - and --json: both say what stdout gets, expected one of them", "-o -"),
        (["--json", "-0"], "--json and -0: both say what stdout gets", "--json"),
        (["--n", "0"], "--n: found '0', expected", "--n 1"),
        (["-q", "-v"], "-q and -v: found both", "-v"),
    ],
)  # fmt: skip
def test_contradictions_are_usage_errors(
    place: Path, capsysbinary: pytest.CaptureFixture[bytes], words: list[str], message: str, hint: str
) -> None:
    """Flags that contradict each other end with 2, and nothing is written."""
    before = sorted(os.listdir())
    assert sample("dcgan.safetensors", *words) == 2
    out, err = capsysbinary.readouterr()
    assert message in err.decode()
    assert err.decode().endswith(f"hint: gantools sample dcgan.safetensors {hint}\n")
    assert out == b""
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "found nothing of that name, expected a checkpoint"),
        (b"", "an empty file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "found a Git LFS pointer"),
        (b"PK\x03\x04" + bytes(100), "found a zip archive"),
    ],
)
def test_unusable_checkpoint_is_one_line(
    place: Path, capsysbinary: pytest.CaptureFixture[bytes], content: bytes | None, message: str
) -> None:
    """What is no checkpoint ends with 4 and one clear line, and nothing is written."""
    if content is not None:
        (place / "bad").write_bytes(content)
    assert sample("bad", "--n", "2") == 4
    err = capsysbinary.readouterr().err.decode()
    assert message in err
    assert err.startswith("error: bad: ")
    assert not list(place.glob("bad-*"))


def test_damaged_weights_write_nothing(place: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """A checkpoint whose average holds a NaN ends with 4 before any picture is written."""
    from gantools.files.document import read_document

    path = place / "dcgan.safetensors"
    header, _ = read_document(path)
    entry = next(e for name, e in header.tensors.items() if name.startswith("average/") and e.dtype == "F32")
    data = bytearray(path.read_bytes())
    data[entry.start : entry.start + 4] = np.float32("nan").tobytes()
    path.write_bytes(data)
    assert sample("dcgan.safetensors", "--n", "2", "-o", "out") == 4
    assert b"found values that are not finite in 1 tensors" in capsysbinary.readouterr().err
    assert not (place / "out").exists()


def test_json_lists_what_was_written(place: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """--json prints one document: schema, digest, counts and paths."""
    assert sample("dcgan.safetensors", "--n", "2", "-o", "out", "--json", "-q") == 0
    out, err = capsysbinary.readouterr()
    document = json.loads(out)
    assert list(document)[0] == "schema"
    assert document["schema"] == "gantools.sample/1"
    assert (document["written"], document["unchanged"]) == (2, 0)
    assert document["paths"] == ["out/000000.png", "out/000001.png"]
    assert err == b""


def test_pipe_in_and_out(place: Path, gantools: Run) -> None:
    """A checkpoint from stdin goes to stdout as a tar of the same files, without time or owner."""
    assert sample("dcgan.safetensors", "--n", "18", "-o", "out") == 0
    with open(place / "dcgan.safetensors", "rb") as stream:
        piped = gantools("sample", "-", "--n", "18", "-o", "-", stdin=stream, text=False, errors=None)
    assert piped.returncode == 0, piped.stderr
    with tarfile.open(fileobj=io.BytesIO(piped.stdout)) as archive:
        members = archive.getmembers()
        assert {(m.mtime, m.uid, m.gid, m.mode, m.uname, m.gname) for m in members} == {(0, 0, 0, 0o644, "", "")}
        pixels = {m.name: np.asarray(Image.open(archive.extractfile(m))).tobytes() for m in members}
    assert pixels == {p.name: np.asarray(Image.open(p)).tobytes() for p in sorted((place / "out").iterdir())}


def test_single_picture_on_stdout(place: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """-o - with --n 1 or --grid is one PNG, the very bytes of the file."""
    for words, name in ((["--n", "1"], "one.png"), (["--n", "5", "--grid"], "sheet.png")):
        assert sample("dcgan.safetensors", *words, "-o", name) == 0
        capsysbinary.readouterr()
        assert sample("dcgan.safetensors", *words, "-o", "-") == 0
        assert capsysbinary.readouterr().out == (place / name).read_bytes()


def test_stdin_needs_an_output(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A checkpoint from a pipe has no place beside it: without -o that ends with 2."""
    data = io.BytesIO((place / "dcgan.safetensors").read_bytes())
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=data, isatty=lambda: False))
    assert sample("-") == 2
    err = capsys.readouterr().err
    assert "sample -: found no -o, expected where to write what comes from a pipe" in err
    assert "hint: gantools sample - -o samples" in err


def test_terminal_gets_no_bytes(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """-o - on a terminal ends with 2 before anything is computed."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert sample("dcgan.safetensors", "--n", "1", "-o", "-") == 2
    assert "-o -: stdout is a terminal, expected a file or a pipe" in capsys.readouterr().err


def test_results_come_in_order_and_few_are_held() -> None:
    """Work done in threads comes out in the order of its items, and no more than a chunk of them is taken ahead."""
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(203):
            taken.append(number)
            yield number

    results = []
    for result in in_turns(lambda number: number * number, items(), chunk=8, threads=3):
        results.append(result)
        assert len(taken) - len(results) < 8
    assert results == [number * number for number in range(203)]


def test_failing_work_comes_out() -> None:
    """What an encoder raises reaches the caller, and the items behind its chunk are not touched."""
    seen: list[int] = []

    def work(number: int) -> None:
        seen.append(number)
        if number == 5:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        list(in_turns(work, range(1000), chunk=8))
    assert max(seen) < 8


@pytest.mark.parametrize(
    ("numbers", "expected"), [([], []), ([7], [(7, 1)]), ([0, 1, 2, 5, 9, 10], [(0, 3), (5, 1), (9, 2)])]
)
def test_runs_are_stretches_without_a_gap(numbers: list[int], expected: list[tuple[int, int]]) -> None:
    """Rising numbers fall into stretches (first, count)."""
    assert list(runs(numbers)) == expected


def test_truncation_is_for_families_with_styles(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At 0 all pictures have one style, the picture names its command, and networks without styles refuse it."""
    packed = tiny.packed(tiny.take(tiny.fresh("stylegan2"), Phase.BOTH, 2))
    (place / "style.safetensors").write_bytes(packed.data)
    apart = []
    for psi in ("1", "0.5", "0"):
        assert sample("style.safetensors", "--n", "4", "--truncation", psi, "-o", psi) == 0
        pixels = np.stack([np.asarray(Image.open(path)).astype(float) for path in sorted((place / psi).iterdir())])
        apart.append(pixels.std(axis=0).mean())
    assert apart[0] > apart[1] > apart[2]
    note = json.loads(read_text(place / "0.5" / "000002.png")["gantools"])
    assert note["command"] == "gantools sample --n 1 --start 2 --truncation 0.5 style.safetensors"
    assert sample("dcgan.safetensors", "--truncation", "0.7") == 2
    said = capsys.readouterr().err
    assert "--truncation 0.7: found dcgan networks, which have no styles to draw to their mean; expected" in said
    assert "hint: gantools sample dcgan.safetensors" in said
