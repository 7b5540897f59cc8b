"""The three training doors from the command line: what they write, say, accept and refuse. Whole runs, in-process."""

import io
import itertools
import json
import math
import os
import re
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gantools import cli
from gantools.config.catalog import FAMILIES, LOSSES, PRESETS
from gantools.data import batches
from gantools.data.manifest import MANIFEST, read_manifest
from gantools.files.lock import locked
from tests.faults.runs import TINY, digest_of, document_of, names_in, same, tensors_of, write_pictures

Line = Callable[..., tuple[int, str, str]]
FRESH = ("train", "data", "-o", "c.safetensors", *TINY)
RESUME = ("train", "data", "-o", "c.safetensors", "--resume")
C = Path("c.safetensors")


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Line:
    """Run one command line in this process, in a folder with twelve pictures; return exit code, stdout and stderr."""
    write_pictures(tmp_path / "data")
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> tuple[int, str, str]:
        code = cli.main([str(word) for word in words])
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


def done(result: tuple[int, str, str]) -> str:
    """Require that a command line ended well; return its stderr."""
    code, _, stderr = result
    assert code == 0, stderr
    return stderr


def refused(result: tuple[int, str, str], code: int, error: str, hint: str | None) -> None:
    """Require an exit code, one error line and no product; ``hint`` is how the last line ends, a line to type."""
    assert result[:2] == (code, "")
    *_, said, last = ["", *result[2].splitlines()]
    assert f"error: {error}" in (said, last)
    if hint is not None:
        assert last.startswith(("hint: gantools ", f"hint: {hint}"))
        assert last.endswith(hint)


# How a run begins, goes on and ends.


def test_no_steps_write_a_fresh_checkpoint(line: Line) -> None:
    """``--steps 0`` writes counters at zero, finite keyed weights and an average equal to the generator."""
    code, stdout, stderr = line(*FRESH, "--steps", 0)
    assert (code, stdout) == (0, "c.safetensors\n")
    assert stderr.splitlines()[-1] == "next: gantools sample --n 64 c.safetensors"
    register = document_of(C).register
    assert (register.d_steps, register.g_steps, register.images, register.epoch, register.position) == (0, 0, 0, 0, 0)
    assert (register.loss_d, register.loss_g, register.history) == (None, None, [])
    live, average = tensors_of(C, "generator/"), tensors_of(C, "average/")
    assert all(np.array_equal(value, average[f"average/{name.partition('/')[2]}"]) for name, value in live.items()
               if name.endswith(("weight", "bias")))  # fmt: skip
    assert all(not moment.any() for moment in tensors_of(C, "optimizer/").values())
    assert document_of(C).lineage.parent is None


def test_resume_equals_an_undisturbed_run(line: Line) -> None:
    """Law 1 from the command line: ``--steps 2`` and ``--resume --steps 3`` end as ``--steps 5``; lineage differs."""
    done(line(*FRESH, "--steps", 2))
    first = digest_of(C)
    done(line(*RESUME, "--steps", 3))
    done(line("train", "data", "-o", "whole.safetensors", *TINY, "--steps", 5))
    assert digest_of(C) == digest_of(Path("whole.safetensors"))
    assert document_of(C).lineage.parent == first
    assert document_of(C).register.g_steps == 5
    assert digest_of(Path("c.safetensors.prev")) == first


@pytest.mark.parametrize("k", [1, 2])
def test_phases_through_files_equal_train(k: int, line: Line) -> None:
    """Law 2 from the command line: n rounds equal n times ``train-d`` and ``train-g``, k D steps each by default."""
    done(line(*FRESH, "--d-steps", k, "--steps", 0))
    done(line("train", "data", "-o", "whole.safetensors", *TINY, "--d-steps", k, "--steps", 3))
    for _ in range(3):
        done(line("train-d", "c.safetensors", "data"))
        done(line("train-g", "c.safetensors"))
    register = document_of(C).register
    assert (register.d_steps, register.g_steps, register.images) == (3 * k, 3, 12)
    assert digest_of(C) == digest_of(Path("whole.safetensors"))


def test_phases_write_elsewhere_on_demand(line: Line) -> None:
    """``train-d CKPT DATA -o CKPT2`` leaves CKPT alone and every tensor of the generator and the average too."""
    done(line(*FRESH, "--steps", 1))
    before = C.read_bytes()
    assert line("train-d", "c.safetensors", "data", "-o", "d.safetensors", "--steps", 2)[:2] == (0, "d.safetensors\n")
    assert C.read_bytes() == before
    other = Path("d.safetensors")
    assert same(tensors_of(C, "generator/", "average/"), tensors_of(other, "generator/", "average/"))
    assert not same(tensors_of(C, "discriminator/"), tensors_of(other, "discriminator/"))
    assert document_of(other).register.d_steps == 3


def test_bytes_go_through_standard_streams(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """``-`` reads a whole checkpoint from stdin and writes one to stdout: the very bytes that a file would get."""
    done(line(*FRESH, "--steps", 1))
    done(line("train-d", "c.safetensors", "data", "-o", "d.safetensors"))
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(C.read_bytes())))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written))
    assert cli.main(["train-d", "-", "data", "-o", "-"]) == 0
    assert written.getvalue() == Path("d.safetensors").read_bytes()


