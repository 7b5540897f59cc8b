"""How a run begins: fresh, resumed, continued from another file, or with another file's weights.

Checks go from cheap to expensive: flags, paths, the lock, headers and the data; only then torch and the device.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gantools.commands.changes import (
    CHANGEABLE,
    classes_for,
    machine_changes,
    merged,
    require_allowed,
    require_fit,
    shape_of,
    take_data,
    told,
)
from gantools.commands.evaluation import Evaluation, best_place
from gantools.commands.meant import data_meant, go_on
from gantools.commands.places import STREAM, check_places
from gantools.commands.product import binary_stdout, read_stdin
from gantools.commands.rescue import require_alive
from gantools.commands.transfer import begin_with, with_networks
from gantools.config.build import Resolved, changes, resolve
from gantools.config.catalog import LOSSES, find
from gantools.errors import Again, BusyError, Hint, InputError, RefusedError, UsageError
from gantools.files.atomic import sweep
from gantools.files.document import STDIN, DataNote, Document, Event, Lineage, parse_document, read_document
from gantools.files.header import parse_header
from gantools.files.lock import locked
from gantools.files.nearby import is_checkpoint, other_output

if TYPE_CHECKING:
    from gantools.data.pack import Pictures
    from gantools.device import Machine
    from gantools.training.state import TrainState

STDIN_LIMIT = 16 << 30
GPU_DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""What is there when NVIDIA's, AMD's, or Windows' driver for Linux guests has been loaded."""


@dataclass(frozen=True)
class Request:
    """What was typed for one of the three training commands.

    Args:
        command: ``train``, ``train-d`` or ``train-g``.
        data: folder of pictures; None where the command needs none.
        output: file to write, or ``-``.
        start: file (or ``-``) whose run is continued; None: the output itself with ``resume``, else a fresh run.
        init: file whose weights alone are taken.
        typed: configuration values by dotted name; what was not typed is absent.
        allow_change: names that a resumed run may change although they define it.
        resume, force: what may happen to an output that exists.
        device, threads: the machine as typed.
        preview, metrics: where the grid of samples and the JSON lines go; None: nowhere.
        evaluation: how it is judged while it trains; None: not.
        on_collapse: ``stop`` or ``warn``: what a verdict does that a run is lost.
    """

    command: str
    data: Path | None
    output: str
    start: str | None = None
    init: Path | None = None
    typed: dict[str, Any] = field(default_factory=dict)
    allow_change: tuple[str, ...] = ()
    resume: bool = False
    force: bool = False
    device: str = "auto"
    threads: int | None = None
    preview: Path | None = None
    metrics: Path | None = None
    evaluation: Evaluation | None = None
    on_collapse: str = "stop"

    @property
    def precision(self) -> str:
        """The precision as typed, ``auto`` when it was not."""
        return str(self.typed.get("precision", "auto"))

    @property
    def best(self) -> Path | None:
        """Where the best checkpoint is kept; None when none is."""
        return best_place(self.output) if self.evaluation is not None and self.evaluation.figure is not None else None


@dataclass
class Session:
    """A run that is ready to take turns, and what its checkpoint will say beside its content."""

    request: Request
    state: "TrainState"
    pictures: "Pictures | None"
    data: DataNote
    lineage: Lineage
    origins: dict[str, str]
    notes: list[str]


def check_request(request: Request) -> None:
    """Look at what the command reads and where it writes before anything is made, the lock file included.

    Raises:
        UsageError: --allow-change of something that is no such name, --resume of standard output or with --force.
        RefusedError: a folder or a device where a file is to be written.
        InputError: the checkpoint to start from is absent or foreign, or DATA is absent.
    """
    for name in request.allow_change:
        find("--allow-change", CHANGEABLE, name)
    if request.output == STREAM and request.resume:
        message = "--resume -o -: found standard output, expected a file to go on with"
        raise UsageError(message, hint=Again("--from - -o -", drop=("--resume",)))
    if request.resume and request.force:
        message = "--resume and --force: one goes on with the output, the other replaces it, expected one of them"
        raise UsageError(message, hint=Again(drop=("--force",)))
    check_places(request.output, request.preview, request.metrics, request.data, request.best)
    for path in (request.init, None if request.start in (None, STREAM) else Path(str(request.start))):
        if path is not None:
            read_document(path)
    if request.data is not None and not request.data.exists():
        message = f"{request.data}: found nothing of that name, expected a folder of pictures"
        raise InputError(message, hint=data_meant(request))
    if request.command == "train" and request.data is not None and is_checkpoint(str(request.data)):
        message = f"{request.data}: found a checkpoint, expected a folder of pictures"
        raise InputError(message, hint=go_on(str(request.data)))


@contextmanager
def output_lock(request: Request) -> Iterator[None]:
    """Hold the output for this process; standard output needs no lock.

    Raises:
        UsageError: standard output is a terminal.
        RefusedError: the output exists, and neither --force nor --resume was given.
        BusyError: another run holds the output.
    """
    if request.output == STREAM:
        binary_stdout()
        yield
        return
    path = Path(request.output)
    with _told_to_wait(request), locked(path):
        require_free(request)
        sweep(path)
        sweep(path.with_name(path.name + ".prev"))
        yield


@contextmanager
def _told_to_wait(request: Request) -> Iterator[None]:
    """Let the line to type after the other run has ended go on with what that run leaves."""
    try:
        yield
    except BusyError as error:
        if request.command == "train" and not request.resume and request.start is None and request.init is None:
            error.hint = Again("--resume", drop=("--force",))
        raise


