"""Completion: what may come next on a line, and what real shells make of a TAB."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gantools import cli
from gantools.commands.completion import DRAWN, Next, Paths, Reader, list_paths
from gantools.commands.describe import context, label
from gantools.commands.shells import SCRIPTS, for_bash, split_line
from gantools.data import demo
from gantools.files.checkpoint import pack
from gantools.files.document import DataNote, Lineage
from tests.conftest import ROOT, Run, child_environment
from tests.shells import Shell, is_here
from tests.test_imports import HEAVY, loaded_by
from tests.tiny import fresh

BREAKS = " \t\n\"'@><=;|&(:"
FREE = {"N", "X", "NAMES", "K", "RATE", "PSI", "TIME", "TIME|Nsteps|Nimages", "IMAGES", "FACTOR@IMAGES", "64|64x48",
        "COLOR", "5%", "1%|N", "16|25%", "default,ico|png,jpeg", "last,best:FIGURE", "CLASS"}  # fmt: skip
"""Values of which there are too many to list; a new one that is neither here nor completed fails a test."""

# What is typed, with its TABs, and the words that the shell then has. Folders may keep a slash behind them.
TYPED = {
    "gantools sam\t": "sample",
    "gantools --show-c\tzs\t": "--show-completion|zsh",
    "gantools train data --ar\tfc": "train|data|--arch|fc",
    "gantools train data --arch=dc\t": "train|data|--arch=dcgan",
    "gantools train data --max\t5m --col\tne\t": "train|data|--max-time|5m|--color|never",
    "gantools train data --set network.crit\tbat\t": "train|data|--set|network.critic_norm=batch",
    "gantools train data --set network.critic_norm=ba\t": "train|data|--set|network.critic_norm=batch",
    "gantools train data --seed \t": "train|data|--seed",
    "gantools prepare demo:s\t": "prepare|demo:stickers",
    "gantools train my\t": "train|my photos",
    "gantools train my\\ photos/s\t": "train|my photos/sub dir",
    "gantools train 'my ph\tCLOSE'": "train|my photos",
    'gantools train "my ph\tCLOSE"': "train|my photos",
    "gantools train a\t": "train|a:b",
    "gantools train a:b/i\t": "train|a:b/inner",
    "gantools train ~/pic\t": "train|HOME/pictures",
    "gantools sample run\t": "sample|run one.safetensors",
    "gantools sample no\t": "sample|notes.txt",
    "gantools sample q\t": "sample|q'uote.safetensors",
    "gantools train data --from=run\t": "train|data|--from=run one.safetensors",
    "gantools train data -o data/de\t": "train|data|-o|data/deep.safetensors",
    "gantools prepare notes.txt -o my\t": "prepare|notes.txt|-o|my photos",
    "gantools inspect --diff run\\ one.safetensors.\t": "inspect|--diff|run one.safetensors.prev",
}


@pytest.fixture(scope="module")
def suite() -> Any:
    """The group of all commands."""
    return cli.build_suite()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of names that shells find hard."""
    folder = tmp_path_factory.mktemp("completion")
    for name in ("my photos/sub dir", "a:b/inner", "home/pictures", "data"):
        (folder / name).mkdir(parents=True)
    names = ("run one.safetensors", "run one.safetensors.prev", "q'uote.safetensors", "a:b/c.safetensors")
    for name in (*names, "notes.txt", "run notes.txt", "data/deep.safetensors", ".hidden"):
        (folder / name).touch()
    return folder


@pytest.fixture(
    scope="module", params=["bash", *(pytest.param(name, marks=pytest.mark.slow) for name in ("zsh", "fish"))]
)
def shell(request: pytest.FixtureRequest, folder: Path) -> Iterator[Shell]:
    """One of the three shells, in a terminal, with the script that it was given on request."""
    if not is_here(request.param):
        pytest.skip(f"{request.param} is not installed")
    shell = Shell(request.param, folder)
    yield shell
    shell.close()