def test_the_same_command_writes_the_same_bytes(line: Line) -> None:
    """Law 6 from the command line: one line run twice gives equal files, preview included."""
    written = []
    for _ in range(2):
        done(line(*FRESH, "--steps", 3, "--force"))
        written.append((C.read_bytes(), Path("c.preview.png").read_bytes()))
        C.unlink()
    assert written[0] == written[1]


def test_from_goes_on_elsewhere(line: Line) -> None:
    """``--from`` continues another file exactly and leaves it as it was."""
    done(line(*FRESH, "--steps", 2))
    before = C.read_bytes()
    done(line("train", "data", "-o", "e.safetensors", "--from", "c.safetensors", "--steps", 1))
    assert C.read_bytes() == before
    done(line(*RESUME, "--steps", 1))
    assert digest_of(Path("e.safetensors")) == digest_of(C)


def test_init_takes_weights_only(line: Line) -> None:
    """``--init`` begins at zero with another run's weights, says how many, and remembers where they came from."""
    done(line(*FRESH, "--steps", 3))
    stderr = done(line("train", "data", "-o", "e.safetensors", "--init", "c.safetensors", "--batch", 6, "--steps", 0))
    other = Path("e.safetensors")
    networks = ("generator/", "discriminator/", "average/")
    count = len(tensors_of(C, *networks))
    told = f"--init c.safetensors: {count} tensors taken, 0 left as they begin; counters start at 0"
    assert f"warning: {told}" in stderr.splitlines()
    assert same(tensors_of(C, *networks), tensors_of(other, *networks))
    assert all(not moment.any() for moment in tensors_of(other, "optimizer/").values())
    document = document_of(other)
    assert (document.register.d_steps, document.register.images, document.config.batch) == (0, 0, 6)
    assert document.lineage.parent == digest_of(C)


def test_init_names_what_it_leaves(line: Line) -> None:
    """With another latent size all other layers are taken, and each tensor that is left is named with both shapes."""
    done(line(*FRESH, "--steps", 1))
    words = ("train", "data", "-o", "e.safetensors", "--init", "c.safetensors", "--steps", 0)
    stderr = done(line(*words, "--set", "network.latent_dim=7"))
    left = [text for text in stderr.splitlines() if text.startswith("warning: left: ")]
    assert len(left) == 1 and re.search(r"left: generator/\S+weight \((\d+), 7\), there \(\1, 5\)", left[0])
    assert any(text.startswith("warning: taken: generator/") for text in stderr.splitlines())


def test_existing_output_is_refused(line: Line) -> None:
    """A file that exists is neither replaced nor continued unless that was said; --force replaces it."""
    done(line(*FRESH, "--steps", 1))
    before = C.read_bytes()
    exists = "exists, expected a new name, or --force to replace it"
    refused(line(*FRESH), 5, f"c.safetensors: {exists}", " --resume")
    refused(line(*FRESH, "--dry-run"), 5, f"c.safetensors: {exists}", " --dry-run --resume")
    Path("other.png").write_bytes(b"not ours")
    refused(
        line("train-d", "c.safetensors", "data", "-o", "other.png"),
        5,
        "other.png: exists, expected a new name, or --force to replace it",
        " --force",
    )
    assert C.read_bytes() == before
    done(line(*FRESH, "--seed", 1, "--steps", 0, "--force"))
    assert document_of(C).config.seed == 1


def test_folders_and_devices_are_refused_as_output(line: Line, tmp_path: Path) -> None:
    """A folder or a device where a file is to be written is refused before anything is made, a lock file included."""
    Path("sheet.png").mkdir()
    before = names_in(tmp_path)
    error = "data: found a folder, expected the name of a file to write"
    refused(
        line("train", "data", "-o", "data", *TINY),
        5,
        error,
        shlex.join(["train", "data", "-o", "data.safetensors", *TINY]),
    )
    error = "sheet.png: found a folder, expected the name of a file to write"
    refused(line(*FRESH, "--preview", "sheet.png"), 5, error, None)
    for nameless in (".", "/"):
        error = f"{nameless}: found a folder, expected the name of a file to write"
        refused(line("train", "data", "-o", nameless, *TINY), 5, error, None)
    error = "/dev/null: found a device or a pipe, expected the name of a file to write"
    refused(line("train", "data", "-o", "/dev/null", "--force", *TINY), 5, error, None)
    assert not Path("/dev/null.lock").exists()
    assert names_in(tmp_path) == before


def test_resume_starts_what_is_absent(line: Line) -> None:
    """One line serves for ever: ``--resume`` starts an absent run, then continues it up to ``--until``."""
    words = (*RESUME, *TINY, "--until", 2)
    done(line(*words))
    assert document_of(C).register.g_steps == 2
    stored = {name: Path(name).read_bytes() for name in ("c.safetensors", "c.preview.png", "c.safetensors.lock")}
    stamp = C.stat().st_mtime_ns
    code, stdout, stderr = line(*words)
    assert (code, stdout) == (0, "c.safetensors\n")
    assert "nothing to do: c.safetensors has 2 rounds, the bound is 2" in stderr.splitlines()
    assert {name: Path(name).read_bytes() for name in stored} == stored
    assert C.stat().st_mtime_ns == stamp
    assert not Path("c.safetensors.prev").exists()


