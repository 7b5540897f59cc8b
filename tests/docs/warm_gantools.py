"""A process that has loaded torch and becomes `gantools` for each command line that it is handed.

Loading torch takes two seconds, a fork a hundredth of one; the pages have dozens of commands.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import child_environment


@contextlib.contextmanager
def listening(place: Path) -> Iterator[None]:
    """Have such a process listen at ``place`` while the block runs."""
    command = [sys.executable, "-m", "tests.docs.warm_gantools", str(place)]
    with subprocess.Popen(command, env=child_environment()) as server:
        try:
            while not place.exists():
                assert server.poll() is None, "it did not start"
                time.sleep(0.05)
            yield
        finally:
            server.terminate()


def serve(place: str) -> None:
    """Fork for each command line, as long as the process lives that started this one."""
    parent = os.getppid()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(place + ".new")
        server.listen(64)
        os.rename(place + ".new", place)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the forks
        server.settimeout(5)
        while os.getppid() == parent:
            try:
                client = server.accept()[0]
            except TimeoutError:
                continue
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                server.close()
                answer(client)
                os._exit(0)
            client.close()


def answer(client: socket.socket) -> None:
    """Read a command line, run it in a fork and send its exit code."""
    size, descriptors, _, _ = socket.recv_fds(client, 4, 3)
    request = client.recv(int.from_bytes(size), socket.MSG_WAITALL)
    child = os.fork()
    if child == 0:
        client.close()
        become(*json.loads(request), descriptors)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    client.sendall(bytes([status if status >= 0 else 128 - status]))


def become(words: list[str], folder: str, environment: dict[str, str], descriptors: list[int]) -> None:
    """Run ``gantools WORDS...`` as the client would have, and end this process."""
    from gantools.cli import main

    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    os._exit(main(words))


if __name__ == "__main__":
    import torch  # noqa: F401
    from PIL import Image  # noqa: F401

    import gantools.cli
    import gantools.files.checkpoint
    import gantools.sampling.produce
    import gantools.training.engine  # noqa: F401

    serve(sys.argv[1])
