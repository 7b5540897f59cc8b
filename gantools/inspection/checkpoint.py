"""What a checkpoint is and how healthy, from its header alone. Standard library only."""

import math
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gantools.config.build import PictureShape, values_of
from gantools.config.remedies import remedies
from gantools.config.reproduce import typed_options
from gantools.files.document import Document, read_document
from gantools.files.header import Header
from gantools.inspection.afterwards import Afterwards, afterwards
from gantools.inspection.finding import Finding, short
from gantools.training.advice import judged, remedy
from gantools.training.health import EVEN_PLAY, State, recent_d_loss, verdict
from gantools.training.schedules import present, rate_share, way
from gantools.wording import counted

NETWORKS = ("generator", "discriminator")
SHOWN_CLASSES = 8
SHOWN_COUNTS = 20
SHOWN_EVENTS = 20
SHORT_DIGEST = 12


def checkpoint_finding(path: Path) -> Finding:
    """Read the header of a checkpoint and say what it tells.

    Raises:
        InputError: absent, foreign, damaged, or written by a newer version.
    """
    header, document = read_document(path)
    command, why_not = reproduction(document, path.name)
    later = afterwards(path, document.digest)
    facts = _facts(header, document) | {"reproduce": command, "reproduce_note": why_not}
    facts["afterwards"] = None if later is None else later._asdict()
    rows = [*_network_rows(header, document), *_health_rows(document, path.name, later), *_origin_rows(document)]
    rows += [("size", f"{header.size_bytes:,} bytes, {len(header.tensors):,} tensors")]
    rows += [("made by", command or str(why_not))]
    details = [(name, str(value)) for name, value in values_of(document.config).items()]
    details += [(short(name), f"{entry.dtype} {list(entry.shape)}") for name, entry in header.tensors.items()]
    return Finding("checkpoint", facts, rows, details, ["sample", "--n", "64", str(path)])


def parameter_counts(header: Header) -> dict[str, int]:
    """Count the trained numbers of each network: those that have a first moment."""
    counts = dict.fromkeys(NETWORKS, 0)
    for name, entry in header.tensors.items():
        top, _, rest = name.partition("/")
        network = rest.partition("/")[0]
        if top == "optimizer" and network in counts and name.endswith("/exp_avg"):
            counts[network] += math.prod(entry.shape)
    return counts


def ground_of(document: Document) -> tuple[int, str]:
    """Return what a preset may look at beside the shape: the number of pictures, and the device."""
    return document.data.count, str(document.machine.get("device", "cpu"))


def reproduction(document: Document, file_name: str) -> tuple[str | None, str | None]:
    """Return the command that makes this run from its data, or None and the reason why one command cannot."""
    register, config = document.register, document.config
    if document.lineage.events:
        changed = counted(len(document.lineage.events), "change")
        return None, f"no one command: the run was changed on its way ({changed})"
    if register.d_since_g and register.d_steps == register.g_steps * config.balance.d_steps + register.d_since_g:
        return None, "no one command: the run stands in the middle of a round, or train-d went on with it"
    if register.d_since_g or register.d_steps != register.g_steps * config.balance.d_steps:
        return None, "no one command: train-d or train-g took part of the steps"
    length = ["--until", str(register.g_steps)] if register.g_steps else ["--steps", "0"]
    words = ["gantools", "train", "DATA", "-o", file_name, *typed_options(config, *ground_of(document)), *length]
    return shlex.join(words), None


def _facts(header: Header, document: Document) -> dict[str, object]:
    config, register = document.config, document.register
    factor = rate_share(config, register.images)
    return {
        "size_bytes": header.size_bytes,
        "version": document.version,
        "digest": document.digest,
        **document.content(),
        "data": asdict(document.data) | {"digest": register.data},
        "labels": dict(zip(document.data.classes, register.label_counts, strict=False)) or None,
        "lineage": asdict(document.lineage),
        "machine": document.machine,
        "kept": document.kept,
        "tensors": len(header.tensors),
        "parameters": parameter_counts(header),
        "reading": verdict(config, register).short,
        "health": judged(config, register),
        "recent_loss_d": recent_d_loss(register),
        "even_loss_d": EVEN_PLAY.get(config.loss.name),
        "rates": {"factor": factor, "lr_g": config.optimizer.lr_g * factor, "lr_d": config.optimizer.lr_d * factor},
    }


def _network_rows(header: Header, document: Document) -> list[tuple[str, str]]:
    config, network = document.config, document.config.network
    shape = PictureShape(network.height, network.width, network.channels)
    counts = parameter_counts(header)
    loss, penalty = config.loss, "no penalty"
    if loss.penalty != "none":
        penalty = f"{loss.penalty} with gamma {loss.gamma:g} every {counted(loss.penalty_interval, 'D step')}"
    return [
        ("networks", f"{network.family}, {shape}, latent {network.latent_dim}, base width {network.base_width}"),
        ("parameters", ", ".join(f"{name} {counts[name]:,}" for name in NETWORKS)),
        ("loss", f"{loss.name}, {penalty}, batch {config.batch}, {config.precision}, seed {config.seed}"),
    ]