def test_phases_with_nothing_to_do_change_nothing(line: Line) -> None:
    """``train-d --until`` and ``train-g --until`` count their own steps, and leave the file once these are reached."""
    done(line(*FRESH, "--d-steps", 2, "--steps", 2))
    before = C.read_bytes()
    stderr = done(line("train-d", "c.safetensors", "data", "--until", 4))
    assert "nothing to do: c.safetensors has 4 D steps, the bound is 4" in stderr.splitlines()
    stderr = done(line("train-g", "c.safetensors", "--until", 1))
    assert "nothing to do: c.safetensors has 2 G steps, the bound is 1" in stderr.splitlines()
    assert C.read_bytes() == before
    done(line("train-d", "c.safetensors", "data", "--until", 5))
    assert document_of(C).register.d_steps == 5


@pytest.mark.parametrize(
    ("bound", "rounds"), [(("--images", "10"), 3), (("--epochs", "1"), 3), (("--epochs", "0.5", "--steps", "9"), 2)]
)
def test_bounds_end_a_run(bound: tuple[str, ...], rounds: int, line: Line) -> None:
    """Images and epochs are rounded up to whole rounds; the first bound that is reached ends the run."""
    done(line(*FRESH, *bound))
    assert document_of(C).register.g_steps == rounds


def test_max_time_ends_with_a_saved_checkpoint(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """``--max-time`` ends with 0 and the newest state saved, by the monotonic clock: the wall clock may jump (T21)."""
    with monkeypatch.context() as clocks:
        wall, steady = itertools.cycle([0.0, 1e10, -1e10]), itertools.count(time.monotonic(), 0.01)
        clocks.setattr(time, "time", lambda: next(wall))
        clocks.setattr(time, "monotonic", lambda: next(steady))
        done(line(*FRESH, "--max-time", "9s"))
    rounds = document_of(C).register.g_steps
    assert rounds > 10
    done(line("train", "data", "-o", "counted.safetensors", *TINY, "--until", rounds))
    counted = document_of(Path("counted.safetensors")).register
    if document_of(C).register.d_steps > counted.d_steps:  # it was stopped between the two turns of a round
        done(line("train-g", "c.safetensors"))
        done(line("train", "data", "-o", "counted.safetensors", "--resume", "--steps", 1))
    assert digest_of(C) == digest_of(Path("counted.safetensors"))


def test_each_save_keeps_the_one_before(line: Line) -> None:
    """``--checkpoint-every 1step`` saves after every round, the one before under ``.prev``."""
    done(line(*FRESH, "--steps", 3, "--checkpoint-every", "1step"))
    assert document_of(C).register.g_steps == 3
    assert document_of(Path("c.safetensors.prev")).register.g_steps == 2


def test_only_the_product_reaches_stdout(line: Line, tmp_path: Path) -> None:
    """Law 7: stdout has the path, NUL-ended with -0; with -q stderr is empty; without -o the data name the output."""
    assert line("train", "data", *TINY, "--steps", 0, "-q", "-0") == (0, "data.safetensors\0", "")
    assert names_in(tmp_path) == ["data", "data.preview.png", "data.safetensors", "data.safetensors.lock"]


def test_json_tells_the_register(line: Line) -> None:
    """``--json`` prints one document: schema, path, digest and the register."""
    code, stdout, _ = line(*FRESH, "--steps", 2, "--json")
    told = json.loads(stdout)
    assert code == 0
    assert list(told)[:4] == ["schema", "checkpoint", "digest", "preview"]
    assert told["schema"] == "gantools.train/1"
    assert told["digest"] == digest_of(C)
    assert (told["checkpoint"], told["preview"]) == ("c.safetensors", "c.preview.png")
    assert (told["g_steps"], told["images"]) == (2, 8)


# A resumed run and other flags, other data.


@pytest.mark.parametrize(
    ("flag", "value", "told"),
    [
        ("--lr-g", "0.001", "optimizer.lr_g 0.0002 -> 0.001"),
        ("--gamma", "2", "loss.gamma 1.0 -> 2.0"),
        ("--ema", "20k", "average.half_life_images 10000 -> 20000"),
        ("--skip-d-below", "0.3", "balance.skip_d_below 0.0 -> 0.3"),
        ("--lr-drop", "0.5@100", "balance.lr_drops () -> ((0.5, 100),)"),
        ("--precision", "bf16", "precision fp32 -> bf16: no longer bit-equal to an undisturbed run"),
        ("--threads", "2", "threads 1 -> 2: no longer bit-equal to an undisturbed run"),
    ],
)
def test_accepted_changes_are_events(flag: str, value: str, told: str, line: Line) -> None:
    """Rates, policies and the machine may change: warned of, stored as an event with its counts, and kept later."""
    done(line(*FRESH, "--steps", 2))
    stderr = done(line(*RESUME, flag, value, "--steps", 1))
    assert f"warning: changed: {told}" in stderr.splitlines()
    (event,) = document_of(C).lineage.events
    assert (event.images, event.d_steps, event.g_steps, event.what) == (8, 2, 2, told)
    if flag == "--threads":
        return
    config = document_of(C).config
    done(line(*RESUME, "--steps", 1))
    assert document_of(C).config == config
    assert document_of(C).lineage.events == (event,)


def test_a_typed_value_that_is_stored_is_no_change(line: Line) -> None:
    """Typing the stored values again, the whole first line, is no event, and untyped ones are kept."""
    done(line(*FRESH, "--lr-g", "0.003", "--steps", 1))
    done(line(*RESUME, *TINY, "--seed", 0, "--steps", 1))
    assert document_of(C).lineage.events == ()
    assert document_of(C).config.optimizer.lr_g == 0.003


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--seed", "7"), "seed: found 7, stored 0"),
        (("--preset", "lesson"), "preset: found lesson, stored auto"),
        (("--arch", "dcgan"), "network.family: found dcgan, stored fc"),
        (
            ("--set", "network.latent_dim=6", "--set", "network.base_width=8"),
            "network.latent_dim: found 6, stored 5; network.base_width: found 8, stored 4",
        ),
    ],
)
def test_what_defines_a_run_cannot_change(words: tuple[str, ...], found: str, line: Line) -> None:
    """Seed, preset, family and sizes are refused on resume, all together, and the file stays."""
    done(line(*FRESH, "--steps", 1))
    before = C.read_bytes()
    error = f"{found}: these define the run, expected the stored values; a new run needs another -o"
    refused(line(*RESUME, *words), 2, error, "gantools train data -o c.safetensors --resume")
    assert C.read_bytes() == before


