"""Every command of the README and of each page under docs/ runs as it stands, on small pictures and for a few steps.

A fence named `sh` is run, one named `output` behind it is compared with what came: each of its lines must be there, in
any order, but for words with digits in them. `text` and `console` are only read.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import ROOT
from tests.docs import short_gantools, warm_gantools
from tests.docs.newcomer import environment_with_gantools, run_script, write_reader_folder

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LEFT_OUT = "..."
LABELS = ("error:", "hint:", "next:", "resume:")


class Block(NamedTuple):
    """A script of a page and the output that the page shows for it."""

    script: str
    output: list[str]


def blocks_of(page: Path) -> list[Block]:
    """Return the scripts of a page in their order."""
    found: list[Block] = []
    for kind, text in FENCE.findall(page.read_text()):
        if kind == "sh":
            found.append(Block(text, []))
        elif kind == "output":
            found[-1].output.extend(text.splitlines())
    return found


LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")
EVERY = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
SLOW = ("troubles.md",)
"""Pages of many runs: the fast set leaves them out."""

PAGES = [
    pytest.param(page, id=str(page.relative_to(ROOT)), marks=[pytest.mark.slow] * (page.name in SLOW))
    for page in EVERY
    if blocks_of(page)
]


def words_of(line: str) -> list[str]:
    """Return the words of a line that stay the same from run to run: those without a digit; an exit code is whole."""
    if line.startswith("exit code "):
        return [line]
    return [word for word in re.findall(r"[^\s,;:()]+", line) if re.fullmatch(r"[^\W\d]{2,}", word)]


def is_printed(line: str, printed: list[str]) -> bool:
    """Say whether a line was printed: an error, a hint and a next line in all its words, of others those shown."""
    words = words_of(line)
    if line.startswith(LABELS) and LEFT_OUT not in line:
        return any(words_of(other) == words for other in printed)
    return any(set(words_of(other)) >= set(words) for other in printed)


def absent_lines(shown: list[str], printed: str) -> list[str]:
    """Return the lines that a page shows and that were not printed."""
    lines = printed.splitlines()
    return [line for line in shown if line.strip() != LEFT_OUT and not is_printed(line, lines)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The place where a process that has loaded torch listens for command lines."""
    place = tmp_path_factory.mktemp("warm") / "socket"
    with warm_gantools.listening(place):
        yield str(place)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_runs(page: Path, server: str, tmp_path: Path) -> None:
    """Each script ends with 0, says nothing of an error unless it expects one with ``||``, and prints what is shown."""
    folder = write_reader_folder(tmp_path / "newcomer")
    environment = environment_with_gantools(tmp_path / "bin", short_gantools.__file__, server)
    for script, output in blocks_of(page):
        done = run_script(["bash", "-euo", "pipefail", "-c", script], folder, environment)
        told = f"{script}\n{done.stdout}"
        assert done.returncode == 0, told
        assert "||" in script or "error:" not in done.stdout, told
        assert absent_lines(output, done.stdout) == [], told


def test_the_readme_names_every_command_and_exit_code() -> None:
    """The table of commands is the app's own list; the exit codes are those of errors.py."""
    from gantools.cli import COMMANDS
    from gantools.errors import ExitCode

    readme = (ROOT / "README.md").read_text()
    assert all(f"`gantools {entry.name} " in readme for entry in COMMANDS)
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", readme, re.MULTILINE)}
    assert codes == {int(code) for code in ExitCode} - {ExitCode.BUG, ExitCode.SIGNAL}


def test_every_link_leads_somewhere() -> None:
    """Each relative link of a page names a file that is there."""
    assert [
        f"{page.relative_to(ROOT)}: {link}"
        for page in EVERY
        for link in LINK.findall(page.read_text())
        if not (page.parent / link).exists()
    ] == []


def test_a_line_that_is_no_longer_printed_is_found() -> None:
    """The comparison ignores numbers and order, and misses no word."""
    printed = "saved a.safetensors at 12 images, content 0f3\ntrain: 2 images"
    assert absent_lines(["train: 640 images", "...", "saved a.safetensors at 9 images"], printed) == []
    assert absent_lines(["train: 640 pictures"], printed) == ["train: 640 pictures"]
    assert absent_lines(["hint: again"], "hint: try again") == ["hint: again"]
    assert absent_lines(["error: no ...", "hint: try again"], "error: no such thing\nhint: try again") == []