@pytest.mark.parametrize("typed", TYPED, ids=lambda typed: re.sub("CLOSE", "", typed.replace("\t", "TAB")))
def test_a_tab_completes_the_line(shell: Shell, typed: str) -> None:
    """In a real terminal the shell ends with the right words, whatever blanks, colons and quotes are in them."""
    expected = TYPED[typed].replace("HOME", str(shell.home)).split("|")
    if shell.name == "bash":  # it closes the quote of a folder by itself
        typed = re.sub("CLOSE.", "", typed)
    words = shell.words(typed.replace("CLOSE", ""))
    assert words[0] == "gantools"
    assert [word.rstrip("/") for word in words[1:]] == expected


def ask(suite: Any, *words: str) -> Next:
    """Return what may come in place of the last word."""
    reader = Reader(suite)
    for word in words[:-1]:
        reader.take(word)
    return reader.next(words[-1])


def names_of(found: Next) -> list[str]:
    """Return the words without what is said about them."""
    return [word for word, _ in found.words]


def test_commands_come_first_each_with_its_purpose(suite: Any) -> None:
    """The first word is a command, in the order of use; behind a dash it is an option of the suite."""
    assert ask(suite, "").words == tuple((entry.name, entry.purpose) for entry in cli.COMMANDS)
    assert names_of(ask(suite, "-")) == ["--version", "--show-completion", "--show-man", "--help"]
    assert ask(suite, "no-such-command", "").words == ask(suite, "").words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("train data --preset ", "auto small-data lesson lesson-conv dcgan progressive msg stylegan2 residual"),
        ("train data --loss ", "bce minimax lsgan hinge wasserstein relativistic relativistic-hinge"),
        ("train data --penalty ", "none r1 r2 r1+r2 gp"),
        ("train data --device ", "auto cpu cuda"),
        ("train data --precision ", "auto fp32 bf16"),
        ("train data --allow-change ", "loss.name loss loss.penalty batch"),
        ("train data --set network.family=", "fc dcgan conv progressive msg stylegan2 residual"),
        (
            "train data --augment ",
            "auto none color translation cutout color,translation color,cutout "
            "translation,cutout color,translation,cutout",
        ),
        ("train data --set network.latent_dim=", ""),
        ("train data --no-such=", ""),
        ("train data --force=", ""),
        ("prepare in --crop ", "center top random none"),
        ("prepare in --channels=", "auto rgb gray rgba"),
        ("sample c --format ", "png webp jpeg"),
        ("sample c --color ", "auto always never"),
        ("sample c -qv --color ", "auto always never"),
        ("sample c --seed ", ""),
        ("sample c --seed=7 --weights ", "average live"),
        ("--show-completion ", "bash zsh fish"),
    ],
)
def test_values_come_from_the_catalogue_or_the_option(suite: Any, line: str, words: str) -> None:
    """Where there are choices they are listed, behind a blank or behind ``=``; else nothing is."""
    found = ask(suite, *line.split(" "))
    assert names_of(found) == words.split()
    assert found.paths is Paths.NONE


@pytest.mark.parametrize(
    ("line", "paths"),
    [
        ("prepare ", Paths.FILES),
        ("prepare one two ", Paths.FILES),
        ("prepare one -o ", Paths.FOLDERS),
        ("train ", Paths.FOLDERS),
        ("train -", Paths.NONE),
        ("train -- ", Paths.FOLDERS),
        ("train -- -", Paths.FOLDERS),
        ("train data -o ", Paths.CHECKPOINTS),
        ("train data -qo ", Paths.CHECKPOINTS),
        ("train data -oc ", Paths.NONE),
        ("train data --metrics=", Paths.FILES),
        ("train --steps 4 ", Paths.FOLDERS),
        ("train-d ", Paths.CHECKPOINTS),
        ("train-d - ", Paths.FOLDERS),
        ("train-g c ", Paths.FOLDERS),
        ("sample ", Paths.CHECKPOINTS),
        ("sample c -o ", Paths.FILES),
        ("inspect ", Paths.FILES),
        ("inspect c --diff ", Paths.CHECKPOINTS),
    ],
)
def test_paths_are_those_that_fit_the_place(suite: Any, line: str, paths: Paths) -> None:
    """A checkpoint is wanted where CKPT stands, a folder where DATA does."""
    assert ask(suite, *line.split(" ")).paths is paths


