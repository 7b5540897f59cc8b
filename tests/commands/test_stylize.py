"""``gantools stylize``: the real front, real files, tiny pictures, the embedded features."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools import cli
from gantools.draws import uniform
from gantools.pictures.painted import parse_painted
from gantools.pictures.write import read_text
from gantools.style import plan
from tests.conftest import child_environment
from tests.data.makers import SHARED, needs_shared

QUICK = ("--size", "48", "--iterations", "2", "--features", "embedded", "--threads", "1")


def draw(path: Path, seed: int, side: int = 48, mode: str = "RGB") -> None:
    """Write a picture of blocks."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    blocks = (uniform(seed, 6, 6, channels) * 127.5 + 127.5).astype(np.uint8)
    Image.fromarray(np.kron(blocks, np.ones((side // 6, side // 6, 1), np.uint8)).squeeze(), mode).save(path)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, made the current one, with photo.png, painting.png and a folder of two photos."""
    draw(tmp_path / "photo.png", 1)
    draw(tmp_path / "painting.png", 2)
    (tmp_path / "photos" / "deep").mkdir(parents=True)
    draw(tmp_path / "photos" / "a.png", 3)
    draw(tmp_path / "photos" / "deep" / "b.png", 4)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANTOOLS_CACHE", str(tmp_path / "nothing"))
    return tmp_path


def stylize(*words: str) -> int:
    """Run ``gantools stylize`` in this process."""
    return cli.main(["stylize", *words])


def test_shortest_line_says_what_it_does(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One photo and one style: it warns of the embedded features, prints losses, the path, and the next line."""
    assert stylize("photo.png", "--style", "painting.png", "-o", "out.png", "--size", "48", "--iterations", "2") == 0
    out, err = capsys.readouterr()
    assert out == "out.png\n"
    assert "warning: features: no weights of VGG-19 are here, the embedded features are used" in err
    assert "photo.png: in the style of painting.png, at most 48 px long" in err
    assert err.endswith("next: gantools inspect out.png\n")
    assert Image.open("out.png").size == (48, 48)


def test_same_line_gives_the_same_bytes_and_the_note_tells_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Twice the same is equal; inspect prints a command, and that command makes the same file."""
    line = ("photo.png", "--style", "painting.png", *QUICK, "--seed", "3", "--start", "noise", "--tv-weight", "0.5")
    assert stylize(*line, "-o", "one.png") == stylize(*line, "-o", "two.png") == 0
    assert Path("one.png").read_bytes() == Path("two.png").read_bytes()
    capsys.readouterr()
    assert cli.main(["inspect", "one.png", "--json"]) == 0
    command = json.loads(capsys.readouterr().out)["things"][0]["command"]
    assert cli.main([*command.split()[1:], "--threads", "1", "-o", "three.png"]) == 0
    assert Path("three.png").read_bytes() == Path("one.png").read_bytes()
    note = parse_painted(read_text(Path("one.png")))
    assert note is not None and note.iterations == 2 and note.features.startswith("embedded ")


def test_folder_goes_to_a_folder_once(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names are kept; a second run changes nothing; a changed photo alone is made again."""
    line = ("photos", "--style", "painting.png", *QUICK, "-o", "out")
    assert stylize(*line) == 0
    assert capsys.readouterr().out.split() == ["out/a.png", "out/deep/b.png"]
    before = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*.png")}
    assert stylize(*line) == 0
    assert "nothing to do: 2 pictures show these files and settings already" in capsys.readouterr().err
    draw(Path("photos/a.png"), 5)
    assert stylize(*line) == 0
    changed = [str(path) for path, when in before.items() if path.stat().st_mtime_ns != when]
    assert changed == ["out/a.png"]


@pytest.mark.parametrize("constant", ["EDITION", "OCTAVES_EDITION"])
def test_pictures_of_an_older_edition_are_made_again(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], constant: str
) -> None:
    """What would come out otherwise today is not taken for unchanged: the edition is part of the digest."""
    line = ("photos", "--style", "painting.png", *QUICK, "-o", "out", "--json")
    written = []
    for step in (0, 0, 1):
        monkeypatch.setattr(plan, constant, getattr(plan, constant) + step)
        assert stylize(*line) == 0
        written.append(json.loads(capsys.readouterr().out)["written"])
    assert written == [2, 0, 2]


def test_unreadable_photo_of_a_folder_is_skipped(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are made, the bad one is listed with its reason, and the end is 3; alone it is 4."""
    Path("photos/bad.png").write_text("<html>")
    assert stylize("photos", "--style", "painting.png", *QUICK, "-o", "out") == 3
    out, err = capsys.readouterr()
    assert len(out.split()) == 2
    assert "warning: photos/bad.png: skipped (" in err
    assert stylize("photos/bad.png", "--style", "painting.png", *QUICK, "-o", "bad.png") == 4


def test_transparency_is_kept(place: Path) -> None:
    """The opacity of the content is that of the result; a JPEG has none."""
    draw(Path("clear.png"), 7, mode="RGBA")
    assert stylize("clear.png", "--style", "painting.png", *QUICK, "-o", "out.png") == 0
    alpha = [np.asarray(Image.open(name).getchannel("A")) for name in ("clear.png", "out.png")]
    assert np.array_equal(*alpha)


def test_mask_keeps_the_rest_of_the_photo(place: Path) -> None:
    """Where the mask is black the pixels are those of the content."""
    half = np.zeros((48, 48), np.uint8)
    half[:, 24:] = 255
    Image.fromarray(half).save("mask.png")
    assert stylize("photo.png", "--style", "painting.png", "--mask", "mask.png", *QUICK, "-o", "out.png") == 0
    before, after = (np.asarray(Image.open(name)) for name in ("photo.png", "out.png"))
    assert np.array_equal(before[:, :24], after[:, :24]) and not np.array_equal(before, after)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_odd_modes_are_taken(place: Path, mode: str) -> None:
    """Grey and CMYK contents and styles are brought to RGB."""
    draw(Path("odd.tif"), 8, mode=mode)
    assert stylize("odd.tif", "--style", "odd.tif", *QUICK, "-o", "out.png") == 0
    assert Image.open("out.png").mode == "RGB"


def test_picture_and_tar_come_by_pipe(place: Path) -> None:
    """One picture goes through as bytes; a tar of pictures goes to a folder."""
    words = [sys.executable, "-m", "gantools", "stylize", "-", "--style", "painting.png", *QUICK, "-q", "-o"]
    done = subprocess.run([*words, "-"], input=Path("photo.png").read_bytes(), capture_output=True,
                          env=child_environment(), check=True)  # fmt: skip
    assert Image.open(io.BytesIO(done.stdout)).size == (48, 48)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.add("photos/a.png", "000000.png")
    done = subprocess.run([*words, "out"], input=stream.getvalue(), capture_output=True, env=child_environment(),
                          check=True)  # fmt: skip
    assert done.stdout == b"out/000000.png\n"


def test_several_pictures_for_one_stream_are_a_tar(place: Path) -> None:
    """A folder, or a tar on stdin, becomes a tar on stdout; folders stay, and so do the bytes of a second run."""
    words = [sys.executable, "-m", "gantools", "stylize", "--style", "painting.png", *QUICK, "-o", "-"]
    first, again = (subprocess.run([*words, "photos"], capture_output=True, env=child_environment(), check=True)
                    for _ in range(2))  # fmt: skip
    assert first.stdout == again.stdout
    with tarfile.open(fileobj=io.BytesIO(first.stdout)) as archive:
        assert archive.getnames() == ["a.png", "deep/b.png"]
        member = archive.extractfile("deep/b.png")
        assert member is not None
        data = member.read()
    assert stylize("photos/deep/b.png", "--style", "painting.png", *QUICK, "-o", "b.png") == 0
    assert data == Path("b.png").read_bytes()
    piped = subprocess.run([*words, "-"], input=first.stdout, capture_output=True, env=child_environment(), check=True)
    with tarfile.open(fileobj=io.BytesIO(piped.stdout)) as archive:
        assert archive.getnames() == ["a.png", "deep/b.png"]
    assert b"next: " not in first.stderr


def test_names_in_a_tar_lead_nowhere_else(place: Path) -> None:
    """A member called ``../../x.png`` goes into the output's folder."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.add("photos/a.png", "../../x.png")
        archive.add("photos/a.png", "cat/x.png")
    words = [sys.executable, "-m", "gantools", "stylize", "-", "--style", "painting.png", *QUICK, "-o", "out"]
    done = subprocess.run(words, input=stream.getvalue(), capture_output=True, env=child_environment(), check=True)
    assert done.stdout == b"out/x.png\nout/cat/x.png\n"


def test_pictures_are_not_poured_into_a_terminal(place: Path) -> None:
    """A tar for a terminal is refused before anything is computed."""
    words = [sys.executable, "-m", "gantools", "stylize", "photos", "--style", "painting.png", *QUICK, "-o", "-"]
    leader, terminal = os.openpty()
    done = subprocess.run(words, stdout=terminal, stderr=subprocess.PIPE, env=child_environment(), text=True)
    os.close(terminal)
    os.close(leader)
    assert done.returncode == 2
    assert "-o -: stdout is a terminal, expected a file or a pipe\nhint: -o stylized" in done.stderr.replace(
        "hint: gantools stylize photos --style painting.png " + " ".join(QUICK) + " ", "hint: "
    )


def test_what_comes_by_pipe_is_called_so(place: Path) -> None:
    """Nothing, and no picture, on standard input: the error names it, and the hint takes files instead."""
    words = [sys.executable, "-m", "gantools", "stylize", "-", "--style", "painting.png", *QUICK, "-o", "out.png"]
    for given, message in ((b"", "-: found nothing on stdin"), (b"hello", "-: cannot be read (not a picture)")):
        done = subprocess.run(words, input=given, capture_output=True, env=child_environment())
        assert done.returncode == 4
        assert done.stderr.decode().startswith(f"error: {message}")
        assert "\nhint: gantools stylize painting.png --style painting.png " in done.stderr.decode()


@pytest.mark.parametrize("kind", ["luma", "match", "histogram"])
def test_colours_can_be_kept(place: Path, kind: str) -> None:
    """A grey content stays grey, or nearly, whatever the style's colours."""
    Image.open("photo.png").convert("L").save("grey.png")
    assert stylize("grey.png", "--style", "painting.png", *QUICK, "--preserve-color", kind, "-o", "out.png") == 0
    pixels = np.asarray(Image.open("out.png")).astype(int)
    assert np.abs(pixels[..., 0] - pixels[..., 2]).mean() < (2 if kind == "luma" else 25)


def test_json_has_the_losses(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One document: schema first, each picture with its three losses; several styles are mixed by weight."""
    draw(Path("other.png"), 9)
    assert (
        stylize("photo.png", "--style", "painting.png", "--style", "other.png:3", *QUICK, "-o", "o.png", "--json") == 0
    )
    document = json.loads(capsys.readouterr().out)
    assert next(iter(document.items())) == ("schema", "gantools.stylize/1")
    assert set(document["pictures"][0]["losses"]) == {"content", "style", "variation"}


def test_foreign_output_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that gantools did not write ends with 5 and stays; --force replaces it."""
    before = Path("painting.png").read_bytes()
    assert stylize("photo.png", "--style", "photo.png", *QUICK, "-o", "painting.png") == 5
    assert "painting.png: exists and was not written by gantools" in capsys.readouterr().err
    assert Path("painting.png").read_bytes() == before
    assert stylize("photo.png", "--style", "photo.png", *QUICK, "-o", "painting.png", "--force") == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("photo.png", "--style", "panting.png"), 4, "--style panting.png: no such file, expected a picture"),
        (("foto.png", "--style", "painting.png"), 4, "CONTENT foto.png: no such file, expected a picture"),
        (("photo.png", "--style", "painting.png:x"), 2, "found weight 'x', expected a number above 0"),
        (("photo.png", "--style", "painting.png:0"), 2, "found weight '0', expected a number above 0"),
        (("photos", "--style", "painting.png", "-o", "out.png"), 2, "found a picture's name for several pictures"),
        (("photo.png", "--style", "painting.png", "-o", "out"), 2, "found the ending '', expected .png, .webp or .jpg"),
        (("photo.png", "--style", "painting.png", "--tile", "9"), 2, "--tile: found '9', expected auto or a number"),
        (
            ("photo.png", "--style", "painting.png", "--style-layers", "relu9"),
            2,
            "--style-layers: unknown name 'relu9'",
        ),
        (("photo.png", "--style", "painting.png", "--mask", "no.png"), 4, "--mask no.png: no such file"),
        (("photo.png", "--style", "painting.png:2", "--mask", "photo.png"), 2, "--mask: found 1 for 1 styles"),
        (("photo.png", "--style", "painting.png", "--start", "nothing.png"), 4, "--start nothing.png: no such file"),
    ],
)
def test_mistakes_are_told(
    place: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, message: str
) -> None:
    """Each mistake ends with its code and says what was found and expected, before anything is written."""
    assert stylize(*words, *QUICK) == code
    err = capsys.readouterr().err
    assert message in err and "hint: " in err
    assert {path.name for path in place.iterdir()} == {"photo.png", "painting.png", "photos"}


@pytest.mark.slow
@needs_shared
def test_real_network_comes_from_a_file(place: Path) -> None:
    """SqueezeNet's weights in a file tell which network they are of, and style a picture in bf16 as in fp32."""
    weights = str(SHARED / "weights" / "squeezenet1_0.safetensors")
    pixels = []
    for precision in ("fp32", "bf16"):
        line = ["photo.png", "--style", "painting.png", "--weights", weights, "--iterations", "10", "--size", "96"]
        assert stylize(*line, "--precision", precision, "-o", f"{precision}.png") == 0
        note = parse_painted(read_text(Path(f"{precision}.png")))
        assert note is not None and note.features.startswith("squeezenet ")
        pixels.append(np.asarray(Image.open(f"{precision}.png")).astype(float))
    assert np.abs(pixels[0] - pixels[1]).mean() < 12
