"""How a run begins: fresh, resumed, continued from another file, or with another file's weights.

Checks go from cheap to expensive: flags, paths, the lock, headers and the data; only then torch and the device.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gantools.commands.product import binary_stdout, read_stdin
from gantools.config.build import Change, PictureShape, Resolved, changes, resolve, values_of, with_values
from gantools.config.fields import OnResume
from gantools.config.run import RunConfig
from gantools.errors import InputError, RefusedError, UsageError
from gantools.files.atomic import sweep
from gantools.files.document import DataNote, Document, Event, Lineage, parse_document, read_document
from gantools.files.header import parse_header
from gantools.files.lock import locked

if TYPE_CHECKING:
    from gantools.data.pack import Pictures
    from gantools.device import Machine
    from gantools.training.state import TrainState

STDIN_LIMIT = 16 << 30
STREAM = "-"


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
        device, threads, precision: the machine as typed.
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
    precision: str = "auto"


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


def check_paths(request: Request) -> None:
    """Look at what the command reads before anything is made, the lock file included.

    Raises:
        InputError: the checkpoint to start from is absent or foreign, or DATA is absent.
    """
    for path in (request.init, None if request.start in (None, STREAM) else Path(str(request.start))):
        if path is not None:
            read_document(path)
    if request.data is not None and not request.data.exists():
        hint = f"gantools prepare PICTURES -o {request.data}"
        raise InputError(f"{request.data}: found nothing there, expected a folder of pictures", hint=hint)


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
    with locked(path):
        is_own = request.start is not None and Path(request.start) == path
        if path.exists() and not (request.resume or request.force or is_own):
            hint = f"add --resume to continue it, --force to replace it, or choose another name than {path}"
            raise RefusedError(f"{path}: exists, expected a new name", hint=hint)
        sweep(path)
        sweep(path.with_name(path.name + ".prev"))
        yield


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
        _allowed(document.config, request)
    pictures = _open_pictures(request.data)
    if source is None or document is None:
        return _fresh(request, pictures)
    if pictures is not None:
        _require_same_kind(document, pictures)
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
        return parse_document(parse_header(source, len(source), "standard input"), "standard input")
    return read_document(source)[1]


def _open_pictures(path: Path | None) -> "Pictures | None":
    if path is None:
        return None
    from gantools.data.folder import open_data

    return open_data(path)


def shape_of(pictures: "Pictures") -> PictureShape:
    """Return what the configuration must know of the data."""
    return PictureShape(pictures.height, pictures.width, pictures.channels)


def preview_config(request: Request) -> Resolved:
    """Resolve the configuration of a fresh run without torch; precision stays as typed (``auto`` is shown as fp32)."""
    pictures = _open_pictures(request.data)
    assert pictures is not None, "a fresh run has data"
    return resolve(shape_of(pictures), _with_init(request))


def _fresh(request: Request, pictures: "Pictures | None") -> Session:
    assert pictures is not None, "a fresh run has data"
    typed = _with_init(request)
    resolve(shape_of(pictures), typed)  # faults come before torch is loaded
    machine = _settle(request, request.precision)
    resolved = resolve(shape_of(pictures), typed | {"precision": machine.precision})
    origins = resolved.origins | {"precision": "typed" if request.precision != "auto" else "the device"}
    from gantools.training.state import TrainState

    state = TrainState.fresh(resolved.config, pictures.digest, machine)
    note, lineage, notes = DataNote(pictures.count, pictures.classes), Lineage(), []
    if request.init is not None:
        from gantools.files.checkpoint import take_weights

        parent, taken, left = take_weights(state, request.init)
        lineage = Lineage(parent.digest)
        notes = [f"--init {request.init}: {taken} tensors taken, {left} left as they begin; counters start at 0"]
    return Session(request, state, pictures, note, lineage, origins, notes)


def _with_init(request: Request) -> dict[str, Any]:
    """Return the typed values, with the networks of --init under them: its weights fit only its own shapes."""
    if request.init is None:
        return request.typed
    stored = values_of(read_document(request.init)[1].config)
    names = ("network.family", "network.latent_dim", "network.base_width", "network.critic_norm")
    return {name: stored[name] for name in names} | request.typed


def _continued(request: Request, source: Path | bytes, document: Document, pictures: "Pictures | None") -> Session:
    stored = document.config
    precision = stored.precision if request.precision == "auto" else request.precision
    machine = _settle(request, precision)
    accepted = changes(stored, request.typed | {"precision": machine.precision})
    from gantools.files.checkpoint import load

    state, document = load(source, machine, with_values(stored, {change.name: change.new for change in accepted}))
    what = [f"{change.name} {change.old} -> {change.new}" for change in accepted]
    what += _machine_changes(document, machine)
    if pictures is not None:
        what += _take_data(state, document, pictures)
    note = document.data if pictures is None else DataNote(pictures.count, pictures.classes)
    register = state.register
    events = tuple(Event(register.images, register.d_steps, register.g_steps, text) for text in what)
    lineage = replace(document.lineage, parent=document.digest, events=document.lineage.events + events)
    origins = dict.fromkeys(values_of(stored), "the checkpoint") | {change.name: "typed" for change in accepted}
    return Session(request, state, pictures, note, lineage, origins, [f"changed: {text}" for text in what])


def _settle(request: Request, precision: str) -> "Machine":
    from gantools.device import settle

    return settle(request.device, request.threads, precision)


def _allowed(stored: RunConfig, request: Request) -> None:
    """Refuse typed values that a stored run cannot take, all of them together."""
    typed = request.typed | ({} if request.precision == "auto" else {"precision": request.precision})
    found = changes(stored, typed)
    fixed = [change for change in found if change.on_resume is OnResume.FIXED]
    asked = [change for change in found if change.on_resume is OnResume.ASK and not _is_named(change, request)]
    if fixed:
        message = f"{_listed(fixed)}: these define the run, expected the stored values"
        raise UsageError(message, hint="leave them out to go on, or start a new run under another name with -o")
    if asked:
        message = f"{_listed(asked)}: this changes what the run means, expected the stored values"
        raise UsageError(message, hint=" ".join(f"--allow-change {change.name}" for change in asked))


def _is_named(change: Change, request: Request) -> bool:
    """Say whether --allow-change names the value (``loss.name``) or its subject (``loss``)."""
    return change.name in request.allow_change or change.name.partition(".")[0] in request.allow_change


def _listed(found: list[Change]) -> str:
    return "; ".join(f"{change.name}: found {change.new}, stored {change.old}" for change in found)


def _require_same_kind(document: Document, pictures: "Pictures") -> None:
    network = document.config.network
    stored, found = PictureShape(network.height, network.width, network.channels), shape_of(pictures)
    if stored != found:
        message = f"DATA: found pictures of {found}, expected {stored} as in the checkpoint"
        raise InputError(message, hint=f"gantools prepare SOURCES --size {stored.width}x{stored.height} -o DATA")
    if document.data.classes != pictures.classes:
        found_names, stored_names = ", ".join(pictures.classes) or "none", ", ".join(document.data.classes) or "none"
        raise InputError(f"DATA: found the classes {found_names}, expected {stored_names} as in the checkpoint")


def _machine_changes(document: Document, machine: "Machine") -> list[str]:
    now = machine.describe()
    return [
        f"{name} {document.machine.get(name)} -> {value}: no longer bit-equal to an undisturbed run"
        for name, value in now.items()
        if document.machine.get(name) != value
    ]


def _take_data(state: "TrainState", document: Document, pictures: "Pictures") -> list[str]:
    """Begin a new epoch when the pictures are other ones than before."""
    register = state.register
    if register.data == pictures.digest:
        return []
    register.data, register.epoch, register.position = pictures.digest, register.epoch + 1, 0
    return [f"data {document.data.count} -> {pictures.count} pictures: a new epoch begins"]