def test_wrong_values_of_a_resumed_run_are_told_before_torch(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value out of range is refused before the device is looked at, also when a stored run goes on."""
    done(line(*FRESH, "--steps", 0))
    monkeypatch.setattr("gantools.commands.session._settle", lambda *_: pytest.fail("torch was loaded"))
    refused(line(*RESUME, "--lr-g", "99"), 2, "--lr-g: found 99.0, expected 0.0 to 10.0", " --lr-g 10.0")


def test_loss_and_batch_change_on_demand(line: Line) -> None:
    """Loss and batch need ``--allow-change``, which the hint writes out; then they are events."""
    done(line(*FRESH, "--steps", 1))
    error = "loss.name: found hinge, stored bce; batch: found 6, stored 4"
    refused(
        line(*RESUME, "--loss", "hinge", "--batch", 6),
        2,
        f"{error}: this changes what the run means, expected the stored values",
        "--allow-change loss.name --allow-change batch",
    )
    done(line(*RESUME, "--loss", "hinge", "--batch", 6, "--allow-change", "loss", "--allow-change", "batch",
              "--steps", 1))  # fmt: skip
    document = document_of(C)
    assert (document.config.loss.name, document.config.batch, document.register.images) == ("hinge", 6, 10)
    assert [event.what for event in document.lineage.events] == ["loss.name bce -> hinge", "batch 4 -> 6"]


def test_allow_change_knows_its_names(line: Line) -> None:
    """A name that --allow-change does not know is refused, on the first run too."""
    error = "--allow-change: unknown name 'los', expected one of batch, loss, loss.name, loss.penalty"
    refused(line(*FRESH, "--allow-change", "los"), 2, error, " --allow-change loss")


def test_other_pictures_begin_an_epoch(line: Line, tmp_path: Path) -> None:
    """Pictures of the same shape may change: an event, and the first picture of a new epoch."""
    done(line(*FRESH, "--steps", 1))
    old = document_of(C).register.data
    write_pictures(tmp_path / "data", 13, seed=4)
    stderr = done(line(*RESUME, "--steps", 1))
    told = "data 12 -> 13 pictures: a new epoch begins"
    assert f"warning: changed: {told}" in stderr.splitlines()
    document = document_of(C)
    assert (document.register.epoch, document.register.position) == (1, 4)
    assert document.register.data != old
    assert document.data.count == 13
    assert [event.what for event in document.lineage.events] == [told]


def test_a_grown_data_set_is_told_by_its_generations(line: Line, tmp_path: Path) -> None:
    """Of a prepared data set train --resume says what has come and gone since; by totals where that is not known."""
    write_pictures(tmp_path / "photos", 12)
    done(line("prepare", "photos", "-o", "grown"))
    done(line("train", "grown", *FRESH[2:], "--steps", 1))
    write_pictures(tmp_path / "photos", 15)
    done(line("prepare", "photos", "-o", "grown"))
    (tmp_path / "photos" / "02.png").unlink()
    done(line("prepare", "photos", "-o", "grown", "--prune"))
    told = "data: 3 pictures added, 1 removed since generation 1 (now 3): a new epoch begins"
    assert f"warning: changed: {told}" in done(line("train", "grown", *RESUME[2:], "--steps", 1)).splitlines()
    assert [event.what for event in document_of(C).lineage.events] == [told]
    (tmp_path / "grown" / "03.png").unlink()
    told = "data: 1 picture deleted by hand since generation 3: a new epoch begins"
    assert told in done(line("train", "grown", *RESUME[2:], "--steps", 1))
    done(line("prepare", "grown/01.png", "grown/04.png", "-o", "data-2"))
    assert "data 13 -> 2 pictures: a new" in done(line("train", "data-2", *RESUME[2:], "--steps", 1))


def test_another_hold_out_is_told(line: Line, tmp_path: Path) -> None:
    """An event and nothing else: the same epoch of the same pictures goes on."""
    write_pictures(tmp_path / "photos", 24)
    done(line("prepare", "photos", "-o", "set", "--holdout", "30%"))
    done(line("train", "set", *FRESH[2:], "--steps", 1))
    first = document_of(C)
    assert first.data.held_out
    records = read_manifest(tmp_path / "set" / MANIFEST).made()
    names = [record.file for record in records if record.split == "holdout" and record.file is not None]
    left, told = len(names) - 1, "data: other held-out pictures ({}): only the signs of overfitting change"
    assert "changed: " not in done(line("train", "set", *RESUME[2:], "--steps", 1))
    (tmp_path / "set" / names[0]).unlink()
    stderr = done(line("train", "set", *RESUME[2:], "--steps", 1))
    assert f"warning: changed: {told.format(f'{left} of them now')}" in stderr.splitlines()
    assert document_of(C).data.held_out not in (first.data.held_out, "")
    for name in names[1:]:
        (tmp_path / "set" / name).unlink()
    done(line("train", "set", *RESUME[2:], "--steps", 0))
    done(line("train", "set", *RESUME[2:], "--steps", 1))
    last = document_of(C)
    assert [event.what for event in last.lineage.events] == [
        told.format(f"{left} of them now"), told.format("none now")
    ]  # fmt: skip
    assert (last.data.held_out, last.register.epoch) == ("", 0)
    assert last.register.data == first.register.data


def test_other_shapes_are_refused(line: Line, tmp_path: Path) -> None:
    """Pictures of another size do not fit a stored run, whichever command reads them."""
    done(line(*FRESH, "--steps", 0))
    write_pictures(tmp_path / "wide", size=(8, 16))
    error = "wide: found pictures of 16x8 grey, expected 8x8 grey as in the checkpoint"
    first = "gantools prepare wide --size 8x8 --channels gray -o wide-data && gantools"
    resume = f"{first} train wide-data -o c.safetensors --resume"
    refused(line("train", "wide", "-o", "c.safetensors", "--resume"), 4, error, resume)
    refused(line("train-d", "c.safetensors", "wide"), 4, error, f"{first} train-d c.safetensors wide-data")
    refused(line("train-g", "c.safetensors", "wide"), 4, error, f"{first} train-g c.safetensors wide-data")


def test_other_classes_are_refused(line: Line, tmp_path: Path) -> None:
    """Pictures with other labels do not fit a stored run."""
    done(line(*FRESH, "--steps", 0))
    write_pictures(tmp_path / "classes" / "cats", 6)
    write_pictures(tmp_path / "classes" / "dogs", 6, seed=5)
    error = "classes: found the classes cats, dogs, expected none as in the checkpoint"
    refused(line("train-d", "c.safetensors", "classes"), 4, error, None)


# Remedies and rates.


def test_skipping_counts_turns_and_moves_nothing(line: Line) -> None:
    """Under ``--skip-d-below`` a D turn is taken and counted, and not a byte of D or its moments moves."""
    done(line(*FRESH, "--steps", 0))
    before = tensors_of(C, "discriminator/", "optimizer/discriminator/")
    done(line(*RESUME, "--skip-d-below", "99", "--steps", 3))
    register = document_of(C).register
    assert (register.d_steps, register.g_steps, register.skipped) == (3, 3, 3)
    assert same(tensors_of(C, "discriminator/", "optimizer/discriminator/"), before)


def test_a_drop_multiplies_both_rates(line: Line) -> None:
    """``--lr-drop 0.5@8`` trains as a run whose rates were halved by hand after 8 images."""
    done(line(*FRESH, "--lr-g", "0.01", "--lr-d", "0.02", "--steps", 2))
    done(line(*RESUME, "--lr-g", "0.005", "--lr-d", "0.01", "--steps", 2))
    drop = ("--lr-g", "0.01", "--lr-d", "0.02", "--lr-drop", "0.5@8", "--steps", 4)
    done(line("train", "data", "-o", "drop.safetensors", *TINY, *drop))
    assert same(tensors_of(C), tensors_of(Path("drop.safetensors")))


def test_no_average_is_the_generator(line: Line) -> None:
    """With ``--ema 0`` the average is the generator itself after every round; otherwise it lags behind."""
    done(line(*FRESH, "--ema", 0, "--steps", 3))
    done(line("train", "data", "-o", "lag.safetensors", *TINY, "--ema", "1k", "--set", "average.ramp=1", "--steps", 3))
    for path, is_equal in ((C, True), (Path("lag.safetensors"), False)):
        live, average = tensors_of(path, "generator/"), tensors_of(path, "average/")
        means = [name for name in average if name.endswith("weight")]
        assert means
        assert all(np.array_equal(live[n.replace("average/", "generator/")], average[n]) == is_equal for n in means)


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (("--lr-drop", "2@100"), "--lr-drop: found '2@100', expected FACTOR@IMAGES with a factor in (0, 1]",
         "--lr-drop 0.1@400k"),
        (("--set", "network.latent_dim=x"), "--set network.latent_dim: found 'x', expected a whole number",
         "--set network.latent_dim=100"),
        (("--set", "latent=3"), None, "--set network.latent_dim=3"),
        (("--set", "batch"), "--set: found 'batch', expected FIELD=VALUE", "--set batch=64"),
        (("--loss", "bse"), "--loss: found 'bse', expected one of " + ", ".join(LOSSES), "--loss bce"),
        (("--arch", "dcgn"), "--arch: unknown name 'dcgn', expected one of " + ", ".join(sorted(FAMILIES)),
         "--arch dcgan"),
        (("--preset", "lessen"), "--preset: unknown name 'lessen', expected one of " + ", ".join(sorted(PRESETS)),
         "--preset lesson"),
        (("--loss", "hinge", "--set", "loss.name=bce"),
         "--loss and --set loss.name: found hinge and bce, expected one value", "--loss hinge"),
        (("--precision", "bf16", "--set", "precision=fp32"),
         "--precision and --set precision: found bf16 and fp32, expected one value", "--precision bf16"),
        (("--set", "network.height=16", "--set", "network.channels=3"),
         "--set network.height: found 16, the pictures have 8; --set network.channels: found 3, the pictures have 1; "
         "expected the data to decide", "gantools train data -o c.safetensors"),
        (("--steps", "-1"), "--steps: found -1, expected 0 or more", "--steps 100"),
        (("--epochs", "nan"), "--epochs: found nan, expected 0 or more", "--epochs 100"),
        (("--checkpoint-every", "0steps"),
         "--checkpoint-every: found '0steps', expected a time like 10m or a count like 1000steps or 100kimages",
         "--checkpoint-every 1000steps"),
        (("--resume", "--init", "x"), "--resume, --from and --init: found more than one, expected at most one",
         "--resume"),
        (("--batch", "1", "--gamma", "nan"),
         "2 faults in the configuration: --gamma: found nan, expected 0.0 to 1000000.0; "
         "--batch: found 1, expected 2 to 65536", "--batch 2 --gamma 1.0"),
        (("--penalty", "r1", "--set", "network.critic_norm=batch"),
         "--penalty r1 and network.critic_norm=batch: a penalty is taken picture by picture, batch statistics mix the "
         "pictures of a batch; expected one of the two", "--penalty r1 --set network.critic_norm=none"),
    ],
)  # fmt: skip
def test_wrong_values_are_told(
    words: tuple[str, ...], error: str | None, hint: str, line: Line, tmp_path: Path
) -> None:
    """Every wrong value ends with 2 and its own words before anything is trained, and no checkpoint is written."""
    result = line("train", "data", "-o", "c.safetensors", *words)
    if error is not None:
        refused(result, 2, error, hint)
    assert (result[0], result[1]) == (2, "")
    assert result[2].endswith(f"{hint}\n")
    assert not C.exists()


# What is shown.


def test_print_config_shows_every_value(line: Line, tmp_path: Path) -> None:
    """``--print-config`` prints each field as ``name=value  # why`` and writes nothing."""
    code, stdout, stderr = line(*FRESH, "--print-config")
    assert (code, stderr) == (0, "")
    table = dict(re.fullmatch(r"([\w.]+)=(.*)", text).groups() for text in stdout.splitlines())
    assert table["network.family"] == '"fc"  # typed'
    assert table["network.height"] == "8  # the data"
    assert table["optimizer.lr_g"] == "0.0002  # preset auto: the lesson's fully connected GAN"
    assert table["average.ramp"] == "0.05  # Karras 2020 (stylegan2-ada): 5 %"
    assert names_in(tmp_path) == ["data"]


def test_print_config_beside_a_gpu_shows_what_it_would_take(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a GPU's driver is loaded, ``auto`` asks torch whether it can use it: the default is twice as wide there."""
    monkeypatch.setattr("gantools.commands.session.GPU_DRIVERS", ("/dev/null",))
    for is_there, width in ((False, 32), (True, 64)):
        monkeypatch.setattr("torch.cuda.is_available", lambda is_there=is_there: is_there)
        code, stdout, _ = line("train", "data", "--arch", "dcgan", "--print-config")
        assert (code, f"network.base_width={width} " in stdout) == (0, True)


def test_print_config_of_a_stored_run(line: Line) -> None:
    """With ``--resume`` the stored values are shown, those typed over them, and what is refused is refused."""
    done(line(*FRESH, "--lr-g", "0.003", "--steps", 0))
    code, stdout, _ = line(*RESUME, "--lr-d", "0.004", "--print-config")
    assert code == 0
    assert "optimizer.lr_g=0.003  # the checkpoint" in stdout.splitlines()
    assert "optimizer.lr_d=0.004  # typed" in stdout.splitlines()
    assert line(*RESUME, "--seed", 3, "--print-config")[0] == 2


def test_dry_run_writes_nothing(line: Line, tmp_path: Path) -> None:
    """``--dry-run`` checks all, times a round, shows where each value comes from, and writes nothing."""
    code, stdout, stderr = line(*FRESH, "--dry-run", "--steps", 10)
    assert (code, stdout) == (0, "")
    assert re.search(r"^a round takes .+: .+ images/s; the run takes .+$", stderr, re.M)
    assert re.search(r"^memory: .+B; nothing was written$", stderr, re.M)
    assert re.search(r"^ *network\.height +8  \(the data\)$", stderr, re.M)
    assert names_in(tmp_path) == ["data"]


def test_preview_is_a_grid_of_the_average(line: Line) -> None:
    """The preview is a sheet of 64 pictures in eight rows, in the given file or beside the checkpoint."""
    stderr = done(line(*FRESH, "--steps", 0, "--preview", "look/here.png"))
    assert "preview: look/here.png" in stderr.splitlines()
    assert not Path("c.preview.png").exists()
    with Image.open("look/here.png") as sheet:
        assert sheet.format == "PNG"
        assert min(sheet.size) >= 64 and sheet.width == sheet.height


def test_metrics_are_lines_at_fixed_counts(line: Line) -> None:
    """A line every 50 rounds whatever the log does, between an event at the start and one at the end."""
    done(line(*FRESH, "--steps", 120, "--metrics", "m/log.jsonl"))
    lines = [json.loads(text) for text in Path("m/log.jsonl").read_text().splitlines()]
    assert [entry.get("event", entry.get("g_steps")) for entry in lines] == ["start", 50, 100, "end"]
    assert lines[1]["images"] == 200
    assert math.isclose(lines[1]["lr_g"], 2e-4)
    assert set(lines[1]) == {"images", "d_steps", "g_steps", "epoch", "loss_d", "loss_g", "lr_d", "lr_g", "augment",
                             "skipped", "nonfinite", "spread", "twins", "gap", "order", "overfitting"}  # fmt: skip
    assert lines[-1] == {"event": "end", "images": 480, "digest": digest_of(C)}


def test_metrics_are_never_rewritten(line: Line) -> None:
    """A resumed run appends; a half line that a killed run left is ended, not removed; changes stand in the event."""
    done(line(*FRESH, "--steps", 1, "--metrics", "log.jsonl"))
    log = Path("log.jsonl")
    log.write_bytes(log.read_bytes() + b'{"images": 4')
    before, parent = log.read_bytes(), digest_of(C)
    done(line(*RESUME, "--lr-g", "0.001", "--steps", 50, "--metrics", "log.jsonl"))
    after = log.read_bytes()
    assert after.startswith(before + b"\n")
    start, counted, end = map(json.loads, after[len(before) + 1 :].splitlines())
    assert start == {"event": "start", "command": "train", "images": 4, "d_steps": 1, "g_steps": 1, "parent": parent,
                     "changes": ["changed: optimizer.lr_g 0.0002 -> 0.001"],
                     "remedies": ["separate rates"]}  # fmt: skip
    assert (counted["g_steps"], end["event"]) == (50, "end")


# What cannot work.


def test_swapped_arguments_are_told(line: Line) -> None:
    """A checkpoint where DATA belongs, and the other way round, is told apart, with the right line to type."""
    done(line(*FRESH, "--steps", 0))
    refused(
        line("train-d", "data", "c.safetensors"),
        2,
        "data: found a folder where CKPT belongs, expected a checkpoint",
        "gantools train-d c.safetensors data",
    )
    error = "c.safetensors: found a checkpoint, expected a folder of pictures"
    for words in (("train", "c.safetensors", "-o", "e"), ("train-d", "c.safetensors", "c.safetensors")):
        code, stdout, stderr = line(*words)
        assert (code, stdout) == (4, "")
        assert f"error: {error}" in stderr.splitlines()
    assert not Path("e").exists()


def test_absent_inputs_are_told(line: Line, tmp_path: Path) -> None:
    """Absent data and absent checkpoints end with 4 and leave nothing, not even a lock file."""
    before = names_in(tmp_path)
    error = "photos: found nothing of that name, expected a folder of pictures"
    hint = "gantools prepare data -o photos && gantools train photos -o c.safetensors"
    refused(line("train", "photos", "-o", "c.safetensors"), 4, error, hint)
    error = "c.safetensors: found nothing of that name, expected a checkpoint"
    hint = "gantools prepare data -o data-2 && gantools train data-2 -o c.safetensors"
    refused(line("train-d", "c.safetensors", "data"), 4, error, hint)
    refused(line("train", "data", "-o", "e", "--from", "c.safetensors"), 4, error, hint)
    refused(line("train", "data", "-o", "e", "--init", "c.safetensors"), 4, error, hint)
    assert names_in(tmp_path) == before


def test_streams_need_a_name_to_go_on(line: Line) -> None:
    """A checkpoint from a pipe needs -o, and standard output cannot be resumed; both hints can be typed."""
    refused(
        line("train-g", "-", "data"),
        2,
        "train-g -: found no -o, expected where to write what comes from a pipe",
        "gantools train-g - data -o -",
    )
    error = "--resume -o -: found standard output, expected a file to go on with"
    refused(line("train", "data", "-o", "-", "--resume"), 2, error, "gantools train data -o - --from -")


def test_a_held_output_ends_with_75(line: Line) -> None:
    """While another process writes the output, every command that would write it says who does."""
    done(line(*FRESH, "--steps", 0))
    before = C.read_bytes()
    with locked(C):
        error = f"c.safetensors: another run is writing it (process {os.getpid()}), expected none: wait until it ends, "
        error += "or write elsewhere with -o"
        for words in ((*RESUME,), ("train-d", "c.safetensors", "data"), ("train-g", "c.safetensors")):
            refused(line(*words), 75, error, f"gantools {' '.join(words)}")
    assert C.read_bytes() == before


# Unhealthy runs (T20).


def poison(monkeypatch: pytest.MonkeyPatch, turns: range) -> None:
    """Put NaN into the real pictures of the D turns whose numbers are in ``turns``."""
    original, taken = batches.to_floats, iter(range(10**6))

    def poisoned(pixels: object, state: object) -> torch.Tensor:
        floats = original(pixels, state)
        return floats * float("nan") if next(taken) in turns else floats

    monkeypatch.setattr(batches, "to_floats", poisoned)


def test_one_bad_turn_is_counted_and_changes_nothing_else(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A D turn whose loss is NaN moves no weight and no moment; it is counted and the run ends with 0."""
    done(line(*FRESH, "--steps", 0))
    poison(monkeypatch, range(0, 1))
    before = tensors_of(C, "discriminator/", "optimizer/discriminator/")
    done(line("train-d", "c.safetensors", "data", "--steps", 1))
    register = document_of(C).register
    assert (register.nonfinite, register.nonfinite_run, register.d_steps, register.loss_d) == (1, 1, 1, None)
    assert same(tensors_of(C, "discriminator/", "optimizer/discriminator/"), before)
    done(line("train-d", "c.safetensors", "data", "--steps", 1))
    assert (document_of(C).register.nonfinite, document_of(C).register.nonfinite_run) == (1, 0)


def test_ten_bad_turns_end_a_run(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten NaN turns in a row end with 6; the file stays the last finite one, the hint goes on at half the rates."""
    done(line(*FRESH, "--steps", 3, "--lr-g", "0.004"))
    before = C.read_bytes()
    poison(monkeypatch, range(2, 99))
    result = line("train-d", "c.safetensors", "data", "--steps", 99, "--metrics", "log.jsonl")
    said = "training diverged: 10 turns in a row had a loss or gradients that are not finite"
    refused(
        result,
        6,
        f"{said}; c.safetensors holds the last good checkpoint",
        "gantools train-d c.safetensors data --lr-d 0.0001 --threads 1 --metrics log.jsonl",
    )
    assert C.read_bytes() == before
    assert json.loads(Path("log.jsonl").read_text().splitlines()[-1]) == {"event": "diverged", "images": 12}


def test_a_run_that_diverges_at_once_leaves_nothing(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh run that diverges before its first save ends with 6 and writes no checkpoint."""
    poison(monkeypatch, range(99))
    result = line("train", "data", "-o", "c.safetensors", *TINY, "--d-steps", 20)
    said = "training diverged: 10 turns in a row had a loss or gradients that are not finite; no checkpoint was written"
    refused(result, 6, said, " --d-steps 20 --lr-g 0.0001 --lr-d 0.0001")
    assert not C.exists()


def test_a_bad_weight_is_never_saved(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A weight that is infinite at a save ends with 6 and leaves the file before it; the hint halves both rates."""
    done(line(*FRESH, "--steps", 1))
    before = C.read_bytes()
    original = batches.to_floats

    def spoil(pixels: object, state: object) -> torch.Tensor:
        with torch.no_grad():
            next(state.average.parameters()).view(-1)[0] = float("inf")
        return original(pixels, state)

    monkeypatch.setattr(batches, "to_floats", spoil)
    said = "training diverged: a weight is not finite, expected finite weights in a checkpoint"
    refused(
        line(*RESUME, "--steps", 1),
        6,
        f"{said}; c.safetensors holds the last good checkpoint",
        "gantools train data -o c.safetensors --resume --lr-g 0.0001 --lr-d 0.0001 --threads 1",
    )
    assert C.read_bytes() == before


# Where things are written.


def test_each_product_has_a_place_of_its_own(line: Line) -> None:
    """The checkpoint, the preview and the metrics cannot share a file, nor lie inside the data."""
    both = "-o and --metrics: both name c.safetensors, expected a file for each"
    refused(line(*FRESH, "--metrics", "c.safetensors"), 2, both, " --metrics c.jsonl")
    inside = "--metrics data/log.jsonl: found a place inside DATA, expected one outside: data are read, never written"
    refused(line(*FRESH, "--metrics", "data/log.jsonl"), 2, inside, "--metrics log.jsonl")
    stream = "--metrics -: found a stream, expected the name of a file"
    refused(line(*FRESH, "--metrics", "-"), 2, stream, "--metrics run.jsonl")
    name = "--preview: found '.', expected a name that ends with .png"
    refused(line(*FRESH, "--preview", "."), 2, name, "--preview grid.png")
    assert not C.exists()


def test_stdout_takes_one_product(line: Line) -> None:
    """Bytes on stdout exclude JSON and paths there; going on excludes replacing."""
    twice = "-o - and --json: both say what stdout gets, expected one of them"
    refused(line("train", "data", "-o", "-", *TINY, "--steps", 0, "--json"), 2, twice, " --steps 0")
    both = "--resume and --force: one goes on with the output, the other replaces it, expected one of them"
    refused(line(*FRESH, "--resume", "--force"), 2, both, " --resume")


def test_train_g_only_checks_its_data(line: Line) -> None:
    """Other pictures given to ``train-g`` are looked at and change nothing: no loss here compares with them."""
    done(line(*FRESH, "--steps", 1))
    before = document_of(C).register
    write_pictures(Path("others"), 5)
    done(line("train-g", "c.safetensors", "others", "--steps", 1))
    after = document_of(C).register
    assert (after.data, after.epoch, after.position) == (before.data, before.epoch, before.position)
