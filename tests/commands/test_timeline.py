"""The timeline that ``train`` keeps beside its checkpoint."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools import cli
from gantools.files.document import read_document
from gantools.pictures import timeline
from gantools.pictures.timeline import read_timeline, run_name

TINY = ["--arch", "fc", "--batch", "4", "--set", "network.base_width=4", "-q", "--threads", "1"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with pictures, made the current one; rows are due from 8 images on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(timeline, "FIRST_IMAGES", 8)
    Path("data").mkdir()
    draw = np.random.RandomState(0)
    for number in range(6):
        Image.fromarray(draw.randint(0, 256, (8, 8)).astype(np.uint8)).save(f"data/{number}.png")
    return tmp_path


def train(*words: str) -> None:
    """Run ``gantools train`` in this process."""
    assert cli.main(["train", "data", *TINY, *words]) == 0


def counts() -> list[int]:
    """Return the rows beside c.safetensors."""
    document = read_document(Path("c.safetensors"))[1]
    name = run_name(document.config)
    return read_timeline(Path("c.timeline.png"), name, document.register.images).counts


def test_rows_stand_at_doublings_whatever_interrupts_the_run(place: Path) -> None:
    """A run in three parts, one of them taken back by a kill, leaves the very timeline of a run in one."""
    train("-o", "c.safetensors", "--steps", "1")
    assert not Path("c.timeline.png").exists()
    train("-o", "c.safetensors", "--resume", "--steps", "4")
    assert counts() == [8, 16]
    before = Path("c.safetensors").read_bytes()
    train("-o", "c.safetensors", "--resume", "--steps", "6")
    assert counts() == [8, 16, 32]
    Path("c.safetensors").write_bytes(before)  # the timeline is ahead of the checkpoint, as after a kill
    assert counts() == [8, 16]
    train("-o", "c.safetensors", "--resume", "--steps", "6")
    train("-o", "whole.safetensors", "--steps", "11")
    assert Path("c.timeline.png").read_bytes() == Path("whole.timeline.png").read_bytes()


def test_rows_are_the_first_samples(place: Path) -> None:
    """A row shows what ``sample`` draws first from the run as it was then."""
    train("-o", "c.safetensors", "--steps", "2")
    assert cli.main(["sample", "c.safetensors", "--n", "8", "-o", "out", "-q"]) == 0
    name = run_name(read_document(Path("c.safetensors"))[1].config)
    row = read_timeline(Path("c.timeline.png"), name, 8).rows[0]
    samples = [np.asarray(Image.open(path)) for path in sorted(Path("out").iterdir())]
    assert (row[:, 0] == np.stack(samples)).all()


def test_another_run_begins_another_timeline(place: Path) -> None:
    """With --force the rows of the run before are gone, also when the new one has none yet."""
    train("-o", "c.safetensors", "--steps", "8")
    assert counts() == [8, 16, 32]
    train("-o", "c.safetensors", "--force", "--steps", "2")
    assert counts() == [8]
    train("-o", "c.safetensors", "--force", "--steps", "1")
    assert not Path("c.timeline.png").exists()


def test_a_file_of_somebody_else_stays(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where something else has the timeline's name, or the preview has it, the run goes on without one and says so."""
    Path("c.timeline.png").write_text("mine")
    words = [word for word in TINY if word != "-q"]
    assert cli.main(["train", "data", *words, "-o", "c.safetensors", "--steps", "4"]) == 0
    assert "c.timeline.png: exists and was not written by gantools, so no timeline is kept" in capsys.readouterr().err
    assert Path("c.timeline.png").read_text() == "mine"
    own = ["--preview", "d.timeline.png", "-o", "d.safetensors", "--steps", "4"]
    assert cli.main(["train", "data", *words, *own]) == 0
    assert "d.timeline.png: is the place of the preview, so no timeline is kept" in capsys.readouterr().err
