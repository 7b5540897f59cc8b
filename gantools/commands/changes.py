"""What a stored run accepts when it goes on: other values, another machine, other pictures; and how that is told."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gantools.config.build import Change, PictureShape, Resolved, all_fields, changes, values_of, with_values
from gantools.config.catalog import LOSSES
from gantools.config.fields import OnResume, setting_of
from gantools.config.run import RunConfig
from gantools.errors import Again, InputError, UsageError
from gantools.files.document import Document
from gantools.files.nearby import data_with, prepare_first

if TYPE_CHECKING:
    from gantools.data.pack import Pictures
    from gantools.device import Machine
    from gantools.training.state import TrainState

OTHER_BITS = "no longer bit-equal to an undisturbed run"
CHANNELS = {1: "gray", 3: "rgb", 4: "rgba"}
CHANGEABLE = {
    shown: name
    for name, field in all_fields().items()
    if setting_of(field).on_resume is OnResume.ASK
    for shown in (name, name.partition(".")[0])
}
"""What --allow-change takes: the values of a stored run that may change on demand, and their subjects."""


def shape_of(pictures: "Pictures") -> PictureShape:
    """Return what the configuration must know of the data."""
    return PictureShape(pictures.height, pictures.width, pictures.channels)


def require_allowed(stored: RunConfig, typed: dict[str, Any], allow_change: tuple[str, ...]) -> list[Change]:
    """Return the typed values that differ from the stored ones, when a stored run can take them all.

    Args:
        typed: values by dotted name.
        allow_change: names or subjects that may change although they define the run.

    Raises:
        UsageError: it cannot; those that define the run are listed first, all of them together.
    """
    found = changes(stored, typed)
    fixed = [change for change in found if change.on_resume is OnResume.FIXED]
    asked = [change for change in found if change.on_resume is OnResume.ASK and not _is_named(change, allow_change)]
    if fixed:
        message = f"{_listed(fixed)}: these define the run, expected the stored values"
        raise UsageError(f"{message}; a new run needs another -o", hint=_without(fixed))
    if asked:
        message = f"{_listed(asked)}: this changes what the run means, expected the stored values"
        raise UsageError(message, hint=" ".join(f"--allow-change {change.name}" for change in asked))
    return found


def _without(fixed: list[Change]) -> Again:
    """Return the typed line without the values that cannot change."""
    flags = [setting_of(all_fields()[change.name]).flag for change in fixed]
    return Again(drop=(*filter(None, flags), *(f"--set {change.name}" for change in fixed)))


def _is_named(change: Change, allow_change: tuple[str, ...]) -> bool:
    """Say whether --allow-change names the value (``loss.name``) or its subject (``loss``)."""
    return change.name in allow_change or change.name.partition(".")[0] in allow_change


def _listed(found: list[Change]) -> str:
    return "; ".join(f"{change.name}: found {change.new}, stored {change.old}" for change in found)


def require_fit(document: Document, pictures: "Pictures | None", folder: Path | None, words: tuple[str, str]) -> None:
    """Check that the pictures of ``folder`` fit the checkpoint, and that there are some where its loss needs them.

    Args:
        words: the command and the checkpoint as typed, for the hint.

    Raises:
        UsageError: a generator's phase without pictures, of a loss that compares with them.
        InputError: pictures of another shape, or other classes.
    """
    if pictures is not None:
        require_same_kind(document, pictures, str(folder))
    elif LOSSES[document.config.loss.name].compares:
        name = document.config.loss.name
        message = f"{words[0]}: found no DATA, expected pictures: --loss {name} compares fakes with real ones"
        line = ["gantools", *words, data_with(document.register.data) or "data"]
        raise UsageError(message, hint=shlex.join(line + (["-o", "-"] if words[1] == "-" else [])))


def classes_for(typed: dict[str, Any], pictures: "Pictures", folder: str) -> int:
    """Return how many classes a fresh run learns: those of the labels with --conditional, else none.

    Raises:
        InputError: --conditional without labels of two kinds.
    """
    if typed.get("network.conditional") != "yes":
        return 0
    if len(pictures.classes) < 2:
        found = f"one class ({pictures.classes[0]})" if pictures.classes else "no labels"
        message = f"{folder}: found {found}, expected two or more for --conditional: sub-folders, or prepare --labels"
        raise InputError(message, hint=Again(drop=("--conditional", "--set network.conditional")))
    require_all_labelled(pictures, folder)
    return len(pictures.classes)


def require_all_labelled(pictures: "Pictures", folder: str) -> None:
    """Check that each picture has a label.

    Raises:
        InputError: some have none.
    """
    if unlabelled := pictures.count - sum(pictures.label_counts()):
        message = f"{folder}: found {unlabelled:,} of {pictures.count:,} pictures without a label"
        hint = Again(drop=("--conditional", "--set network.conditional"), otherwise=shlex.join(["ls", folder]))
        raise InputError(f"{message}, expected one for each with --conditional", hint=hint)


def require_same_kind(document: Document, pictures: "Pictures", folder: str) -> None:
    """Check that the pictures of ``folder`` are of the shape and have the classes that the run was made for.

    Raises:
        InputError: they are not.
    """
    require_same_shape(document, pictures, folder)
    if document.data.classes != pictures.classes:
        found_names, stored_names = ", ".join(pictures.classes) or "none", ", ".join(document.data.classes) or "none"
        raise InputError(f"{folder}: found the classes {found_names}, expected {stored_names} as in the checkpoint")
    if document.config.network.classes:
        require_all_labelled(pictures, folder)


def require_same_shape(document: Document, pictures: "Pictures", folder: str) -> None:
    """Check that the pictures of ``folder`` have the size and the channels of the checkpoint.

    Raises:
        InputError: they have not; the hint prepares them so.
    """
    network = document.config.network
    stored, found = PictureShape(network.height, network.width, network.channels), shape_of(pictures)
    if stored != found:
        message = f"{folder}: found pictures of {found}, expected {stored} as in the checkpoint"
        channels = CHANNELS[stored.channels]
        options = "--size", f"{stored.width}x{stored.height}", "--channels", channels
        raise InputError(message, hint=prepare_first(folder, *options))


def machine_changes(document: Document, machine: "Machine") -> list[str]:
    """Return what is other about the machine than when the checkpoint was written: it may change bits."""
    now = machine.describe()
    return [
        f"{name} {document.machine.get(name)} -> {value}: {OTHER_BITS}"
        for name, value in now.items()
        if document.machine.get(name) != value
    ]


def take_data(state: "TrainState", document: Document, pictures: "Pictures", folder: Path) -> list[str]:
    """Begin a new epoch when the pictures are other ones than before; other held-out ones are only told.

    Args:
        state: of the run, which still knows the old pictures by their digest.
        document: of the checkpoint.
        pictures: those of now.
        folder: where they are; its history tells what has come and gone since.

    Returns:
        What to say, which nothing but the files decide.
    """
    register, is_conditional = state.register, bool(state.config.network.classes)
    is_same = register.data == pictures.digest
    if is_same and (not is_conditional or register.label_digest == pictures.label_digest()):
        return _other_hold_out(document, pictures)
    what = _since(folder, register.data, pictures.removed)
    register.data, register.epoch, register.position = pictures.digest, register.epoch + 1, 0
    if is_conditional:
        register.label_counts, register.label_digest = pictures.label_counts(), pictures.label_digest()
        state.know_labels()
    if is_same:
        return [f"data: other labels of the same {pictures.count} pictures: a new epoch begins"]
    return [f"data{what or f' {document.data.count} -> {pictures.count} pictures'}: a new epoch begins"]


def _other_hold_out(document: Document, pictures: "Pictures") -> list[str]:
    """Tell that the held-out pictures are other ones than before, of which only signs in the register are made."""
    if document.data.held_out is None or document.data.held_out == pictures.held_out_digest:
        return []
    now = f"{pictures.held_out.count} of them now" if pictures.held_out is not None else "none now"
    return [f"data: other held-out pictures ({now}): only the signs of overfitting change"]


def _since(folder: Path, digest: str, removed: int) -> str:
    """Tell what has become of a data set since it had a digest; nothing where that is not on record."""
    from gantools.data.generations import since
    from gantools.data.manifest import MANIFEST, is_ours, read_heading

    past = since(read_heading(folder / MANIFEST), digest) if is_ours(folder / MANIFEST) else None
    if past is None:
        return ""
    then, now = past
    counts = ((now.added, "added"), (now.removed, "removed"), (now.changed, "changed"), (removed, "deleted by hand"))
    told = [f"{count} {verb}" for count, verb in counts if count]
    if not told:
        return ""
    count, _, verb = told[0].partition(" ")
    told[0] = f"{count} picture{'s' * (count != '1')} {verb}"
    later = f" (now {now.number})" if now.number > then.number else ""
    return f": {', '.join(told)} since generation {then.number}{later}"


def merged(stored: RunConfig, accepted: list[Change]) -> Resolved:
    """Return the stored configuration with the accepted changes."""
    origins = dict.fromkeys(values_of(stored), "the checkpoint") | {change.name: "typed" for change in accepted}
    return Resolved(with_values(stored, {change.name: change.new for change in accepted}), origins)


def told(change: Change) -> str:
    """Return a change as it stands in the lineage."""
    text = f"{change.name} {change.old} -> {change.new}"
    return f"{text}: {OTHER_BITS}" if change.on_resume is OnResume.BITS else text