def test_options_are_offered_once(suite: Any) -> None:
    """What was typed is left out, under whichever name, unless it may come again; short names come when typed."""
    names = names_of(ask(suite, "train", "data", "-q", "-o", "c", "--set", "batch=4", "--lr-g=1", "--"))
    assert {"--quiet", "--output", "--lr-g"}.isdisjoint(names)
    assert {"--set", "--lr-d", "--verbose", "--help"} <= set(names)
    assert names_of(ask(suite, "train", "data", "")) == names_of(ask(suite, "train", "data", "--"))
    assert "-o" in names_of(ask(suite, "train", "data", "-o"))


def test_every_option_says_what_completes_it(suite: Any) -> None:
    """Each value is listed, a path, or of a kind that cannot be listed: a new kind must choose."""
    undecided = []
    for name, command in suite.commands.items():
        for param in command.get_params(context(command, name)):
            found = ask(suite, name, max(param.opts, key=len), "") if param.opts[0].startswith("-") else None
            flag = getattr(param, "is_flag", False)
            if found is not None and not flag and found == Next() and label(param) not in FREE:
                undecided.append(f"{name} {param.name} {label(param)}")
    assert undecided == []


def test_classes_are_those_of_the_checkpoint(suite: Any, tmp_path: Path) -> None:
    """Behind --label stand the classes of the checkpoint that was typed, by number where a name needs quotes."""
    state = fresh("fc", **{"network.conditional": "yes"})
    place = tmp_path / "c.safetensors"
    place.write_bytes(pack(state, DataNote(10, ("cat", "sea eel", "-\n")), Lineage()).data)
    found = ask(suite, "sample", str(place), "--label", "")
    assert found.words == (("cat", "4 pictures"), ("1", "sea eel"), ("2", "-\\x0a"))
    assert ask(suite, "sample", "absent", "--label", "") == Next()


def test_drawn_sets_are_those_that_there_are() -> None:
    """The sources that are offered are the drawn sets by name."""
    assert tuple(f"demo:{name}" for name in demo.NAMES) == (DRAWN,)


def test_checkpoints_are_looked_for_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one looks like a checkpoint, other files are left out; folders never are; hidden names want their dot."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder / "home"))
    assert list_paths(Paths.CHECKPOINTS, "r") == ["run one.safetensors"]
    assert list_paths(Paths.CHECKPOINTS, "run n") == ["run notes.txt"]
    assert list_paths(Paths.CHECKPOINTS, "a:b/") == ["a:b/c.safetensors", "a:b/inner"]
    assert list_paths(Paths.FOLDERS, "a") == ["a:b"]
    assert list_paths(Paths.FILES, ".h") == [".hidden"]
    assert ".hidden" not in list_paths(Paths.FILES, "")
    assert list_paths(Paths.FOLDERS, "~/p") == ["~/pictures"]
    assert list_paths(Paths.FILES, "no/such/folder") == []


