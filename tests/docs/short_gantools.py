"""`gantools` as the pages' tests run it: the command line as it was typed, made short where it leaves the length open.

A run without a count of steps takes two, unless `timeout` is there to end it, and a count above fifty becomes a
twentieth; networks and batches are tiny, the drawn set is small. What else was typed stays as it was typed. The
command runs in a fork of ``warm_gantools``, which has loaded torch already; under `timeout` or `ulimit`, which must
reach it, in a process of its own.
"""

import json
import os
import resource
import socket
import sys
from pathlib import Path

MOST_STEPS = 50
TINY = {"--set": "network.base_width=4", "--batch": "4"}
COUNTS = {"--steps", "--until", "--images", "--epochs", "--print-config", "--dry-run"}


def shortened(words: list[str], is_timed: bool) -> list[str]:
    """Return the words of a command line and what makes it short."""
    if words[:1] == ["prepare"] and any(word.startswith("demo:") for word in words) and "--limit" not in words:
        return [*words, "--limit", "40"]
    if words[:1] != ["train"] or "--help" in words:
        return words
    pairs = zip(["", *words[:-1]], words, strict=True)
    words = [_fewer(word) if before in ("--steps", "--until") else word for before, word in pairs]
    tiny = [word for flag, value in TINY.items() if flag != "--batch" or flag not in words for word in (flag, value)]
    return words + tiny + ([] if is_timed or COUNTS & set(words) else ["--steps", "2"])


def _fewer(count: str) -> str:
    return str(int(count) // 20) if count.isdecimal() and int(count) > MOST_STEPS else count


def main(place: str, words: list[str]) -> int:
    """Run a command line in the process that listens at ``place``; return its exit code."""
    is_timed = Path(f"/proc/{os.getppid()}/comm").read_text().strip() == "timeout"
    words = shortened(words, is_timed)
    if is_timed or resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY:
        os.execv(sys.executable, [sys.executable, "-m", "gantools", *words])
    request = json.dumps([words, os.getcwd(), dict(os.environ)]).encode()
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(place)
        socket.send_fds(server, [len(request).to_bytes(4)], [0, 1, 2])
        server.sendall(request)
        return server.recv(1)[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
