"""Going through a folder and all below it, in a stable order, past links that lead round in circles."""

import os
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from gantools.data.entry import Entry, Refusal
from gantools.data.kinds import is_clutter
from gantools.data.names import safe_name
from gantools.errors import InputError

LINKED = "link to a folder"
"""What is passed over under this name is read with ``--follow``."""


class Walk:
    """A way through folders, each of which is read once however many links lead to it.

    Args:
        follow: whether links to folders are followed.
        passed_over: counts those that are not.
        faults: gets the folders that cannot be read.
    """

    def __init__(self, follow: bool, passed_over: Counter[str], faults: list[Entry]) -> None:
        self._follow, self._passed_over, self._faults = follow, passed_over, faults
        self.seen: set[tuple[int, int]] = set()

    def files(self, root: str) -> Iterator[tuple[str, str, str | None]]:
        """Yield (path, name, label) of every file below ``root``; a folder that links lead to again is read once."""
        pending = [self._children(root, None, is_root=True)]
        while pending:
            try:
                path, name, label, is_folder = next(pending[-1])
            except StopIteration:
                pending.pop()
                continue
            if is_folder:
                pending.append(self._children(path, label))
            else:
                yield path, name, label

    def _children(
        self, folder: str, label: str | None, is_root: bool = False
    ) -> Iterator[tuple[str, str, str | None, bool]]:
        """Yield (path, name, label, is it a folder) of what is in a folder, in the order of the bytes of the names.

        Only names are kept meanwhile: what the system tells of each would be more than all that is known of a picture.
        """
        try:
            own = identity(folder)
            if own in self.seen:
                return
            self.seen.add(own)
            with os.scandir(folder) as children:
                names = sorted((child.name for child in children), key=os.fsencode)
        except OSError as error:
            if is_root:
                raise unreadable(folder, error.strerror) from error
            refusal = Refusal(f"cannot be read: {(error.strerror or str(error)).lower()}")
            self._faults.append(Entry(folder, "", None, None, None, refusal))
            return
        for name in names:
            path = os.path.join(folder, name)
            deeper = os.path.isdir(path)
            if deeper and not self._follow and os.path.islink(path):
                self._passed_over[LINKED] += 1
                continue
            below = safe_name(name) if is_root and deeper else label
            yield path, name, below, deeper and not is_clutter(name)


def unreadable(path: str, reason: str | None) -> InputError:
    """Say that a folder cannot be read."""
    message = f"{path}: cannot be read ({reason}), expected a folder of pictures"
    return InputError(message, hint=shlex.join(["chmod", "+rx", path]))


def identity(path: str | Path) -> tuple[int, int]:
    """Return what tells a file or folder from all others, whatever path leads to it."""
    status = os.stat(path)
    return status.st_dev, status.st_ino
