"""What all benchmarks share: whole processes with their time and memory, and the lines above a table."""

import datetime
import os
import platform
import subprocess
import time
from pathlib import Path


def run_of(command: list[str]) -> tuple[float, float]:
    """Run a process that must succeed; return its wall time in seconds and its largest memory in MiB.

    Python keeps compiled modules, as it does for its users, even where the environment of this process forbids it.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stderr is not None
        words = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    spent = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}: {words.decode(errors='replace')}")
    return spent, usage.ru_maxrss / 1024


def heading(what: str) -> None:
    """Print the date, the machine, the commit, and what is measured."""
    words, here = ["git", "rev-parse", "--short", "HEAD"], Path(__file__).parent
    commit = subprocess.run(words, cwd=here, capture_output=True, text=True, check=False)
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    processor = next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.processor())
    threads = len(os.sched_getaffinity(0))
    print(f"{datetime.date.today()}  {processor}, {threads} threads, Python {platform.python_version()}")
    print(f"commit {commit.stdout.strip() or '?'}; {what}")
