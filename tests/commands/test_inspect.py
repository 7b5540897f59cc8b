"""``gantools inspect``: what it says of real checkpoints, folders and pictures, and of what is none."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools import cli
from gantools.config.build import PictureShape, all_fields, resolve, values_of, with_values
from gantools.config.reproduce import typed_options
from gantools.config.run import RunConfig
from gantools.config.typed import parse_assignment
from gantools.files.checkpoint import pack
from gantools.files.document import DataNote, Event, Lineage, read_document
from gantools.files.header import canonical_json
from gantools.inspection.checkpoint import checkpoint_finding, reproduction
from gantools.training.engine import Phase
from gantools.training.state import TrainState
from tests import tiny
from tests.conftest import child_environment
from tests.files.test_header import ODD_VALUES, file_of, places_in

PROBE = """
import sys
from gantools.cli import main
code = main(sys.argv[1:])
print(code, *(name for name in ("torch", "numpy", "PIL", "safetensors") if name in sys.modules), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def packed() -> dict[str, tiny.Packed]:
    """A run before and after a D phase, one after a G phase, and one that was changed on its way."""
    state = tiny.take(tiny.fresh("dcgan"), Phase.BOTH, 3)
    runs = {"c": tiny.packed(state)}
    runs["d"] = tiny.packed(tiny.take(tiny.through_bytes(state), Phase.D_ONLY, 2))
    runs["g"] = tiny.packed(tiny.take(tiny.through_bytes(state), Phase.G_ONLY, 2))
    events = (Event(8, 2, 2, "optimizer.lr_g 0.001 -> 0.0005"),)
    runs["changed"] = pack(state, DataNote(10, ("cat", "dog\x1b[2J")), Lineage("ab" * 32, events))
    return runs


@pytest.fixture
def place(packed: dict[str, tiny.Packed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, made the current one, with c.safetensors and the others."""
    for name, run in packed.items():
        (tmp_path / f"{name}.safetensors").write_bytes(run.data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def inspect(*words: str | Path) -> int:
    """Run ``gantools inspect`` in this process."""
    return cli.main(["inspect", *map(os.fspath, words)])


def rows_of(text: str) -> dict[str, str]:
    """Return the report's rows by name."""
    pairs = (line.strip().split("  ", 1) for line in text.splitlines() if line.startswith("  "))
    return {name: value.strip() for name, value in pairs}


def damaged(path: Path, network: str, value: float) -> None:
    """Write ``value`` over the first number of a network's weights."""
    header, _ = read_document(path)
    entry = next(e for name, e in header.tensors.items() if name.startswith(network + "/") and e.dtype == "F32")
    data = bytearray(path.read_bytes())
    data[entry.start : entry.start + 4] = np.float32(value).tobytes()
    path.write_bytes(data)


def test_checkpoint_is_told_from_its_header(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Networks, counts, progress, losses in words, rates, data, origin, and the next line."""
    assert inspect("c.safetensors") == 0
    out, err = capsys.readouterr()
    rows = rows_of(out)
    assert out.splitlines()[0] == "c.safetensors: checkpoint"
    assert rows["networks"] == "dcgan, 12x8 grey, latent 5, base width 4"
    assert rows["progress"] == "12 images seen, 3 rounds, 3 D steps, epoch 1 at picture 2"
    assert rows["health"] == "starting: not judged: a batch of 4 is under 16"
    assert "try" not in rows
    assert rows["rates"] == "G 0.001, D 0.001"
    assert rows["data"] == f"10 pictures, digest {'0' * 12}"
    assert rows["parent"] == "none: the run began here"
    assert "even play 1.386" in rows["losses"]
    assert err == "next: gantools sample --n 64 c.safetensors\n"


def test_parameters_are_those_of_the_networks(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The counts from the header are those that torch counts."""
    state = tiny.fresh("dcgan")
    assert inspect("c.safetensors", "--json") == 0
    thing = json.loads(capsys.readouterr().out)["things"][0]
    for name in ("generator", "discriminator"):
        assert thing["parameters"][name] == sum(p.numel() for p in getattr(state, name).parameters())


def test_json_holds_all_of_it(place: Path, packed: dict[str, tiny.Packed], capsys: pytest.CaptureFixture[str]) -> None:
    """--json: schema first, one object a thing, the whole configuration and register."""
    assert inspect("c.safetensors", "changed.safetensors", "--json") == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert list(document) == ["schema", "things"]
    assert document["schema"] == "gantools.inspect/1"
    first, second = document["things"]
    assert (first["thing"], first["kind"], first["verified"]) == ("c.safetensors", "checkpoint", False)
    assert first["digest"] == packed["c"].document.digest
    assert first["register"] == json.loads(canonical_json(packed["c"].document.register.to_json()))
    assert second["data"]["classes"] == ["cat", "dog\x1b[2J"]
    assert second["lineage"]["events"][0]["what"] == "optimizer.lr_g 0.001 -> 0.0005"
    assert second["reproduce"] is None
    assert err == ""


def test_drops_count_in_the_rates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rates are those of now, after the drops that are due."""
    state = tiny.take(tiny.fresh("dcgan-hinge-drop"), Phase.BOTH, 4)
    (tmp_path / "c").write_bytes(tiny.packed(state).data)
    assert inspect(tmp_path / "c") == 0
    assert rows_of(capsys.readouterr().out)["rates"] == "G 5e-05, D 5e-05, 0.05 of where they began"


def test_change_on_the_way_is_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Events are listed, foreign text is made harmless, and no one command is claimed to make such a run."""
    assert inspect("changed.safetensors") == 0
    out = capsys.readouterr().out
    rows = rows_of(out)
    assert rows["change"] == "at 8 images: optimizer.lr_g 0.001 -> 0.0005"
    assert rows["parent"] == "ab" * 6
    assert rows["made by"] == "no one command: the run was changed on its way (1 change)"
    assert r"2 classes (cat, dog\x1b[2J)" in rows["data"]
    assert "\x1b" not in out


def test_phases_have_no_one_command(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that train-d or train-g took further is not what train alone makes."""
    reasons = {
        "d": "no one command: the run stands in the middle of a round, or train-d went on with it",
        "g": "no one command: train-d or train-g took part of the steps",
    }
    for name, reason in reasons.items():
        assert inspect(f"{name}.safetensors") == 0
        assert rows_of(capsys.readouterr().out)["made by"] == reason


@pytest.mark.parametrize("case", tiny.CASES)
def test_told_command_makes_the_same_run(case: str, tmp_path: Path) -> None:
    """The words of the told command give the configuration back; the same data then give the same digest."""
    config = tiny.config_of(case, seed=3)
    state = tiny.take(TrainState.fresh(config, "0" * 64, tiny.machine()), Phase.BOTH, 2)
    run = tiny.packed(state)
    command, why_not = reproduction(run.document, "c.safetensors")
    assert why_not is None
    words = shlex.split(str(command))
    assert words[:5] == ["gantools", "train", "DATA", "-o", "c.safetensors"]
    assert words[-2:] == ["--until", "2"]
    again = typed_again(words[5:-2], PictureShape(8, 12, 1))
    assert again == config
    twin = tiny.take(TrainState.fresh(again, "0" * 64, tiny.machine()), Phase.BOTH, 2)
    assert tiny.packed(twin).document.digest == run.document.digest


def typed_again(words: list[str], shape: PictureShape, count: int | None = None, device: str = "cpu") -> RunConfig:
    """Resolve the configuration that these options ask for, each read as ``--set`` reads its field."""
    flags = {field.metadata["setting"].flag: name for name, field in all_fields().items()}
    pairs = [f"{flags[w]}={v}" if w != "--set" else v for w, v in zip(words[::2], words[1::2], strict=True)]
    typed: dict[str, object] = {}
    for name, value in map(parse_assignment, pairs):
        typed[name] = typed[name] + value if name in typed else value
    return resolve(shape, typed, count, device=device).config


def test_told_command_can_be_typed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command that inspect tells, with the data's folder in place of DATA, writes the same content."""
    (place / "data").mkdir()
    for number in range(6):
        Image.new("L", (16, 16), number * 40).save(place / "data" / f"{number}.png")
    options = ["--batch", "4", "--set", "network.base_width=4", "--lr-drop", "0.5@8", "--seed", "9", "--loss", "hinge"]
    assert cli.main(["train", "data", "-o", "first.safetensors", "--steps", "3", *options, "-q"]) == 0
    capsys.readouterr()
    assert inspect("first.safetensors", "--json") == 0
    thing = json.loads(capsys.readouterr().out)["things"][0]
    command = thing["reproduce"].replace("DATA", "data").replace("first", "second")
    assert cli.main([*shlex.split(command)[1:], "-q"]) == 0
    assert read_document(place / "second.safetensors")[1].digest == thing["digest"]


@pytest.mark.parametrize("typed", [{}, {"augment.operations": "none"}, {"augment.operations": "cutout"},
                                   {"augment.operations": "cutout", "augment.schedule": "ramp"},
                                   {"preset": "small-data", "loss.gamma": 1.0}])  # fmt: skip
def test_what_follows_from_count_and_device_is_not_typed_again(typed: dict[str, object]) -> None:
    """The told options give the same values on the same number of pictures and the same device, and name no more."""
    shape = PictureShape(96, 96, 3)
    config = resolve(shape, typed, 2_000, device="cuda").config
    words = typed_options(config, 2_000, "cuda")
    assert typed_again(words, shape, 2_000, "cuda") == config
    assert len(words) == 2 * (1 + len(typed))
    assert typed_again(typed_options(config), shape) == config  # of a file that knows neither


def test_default_run_needs_few_words() -> None:
    """Of the defaults only the precision, which the device would choose, is written out."""
    config = resolve(PictureShape(32, 32, 3), {}).config
    assert typed_options(config) == ["--precision", "fp32"]
    assert typed_options(resolve(PictureShape(28, 28, 1), {"preset": "lesson"}).config) == [
        "--preset", "lesson", "--precision", "fp32",
    ]  # fmt: skip
    assert typed_options(resolve(PictureShape(100, 100, 1), {"network.family": "fc"}).config)[:2] == ["--arch", "fc"]


def test_emptied_list_is_written_out() -> None:
    """A value that was set back to empty is no reason to fail, and drops are flags that repeat."""
    config = with_values(tiny.config_of("dcgan"), {"balance.lr_drops": ((0.1, 400_000), (0.5, 800_000))})
    words = typed_options(config)
    assert words.count("--lr-drop") == 2
    assert {"0.1@400000", "0.5@800000"} < set(words)


def test_verify_passes_a_whole_file(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--verify of a whole checkpoint says what was checked."""
    assert inspect("c.safetensors", "--verify") == 0
    assert rows_of(capsys.readouterr().out)["verified"] == "content digest, names, shapes, and every number finite"


def test_verify_finds_one_changed_number(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One number in a moment changed: 4, and both digests are told; without --verify nobody notices."""
    damaged(place / "c.safetensors", "optimizer", 0.25)
    assert inspect("c.safetensors") == 0
    assert inspect("c.safetensors", "--verify") == 4
    err = capsys.readouterr().err
    assert "c.safetensors: found content digest" in err
    assert "the file is damaged" in err


def forged(path: Path, change: object) -> None:
    """Rewrite a checkpoint with other tensors under a right digest: ``change`` edits name -> (dtype, shape, bytes)."""
    from dataclasses import replace

    from gantools.files.header import content_digest

    header, document = read_document(path)
    data = path.read_bytes()
    tensors = {name: (e.dtype, e.shape, data[e.start : e.end]) for name, e in header.tensors.items()}
    change(tensors)
    digest = content_digest(((name, *parts) for name, parts in tensors.items()), document.content())
    entries, body = {}, b""
    for name, (dtype, shape, part) in tensors.items():
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [len(body), len(body) + len(part)]}
        body += part
    path.write_bytes(file_of({"__metadata__": replace(document, digest=digest).to_metadata(), **entries}, body))


def test_verify_finds_what_is_not_finite(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A NaN under a right digest is still found."""

    def poison(tensors: dict) -> None:
        dtype, shape, data = tensors["generator/first.weight"]
        tensors["generator/first.weight"] = (dtype, shape, np.float32("nan").tobytes() + data[4:])

    forged(place / "c.safetensors", poison)
    assert inspect("c.safetensors", "--verify") == 4
    assert "found values that are not finite in 1 tensors (generator/first.weight)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop("generator/first.weight"), "1 missing (generator/first.weight)"),
        (lambda t: t.update({"generator/more": ("F32", (1,), bytes(4))}), "1 unexpected (generator/more)"),
        (lambda t: t.update({"generator/far": ("F32", (0, 1 << 20), b"")}), "1 unexpected (generator/far)"),
        (
            lambda t: t.update({"generator/first.weight": ("F32", (1,), bytes(4))}),
            "generator/first.weight (1,) instead",
        ),
    ],
    ids=["missing", "unexpected", "zero-sized", "other shape"],
)
def test_verify_compares_with_the_schema(
    place: Path, capsys: pytest.CaptureFixture[str], change: object, words: str
) -> None:
    """Tensors under a right digest that the configuration does not describe are found and named."""
    forged(place / "c.safetensors", change)
    assert inspect("c.safetensors", "--verify") == 4
    assert words in capsys.readouterr().err


def test_d_phase_froze_the_generator(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--diff of a run before and after train-d: generator and average equal, the discriminator not."""
    assert inspect("c.safetensors", "--diff", "d.safetensors") == 0
    rows = rows_of(capsys.readouterr().out)
    assert rows["generator"].endswith("tensors equal")
    assert rows["average"].endswith("tensors equal")
    assert rows["optimizer/generator"].endswith("tensors equal")
    assert "differ (largest change" in rows["discriminator"]
    assert rows["config"] == "equal"


def test_g_phase_froze_the_discriminator(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--diff before and after train-g: the discriminator equal; the register's counts are told."""
    assert inspect("c.safetensors", "--diff", "g.safetensors", "--json") == 0
    difference = json.loads(capsys.readouterr().out)["difference"]
    groups = {group["name"]: group for group in difference["groups"]}
    assert groups["discriminator"]["changed"] == {}
    assert groups["discriminator"]["equal"] > 0
    assert groups["generator"]["changed"] and groups["average"]["changed"]
    assert difference["register"]["g_steps"] == [3, 5]
    assert difference["config"] == {}


def test_difference_of_two_numbers_is_their_size(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The largest change is told with the tensor that it is in."""
    (place / "e.safetensors").write_bytes((place / "c.safetensors").read_bytes())
    header, _ = read_document(place / "c.safetensors")
    entry = header.tensors["generator/first.weight"]
    before = np.frombuffer((place / "c.safetensors").read_bytes()[entry.start : entry.start + 4], np.float32)[0]
    data = bytearray((place / "e.safetensors").read_bytes())
    data[entry.start : entry.start + 4] = np.float32(before + 0.5).tobytes()
    (place / "e.safetensors").write_bytes(data)
    assert inspect("c.safetensors", "--diff", "e.safetensors", "-v") == 0
    rows = rows_of(capsys.readouterr().out)
    count = sum(name.startswith("generator/") for name in header.tensors)
    assert rows["generator"] == f"1 of {count} differ (largest change 0.5 in first.weight)"
    assert rows["generator/first.weight"] == "largest change 0.5"
    assert rows["register"] == "equal"


def test_other_networks_differ_in_shape(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Checkpoints of other sizes are compared as far as they go."""
    (place / "w.safetensors").write_bytes(tiny.packed(tiny.fresh("dcgan", **{"network.base_width": 8})).data)
    assert inspect("c.safetensors", "--diff", "w.safetensors") == 0
    out = capsys.readouterr().out
    assert "of another shape" in rows_of(out)["generator"]
    assert "network.base_width 4 -> 8" in out


def test_picture_tells_its_command(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A picture that sample wrote tells seed, index, checkpoint and command; a foreign one is refused."""
    assert cli.main(["sample", "c.safetensors", "--n", "3", "--seed", "5", "-o", "out"]) == 0
    assert cli.main(["sample", "c.safetensors", "--n", "3", "--grid", "-o", "sheet.webp"]) == 0
    capsys.readouterr()
    assert inspect("out/000002.png", "sheet.webp", "--verify") == 0
    out = capsys.readouterr().out
    assert "gantools sample --n 1 --start 2 --seed 5 c.safetensors" in out
    assert "picture 2 of seed 5, average weights" in out
    assert "pictures 0 to 2 of seed 0" in out
    Image.new("L", (12, 8)).save("mine.png")
    assert inspect("mine.png") == 4
    err = capsys.readouterr().err
    assert "error: mine.png: found a PNG picture that gantools did not write, expected one of its own" in err


def test_cut_picture_is_found_by_verify(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A picture whose pixels end early is refused when they are read."""
    assert cli.main(["sample", "c.safetensors", "--n", "1", "-o", "one.png"]) == 0
    data = (place / "one.png").read_bytes()
    (place / "one.png").write_bytes(data[:-40])
    assert inspect("one.png", "--verify") == 4
    assert "error: one.png: cannot be read" in capsys.readouterr().err


def test_folder_of_pictures_is_counted(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Any folder of pictures: how many, of which size, with which labels; the next line trains on it."""
    for label, count in (("cat", 3), ("dog", 2)):
        (place / "data" / label).mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (12, 8), (number, 0, 9)).save(place / "data" / label / f"{number}.png")
    assert inspect("data", "--verify") == 0
    out, err = capsys.readouterr()
    rows = rows_of(out)
    assert out.splitlines()[0] == "data: data"
    assert rows["pictures"] == "5 for training, 0 held out"
    assert rows["size"] == "12x8, RGB"
    assert rows["labels"] == "cat 3, dog 2"
    assert rows["verified"].startswith("all pictures for training read")
    assert err == "next: gantools train data -o c.safetensors\n"


def test_pictures_of_several_sizes_are_to_be_prepared(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that train would refuse is not recommended to train: the next line prepares it."""
    (place / "photos").mkdir()
    for side in (12, 16):
        Image.new("RGB", (side, 8)).save(place / "photos" / f"{side}.png")
    assert inspect("photos") == 0
    assert capsys.readouterr().err == "next: gantools prepare photos -o data\n"


def test_prepared_data_is_told_by_its_manifest(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A data set that prepare wrote tells its digest, which a run on it stores, and its options with -v."""
    (place / "photos").mkdir()
    for number in range(3):
        Image.new("RGB", (16, 16), (number * 50, 0, 9)).save(place / "photos" / f"{number}.png")
    assert cli.main(["prepare", "photos", "-o", "data", "-q"]) == 0
    capsys.readouterr()
    assert inspect("data", "--json") == 0
    thing = json.loads(capsys.readouterr().out)["things"][0]
    assert (thing["kind"], thing["prepared"], thing["train"]) == ("data", True, 3)
    assert thing["sizes"] == [{"width": 16, "height": 16, "pictures": 3}]
    assert len(thing["digest"]) == 64


def test_bad_things_do_not_hide_the_good_ones(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each bad thing gets one line on stderr; the good ones are reported; the exit code is 4."""
    os.mkfifo(place / "pipe")
    (place / "empty").mkdir()
    (place / "lfs").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    (place / "esc\x1b[2J").write_bytes(b"PK\x03\x04" + bytes(50))
    bad = ["absent", "pipe", "/dev/zero", "empty", "lfs", "esc\x1b[2J"]
    assert inspect(*bad, "c.safetensors", "-v") == 4
    out, err = capsys.readouterr()
    assert out.lstrip("\n").startswith("c.safetensors: checkpoint")
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(errors) == len(bad)
    for name, line in zip(bad, errors, strict=True):
        assert line.startswith(f"error: {name}: ".replace("\x1b", r"\x1b"))
    assert "\x1b" not in err + out
    assert inspect(*bad, "--json", "-q") == 4
    things = json.loads(capsys.readouterr().out)["things"]
    assert [thing["kind"] for thing in things] == [None] * len(bad)
    assert all(thing["error"] for thing in things)


def test_diff_takes_one_thing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--diff beside two things ends with 2 and the line to type."""
    assert inspect("c.safetensors", "d.safetensors", "--diff", "g.safetensors") == 2
    err = capsys.readouterr().err
    assert "--diff: found 2 things beside g.safetensors, expected one checkpoint" in err
    assert "hint: gantools inspect c.safetensors --diff g.safetensors" in err


def test_header_needs_only_the_standard_library(place: Path) -> None:
    """Inspecting a header loads neither torch nor numpy nor Pillow nor safetensors; a diff needs numpy alone."""
    for words, loaded in ((["c.safetensors"], "0"), (["c.safetensors", "--diff", "d.safetensors"], "0 numpy")):
        command = [sys.executable, "-c", PROBE, "inspect", *words]
        done = subprocess.run(command, cwd=place, env=child_environment(), capture_output=True, text=True, check=True)
        assert done.stderr.splitlines()[-1] == loaded


def test_odd_metadata_is_reported_or_refused(place: Path, packed: dict[str, tiny.Packed]) -> None:
    """Whatever value stands in the metadata, the report is made or the file refused; rows stay short."""
    data = packed["changed"].data
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    stored = header["__metadata__"]["gantools"]
    from gantools.errors import InputError

    reported = 0
    for where in places_in(json.loads(stored))[1:]:
        for odd in ODD_VALUES[::3]:
            document = json.loads(stored)
            target = document
            for key in where[:-1]:
                target = target[key]
            target[where[-1]] = odd
            header["__metadata__"]["gantools"] = json.dumps(document)
            (place / "odd").write_bytes(file_of(header, data[8 + length :]))
            try:
                finding = checkpoint_finding(place / "odd")
            except InputError:
                continue
            reported += 1
            assert all(len(value) < 2000 for _, value in finding.rows)
    assert reported > 20


def test_values_of_the_report_are_all_of_the_configuration(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """-v adds every configuration value and every tensor."""
    assert inspect("c.safetensors", "-v") == 0
    rows = rows_of(capsys.readouterr().out)
    header, document = read_document(place / "c.safetensors")
    assert values_of(document.config).keys() <= rows.keys()
    assert header.tensors.keys() <= rows.keys()


def test_plot_draws_the_losses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--plot draws a checkpoint's losses, tells where on stderr, and draws again over its own picture."""
    monkeypatch.chdir(tmp_path)
    state = tiny.take(tiny.fresh("dcgan-hinge-drop"), Phase.BOTH, 40)
    Path("c.safetensors").write_bytes(tiny.packed(state).data)
    assert inspect("c.safetensors", "--plot", "plots.png") == 0
    out, err = capsys.readouterr()
    assert out.startswith("c.safetensors: checkpoint")
    assert err.splitlines()[0] == "plot: plots.png"
    with Image.open("plots.png") as image:
        assert image.size == (900, 480)
    before = Path("plots.png").read_bytes()
    assert inspect("c.safetensors", "--plot", "plots.png", "--json") == 0
    assert json.loads(capsys.readouterr().out)["things"][0]["plot"] == "plots.png"
    assert Path("plots.png").read_bytes() == before


def test_plot_of_a_folder_is_a_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--plot of a folder lays out its pictures, 64 at equal steps of more."""
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(100):
        Image.new("RGB", (16, 16), (number, 0, 0)).save(folder / f"{number:03}.png")
    assert inspect(folder, "--plot", tmp_path / "sheet.png") == 0
    with Image.open(tmp_path / "sheet.png") as image:
        assert image.size == (8 * 18 - 2, 8 * 18 - 2)
        assert [image.getpixel((18 * column, 0))[0] for column in range(4)] == [0, 1, 3, 4]  # type: ignore[index]


def test_plot_refuses_what_it_cannot_draw(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Other endings, several things, a young run, a picture, and a file that is not ours: each has its own word."""
    Image.new("L", (4, 4)).save("mine.png")
    mine = Path("mine.png").read_bytes()
    for words, code, text in [
        (("c.safetensors", "--plot", "a.jpg"), 2, "--plot: found 'a.jpg', expected a name that ends with .png"),
        (("c.safetensors", "d.safetensors", "--plot", "a.png"), 2, "--plot: found 2 things beside it"),
        (("c.safetensors", "--diff", "d.safetensors", "--plot", "a.png"), 2, "--plot: found --diff beside it"),
        (
            ("c.safetensors", "--plot", "a.png"),
            4,
            "c.safetensors: found 3 rounds, --plot expected a run with a history",
        ),
        (("c.safetensors", "--plot", "mine.png"), 5, "mine.png: exists and was not written by gantools"),
    ]:
        assert inspect(*words) == code
        assert text in capsys.readouterr().err
    assert Path("mine.png").read_bytes() == mine
    assert not Path("a.png").exists()


def test_a_young_run_is_told_though_it_cannot_be_drawn(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report comes out whole beside the error about its plot."""
    assert inspect("c.safetensors", "--plot", "a.png") == 4
    out, err = capsys.readouterr()
    assert out.startswith("c.safetensors: checkpoint")
    assert "--plot expected a run with a history" in err