@pytest.mark.parametrize(
    ("text", "words", "word", "start"),
    [
        ("gantools ", ["gantools"], "", 0),
        ("gantools  sample c", ["gantools", "sample"], "c", 0),
        ("g my\\ pic", ["g"], "my pic", 0),
        ("g 'my pic", ["g"], "my pic", 0),
        ('g "my pics"/a', ["g"], "my pics/a", 0),
        ('g "a\\n\\"', ["g"], 'a\\n"', 0),
        ("g ''", ["g"], "", 0),
        ("g '' x", ["g", ""], "x", 0),
        ("g --arch=dc", ["g"], "--arch=dc", 7),
        ("g a\\:b:c", ["g"], "a:b:c", 4),
        ("g --from='my pi", ["g"], "--from=my pi", 7),
        ("g \\", ["g"], "", 0),
    ],
)
def test_a_line_of_bash_is_cut_as_bash_does(text: str, words: list[str], word: str, start: int) -> None:
    """Quotes and backslashes are understood; what bash replaces begins behind its last break or open quote."""
    assert split_line(text, BREAKS) == (words, word, start)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("gantools sam", ["words", "sample"]),
        ("gantools train data --arch=d", ["words", "dcgan"]),
        ("gantools train data --set network.lat", ["open", "network.latent_dim="]),
        ("gantools prepare demo:", ["words", "stickers"]),
        ("gantools prepare torchvision:cifar1", ["words", "cifar10", "cifar100"]),
        ("gantools sample a:b/c", ["paths", "b/c.safetensors"]),
        ("gantools train data --seed ", ["paths"]),
        ("gantools train-d - data -o - < run", ["paths", "run one.safetensors"]),
        ("gantools sample < x --wei", ["words", "--weights"]),
        ("gantools inspect c > not", ["paths", "notes.txt"]),
    ],
)
def test_bash_gets_what_replaces_the_end_of_its_line(
    suite: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, line: str, reply: list[str]
) -> None:
    """Bash is told how to treat the words, and gets them from its last break on."""
    monkeypatch.chdir(folder)
    assert for_bash(suite, split_line(line, BREAKS)) == reply


def test_completion_loads_nothing_heavy(tmp_path: Path) -> None:
    """A TAB waits for none of the heavy packages, not even for pydantic."""
    for words in (["zsh", ""], ["fish", "train", "data", "--set", "loss"], ["bash", BREAKS, "gantools sample "]):
        code, packages = loaded_by(["--complete", *words], tmp_path)
        assert code == 0
        assert packages.isdisjoint({*HEAVY, "pydantic"})


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_printed_on_request_only(gantools: Run, tmp_path: Path, name: str) -> None:
    """``--show-completion SHELL`` prints the script, which the shell can read; nothing is written anywhere."""
    shown = gantools("--show-completion", name, env={"HOME": str(tmp_path)})
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == SCRIPTS[name]
    assert list(tmp_path.iterdir()) == []
    assert "--install-completion" not in gantools("--help").stdout


def test_an_unknown_shell_is_refused(gantools: Run) -> None:
    """Another shell gets the names of the three."""
    shown = gantools("--show-completion", "csh")
    assert shown.returncode == 2
    assert "error: --show-completion: unknown name 'csh', expected one of bash, fish, zsh" in shown.stderr


def test_the_lines_that_install_it_do(tmp_path: Path) -> None:
    """The lines of the page write one file each, where the shells and man look for them, and nothing besides."""
    page = (ROOT / "docs" / "how-to" / "install.md").read_text()
    lines = "".join(re.findall(r"^```bash\n(.*?)^```", page, re.MULTILINE | re.DOTALL))
    program = tmp_path / "bin" / "gantools"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gantools "$@"\n')
    program.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    environment = child_environment(HOME=str(home), PATH=f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    subprocess.run(["bash", "-eu", "-c", lines], env=environment, check=True, timeout=60)
    files = {str(path.relative_to(home)): path.read_text() for path in home.rglob("*") if path.is_file()}
    assert {name: text for name, text in files.items() if "/man/" not in name} == {
        ".local/share/bash-completion/completions/gantools": SCRIPTS["bash"],
        ".zfunc/_gantools": SCRIPTS["zsh"],
        ".config/fish/completions/gantools.fish": SCRIPTS["fish"],
    }
    assert files[".local/share/man/man1/gantools.1"].startswith(".TH GANTOOLS 1")
