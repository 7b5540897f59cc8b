"""Copies of published sets: where each is, how it is fetched, what is said when it cannot be.

Nothing is downloaded but what was typed. A copy that ``--root`` names is read and never written to. A download is made
in a folder of its own and renamed when it is whole: what a broken one leaves is in nobody's way.
"""

import contextlib
import io
import os
import re
import shlex
import shutil
import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gantools.data.entry import Entry
from gantools.data.torchvision_listing import Listing, entries_of, list_copy, listing_from, stamp_of
from gantools.data.torchvision_sets import Wanted, wanted
from gantools.errors import FULL_DISK, Again, GantoolsError, Hint, InputError, full_disk, output_errors
from gantools.files.atomic import write_bytes
from gantools.files.lock import locked
from gantools.vision import import_torchvision

SILENCE_S = 20.0
"""So long a server may say nothing, from the first word on. Guess: slow ones answer in ten."""
TOLD_EVERY_S = 9.0
MEGABYTE = 1_000_000


class Library:
    """The copies that a run may read.

    Args:
        cache: where downloads, and lists of what copies hold, are kept.
        root: a folder as torchvision's own ``root``; None to use the cache.
        writes: False in a rehearsal, which downloads and keeps nothing.
    """

    def __init__(self, cache: Path, root: Path | None = None, *, writes: bool = True) -> None:
        self._cache, self._root, self._writes = cache / "torchvision", root, writes
        self._lists: dict[str, Listing] = {}

    def root_of(self, source: str) -> Path:
        """Return the folder that is the loader's ``root``. It is on no record: a set is the same wherever it lies."""
        return self._root if self._root is not None else self._cache / wanted(source).home

    def has(self, source: str) -> bool:
        """Tell whether there is a copy that can be used.

        Raises:
            InputError: there is one, but it cannot be used.
        """
        return self._listing(source) is not None

    def require(self, source: str) -> None:
        """Require a copy; nothing is downloaded.

        Raises:
            InputError: there is none, or it cannot be used.
        """
        if self.has(source):
            return
        place = self.root_of(source) / wanted(source).place.place
        if self._root is not None:
            message = f"{source}: found no {place}, expected a copy as torchvision keeps it below --root"
            raise InputError(message, hint=Again(drop=("--root",)))
        message = f"{source}: found no {place}, expected a copy: a dry run downloads nothing"
        raise InputError(message, hint=Again(drop=("--dry-run",), otherwise=shlex.join(["ls", "-ld", "."])))

    def entries(self, source: str, labels: bool) -> list[Entry]:
        """List the pictures of a copy; none when there is no copy, as for any source that is gone."""
        listing = self._listing(source)
        if listing is None:
            return []
        root = self.root_of(source)
        return entries_of(listing, wanted(source), source, root, lambda: self._open(source, root), labels)

    def download(self, source: str, tell: Callable[[int], None]) -> None:
        """Fetch a copy into the cache.

        Args:
            source: ``torchvision:NAME``.
            tell: called now and then with the megabytes that are there.

        Raises:
            InputError: it could not be fetched.
            ResourceError: no space, or no right to write.
            BusyError: another run is fetching it.
        """
        _check_package(source)
        home = self.root_of(source)
        with locked(home), output_errors(home):
            if self._listing(source) is not None:
                return
            aside = home.with_name(f"{home.name}.part")
            shutil.rmtree(aside, ignore_errors=True)  # of a run that was killed
            aside.mkdir(parents=True)
            try:
                with _watched(aside, tell), _bounded():
                    self._fetch(source, aside)
                shutil.rmtree(home, ignore_errors=True)
                aside.rename(home)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        self.require(source)

    def _fetch(self, source: str, folder: Path) -> None:
        try:
            _loader(wanted(source), folder, download=True)
        except (GantoolsError, MemoryError):
            raise
        except Exception as error:  # loaders raise whatever their server, archive or pickle makes them
            if isinstance(error, OSError) and error.errno in FULL_DISK:
                raise full_disk(folder, error.strerror) from error
            _check_package(source, error)
            message = f"{source}: cannot be downloaded ({reason_of(error)}), expected a network, or --root and a copy"
            raise InputError(message, hint=f"--root {_copy_beside(wanted(source))}") from error

    def _listing(self, source: str) -> Listing | None:
        """Return what a copy holds: as it is on record, or from the loader; None where there is no copy."""
        if source in self._lists:
            return self._lists[source]
        root, known = self.root_of(source), wanted(source)
        place = root / known.place.place
        if not os.path.exists(place):
            return None
        stamp, record = stamp_of(place), self._record_of(source, root)
        listing = _read(record)
        if listing is None or listing.stamp != stamp:
            listing = list_copy(self._open(source, root), known.published, root, stamp)
            if self._writes:
                with contextlib.suppress(GantoolsError):  # where nothing can be kept, the next run asks again
                    write_bytes(record, listing.to_json(), durable=False)
        self._lists[source] = listing
        return listing

    def _record_of(self, source: str, root: Path) -> Path:
        name = blake2b(f"{os.path.realpath(root)}\0{source}".encode(errors="surrogateescape"), digest_size=12)
        return self._cache / "lists" / f"{name.hexdigest()}.json"

    def _open(self, source: str, root: Path) -> Any:
        """Open a copy with torchvision's loader, which checks what it checks."""
        known = wanted(source)
        try:
            return _loader(known, root, download=False)
        except MemoryError:
            raise
        except Exception as error:  # as above
            _check_package(source, error)
            found = f"cannot use {root / known.place.place} ({reason_of(error)})"
            message = f"{source}: {found}, expected a whole copy as torchvision keeps it"
            aside: Hint = Again(drop=("--root",))
            if self._root is None:
                aside = Again(first=shlex.join(["mv", str(root), f"{root}.broken"]))
            raise InputError(message, hint=aside) from error


