"""The last good checkpoint of a run that is lost, and what to type to go on from it."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from gantools.commands.places import STREAM
from gantools.errors import Again, Hint, InputError, UnhealthyError
from gantools.files.document import STDIN, Document, read_document
from gantools.training.advice import remedy
from gantools.training.health import Verdict, verdict

if TYPE_CHECKING:
    from gantools.commands.session import Request

GO_ON = "--on-collapse warn"


def previous_of(path: Path) -> Path:
    """Return where the checkpoint before ``path`` is kept."""
    return path.with_name(path.name + ".prev")


def is_good(path: Path) -> bool:
    """Say whether ``path`` is a checkpoint of a run that was losing nothing."""
    try:
        return _of(read_document(path)[1]).is_good
    except InputError:
        return False


def last_good(path: Path) -> Path | None:
    """Return ``path``, or the checkpoint before it, whichever is the newest good one."""
    return next((place for place in (path, previous_of(path)) if is_good(place)), None)


def require_alive(document: Document, request: "Request") -> None:
    """Require that the run that is to go on unchanged is not lost already.

    Raises:
        UnhealthyError: it is; the hint goes on from a good checkpoint, with other values, or without this check.
    """
    found = _of(document)
    if found.is_lost and request.on_collapse == "stop":
        name = STDIN if request.start == STREAM else request.start or request.output
        message = f"{name}: found a run that is lost ({found}), expected a healthy one, other values, or {GO_ON}"
        raise UnhealthyError(message, hint=_way_on(document, request, found))


def _way_on(document: Document, request: "Request", found: Verdict) -> Hint:
    options = remedy(document.config, found.state) if request.command == "train" else GO_ON
    path = Path(request.output)
    is_own = request.output != STREAM and request.start in (None, request.output)
    if is_own and is_good(previous_of(path)):
        return Again(options or "", first=shlex.join(["cp", str(previous_of(path)), str(path)]))
    return Again(options or GO_ON)


def _of(document: Document) -> Verdict:
    return verdict(document.config, document.register)
