"""Pages: well formed, complete, alike for equal inputs, and harmless whatever the files are called."""

import base64
import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools import cli
from gantools.files.checkpoint import pack
from gantools.files.document import DataNote, Event, Lineage
from gantools.inspection.charts import Line, LineChart, draw, flags_of
from gantools.inspection.markup import sheet
from gantools.inspection.page_style import STYLE
from gantools.inspection.story import Mark
from gantools.pictures.timeline import Timeline, run_name
from gantools.training.engine import Phase
from tests import tiny
from tests.faults.runs import digest_of
from tests.inspection.html_check import Checked

EVIL = '<img src=x onerror=alert(1)>"\x1b[2J\u202e'
METRICS = (
    '{"event": "start", "command": "train", "images": 0, "changes": []}\n'
    + "".join(
        f'{{"images": {n}, "loss_d": 1, "loss_g": {n}, "skipped": {n}, "nonfinite": 0, "augment": 0.2}}\n'
        for n in range(4, 160, 4)
    )
    + '{"event": "<b>odd</b>", "images": 80, "text": "x"}\n'
    + '{"event": "figures", "images": 80, "figures": {"kid": {"value": 2, "low": 1, "high": 3, "floor": 0.1}}}\n'
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run of 160 images, its timeline and metrics, and its data, all with odd names."""
    folder = tmp_path_factory.mktemp("desk")
    state = tiny.take(tiny.fresh("dcgan-hinge-drop"), Phase.BOTH, 40)
    events = Lineage("ab" * 32, (Event(8, 2, 2, EVIL),))
    (folder / "c.safetensors").write_bytes(pack(state, DataNote(10, ("cat", EVIL)), events).data)
    kept = Timeline(run_name(state.config))
    for count in (40, 80, 320):
        kept.add(count, np.full((8, 1, 8, 12), count % 256, np.uint8))
    (folder / "c.timeline.png").write_bytes(kept.png())
    (folder / "m.jsonl").write_text(METRICS)
    draw_pictures(folder / "raw", 40)
    return folder


def draw_pictures(folder: Path, count: int, width: int = 12) -> None:
    """Write noise in two classes, one of them oddly named, a copy, a blank picture and a file that is none."""
    noise = np.random.RandomState(3)
    for label in ("a", "<b>bold"):
        (folder / label).mkdir(parents=True)
        for number in range(count // 2):
            Image.fromarray(noise.randint(0, 256, (8, width)).astype(np.uint8)).save(folder / label / f"{number}.png")
    shutil.copy(folder / "a" / "0.png", folder / "a" / "same.png")
    Image.new("L", (width, 8), 200).save(folder / "a" / "blank.png")
    (folder / "a" / "<i>broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")


@pytest.fixture
def place(desk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the folder the current one."""
    monkeypatch.chdir(desk)
    return desk


def page_of(*words: str, name: str = "page.html") -> str:
    """Run ``gantools inspect --html`` and return the page."""
    assert cli.main(["inspect", *words, "--html", name, "--threads", "1"]) == 0
    return Path(name).read_text(encoding="utf-8")


def prepared() -> None:
    """Make the data set once."""
    if not Path("data").exists():
        code = cli.main(
            ["prepare", "raw", "-o", "data", "--size", "12x8", "--holdout", "30%", "--channels", "gray", "-q"]
        )
        assert code == 3  # one picture is broken


def test_the_page_tells_that_the_run_was_lost_afterwards(place: Path, tmp_path: Path) -> None:
    """Beside the verdict of its own moment stands what a metrics file beside the checkpoint says of later."""
    shutil.copy("c.safetensors", tmp_path)
    saved = {"event": "saved", "images": 160, "digest": digest_of(Path("c.safetensors"))}
    lost = {"event": "health", "images": 900, "state": "diverged", "reason": EVIL}
    (tmp_path / "m.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in (saved, lost)))
    found = Checked(page_of(str(tmp_path / "c.safetensors"), name=str(tmp_path / "page.html")))
    assert found.faults == []
    assert "the run went on from here and diverged at 900 images: <img" in found.text
    assert "the run went on" not in Checked(page_of("c.safetensors")).text


def test_the_page_of_a_checkpoint_is_whole(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is well formed, fetches nothing, has a text for each picture, and tells all that is known."""
    found = Checked(page_of("c.safetensors", "--metrics", "m.jsonl"))
    assert "page: page.html" in capsys.readouterr().err
    assert found.faults == []
    assert found.ids == ["samples", "training", "timeline", "walk", "configuration", "lineage", "again"]
    assert "8 samples at 40 images" in found.pictures
    assert not any("320 images" in words for words in found.pictures)  # the checkpoint is older than that row
    for words in (
        "160",
        "both rates are now 0.05 of where they began",
        "balance.lr_drops",
        "D steps skipped",
        "how probable each change",
        "odd",
    ):
        assert words in found.text
    assert "ab" * 32 in found.text


def test_equal_inputs_give_equal_pages(place: Path) -> None:
    """The same command writes the same bytes, whatever stood there; an unchanged page is not written again."""
    first = page_of("c.safetensors", name="one.html")
    before = os.stat("one.html")
    assert page_of("c.safetensors", name="one.html") == first
    assert os.stat("one.html").st_mtime_ns == before.st_mtime_ns
    assert page_of("c.safetensors", name="two.html") == first


def test_foreign_text_is_text(place: Path) -> None:
    """Markup, control characters and reversed writing in names and events come out as the letters they are."""
    prepared()
    for page in (page_of("c.safetensors", "--metrics", "m.jsonl"), page_of("data"), page_of("raw")):
        assert not any(raw in page for raw in ("<img src=x", "<b>odd", "<b>bold", "<i>broken", "\x1b", "\u202e"))
        assert Checked(page).faults == []


def test_against_data_the_page_shows_reals(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --against there are reals beside the samples, the table, and the nearest training pictures."""
    prepared()
    page = page_of("c.safetensors", "--against", "data", "--n", "8", "--json")
    assert '"html": "page.html"' in capsys.readouterr().out
    found = Checked(page)
    assert found.faults == []
    assert found.ids[:2] == ["samples", "figures"]
    assert "nearest" in found.ids
    assert found.pictures.count("its 3 nearest training pictures") == 8
    assert "memorisation" in found.text
    assert "the median held-out picture lies from its nearest" in found.text


def test_the_page_of_a_data_set_is_whole(place: Path) -> None:
    """Counts, labels, hold-out, copies with both pictures, blank ones, and each skipped file with its reason."""
    prepared()
    found = Checked(page_of("data"))
    assert found.faults == []
    assert {"pictures", "holdout", "labels", "copies", "skipped", "facts", "options"} <= set(found.ids)
    assert {"the copy", "the earlier picture"} <= set(found.pictures)
    assert "the same pixels as a/0.png" in found.text
    assert "a/<i>broken.png" in found.text


def test_a_folder_of_any_pictures_has_a_page(place: Path) -> None:
    """Pictures of several sizes that nobody prepared are shown small; what cannot be read is counted."""
    draw_pictures(place / "mixed", 4)
    Image.new("RGB", (90, 30), "red").save("mixed/a/wide.png")
    found = Checked(page_of("mixed"))
    assert found.faults == []
    assert {"pictures", "sizes", "skipped", "labels"} <= set(found.ids)


def test_a_page_of_somebody_else_stays(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page that gantools did not write is refused without --force; a name without .html is refused."""
    Path("mine.html").write_text("<!doctype html><p>mine")
    assert cli.main(["inspect", "c.safetensors", "--html", "mine.html"]) == 5
    assert "mine.html: exists and was not written by gantools" in capsys.readouterr().err
    assert Path("mine.html").read_text() == "<!doctype html><p>mine"
    assert cli.main(["inspect", "c.safetensors", "--html", "mine.html", "--force", "--threads", "1"]) == 0
    assert Checked(Path("mine.html").read_text()).faults == []


def test_many_resumes_leave_room_for_what_matters() -> None:
    """Where a run was resumed every night the chart marks what changed, and says how many marks it leaves out."""
    nights = [Mark(100 * night, "start", "resumed") for night in range(300)]
    flags, left_out = flags_of(sorted([*nights, Mark(500, "drop", "half")], key=lambda mark: mark.images))
    assert [(flag.number, flag.texts) for flag in flags] == [(1, ("half",))]
    assert left_out == 300


def test_lines_keep_their_gaps() -> None:
    """Where a value was not finite the line is broken; a chart of one value is a dot."""
    points = [(0, 1.0), (1, 2.0), (2, None), (3, 1.0), (4, 2.0)]
    chart = LineChart("t", [Line("a", "d", points, is_noisy=False)], end=4)
    path = draw(chart).partition('class="line d" d="')[2].partition('"')[0]
    assert (path.count("M"), path.count("L")) == (2, 2)
    assert draw(replace(chart, lines=[Line("a", "d", [(2, 1.0)])])).count("<circle") == 2  # one wide, one narrow


def test_small_pictures_stay_sharp_and_large_ones_small() -> None:
    """Pictures up to 64 px keep every pixel; larger ones are reduced to 256 px and packed with loss."""
    noise = np.random.RandomState(0).randint(0, 256, (4, 3, 64, 64)).astype(np.uint8)
    small = sheet(noise, columns=4, gap_px=0)
    assert (small.width, small.height, small.is_crisp) == (256, 64, True)
    with Image.open(BytesIO(base64.b64decode(small.uri.partition(",")[2]))) as image:
        assert (np.asarray(image.convert("RGB"))[:, 64:128].transpose(2, 0, 1) == noise[1]).all()
    large = sheet(np.zeros((1, 3, 300, 600), np.uint8))
    assert (large.width, large.height, large.is_crisp) == (256, 128, False)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_a_browser_draws_the_page(place: Path) -> None:
    """Headless Chromium draws the page in the dark and 390 px wide: nothing is wider than the window."""
    page_of("c.safetensors", "--metrics", "m.jsonl")
    probe = "<script>document.title=`${innerWidth} ${document.documentElement.scrollWidth}`</script></body>"
    page = Path("page.html").read_text(encoding="utf-8").replace("</body>", probe)
    Path("probe.html").write_text(page, encoding="utf-8")
    words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--blink-settings=preferredColorScheme=0"]
    where = [f"--user-data-dir={place}/profile", "--window-size=390,900", "--dump-dom", f"file://{place}/probe.html"]
    done = subprocess.run([str(CHROMIUM), *words, *where], capture_output=True, text=True, timeout=120, check=False)
    title = done.stdout.partition("<title>")[2].partition("</title>")[0]
    inner, scroll = map(int, title.split())
    assert scroll <= inner


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour like #abc or #aabbcc (WCAG 2.1)."""
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_words_can_be_read_by_day_and_by_night() -> None:
    """In both modes each colour of text has a contrast of 4.5 to 1 on the page and on its cards."""
    modes = re.findall(r":root\{(.*?)\}", STYLE, re.DOTALL)
    assert len(modes) == 2
    for mode in modes:
        colours = dict(re.findall(r"--(\w+):(#[0-9a-f]{3,6})\b", mode))
        for ground in (luminance(colours["page"]), luminance(colours["card"])):
            for name in ("ink", "soft", "d", "g", "amber", "red", "blue"):
                darker, lighter = sorted((ground, luminance(colours[name])))
                assert (lighter + 0.05) / (darker + 0.05) >= 4.5, name


def test_generations_are_counted_from_the_newest(place: Path) -> None:
    """A data set that grew and shrank has a bar for each generation, of the pictures that it had."""
    draw_pictures(place / "growing", 4)
    for path in ("growing/a/blank.png", "growing/a/same.png", "growing/a/<i>broken.png"):
        Path(path).unlink()
    make = ["prepare", "growing", "-o", "grown", "--size", "12x8", "-q"]
    assert cli.main(make) == 0
    Image.new("L", (12, 8), 90).save("growing/a/new.png")
    assert cli.main(make) == 0
    Path("growing/a/0.png").unlink()
    assert cli.main([*make, "--prune"]) == 0
    found = Checked(page_of("grown"))
    assert found.faults == []
    shown = found.text.partition("that changed them. ")[2]
    assert shown.startswith("generation 1 4 generation 2 5 generation 3 4 generation added removed changed digest")
