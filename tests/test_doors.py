"""What every command shows and how it ends: help, messages, exit codes, streams."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from gantools import __version__, cli
from gantools.commands.doors import Manner
from gantools.commands.options import PROCESSORS
from tests import rig
from tests.conftest import Run, child_environment

RIG = Path(__file__).with_name("rig.py")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
Line = Callable[..., tuple[int, str, str]]


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Line:
    """Run one command line of the rig in this process; return its exit code, stdout and stderr."""
    monkeypatch.setattr(cli, "COMMANDS", rig.COMMANDS)

    def run(words: str) -> tuple[int, str, str]:
        code = cli.main(words.split())
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


def rig_command(*words: str) -> list[str]:
    """Return the command that runs the rig in a process of its own."""
    return [sys.executable, str(RIG), *words]


def run_rig(*words: str, redirect: str = "", **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run the rig through a shell that redirects its streams."""
    settings: dict = {"stdin": subprocess.DEVNULL, "capture_output": True, "env": child_environment(), **options}
    command = ["sh", "-c", f'exec "$0" "$@" {redirect}', *rig_command(*words)]
    return subprocess.run(command, timeout=120, check=False, **settings)


@pytest.mark.parametrize(
    ("what", "code", "stderr"),
    [
        ("nothing", 0, ""),
        ("usage", 2, "error: --steps: found 'x', expected a number\nhint: gantools work usage --steps 10\n"),
        ("exit", 3, ""),
        ("input", 4, "error: a\\x0ab.png: found a web page, expected a picture\n"),
        ("refused", 5, "error: c: exists, expected a free name\nhint: gantools work refused --seed 1\n"),
        ("unhealthy", 6, "error: run: ten turns were not finite, expected finite losses\n"),
        ("resources", 7, "error: cuda: found no device, expected one\n"),
        ("gate", 8, ""),
        ("busy", 75, "error: c: another run is writing it\n"),
        (
            "interrupt",
            130,
            "interrupted: every file that was written is whole; the same line goes on\nnext: gantools work interrupt\n",
        ),
        (
            "disk",
            7,
            "error: out.png: no space left to write it (No space left on device), expected more; "
            "what was there before is unchanged\nhint: df -h .\n",
        ),
        (
            "memory",
            7,
            "error: memory: found too little (Unable to allocate 8.00 TiB), expected enough for this work: "
            "end other programs, or do less at once\nhint: free -h\n",
        ),
        (
            "device-memory",
            7,
            "error: memory: found too little (CUDA out of memory. Tried to allocate 2 GiB), "
            "expected enough for this work: end other programs, or do less at once\n"
            "hint: gantools work device-memory --device cpu\n",
        ),
        (
            "bug",
            1,
            "error: this is a bug in gantools: ValueError: odd \\x1b[2J; please report what --debug prints\n"
            "hint: gantools work bug --debug\n",
        ),
        (
            "parameter",
            2,
            "error: work: Invalid value: no such thing, expected 'gantools work [WHAT]'\nhint: gantools work --help\n",
        ),
    ],
)
def test_each_end_has_its_code_and_words(what: str, code: int, stderr: str, line: Line) -> None:
    """Every kind of end has an exit code of its own; errors are one line each on stderr, stdout stays empty."""
    assert line(f"work {what}") == (code, "", stderr)


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        ("wrok", "gantools: unknown command 'wrok', expected one of work, sample", "gantools work"),
        ("zzz", "gantools: unknown command 'zzz', expected one of work, sample", "gantools --help"),
        (
            "--versoin",
            "gantools: unknown option '--versoin', expected one that 'gantools --help' shows",
            "gantools --version",
        ),
        (
            "work --setps 3",
            "work: unknown option '--setps', expected one that 'gantools work --help' shows",
            "gantools work --steps 3",
        ),
        (
            "work -x",
            "work: unknown option '-x', expected one that 'gantools work --help' shows",
            "gantools work --help",
        ),
        (
            "work --grid",
            "work: unknown option '--grid', expected it after 'gantools sample', which has it",
            "gantools work",
        ),
        (
            "--steps 3 work",
            "gantools: unknown option '--steps', expected it after 'gantools work', which has it",
            "gantools work --steps 3",
        ),
        ("work --steps x", "--steps: found 'x', expected a whole number of at least 1", "gantools work --steps 3"),
        ("work --steps 0", "--steps: found '0', expected a whole number of at least 1", "gantools work --steps 1"),
        ("work --steps", "--steps: found no value, expected a whole number of at least 1", "gantools work --steps 3"),
        (
            "work --precision bf61",
            "--precision: found 'bf61', expected one of auto, fp32, bf16",
            "gantools work --precision bf16",
        ),
        (
            "work --device gpu",
            "--device: found 'gpu', expected auto, cpu, cuda or cuda:N",
            "gantools work --device auto",
        ),
        ("work --json=3", "--json: found a value, expected none", "gantools work --json"),
        ("work -q -v", "-q and -v: found both, expected at most one", "gantools work -v"),
        (
            "work a b c",
            "work: found 'b c' beyond its arguments, expected 'gantools work [WHAT]'",
            "gantools work --help",
        ),
        ("sample c", "sample: found no DATA, expected 'gantools sample CKPT DATA'", "gantools sample --help"),
    ],
)
def test_wrong_command_lines_are_told_in_three_beats(words: str, error: str, hint: str | None, line: Line) -> None:
    """A wrong command line ends with 2 and says thing, found and expected, then the nearest right words."""
    lines = [f"error: {error}"] + ([f"hint: {hint}"] if hint else [])
    assert line(words) == (2, "", "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("GANTOOLS_THREADS", "many", f"GANTOOLS_THREADS: found 'many', expected a whole number from 1 to {PROCESSORS}"),
        ("GANTOOLS_THREADS", "999", f"GANTOOLS_THREADS: found '999', expected a whole number from 1 to {PROCESSORS}"),
        ("GANTOOLS_DEVICE", "gpu", "GANTOOLS_DEVICE: found 'gpu', expected auto, cpu, cuda or cuda:N"),
    ],
)
def test_wrong_variable_is_named(
    name: str, value: str, error: str, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad value from the environment is told under the variable's name."""
    monkeypatch.setenv(name, value)
    code, _, stderr = line("work machine")
    assert code == 2
    assert stderr.splitlines()[0] == f"error: {error}"


def test_environment_fills_in_what_is_not_typed(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Device and threads come from their variables unless typed; no other option has a variable."""
    monkeypatch.setenv("GANTOOLS_DEVICE", "cuda:1")
    monkeypatch.setenv("GANTOOLS_THREADS", "1")
    monkeypatch.setenv("GANTOOLS_SEED", "9")
    monkeypatch.setenv("GANTOOLS_WORK_SEED", "9")
    assert line("work machine") == (0, "cuda:1 1 auto 0\n", "")
    assert line("work machine --device cpu --threads 2") == (0, "cpu 2 auto 0\n", "")


def test_debug_prints_the_traceback(line: Line) -> None:
    """With --debug the traceback comes before the error, cleaned like all foreign text."""
    code, stdout, stderr = line("work bug --debug")
    assert (code, stdout) == (1, "")
    assert stderr.startswith("Traceback (most recent call last):\n")
    assert stderr.endswith(
        "error: this is a bug in gantools: ValueError: odd \\x1b[2J; please report what --debug prints\n"
    )
    assert "\x1b" not in stderr


def test_color_of_errors_follows_the_option(line: Line) -> None:
    """``--color always`` colours the label of an error also in a pipe."""
    assert line("work usage --color always")[2].startswith("\x1b[1;31merror:\x1b[0m --steps")


def test_torch_without_memory_ends_with_7() -> None:
    """What torch says when memory ends on the CPU is told as a lack of resources."""
    torch = pytest.importorskip("torch")
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 50)
    assert cli._report(caught.value, Manner()) == 7


def test_help_lists_options_in_groups(line: Line) -> None:
    """Help opens with the example, then purpose, usage, arguments and each group, with defaults and choices."""
    code, stdout, stderr = line("work --help")
    assert (code, stderr) == (0, "")
    assert stdout.startswith("Example:\n  gantools work nothing\n\nDo what is asked.\n\nUsage: gantools work [OPTIONS]")
    headings = re.findall(r"^(\w+):$", stdout, re.MULTILINE)
    assert headings == ["Example", "Arguments", "Length", "Output", "Run", "Machine", "Messages", "Options"]
    assert "  --steps N  How many rounds.  [default: 3]\n" in stdout
    assert re.search(r"^  --precision auto\|fp32\|bf16 .*\n?.*\[default: auto\]$", stdout, re.MULTILINE)
    assert re.search(r"^  -o, --output PATH  Where to write\.$", stdout, re.MULTILINE)
    assert "env: GANTOOLS_THREADS" in stdout
    assert "[default: False]" not in stdout


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_help_keeps_to_the_terminal(columns: str, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line of the help is wider than the terminal, nor than 100 columns."""
    monkeypatch.setenv("COLUMNS", columns)
    widths = [len(text) for words in ("--help", "work --help") for text in line(words)[1].splitlines()]
    assert max(widths) <= min(int(columns), 100)


def test_top_help_opens_with_the_shortest_way(line: Line) -> None:
    """The suite's help shows the three lines from pictures to samples before the commands, in the order of use."""
    code, stdout, _ = line("-h")
    assert code == 0
    assert stdout.splitlines()[:4] == [
        "Example:",
        "  gantools prepare demo:stickers -o data",
        "  gantools train data -o c.safetensors",
        "  gantools sample --n 64 c.safetensors",
    ]
    assert "Commands:\n  work    Do what is asked.\n  sample  Do nothing.\n" in stdout
    assert stdout.endswith("'gantools COMMAND --help' shows a command's options.\n")


def test_empty_command_line_shows_help_on_stderr(line: Line) -> None:
    """Without a word the help goes to stderr and the exit code is 2: nothing was produced."""
    code, stdout, stderr = line("")
    assert (code, stdout) == (2, "")
    assert stderr.startswith("Example:\n  gantools prepare")


def test_version(line: Line) -> None:
    """``--version`` prints name and version on stdout."""
    assert line("--version") == (0, f"gantools {__version__}\n", "")


@pytest.mark.parametrize("entry", cli.COMMANDS, ids=lambda entry: entry.name)
def test_example_of_each_command_parses(entry: cli.Entry) -> None:
    """The line that opens a command's help is a command line that the command accepts."""
    program, name, *words = entry.example.split()
    assert (program, name) == ("gantools", entry.name)
    command = cli.build_suite().commands[name]  # type: ignore[attr-defined]
    assert command.make_context(name, words).params


@pytest.mark.parametrize("entry", cli.COMMANDS, ids=lambda entry: entry.name)
def test_every_option_of_each_command_has_help(entry: cli.Entry) -> None:
    """No option and no argument of any command is listed without a word about it."""
    command = cli.build_suite().commands[entry.name]  # type: ignore[attr-defined]
    assert [param.name for param in command.params if not param.help] == []


def test_module_runs_like_the_command(gantools: Run) -> None:
    """``python -m gantools`` is the same program and names itself gantools."""
    result = gantools("--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert "Usage: gantools [OPTIONS] COMMAND [ARGS]..." in result.stdout


def test_shell_completion_knows_the_commands() -> None:
    """The completion that the shell asks for lists the commands."""
    assert run_rig("--complete", "bash", "", "gantools w").stdout.split() == [b"words", b"work"]


def test_reader_that_goes_ends_the_command_quietly() -> None:
    """When the reader of stdout goes, the command dies of SIGPIPE without a word."""
    with subprocess.Popen(
        rig_command("work", "flood"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=child_environment()
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(10) == b"a" * 10
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == -signal.SIGPIPE


def test_reader_of_messages_that_goes_ends_the_command_quietly() -> None:
    """The same holds for stderr: ``2>&1 | head`` leaves no traceback."""
    result = subprocess.run(
        ["bash", "-c", '"$0" "$@" 2>&1 | head -c 10; echo " ${PIPESTATUS[0]}"', *rig_command("work", "chatter")],
        capture_output=True,
        env=child_environment(),
        timeout=120,
        check=False,
    )
    assert result.stdout == b"a" * 10 + b" 141\n"


def test_full_disk_behind_stdout_ends_with_7() -> None:
    """A product that cannot be written out is an error, told once."""
    result = run_rig("work", "paths", redirect="> /dev/full")
    assert result.returncode == 7
    assert result.stderr.startswith(b"error: output: no space left to write it (No space left on device)")
    assert b"Exception ignored" not in result.stderr


@pytest.mark.parametrize("redirect", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize(("what", "code"), [("paths", 0), ("progress", 0), ("json", 0), ("usage", 2), ("bug", 1)])
def test_closed_streams_change_nothing(what: str, code: int, redirect: str) -> None:
    """A standard stream that was closed does not change how a command ends."""
    result = run_rig("work", what, redirect=redirect)
    assert result.returncode == code
    assert b"Traceback" not in result.stderr


def test_files_never_take_the_place_of_a_closed_stream() -> None:
    """With stdin closed the next file opened gets a number above the standard ones."""
    result = run_rig("work", "descriptors", redirect="<&-")
    assert result.returncode == 0
    assert int(result.stdout) > 2


def test_names_reach_stdout_byte_for_byte() -> None:
    """A file name that cannot be decoded is printed in its own bytes, ended by a new line or by NUL."""
    assert run_rig("work", "paths").stdout == b"caf\xe9\x1b.png\nb.png\n"
    assert run_rig("work", "paths", "-0").stdout == b"caf\xe9\x1b.png\0b.png\0"


def test_json_is_one_document_with_its_schema_first(line: Line) -> None:
    """The document starts with its schema, has null for what is no number, and no raw control character."""
    code, stdout, stderr = line("work json")
    assert (code, stderr) == (0, "")
    document = json.loads(stdout)
    assert next(iter(document.items())) == ("schema", "gantools.work/1")
    assert document["loss"] == [None, 1.5, None]
    assert (document["path"], document["name"]) == ("a", "\x1b\u202e")
    assert stdout.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("data", "code", "stdout", "stderr"),
    [
        (b"0123456789", 0, b"10\n", b""),
        (b"01234567890", 4, b"", b"error: -: found more than 10 bytes on stdin, expected at most that many\n"),
        (
            b"",
            4,
            b"",
            b"error: -: found nothing on stdin, expected data: the command before the pipe says why\n"
            b"hint: gantools prepare demo:stickers -o data && gantools train data -o c.safetensors\n",
        ),
    ],
)
def test_stdin_is_read_up_to_a_limit(data: bytes, code: int, stdout: bytes, stderr: bytes, tmp_path: Path) -> None:
    """Data on stdin is taken whole, refused when too long, and missed when absent."""
    result = run_rig("work", "read", stdin=None, input=data, cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (code, stdout, stderr)


def test_closed_or_unreadable_stdin_is_unusable_input(tmp_path: Path) -> None:
    """A stdin that is closed or open for writing only ends with 4 and says so."""
    closed = run_rig("work", "read", redirect="<&-")
    assert closed.returncode == 4
    assert closed.stderr.startswith(b"error: -: stdin is closed, expected a file or a pipe\n")
    unreadable = run_rig("work", "read", redirect="0> out", cwd=tmp_path)
    assert unreadable.returncode == 4
    assert unreadable.stderr == b"error: -: stdin cannot be read (Bad file descriptor), expected data\n"


def in_terminal(*words: str, stdout: int | None = None, **variables: str) -> tuple[int, str, bytes]:
    """Run the rig on a terminal of 60 columns; return its exit code, what the terminal got, and a piped stdout."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    streams = {"stdin": follower, "stdout": follower if stdout is None else stdout, "stderr": follower}
    environment = child_environment(**{"TERM": "xterm-256color", **variables})
    with subprocess.Popen(rig_command(*words), env=environment, **streams) as process:
        os.close(follower)
        shown = b""
        while chunk := read_some(leader):
            shown += chunk
        piped = process.stdout.read() if process.stdout else b""
    os.close(leader)
    return process.returncode, shown.decode(), piped


def read_some(descriptor: int) -> bytes:
    """Read what a terminal got; an error means that its last writer has gone."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def test_progress_is_live_on_a_terminal() -> None:
    """On a terminal a bar is drawn and redrawn within its width, messages stand above it, the last line stays."""
    code, shown, piped = in_terminal("work", "progress", stdout=subprocess.PIPE)
    assert (code, piped) == (0, b"")
    assert "\x1b[2K" in shown
    assert "█" in shown or "░" in shown
    assert "saved [/foo] \\x1b[2J\r\n" in shown
    lines = [ESCAPE.sub("", part) for part in re.split(r"[\r\n]+", shown)]
    assert max(map(len, lines)) <= 60
    assert re.fullmatch(r"train: 30/30 rounds in \S+", [text for text in lines if text][-1])


@pytest.mark.parametrize(
    ("words", "variables"),
    [((), {"NO_COLOR": "1"}), ((), {"TERM": "dumb"}), (("--color", "never"), {})],
    ids=["NO_COLOR", "dumb", "never"],
)
def test_terminal_without_escape_codes(words: tuple[str, ...], variables: dict[str, str]) -> None:
    """NO_COLOR, a dumb terminal and ``--color never`` get plain lines."""
    code, shown, _ = in_terminal("work", "progress", *words, **variables)
    assert code == 0
    assert "\x1b" not in shown
    assert "train: 30/30 rounds in " in shown


def test_progress_is_plain_in_a_pipe() -> None:
    """In a pipe the messages and the last line are plain, and stdout stays empty."""
    result = run_rig("work", "progress")
    assert (result.returncode, result.stdout) == (0, b"")
    assert b"\x1b" not in result.stderr
    assert result.stderr.splitlines()[0] == b"saved [/foo] \\x1b[2J"
    assert result.stderr.splitlines()[-1].startswith(b"train: 30/30 rounds in ")


def test_terminal_gets_no_control_characters_in_names() -> None:
    """A path printed to a terminal is escaped, so that a name cannot steer it."""
    assert in_terminal("work", "paths")[:2] == (0, "caf\\xe9\\x1b.png\r\nb.png\r\n")


def test_binary_to_or_from_a_terminal_is_refused() -> None:
    """Bytes are neither written to a terminal nor read from one; both end with 2 and a hint."""
    code, shown, _ = in_terminal("work", "bytes", "--color", "never")
    assert code == 2
    assert shown.startswith("error: -o -: stdout is a terminal, expected a file or a pipe\r\nhint: gantools work bytes")
    code, shown, _ = in_terminal("work", "read", "--color", "never")
    assert code == 2
    assert shown.startswith("error: -: stdin is a terminal, expected a file or a pipe\r\n")


def test_binary_goes_to_a_pipe() -> None:
    """Into a pipe the bytes pass as they are."""
    assert run_rig("work", "bytes").stdout == b"\x89PNG"
