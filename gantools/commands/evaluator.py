"""Judging a run while it trains: figures into the metrics file, and the best checkpoint so far beside the last one."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gantools.commands.bounds import Pace
from gantools.commands.changes import require_same_shape
from gantools.commands.evaluation import Evaluation
from gantools.commands.eyes import Wanted, open_eyes
from gantools.commands.session import Session
from gantools.commands.signals import StopRequest
from gantools.console import Console, duration
from gantools.errors import Again, InputError
from gantools.files.document import read_document
from gantools.files.metrics import MetricsFile
from gantools.measure.kinds import GATE

if TYPE_CHECKING:
    from gantools.measure.judge import Judge
    from gantools.measure.reals import Eyes
    from gantools.measure.report import Figure

PICTURES, SEED = 2000, 0
"""As ``inspect --against`` has them, so that both say the same."""

GUESS_S = 0.01  # a picture, before the first judgement has been timed
TOLD = (GATE, "frechet", "coverage")
"""Figures of the line that tells of a judgement."""


class _Stopped(Exception):
    """A signal came while pictures were looked at: what is half done is dropped."""


class Evaluator:
    """Judges the average of a run by figures, and keeps the best checkpoint. No turn knows of it.

    Extractor and reals are made ready once, when the first judgement is due.

    Args:
        session: the run.
        evaluation: how it is judged.
        metrics: where the figures go.
        console: told of them.

    Raises:
        InputError: too few pictures to judge by, or a best checkpoint that is none or of other pictures.
    """

    def __init__(self, session: Session, evaluation: Evaluation, metrics: MetricsFile, console: Console) -> None:
        from gantools.measure.reals import Reals

        request = session.request
        assert request.data is not None and session.pictures is not None, "train has data"
        self.session, self.evaluation, self.metrics, self.console = session, evaluation, metrics, console
        try:
            self.reals = Reals(request.data, PICTURES, SEED)
        except InputError as error:
            error.hint = error.hint or Again(drop=("--evaluate-every", "--keep", "--features", "--weights"))
            raise
        self._pace = Pace(evaluation.every, session.state.config.batch)
        self._eyes: Eyes | None = None
        self._judge: Judge | None = None
        self._best: dict[str, Figure] | None = None
        self._last_steps = -1
        self._cost_s: float | None = None
        self._is_told = False
        self._has_rival = request.best is not None and self._may_go_on(request.best)

    def is_due(self, steps: int, deadline: float) -> bool:
        """Say whether the run is to be judged after ``steps`` rounds; never when it would end after ``deadline``."""
        return self._pace.is_due(steps, self.session.state.register.images) and self.has_time(deadline)

    def has_time(self, deadline: float) -> bool:
        """Say whether a judgement would end before ``deadline``; tell once when it would not."""
        cost = self._cost_s if self._cost_s is not None else GUESS_S * self.reals.pictures
        if time.monotonic() + cost < deadline:
            return True
        if not self._is_told:
            self.console.line(f"no more figures: they take about {duration(cost)}, --max-time leaves less")
            self._is_told = True
        return False

    def evaluate(self, stop: StopRequest) -> None:
        """Judge the run as it is, once at each step; a signal ends it early and nothing is told.

        Raises:
            ResourceError: the weights cannot be downloaded, or the disk is full.
            UnhealthyError: a weight is not finite.
        """
        register = self.session.state.register
        if register.g_steps == self._last_steps:
            return
        began = time.monotonic()
        with suppress(_Stopped):
            figures = self._figures(stop)
            is_best = self._is_best(figures)
            self._tell(figures, is_best, time.monotonic() - began)
            if is_best:
                self._keep(figures)
        self._last_steps = register.g_steps
        self._pace.restart()
        self._cost_s = 1.2 * (time.monotonic() - began)

    def close(self) -> None:
        """Close the files of the data."""
        self.reals.close()

    def _may_go_on(self, place: Path) -> bool:
        """Say whether a best checkpoint stands there that this run must beat; one that --force replaces is removed.

        Raises:
            InputError: it is none, or of other pictures.
        """
        if not place.exists():
            return False
        if self.session.request.force:
            place.unlink()
            return False
        require_same_shape(read_document(place)[1], self.reals.train, str(self.session.request.data))
        return True

    def _figures(self, stop: StopRequest) -> "dict[str, Figure]":
        """Return the figures of the run as it is; the first time also those of the best checkpoint so far."""
        from gantools.files.checkpoint import load_average

        def check(pictures: int) -> None:
            if stop.signal is not None:
                raise _Stopped

        state = self.session.state
        state.settle()
        judge = self._ready(check)
        samples = [judge.look(state.average, check)]
        if self._has_rival and (place := self.session.request.best) is not None:
            samples.append(judge.look(load_average(place)[0].to(state.machine.device), check))
        found = judge.figures(samples)
        if len(found) > 1:
            self._best, self._has_rival = found[1], False
        return found[0]

    def _ready(self, check: Callable[[int], None]) -> "Judge":
        from gantools.measure.judge import Judge

        @contextmanager
        def begin(total: int) -> Iterator[Callable[[int], None]]:
            self.console.line("fits a small network that tells the kinds of these pictures apart, once")
            yield check

        evaluation, data = self.evaluation, self.session.request.data
        assert data is not None, "train has data"
        if self._eyes is None:
            wanted = Wanted(evaluation.features, evaluation.weights, data)
            self._eyes = open_eyes(wanted, self.reals, self.session.state.machine.device, begin, self.console)
        if self._judge is None:
            self._judge = Judge(self.reals, self._eyes, SEED, check)
        return self._judge

    def _is_best(self, figures: "dict[str, Figure]") -> bool:
        from gantools.measure.report import is_ahead

        name = self.evaluation.figure
        if name is None:
            return False
        return self._best is None or is_ahead(figures[name], self._best[name])

    def _tell(self, figures: "dict[str, Figure]", is_best: bool, took_s: float) -> None:
        from gantools.measure.report import facts_of, written

        judge, register = self._judge, self.session.state.register
        assert judge is not None, "there are figures"
        told = dict.fromkeys((*TOLD, *([self.evaluation.figure] if self.evaluation.figure else [])))
        words = ", ".join(f"{name} {written(figures[name].estimate.value)}" for name in told)
        floor = written(figures[GATE].floor)
        best = f"; best so far by {self.evaluation.figure}" if is_best else ""
        line = f"figures at {register.images} images: {words} ({GATE} of reals {floor}){best}; {duration(took_s)}"
        self.console.event(register.images, f"{words}{best}", line)
        facts = judge.facts()
        self.metrics.add(
            event="figures",
            images=register.images,
            g_steps=register.g_steps,
            held_out=facts["held_out"],
            available=facts["available"],
            reals=facts["reals"],
            n=facts["n"],
            seed=facts["seed"],
            features=facts["features"],
            best=is_best if self.evaluation.figure else None,
            figures=facts_of(figures),
        )

    def _keep(self, figures: "dict[str, Figure]") -> None:
        """Write the checkpoint as the best one, with the figure and its noise."""
        from gantools.files.atomic import write_bytes
        from gantools.files.checkpoint import pack

        session, name, place = self.session, self.evaluation.figure, self.session.request.best
        assert name is not None and place is not None, "a best one is kept"
        kept = {"figure": name} | figures[name].facts()
        packed = pack(session.state, session.data, session.lineage, kept)
        write_bytes(place, packed.data)
        self.metrics.add(event="saved", images=session.state.register.images, digest=packed.document.digest)
        self._best = figures


@contextmanager
def evaluator_for(session: Session, metrics: MetricsFile, console: Console) -> Iterator[Evaluator | None]:
    """Hold what judges a run; None when it is not asked for."""
    if session.request.evaluation is None:
        yield None
        return
    evaluator = Evaluator(session, session.request.evaluation, metrics, console)
    try:
        yield evaluator
    finally:
        evaluator.close()