def reason_of(error: BaseException) -> str:
    """Return the last line of what an error says, without the dress of urllib.

    Example:
        >>> reason_of(OSError("<urlopen error [Errno -2] Name or service not known>"))
        'Name or service not known'
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    reason = lines[-1] if lines else type(error).__name__
    bare = re.fullmatch(r"<urlopen error (?:\[Errno -?\d+\] )?(.*)>", reason)
    return (bare[1] if bare else reason).rstrip(".")


def _loader(known: Wanted, root: Path, *, download: bool) -> Any:
    """Open torchvision's loader of a set, without a word on stdout or stderr."""
    published = known.published
    heard = io.StringIO()  # progress bars, and what gdown says on stdout
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        datasets = import_torchvision().datasets
        return getattr(datasets, published.loader)(str(root), download=download, **known.place.arguments)


def _check_package(source: str, error: BaseException | None = None) -> None:
    """Refuse a set whose loader wants a package that torchvision itself does not need, before or after it says so.

    Raises:
        InputError: it is not installed.
    """
    name = wanted(source).published.package if error is None else None
    if isinstance(error, ModuleNotFoundError):
        name = error.name
    elif error is not None and (asked := re.search(r"pip install ([\w-]+)", str(error))):
        name = asked[1]
    if name is not None and (error is not None or find_spec(name) is None):
        message = f"{source}: torchvision's loader needs the package {name}, found none, expected it to be installed"
        raise InputError(message, hint=shlex.join(["pip", "install", name])) from error


def _copy_beside(known: Wanted) -> str:
    """Return a folder here that holds a copy; without one, a word that stands for it."""
    folders = [".", *sorted(entry.name for entry in os.scandir() if entry.is_dir())]
    return next((shlex.quote(name) for name in folders if os.path.exists(os.path.join(name, known.place.place))), "DIR")


def _read(record: Path) -> Listing | None:
    try:
        return listing_from(record.read_bytes())
    except OSError:
        return None


@contextlib.contextmanager
def _bounded() -> Iterator[None]:
    """Let no connection made meanwhile wait for ever; torchvision sets no bound of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SILENCE_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


@contextlib.contextmanager
def _watched(folder: Path, tell: Callable[[int], None]) -> Iterator[None]:
    """Tell now and then how many megabytes are in ``folder``."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(TOLD_EVERY_S):
            tell(_bytes_in(folder) // MEGABYTE)

    thread = threading.Thread(target=watch, name="download", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _bytes_in(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.stat(os.path.join(place, name)).st_size
    return total