def _health_rows(document: Document, name: str, later: Afterwards | None) -> list[tuple[str, str]]:
    config, register = document.config, document.register
    found = verdict(config, register)
    steps = f"{counted(register.g_steps, 'round')}, {counted(register.d_steps, 'D step')}"
    place = f"epoch {register.epoch} at picture {register.position:,}"
    recent = recent_d_loss(register)
    even = f"even play {EVEN_PLAY[config.loss.name]:.3f}" if config.loss.name in EVEN_PLAY else "no even play"
    means = f"mean D lately {recent:.3f}, {even}" if recent is not None else even
    factor = rate_share(config, register.images)
    dropped = f", {factor:g} of where they began" if factor != 1 else ""
    rates = f"G {config.optimizer.lr_g * factor:g}, D {config.optimizer.lr_d * factor:g}{dropped}"
    rows = [
        ("progress", f"{counted(register.images, 'image')} seen, {steps}, {place}"),
        ("losses", f"D {_loss(register.loss_d)}, G {_loss(register.loss_g)} ({means})"),
        ("health", str(found)),
    ]
    rows += [("afterwards", f"the run {later.told()}")] if later is not None else []
    if (options := remedy(config, found.state if later is None else State(later.state))) is not None:
        rows.append(("try", f"gantools train DATA -o {shlex.quote(name)} --resume {options}"))
    rows.append(("rates", rates))
    if on := remedies(config):
        rows.append(("remedies", "; ".join(on)))
    if config.augment.schedule == "adaptive":
        rows.append(("augmented", f"with probability {register.augment_strength:.3f} just now"))
    if config.horizon.images:
        now, at = present(config, register.images), way(config.horizon, register.images)
        moved = f"beta2 {now.optimizer.beta2:.3g}, gamma {now.loss.gamma:.3g}, augment {now.augment.strength:.2g}"
        rows.append(("horizon", f"{at:.1%} of the way to {config.horizon.images:,} images: {moved}"))
    if config.balance.skip_d_below:
        rows.append(("skipped", f"{counted(register.skipped, 'D turn')} under {config.balance.skip_d_below:g}"))
    return rows


def _origin_rows(document: Document) -> list[tuple[str, str]]:
    data, lineage, machine = document.data, document.lineage, document.machine
    classes = ", ".join(short(name) for name in data.classes[:SHOWN_CLASSES])
    more = ", ..." if len(data.classes) > SHOWN_CLASSES else ""
    named = f", {counted(len(data.classes), 'class', 'classes')} ({classes}{more})" if data.classes else ""
    threads = machine.get("threads")
    where = [short(machine.get("device", "?")), counted(threads, "thread") if isinstance(threads, int) else "? threads"]
    rows = [
        ("data", f"{counted(data.count, 'picture')}{named}, digest {document.register.data[:SHORT_DIGEST]}"),
        *_label_rows(document),
        ("machine", f"{', '.join(where)}, torch {short(machine.get('torch', '?'))}"),
        ("version", f"gantools {short(document.version)}"),
        ("digest", document.digest),
        ("parent", lineage.parent[:SHORT_DIGEST] if lineage.parent else "none: the run began here"),
    ]
    if document.kept is not None:
        rows.append(("best", _kept(document.kept)))
    hidden = len(lineage.events) - SHOWN_EVENTS
    if hidden > 0:
        rows.append(("change", f"{counted(hidden, 'older change')}, see --json"))
    for event in lineage.events[-SHOWN_EVENTS:]:
        rows.append(("change", f"at {counted(event.images, 'image')}: {short(event.what)}"))
    return rows


def _label_rows(document: Document) -> list[tuple[str, str]]:
    """Say of which classes a conditional run draws pictures, and how often each occurs in its data."""
    counts, names = document.register.label_counts, document.data.classes
    if not counts:
        return []
    known = [f"{short(name)} {count:,}" for name, count in zip(names, counts, strict=True)]
    more = f", and {len(known) - SHOWN_COUNTS:,} more, see --json" if len(known) > SHOWN_COUNTS else ""
    return [("labels", f"{', '.join(known[:SHOWN_COUNTS])}{more}; sample --label draws one of them")]


def _kept(kept: dict[str, Any]) -> str:
    """Say by what a checkpoint was kept as the best of its run."""
    noise = f"standard error {kept['standard_error']:.3g}, of {counted(kept['n'], 'picture')}"
    features = kept.get("features")
    by = f", {short(features.get('name'))} {short(features.get('digest'))}" if isinstance(features, dict) else ""
    return f"by {short(kept['figure'])}: {kept['value']:.3g}, {noise}{by}"


def _loss(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
