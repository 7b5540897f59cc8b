"""What becomes of a run that collapses: from checkpoints whose history says that it did, or is about to. Whole runs."""

import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gantools import cli
from gantools.data.folder import open_data
from gantools.files.checkpoint import pack, write
from gantools.files.document import DataNote, Lineage
from gantools.training.health import RECENT_POINTS, State, verdict
from gantools.training.register import SIGNS
from gantools.training.state import TrainState
from tests.faults.runs import digest_of, document_of, write_pictures
from tests.tiny import config_of, machine, some_pictures

C, PREV, LOG = Path("c.safetensors"), Path("c.safetensors.prev"), Path("log.jsonl")
RESUME = "gantools train data -o c.safetensors --resume"
ALIKE = {"spread": 0.05, "twins": 0.05, "gap": 0.6, "order": 0.9}
GOOD = {"spread": 0.9, "twins": 0.9, "gap": 0.1, "order": 0.9}
Line = Callable[[str], tuple[int, list[str]]]


def store(path: Path, alike: int, good: int = 20, by_heart: int = 0) -> None:
    """Write the checkpoint of a run of ``good`` points that learnt, then ``alike`` points of fakes that are alike.

    After that come ``by_heart`` points at which D knew its pictures.
    """
    values = {"network.family": "fc", "loss.penalty": "none", "network.critic_norm": "none"}
    with open_data(Path("data")) as pictures:
        config = replace(config_of("fc", pictures=some_pictures(10, 1, 8, 8), **values), batch=16)
        state = TrainState.fresh(config, pictures.digest, machine())
    register = state.register
    signs = [GOOD | {"gap": 2.0}, *[GOOD] * good, *[ALIKE] * alike]
    for number, found in enumerate(signs, 1):
        register.history.append([10 * number, 160 * number, 1.2, 0.7, 10 * number, *found.values()])
    for number in range(len(signs) + 1, len(signs) + by_heart + 1):
        register.history.append([10 * number, 160 * number, 1.2, 0.7, 10 * number, *GOOD.values(), 0.8])
    register.g_steps = register.d_steps = 10 * (len(signs) + by_heart)
    register.images = 16 * register.g_steps
    now = (0.05, 1.0, 0.05, 1.0, 0.9, 0.9) if alike else (0.9, 1.0, 0.9, 1.0, 1.0, 0.9)
    register.signs = dict(zip(SIGNS, now, strict=True))
    register.signs |= {"over_unseen": 0.8, "over_fakes": 1.0} if by_heart else {}
    state._set_losses()
    write(path, pack(state, DataNote(12), Lineage()))


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Line:
    """Run a command line as typed, beside a folder of twelve pictures; return exit code and the lines of stderr."""
    write_pictures(tmp_path / "data")
    monkeypatch.chdir(tmp_path)

    def run(command: str) -> tuple[int, list[str]]:
        capfd.readouterr()
        code = cli.main(shlex.split(command)[1:])
        return code, capfd.readouterr().err.splitlines()

    return run


def events() -> list[dict[str, Any]]:
    """Return the events of the metrics file."""
    return [line for line in map(json.loads, LOG.read_text().splitlines()) if "event" in line]


def state_of(path: Path) -> State:
    """Return the state that the register of a checkpoint comes to."""
    document = document_of(path)
    return verdict(document.config, document.register).state


def test_a_collapse_ends_the_run(line: Line) -> None:
    """It ends with 6 at the count where the verdict falls; the good file before stays, the hint goes on from it."""
    store(C, alike=0)
    good = C.read_bytes()
    store(C, alike=RECENT_POINTS - 1)
    assert PREV.read_bytes() == good
    before = C.read_bytes()
    code, said = line(f"{RESUME} --steps 100 --checkpoint-every 1steps --metrics log.jsonl")
    assert code == 6
    reason = "two fakes differ 0.0"
    assert any(text.startswith(f"collapsed: {reason}") and text.endswith("at 4640 images") for text in said), said
    assert said[-2].startswith(f"error: training collapsed: {reason}")
    assert said[-2].endswith("; c.safetensors.prev holds the last good checkpoint")
    tried = f"{RESUME} --penalty r1+r2 --gamma 0.5 --allow-change loss"
    assert said[-1] == f"hint: cp c.safetensors.prev c.safetensors && {tried} --threads 1 --metrics log.jsonl"
    assert (C.read_bytes(), PREV.read_bytes()) == (before, good)
    health, last = events()[-2:]
    assert (health["event"], health["state"], health["images"]) == ("health", "collapsed", 4640)
    assert health["remedy"] == "--penalty r1+r2 --gamma 0.5 --allow-change loss"
    assert last == {"event": "collapsed", "images": 4640}
    C.write_bytes(PREV.read_bytes())
    assert line(f"{tried} --steps 1")[0] == 0


