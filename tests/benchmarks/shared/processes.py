"""What all benchmarks share: whole processes with their time and memory, and the lines above a table."""

import datetime
import os
import platform
import subprocess
import sys
from pathlib import Path

LAUNCHER = """
import os, subprocess, sys, time
began = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - began, usage.ru_maxrss / 1024)
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
"""
"""A small process between a benchmark and what it measures: to the kernel, the largest memory of a process begins with
that of the one which started it, and a benchmark may hold a data set."""


def run_of(command: list[str]) -> tuple[float, float]:
    """Run a process that must succeed; return its wall time in seconds and its largest memory in MiB.

    Python keeps compiled modules, as it does for its users, even where the environment of this process forbids it.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    words = [sys.executable, "-I", "-S", "-c", LAUNCHER, *command]
    ended = subprocess.run(words, capture_output=True, text=True, errors="replace", env=environment, check=False)
    if ended.returncode:
        raise SystemExit(f"{command[0]} ended with {ended.returncode}: {ended.stderr}")
    spent, memory = map(float, ended.stdout.split())
    return spent, memory


def heading(what: str) -> None:
    """Print the date, the machine, the commit, and what is measured."""
    words, here = ["git", "rev-parse", "--short", "HEAD"], Path(__file__).parent
    commit = subprocess.run(words, cwd=here, capture_output=True, text=True, check=False)
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    processor = next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.processor())
    threads = len(os.sched_getaffinity(0))
    print(f"{datetime.date.today()}  {processor}, {threads} threads, Python {platform.python_version()}")
    print(f"commit {commit.stdout.strip() or '?'}; {what}")
