"""What all tests share: a still environment, and the real command in a process of its own."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

for name in [name for name in os.environ if name.startswith(("GANTOOLS_", "_GANTOOLS_"))]:
    del os.environ[name]
for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
    os.environ.pop(name, None)
# What is kept of copies of published sets goes nowhere near the user's own.
os.environ["GANTOOLS_CACHE"] = os.path.join(tempfile.gettempdir(), f"gantools-tests-{os.getuid()}")
# Two test processes on two cores: a second compute thread each would slow both to a third.
os.environ["OMP_NUM_THREADS"] = os.environ["GANTOOLS_THREADS"] = "1"

# A harness may have started us to ignore these, and children inherit that: they would rightly ignore them too.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

Run = Callable[..., subprocess.CompletedProcess[str]]


def child_environment(**changes: str) -> dict[str, str]:
    """Return this process's environment, with the tree under test first on the path, and the changes."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, **changes}


@pytest.fixture
def gantools(tmp_path: Path) -> Run:
    """Run ``gantools WORDS...`` in ``tmp_path``; ``env`` adds variables, all else goes to ``subprocess.run``.

    ``before`` are words that start it, such as a shell that sets limits.
    """

    def run(
        *words: str | Path, env: dict[str, str] | None = None, before: Sequence[str] = (), **options: object
    ) -> subprocess.CompletedProcess:
        settings: dict = {"cwd": tmp_path, "text": True, "errors": "surrogateescape", "timeout": 300, **options}
        if "input" not in settings:
            settings.setdefault("stdin", subprocess.DEVNULL)
        settings.setdefault("stdout", subprocess.PIPE)
        settings.setdefault("stderr", subprocess.PIPE)
        command = [*before, sys.executable, "-m", "gantools", *map(os.fspath, words)]
        return subprocess.run(command, env=child_environment(**(env or {})), check=False, **settings)

    return run