def test_a_good_file_is_not_replaced_while_a_run_collapses(line: Line) -> None:
    """From the first sign on no save is due; if the run ends then, the newest state is written and .prev stays good."""
    store(C, alike=2)
    good = C.read_bytes()
    assert state_of(C) is State.HEALTHY
    code, said = line(f"{RESUME} --steps 25 --checkpoint-every 2steps")
    assert code == 0
    assert sum(text.startswith("saved ") for text in said) == 4 + 1  # before the verdict, and in the end
    assert any("collapsing: " in t and t.endswith("c.safetensors is not replaced before it recovers") for t in said)
    assert (state_of(C), state_of(PREV)) == (State.COLLAPSING, State.HEALTHY)
    kept = PREV.read_bytes()
    assert kept != good
    assert line(f"{RESUME} --steps 1")[0] == 0
    assert PREV.read_bytes() == kept


def test_warn_goes_on_and_says_so(line: Line) -> None:
    """With --on-collapse warn the run goes on and is saved; the last good checkpoint stays beside it."""
    store(C, alike=0)
    good = C.read_bytes()
    store(C, alike=RECENT_POINTS - 1)
    code, said = line(f"{RESUME} --steps 15 --on-collapse warn --checkpoint-every 5steps --metrics log.jsonl")
    assert code == 0
    assert any(text.startswith("collapsed: ") for text in said)
    assert any(text.startswith(f"try: {RESUME} --penalty r1+r2") for text in said)
    assert state_of(C) is State.COLLAPSED
    assert PREV.read_bytes() == good
    assert [event["event"] for event in events() if event["event"] != "saved"] == ["start", "health", "end"]


def test_a_collapsed_run_is_not_resumed_by_itself(line: Line) -> None:
    """A job that resumes every night gets 6 and a way on, not another night; other values or warn take it up."""
    store(C, alike=RECENT_POINTS)
    before = C.read_bytes()
    for command in (RESUME, "gantools train data -o new.safetensors --from c.safetensors"):
        code, said = line(f"{command} --steps 1")
        assert code == 6
        assert said[-2].startswith("error: c.safetensors: found a run that is lost (collapsed: two fakes differ 0.05")
        assert said[-2].endswith("expected a healthy one, other values, or --on-collapse warn")
        tried = "--penalty r1+r2 --gamma 0.5 --allow-change loss"
        assert said[-1] == f"hint: {command} --steps 1 {tried}"
    assert C.read_bytes() == before
    assert line(f"{RESUME} --steps 10 --on-collapse warn")[0] == 0
    assert line(f"{RESUME} --steps 10 --lr-g 0.0001")[0] == 0
    document = document_of(C)
    assert document.register.judged_from == document.register.g_steps - 10
    assert state_of(C) is State.STARTING
    assert line(f"{RESUME} --steps 1")[0] == 0


def test_a_collapsed_run_with_a_good_one_beside(line: Line) -> None:
    """The hint puts the good checkpoint back first, and tries something else from there."""
    store(C, alike=0)
    store(C, alike=RECENT_POINTS)
    code, said = line(f"{RESUME} --steps 1")
    assert code == 6
    hint = said[-1].removeprefix("hint: ")
    assert hint == (
        f"cp c.safetensors.prev c.safetensors && {RESUME} --steps 1 --penalty r1+r2 --gamma 0.5 --allow-change loss"
    )


@pytest.mark.parametrize("command", ["train-d c.safetensors data", "train-g c.safetensors"])
def test_phases_of_a_collapsed_run(line: Line, command: str) -> None:
    """They refuse it likewise, and take it up with --on-collapse warn."""
    store(C, alike=RECENT_POINTS)
    code, said = line(f"gantools {command}")
    assert (code, said[-1]) == (6, f"hint: gantools {command} --on-collapse warn")
    assert line(f"gantools {command} --on-collapse warn")[0] == 0


