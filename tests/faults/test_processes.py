"""Whole commands as real processes: killed, signalled, cut off, out of space. What is on disk is whole, old or new."""

import json
import os
import random
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gantools import cli
from gantools.files.lock import locked
from tests.conftest import child_environment
from tests.faults.runs import TINY, digest_of, document_of, names_in, process_of, write_pictures

C = Path("c.safetensors")
RUN = ("train", "data", "-o", "c.safetensors", "--resume", *TINY)
ENDLESS = ("--until", str(10**9))
FILES = {"c.preview.png", "c.safetensors", "c.safetensors.lock", "c.safetensors.prev", "data"}
POINTS = ("open", "write", "fsync", "chmod", "previous", "rename", "fsync-folder", "done")
NO_TORCH = """
import json, sys
from gantools.cli import main
code = main(sys.argv[1:])
print(json.dumps([code, sorted({"torch", "numpy", "PIL", "safetensors"} & sys.modules.keys())]))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with twelve pictures."""
    write_pictures(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def here(*words: object) -> int:
    """Run a command line in this process; return its exit code."""
    return cli.main([str(word) for word in words])


def undisturbed(rounds: int, d_steps: int) -> str:
    """Return the content digest of a run that nothing disturbed, after as many rounds and D steps."""
    assert here("train", "data", "-o", "whole.safetensors", "--force", *TINY, "--steps", rounds, "-q") == 0
    if d_steps > rounds:
        assert here("train-d", "whole.safetensors", "data", "--until", d_steps, "-q") == 0
    digest = digest_of(Path("whole.safetensors"))
    for path in Path().glob("whole.*"):
        path.unlink()
    return digest


def wait_for(is_true: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until something is true while the process runs."""
    end = time.monotonic() + 120
    while not is_true():
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < end, "waited two minutes"
        time.sleep(0.01)


def last_round(log: Path) -> int:
    """Return the last round that a metrics file tells of, 0 before the first."""
    lines = log.read_text().splitlines()[:-1] if log.exists() else []
    return max((json.loads(line).get("g_steps", 0) for line in lines), default=0)


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for the end of a process; return its exit code, stdout and stderr, which must hold no traceback."""
    stdout, stderr = process.communicate(timeout=120)
    assert "Traceback" not in (stderr or "")
    return process.returncode, stdout or "", stderr or ""


@contextmanager
def file_limit(size: int) -> Iterator[None]:
    """Let no file grow beyond ``size`` bytes: what a full disk looks like."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# Killed at any instant (T1, law 5).


def written_at() -> int:
    """Return when the checkpoint was written, 0 while there is none."""
    return C.stat().st_mtime_ns if C.exists() else 0


def kill_once(draw: random.Random, is_aimed: bool, folder: Path) -> None:
    """Start or continue the run, kill it in a save or at a random instant, and check what lies on disk."""
    before = document_of(C).register.g_steps if C.exists() else 0
    words = (*RUN, *ENDLESS, "--checkpoint-every", "1step", "-q")
    env = {"GANTOOLS_TESTING": "1", "GANTOOLS_FAULT": f"{draw.choice(POINTS)}:{draw.randint(2, 9)}"} if is_aimed else {}
    written = written_at()
    process = process_of(*words, folder=folder, env=env)
    if not is_aimed:
        wait_for(lambda: written_at() != written, process)
        time.sleep(draw.uniform(0, 0.3))
        process.kill()
    assert finish(process)[0] == -signal.SIGKILL
    register = document_of(C).register
    assert register.g_steps > before
    assert register.d_steps == register.g_steps


@pytest.mark.parametrize(
    "aims", [(False, True, False), pytest.param((False, True) * 100, marks=pytest.mark.slow)], ids=["3", "200"]
)
def test_a_killed_run_resumes_as_if_nothing_had_been(aims: tuple[bool, ...], folder: Path) -> None:
    """T1, law 5: however often a run is killed, in a save or out of one, it resumes to the undisturbed digest.

    Every file under a final name is whole, and what the killed writers left is gone after the next start.
    """
    draw = random.Random(5)
    for is_aimed in aims:
        kill_once(draw, is_aimed, folder)
    rounds = document_of(C).register.g_steps + 2
    assert here("train", "data", "-o", "c.safetensors", "--resume", "--until", rounds, "-q") == 0
    assert digest_of(C) == undisturbed(rounds, rounds)
    assert document_of(Path("c.safetensors.prev")).register.g_steps == rounds - 2
    assert set(names_in(folder)) - {"c.timeline.png"} == FILES  # it is there from 1,000 images on


# Ended by a signal (T12).


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["INT", "TERM", "HUP"]
)
def test_a_signal_ends_with_the_newest_state_saved(number: signal.Signals, code: int, folder: Path) -> None:
    """INT, TERM and HUP, sent twice, end with 128 + n after a save, which is that of an undisturbed run."""
    process = process_of(*RUN, *ENDLESS, "--metrics", "log.jsonl", folder=folder)
    log = folder / "log.jsonl"
    wait_for(lambda: last_round(log) >= 50, process)
    assert not C.exists()
    sent_ns = time.time_ns()
    process.send_signal(number)
    process.send_signal(number)
    found, stdout, stderr = finish(process)
    assert (found, stdout) == (code, "c.safetensors\n"), stderr
    assert C.stat().st_mtime_ns > sent_ns - 20_000_000  # a file's time is that of the kernel's last tick
    register = document_of(C).register
    assert register.g_steps >= 50
    name = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}[number]
    assert f"{name}: ends here, saves c.safetensors at {register.images} images\n" in stderr
    resume = "resume: gantools train data -o c.safetensors --resume --device cpu --threads 1 --metrics log.jsonl"
    assert stderr.splitlines()[-1] == resume
    assert digest_of(C) == undisturbed(register.g_steps, register.d_steps)
    assert set(names_in(folder)) == FILES - {"c.safetensors.prev"} | {"log.jsonl"}


def test_a_detached_run_ignores_the_hang_up(folder: Path) -> None:
    """A run under nohup, in a session of its own with all three standard streams closed, survives HUP; TERM ends it."""

    def detach() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for descriptor in (0, 1, 2):
            os.close(descriptor)

    settings = {"stdin": None, "stdout": None, "stderr": None, "start_new_session": True}
    process = process_of(*RUN, *ENDLESS, "--metrics", "log.jsonl", folder=folder, preexec_fn=detach, **settings)
    log = folder / "log.jsonl"
    wait_for(lambda: last_round(log) >= 50, process)
    process.send_signal(signal.SIGHUP)
    reached = last_round(log)
    wait_for(lambda: last_round(log) >= reached + 100, process)
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 143
    assert document_of(C).register.g_steps >= reached + 100


@pytest.mark.slow
def test_signals_at_random_instants_never_cost_a_turn(folder: Path) -> None:
    """T3: a run that TERM cuts ten times, in a save or between any two turns, ends in the undisturbed digest."""
    draw = random.Random(6)
    for _ in range(10):
        words = (*RUN, *ENDLESS, "--metrics", "log.jsonl", "--checkpoint-every", "7steps", "-q")
        process = process_of(*words, folder=folder)
        log = folder / "log.jsonl"
        reached = last_round(log)
        wait_for(lambda log=log, reached=reached: last_round(log) > reached, process)
        time.sleep(draw.uniform(0, 0.1))
        process.send_signal(signal.SIGTERM)
        assert finish(process)[0] == 143
    register = document_of(C).register
    assert digest_of(C) == undisturbed(register.g_steps, register.d_steps)


# Streams.


def test_phases_compose_through_pipes(folder: Path) -> None:
    """Law 2 through a pipe, in processes with other hash seeds: the bytes of ``-o -`` are those of a round of train."""
    assert here("train", "data", "-o", "a.safetensors", *TINY, "--steps", 2, "-q") == 0
    with open("a.safetensors", "rb") as source, open("piped.safetensors", "wb") as product:
        env = {"PYTHONHASHSEED": "1"}
        first = process_of("train-d", "-", "data", "-o", "-", "-q", folder=folder, env=env, stdin=source)
        env = {"PYTHONHASHSEED": "2"}
        second = process_of("train-g", "-", "-o", "-", "-q", folder=folder, env=env, stdin=first.stdout, stdout=product)
        first.stdout.close()
        assert finish(second) == (0, "", "")
        assert (first.wait(timeout=60), first.stderr.read()) == (0, "")
        first.stderr.close()
    assert here("train-d", "a.safetensors", "data", "-q") == 0
    assert here("train-g", "a.safetensors", "-q") == 0
    assert Path("piped.safetensors").read_bytes() == Path("a.safetensors").read_bytes()
    assert digest_of(Path("a.safetensors")) == undisturbed(3, 3)


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    """T13: when nobody reads ``-o -`` any more, the writer dies of SIGPIPE without a word."""
    process = process_of("train", "data", "-o", "-", *TINY, "--steps", "1", "-q", folder=folder)
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=120) == -signal.SIGPIPE


@pytest.mark.slow
def test_a_bare_environment_suffices(folder: Path) -> None:
    """T14: with an empty environment, no terminal and nothing on stdin a run works, without one escape code."""
    command = [sys.executable, "-m", "gantools", "train", "data", "-o", "c.safetensors", *TINY, "--steps", "3"]
    env = {"PYTHONPATH": child_environment()["PYTHONPATH"]}
    settings = {"stdin": subprocess.DEVNULL, "capture_output": True, "start_new_session": True, "timeout": 120}
    ended = subprocess.run(command, env=env, check=False, **settings)
    assert (ended.returncode, ended.stdout) == (0, b"c.safetensors\n")
    assert b"\x1b" not in ended.stderr
    assert document_of(C).register.g_steps == 3


# Resources.


def test_the_second_starter_is_told_at_once(folder: Path) -> None:
    """T11: ``train`` on an output that is held ends with 75 and has loaded neither torch nor numpy nor Pillow."""
    with locked(C):
        command = [sys.executable, "-c", NO_TORCH, *RUN]
        ended = subprocess.run(command, env=child_environment(), capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(ended.stdout) == [75, []]
    found = f"c.safetensors: another run is writing it (process {os.getpid()}), expected none"
    found += ": wait until it ends, or write elsewhere with -o"
    hint = f"hint: {shlex.join(['gantools', *RUN])}"
    assert ended.stderr.splitlines() == [f"error: {found}", hint]


@pytest.mark.parametrize(
    ("size", "words", "full"),
    [
        (10_000, ("--steps", "1"), "c.safetensors"),
        (1_000, ("--steps", "99999", "--metrics", "log.jsonl"), "log.jsonl"),
    ],
    ids=["checkpoint", "metrics"],
)
def test_a_full_disk_ends_with_7(
    size: int, words: tuple[str, ...], full: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """T10: when the space ends, the run ends with 7 and one line; the old checkpoint is unchanged, no litter stays."""
    assert here(*RUN, "--steps", 2, "-q") == 0
    before, files = C.read_bytes(), set(names_in(folder))
    capfd.readouterr()
    with file_limit(size):
        code = here(*RUN, *words, "-q")
    captured = capfd.readouterr()
    assert (code, captured.out) == (7, "")
    error = (
        f"error: {full}: no space left to write it (File too large), expected more; what was there before is unchanged"
    )
    assert captured.err.splitlines() == [error, "hint: df -h ."]
    assert C.read_bytes() == before
    assert set(names_in(folder)) == files | ({full} - {"c.safetensors"})
    assert here(*RUN, "--steps", 1, "-q") == 0


@pytest.mark.slow
def test_too_little_memory_ends_with_7(folder: Path) -> None:
    """T22: a run that does not fit into memory ends with 7 and a hint; the checkpoint of a run before is whole."""
    assert here("train", "data", "-o", "c.safetensors", *TINY, "--steps", 1, "-q") == 0
    before = C.read_bytes()

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))

    big = ("--arch", "fc", "--batch", "65536", "--set", "network.base_width=1024", "--device", "cpu")
    words = ("train", "data", "-o", "c.safetensors", "--force", *big, "--steps", "1", "-q")
    code, stdout, stderr = finish(process_of(*words, folder=folder, preexec_fn=limit))
    assert (code, stdout) == (7, "")
    assert stderr.splitlines()[-1] == f"hint: gantools {shlex.join(words).replace('65536', '32768')}"
    assert C.read_bytes() == before
