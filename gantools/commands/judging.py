"""What ``inspect --against`` does: pictures of one checkpoint or two, figures beside real pictures, and the gate."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gantools.commands.baseline import is_baseline, read_baseline, require_comparable
from gantools.commands.changes import require_same_shape
from gantools.commands.eyes import Wanted, fitting, open_eyes
from gantools.commands.kinds import kinds_of
from gantools.commands.load import warn_of_load
from gantools.console import Console
from gantools.errors import Again, InputError, UsageError
from gantools.files.document import Document, read_document
from gantools.files.nearby import some_data
from gantools.measure.kinds import GATE
from gantools.progress import Progress
from gantools.wording import counted

if TYPE_CHECKING:
    from gantools.measure.judge import Judge
    from gantools.measure.reals import Eyes, Reals, Sample
    from gantools.measure.report import Past

PICTURES = 2000


@dataclass(frozen=True)
class Question:
    """What was typed.

    Args:
        checkpoint: the new model.
        data: what it is judged by.
        other: the model it is compared with, or its figures in a JSON file, or None.
        gate: whether the exit code says which is better.
        pictures, seed: how many fakes, and of which seed.
        features, weights: the extractor, and its file.
    """

    checkpoint: Path
    data: Path
    other: Path | None
    gate: bool
    pictures: int
    seed: int
    features: str
    weights: Path | None

    @property
    def checkpoints(self) -> list[Path]:
        """The models that are judged, the new one first; the figures of an old one may be at hand."""
        return [self.checkpoint, *([self.other] if self.other and not is_baseline(self.other) else [])]


@dataclass(frozen=True)
class Answer:
    """Lines for people, JSON values, whether the gate is open (None: it was not asked), and what looked."""

    rows: list[tuple[str, str]]
    tables: list[list[tuple[str, ...]]]
    facts: dict[str, Any]
    is_open: bool | None
    eyes: "Eyes"


def require_question(
    things: Sequence[Path], against: Path | None, typed: Mapping[str, object], diff: Path | None
) -> None:
    """Check the options of a judgement before anything is read.

    Args:
        things: what is inspected.
        against: the data set, None when it was not typed.
        typed: the other options by flag; those that were not typed are None or False.
        diff: of --diff.

    Raises:
        UsageError: an option that needs --against or --compare stands alone, or more than one thing is judged.
    """
    alone = [flag for flag, value in typed.items() if value is not None and value is not False]
    if against is None:
        if alone:
            message = f"{alone[0]}: found no --against, expected the pictures to judge by"
            data = some_data()
            raise UsageError(message, hint=shlex.join(["--against", data]) if data else Again(drop=tuple(alone)))
        return
    if typed["--gate"] and typed["--compare"] is None:
        message = "--gate: found no --compare, expected the model that the new one must be better than"
        raise UsageError(message, hint=Again(drop=("--gate",)))
    if len(things) > 1 or diff is not None:
        found = f"{len(things)} things" if diff is None else "--diff"
        message = f"--against: found {found} beside it, expected one checkpoint"
        raise UsageError(message, hint=shlex.join(["gantools", "inspect", str(things[0]), "--against", str(against)]))


def judged(question: Question, device: str, threads: int | None, console: Console) -> Answer:
    """Measure and compare.

    Raises:
        InputError: checkpoints, data or weights that cannot be used or do not fit each other.
        ResourceError: no such device, or weights that cannot be downloaded.
    """
    checkpoints = question.checkpoints
    documents = [read_document(path)[1] for path in checkpoints]
    past = read_baseline(question.other) if question.other is not None and is_baseline(question.other) else None
    from gantools.measure.reals import Reals

    with Reals(question.data, question.pictures, question.seed) as reals:
        for path, document in zip(checkpoints, documents, strict=True):
            _require_fit(path, document, reals, question)
        if reals.pictures < question.pictures:
            console.line(f"{question.data}: {reals.pictures:,} pictures of each kind are all there are")
        from gantools.device import settle

        machine = settle(device, threads, "fp32")
        warn_of_load(machine.threads, console)
        wanted = Wanted(question.features, question.weights, question.data)
        eyes = open_eyes(wanted, reals, machine.device, partial(fitting, console), console)
        label = eyes.extractor.label
        old = None
        if question.other is not None and past is not None:
            old = require_comparable(question.other, past, label, reals)
        console.detail(f"machine: {machine.device}, fp32, {counted(machine.threads, 'thread')}; features: {label}")
        with console.progress("look", (2 + len(checkpoints)) * reals.pictures, "pictures") as progress:
            judge, samples = _samples(question, reals, eyes, progress)
        return _answer(question, judge, samples, old)


def _require_fit(path: Path, document: Document, reals: "Reals", question: Question) -> None:
    try:
        require_same_shape(document, reals.train, str(question.data))
    except InputError as error:
        if path != question.other:
            raise
        network = document.config.network
        message = f"{path}: found another kind of pictures ({network.width}x{network.height}), expected those of "
        raise InputError(f"{message}{question.checkpoint}", hint=Again(drop=("--compare", "--gate"))) from error


def _samples(question: Question, reals: "Reals", eyes: "Eyes", progress: Progress) -> tuple["Judge", list["Sample"]]:
    """Return the judge, and the fakes of the checkpoint and of the other one if there is one."""
    from gantools.files.checkpoint import load_average
    from gantools.measure.judge import Judge

    done = 0

    def count(pictures: int) -> None:
        nonlocal done
        done += pictures
        progress.update(done)

    judge = Judge(reals, eyes, question.seed, count)
    samples = [judge.look(load_average(path)[0].to(eyes.device), count) for path in question.checkpoints]
    return judge, samples


def _answer(question: Question, judge: "Judge", samples: list["Sample"], past: "dict[str, Past] | None") -> Answer:
    """Make figures and say them.

    Args:
        past: the figures in the file of --compare FILE.json.
    """
    from gantools.measure.report import comparison, facts_of, table

    new, *others = judge.figures(samples)
    models = ("fakes",) if not others else ("new", "old")
    more, tables, kinds = kinds_of(judge, samples, models)
    rows = [*_rows(question, judge), *more]
    facts: dict[str, Any] = {"data": question.data} | judge.facts() | {"figures": facts_of(new)} | kinds
    if question.other is None:
        return Answer(rows, [table(new), *tables], facts, None, judge.eyes)
    old: Any = others[0] if past is None else past
    cells, gap = comparison(new, old)
    facts["compare"] = {
        "checkpoint": question.other,
        "figures": facts_of(others[0]) if others else {name: figure.facts() for name, figure in old.items()},
        "difference": {name: each.facts() for name, each in gap.items()},
    }
    rows.insert(0, ("old", f"{question.other}{'' if past is None else ', figures of an earlier time'}"))
    is_open = gap[GATE].verdict == "better" if question.gate else None
    if question.gate:
        facts["gate"] = {"figure": GATE, "open": is_open}
        said = "open: by {} the new model is better" if is_open else "shut: by {} the new model is not better"
        rows.append(("gate", f"{said.format(GATE)} beyond noise"))
    return Answer(rows, [cells, *tables], facts, is_open, judge.eyes)


def _rows(question: Question, judge: "Judge") -> list[tuple[str, str]]:
    judged_by, floor = judge.reals.describe()
    kept, total = judge.reals.kept, judge.reals.pictures
    part = (
        [("made of", f"frechet all; others {kept:,} of each kind at most, chosen by the seed")] if kept < total else []
    )
    return [
        ("features", f"{judge.label}"),
        ("fakes", f"{judge.reals.pictures:,} pictures of seed {question.seed}, average weights"),
        ("reals", judged_by),
        ("floor", f"{floor} in place of the fakes"),
        *part,
    ]