def test_inspect_tells_health(line: Line, capfd: pytest.CaptureFixture[str]) -> None:
    """In a row with its reason, in one with what to try, in --json, and in the file for whoever reads it otherwise."""
    store(C, alike=RECENT_POINTS)
    line("gantools inspect c.safetensors")
    assert cli.main(["inspect", "c.safetensors"]) == 0
    rows = capfd.readouterr().out
    assert "  health      collapsed: two fakes differ 0.05 as much as two pictures; variety 0.05, was 0.90\n" in rows
    tried = "--penalty r1+r2 --gamma 0.5 --allow-change loss"
    assert f"  try         gantools train DATA -o c.safetensors --resume {tried}\n" in rows
    assert cli.main(["inspect", "--json", "c.safetensors"]) == 0
    health = json.loads(capfd.readouterr().out)["things"][0]["health"]
    assert health == {
        "state": "collapsed",
        "reason": "two fakes differ 0.05 as much as two pictures; variety 0.05, was 0.90",
        "remedy": tried,
        "spread": 0.05,
        "twins": 0.05,
        "gap": 0.75,
        "order": 0.9,
        "overfitting": None,
    }
    header = C.read_bytes()[8:]
    metadata = json.JSONDecoder().raw_decode(header.decode("latin-1"))[0]["__metadata__"]["gantools"]
    assert json.loads(metadata)["health"] == health
    assert digest_of(C)


def test_the_checkpoint_before_a_collapse_tells_of_it(line: Line, capfd: pytest.CaptureFixture[str]) -> None:
    """The metrics file beside it has its digest and the verdict; once the run goes on with other values, no more."""
    store(C, alike=RECENT_POINTS - 1)
    assert line(f"{RESUME} --steps 100 --metrics log.jsonl")[0] == 6
    capfd.readouterr()
    assert cli.main(["inspect", str(C)]) == 0
    rows = capfd.readouterr().out
    tried = "--penalty r1+r2 --gamma 0.5 --allow-change loss"
    assert "  health      collapsing: two fakes differ 0.16" in rows
    assert "  afterwards  the run went on from here and collapsed at 4,640 images: two fakes differ 0.0" in rows
    assert f"  try         gantools train DATA -o c.safetensors --resume {tried}\n" in rows
    assert cli.main(["inspect", "--json", str(C)]) == 0
    later = json.loads(capfd.readouterr().out)["things"][0]["afterwards"]
    assert (later["state"], later["images"], later["metrics"]) == ("collapsed", 4640, "log.jsonl")
    old = C.read_bytes()
    assert line(f"{RESUME} {tried} --steps 3 --checkpoint-every 1steps --metrics log.jsonl")[0] == 0
    assert [event["digest"] for event in events() if event["event"] in ("saved", "end")][-1] == digest_of(C)
    Path("old.safetensors").write_bytes(old)
    for name in ("c.safetensors", "old.safetensors"):
        capfd.readouterr()
        assert cli.main(["inspect", "--json", name]) == 0
        assert json.loads(capfd.readouterr().out)["things"][0]["afterwards"] is None


def test_overfitting_is_told_and_the_run_goes_on(line: Line) -> None:
    """It is no loss: the run is saved as ever, and what to try can be typed. Without a hold-out it is not told."""
    words = "--size 8 --channels gray --holdout 30% -q"
    assert line(f"gantools prepare data -o held {words}")[0] == 0
    assert line(f"gantools prepare data -o whole {words.replace('30%', '0%')}")[0] == 0
    store(C, alike=0, by_heart=RECENT_POINTS - 1)
    before = C.read_bytes()
    code, said = line("gantools train held -o c.safetensors --resume --steps 12 --metrics log.jsonl")
    assert code == 0
    assert any(text.startswith("overfitting: D puts held-out pictures ") for text in said), said
    tried = "gantools train held -o c.safetensors --resume --augment translation,cutout"
    assert any(text.startswith(f"try: {tried}") for text in said), said
    health = next(event for event in events() if event["event"] == "health")
    assert (health["state"], health["remedy"]) == ("overfitting", "--augment translation,cutout")
    assert state_of(C) is State.OVERFITTING
    assert line(f"{tried} --steps 1")[0] == 0
    C.write_bytes(before)
    code, said = line("gantools train whole -o c.safetensors --resume --steps 21")
    assert code == 0
    assert not any("overfitting" in text for text in said)
    assert document_of(C).register.signs.keys() == set(SIGNS)


def test_a_run_without_a_good_checkpoint(line: Line) -> None:
    """Where none was ever good the message says so, and the hint tries other values on what there is."""
    store(C, alike=RECENT_POINTS - 1)
    assert state_of(C) is State.COLLAPSING
    code, said = line(f"{RESUME} --steps 100")
    assert code == 6
    assert said[-2].endswith("; no good checkpoint is left")
    assert said[-1] == f"hint: {RESUME} --penalty r1+r2 --gamma 0.5 --allow-change loss --threads 1"
