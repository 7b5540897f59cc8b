"""Real shells in a real terminal: what is typed there, and the words that the shell makes of the line in the end."""

import fcntl
import os
import pty
import shutil
import subprocess
import sys
import termios
import threading
import time
from contextlib import suppress
from pathlib import Path

from tests.conftest import child_environment

SETUP = {
    "bash": "PS1=; args() { printf '%s\\n' \"$@\" > ~/.words; mv ~/.words ~/words; }\n"
    "gantools --show-completion bash > ~/gantools.bash; source ~/gantools.bash\n",
    "zsh": "PS1=; bindkey -e; args() { printf '%s\\n' \"$@\" > ~/.words; mv ~/.words ~/words }\n"
    "mkdir ~/functions; gantools --show-completion zsh > ~/functions/_gantools; fpath=(~/functions $fpath)\n"
    "autoload -Uz compinit; compinit -u -d ~/dump\n",
    "fish": "function fish_prompt; end; function args; printf '%s\\n' $argv > ~/.words; mv ~/.words ~/words; end\n"
    "mkdir -p ~/.config/fish/completions; gantools --show-completion fish > ~/.config/fish/completions/gantools.fish\n",
}
START = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"], "fish": ["-i", "--private"]}
HOME_KEY, INTERRUPT = "\x01", "\x03"


def is_here(name: str) -> bool:
    """Say whether the shell is installed."""
    return shutil.which(name) is not None


class Shell:
    """A shell in a terminal of its own, in ``folder``; its home is ``folder/home``, and ``gantools`` is on its path."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.home = name, folder / "home"
        self.home.mkdir(exist_ok=True)
        program = folder / "bin" / "gantools"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gantools "$@"\n')
        program.chmod(0o755)
        self._terminal, theirs = pty.openpty()
        environment = child_environment(
            HOME=str(self.home),
            PATH=f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            TERM="dumb" if name == "zsh" else "xterm",
            LC_ALL="C.UTF-8",
            XDG_CONFIG_HOME=str(self.home / ".config"),
            XDG_DATA_HOME=str(self.home / ".local"),
        )
        self._process = subprocess.Popen(
            [name, *START[name]],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        self.seen = b""
        threading.Thread(target=self._read, daemon=True).start()
        for line in SETUP[name].splitlines(keepends=True):
            self._type(line.replace("\n", "\r"))
        self.words("ready")

    def words(self, typed: str) -> list[str]:
        """Type a line, in which a TAB completes, and return the words that the shell then gives to a command."""
        found = self.home / "words"
        found.unlink(missing_ok=True)
        self._type(f"{typed}{HOME_KEY}args \r")
        end = time.monotonic() + 20
        while not found.exists():
            if time.monotonic() > end:
                self._type(INTERRUPT)
                raise AssertionError(f"{self.name} did not end the line: {self.seen[-2000:]!r}")
            time.sleep(0.01)
        return found.read_text().splitlines()

    def close(self) -> None:
        """End the shell."""
        self._process.kill()
        self._process.wait(60)
        os.close(self._terminal)

    def _type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def _read(self) -> None:
        with suppress(OSError):
            while data := os.read(self._terminal, 65536):
                self.seen += data