def require_free(request: Request) -> None:
    """Check that the output is new, or that it was said what to do with it.

    Raises:
        RefusedError: the output exists, and neither --force nor --resume was given.
    """
    path = Path(request.output)
    is_own = request.start is not None and Path(request.start) == path
    if request.output != STREAM and path.exists() and not (request.resume or request.force or is_own):
        if request.command == "train" and request.start is None and request.init is None:
            raise RefusedError(f"{path}: exists, expected a new name, or --force to replace it", hint="--resume")
        hint: Hint = "--force" if request.command != "train" else other_output(path)
        raise RefusedError(f"{path}: exists, expected a new name, or --force to replace it", hint=hint)
    if request.best is not None and request.best.exists() and not (request.resume or request.force or is_own):
        message = f"{request.best}: exists, expected no best checkpoint of another run, or --force to replace it"
        raise RefusedError(message, hint=other_output(path))


def open_session(request: Request) -> Session:
    """Check everything checkable, then load torch and build the run. Call it under ``output_lock``.

    Raises:
        UsageError: values that are wrong or contradict each other or the stored run.
        InputError: data or checkpoints that cannot be used or do not fit each other.
        ResourceError: the device is not there.
    """
    source = _source(request)
    document = _peek(source) if source is not None else None
    if document is not None:
        require_allowed(document.config, request.typed, request.allow_change)
    pictures = _open_pictures(request.data)
    if source is None or document is None:
        return _fresh(request, pictures)
    require_fit(document, pictures, request.data, (request.command, str(request.start)))
    return _continued(request, source, document, pictures)


def _source(request: Request) -> Path | bytes | None:
    """Return the run to continue: a file, the bytes of standard input, or None for a fresh run."""
    if request.start == STREAM:
        return read_stdin(STDIN_LIMIT)
    if request.start is not None:
        return Path(request.start)
    output = Path(request.output)
    return output if request.resume and request.output != STREAM and output.exists() else None


def _peek(source: Path | bytes) -> Document:
    if isinstance(source, bytes):
        return parse_document(parse_header(source, len(source), STDIN), STDIN)
    return read_document(source)[1]


def _open_pictures(path: Path | None) -> "Pictures | None":
    if path is None:
        return None
    from gantools.data.folder import open_for_training

    return open_for_training(path)


def preview_config(request: Request) -> Resolved:
    """Resolve the configuration without torch; precision stays as stored or typed (``auto`` as fp32)."""
    source = _source(request)
    if source is not None:
        stored = _peek(source).config
        return merged(stored, require_allowed(stored, request.typed, request.allow_change))
    pictures = _open_pictures(request.data)
    assert pictures is not None, "a fresh run has data"
    typed = with_networks(request.typed, request.init)
    known = pictures.count, classes_for(typed, pictures, str(request.data))
    return resolve(shape_of(pictures), typed, *known, _device_kind(request))


def _device_kind(request: Request) -> str:
    """Return ``cpu`` or ``cuda``. Torch is woken only for ``auto`` beside a GPU's driver: whether it can use it."""
    if request.device == "auto" and any(map(os.path.exists, GPU_DRIVERS)):
        return _settle(request, "fp32").device.type
    return "cuda" if request.device.startswith("cuda") else "cpu"


def _fresh(request: Request, pictures: "Pictures | None") -> Session:
    assert pictures is not None, "a fresh run has data"
    typed = with_networks(request.typed, request.init)
    known = pictures.count, classes_for(typed, pictures, str(request.data))
    resolve(shape_of(pictures), typed, *known)  # faults come before torch is loaded
    machine = _settle(request, request.precision)
    settled = typed | {"precision": machine.precision}
    resolved = resolve(shape_of(pictures), settled, *known, machine.device.type)
    origins = resolved.origins | {"precision": "typed" if request.precision != "auto" else "the device"}
    from gantools.training.register import UNLABELLED, DataLabels
    from gantools.training.state import TrainState

    is_conditional = bool(resolved.config.network.classes)
    labels = DataLabels(pictures.label_counts(), pictures.label_digest()) if is_conditional else UNLABELLED
    state = TrainState.fresh(resolved.config, pictures.digest, machine, labels)
    note = DataNote(pictures.count, pictures.classes, pictures.held_out_digest)
    lineage, notes = begin_with(state, request.init) if request.init is not None else (Lineage(), [])
    return Session(request, state, pictures, note, lineage, origins, notes)


def _continued(request: Request, source: Path | bytes, document: Document, pictures: "Pictures | None") -> Session:
    stored = document.config
    precision = stored.precision if request.precision == "auto" else request.precision
    accepted = changes(stored, request.typed)
    resolved = merged(stored, accepted)  # faults come before torch is loaded
    if not accepted:
        require_alive(document, request)
    machine = _settle(request, precision)
    from gantools.files.checkpoint import load

    state, document = load(source, machine, resolved.config)
    what = [told(change) for change in accepted]
    what += machine_changes(document, machine)
    reads_reals = request.command != "train-g" or LOSSES[state.config.loss.name].compares
    if pictures is not None and request.data is not None and reads_reals:
        what += take_data(state, document, pictures, request.data)
    note = document.data
    if pictures is not None:
        held_out = pictures.held_out_digest if reads_reals else note.held_out
        note = DataNote(pictures.count, pictures.classes, held_out)
    register = state.register
    if accepted:
        register.judged_from = register.g_steps  # what was a sign of the old values says nothing of the new ones
    events = tuple(Event(register.images, register.d_steps, register.g_steps, text) for text in what)
    lineage = replace(document.lineage, parent=document.digest, events=document.lineage.events + events)
    return Session(request, state, pictures, note, lineage, resolved.origins, [f"changed: {text}" for text in what])


def _settle(request: Request, precision: str) -> "Machine":
    from gantools.device import settle

    return settle(request.device, request.threads, precision)
