"""Watching over a run: the verdict at fixed counts, what is told of it, and the end of a run that is lost."""

from gantools.commands.again import line_with
from gantools.commands.places import STREAM
from gantools.commands.session import Session
from gantools.console import Console
from gantools.errors import UnhealthyError
from gantools.events import TurnDone
from gantools.files.metrics import MetricsFile
from gantools.training.advice import remedy
from gantools.training.health import State, Verdict, verdict

QUIET = (State.STARTING, State.HEALTHY)


class Watch:
    """Looks at the verdict where the history has grown, tells when it changes, and ends a run that is lost.

    Args:
        session: the run.
        console, metrics: told of each change of the verdict.
    """

    def __init__(self, session: Session, console: Console, metrics: MetricsFile) -> None:
        self.session, self.console, self.metrics = session, console, metrics
        self._told = verdict(session.state.config, session.state.register).state

    def after(self, event: TurnDone) -> None:
        """Look, if the history may have grown in this turn.

        Raises:
            UnhealthyError: the run is lost, and ``--on-collapse`` says that it ends then.
        """
        register = self.session.state.register
        if event.network != "g" or event.g_steps % register.history_interval:
            return
        found = verdict(self.session.state.config, register)
        if found.state is self._told:
            return
        is_news = found.state not in QUIET or self._told not in QUIET
        self._told = found.state
        if is_news:
            self._tell(found, event.images)
        if found.is_lost and self.session.request.on_collapse == "stop":
            raise UnhealthyError(f"training {found}")

    def _tell(self, found: Verdict, images: int) -> None:
        options = remedy(self.session.state.config, found.state)
        request = self.session.request
        held = found.state is State.COLLAPSING and request.on_collapse == "stop" and request.output != STREAM
        wait = f"; {request.output} is not replaced before it recovers" if held else ""
        self.console.event(images, found.short, f"{found}, at {images} images{wait}")
        if options is not None:
            self.console.line(f"try: {line_with(self.session, options)}")
        self.metrics.add(event="health", images=images, state=found.state, reason=found.reason, remedy=options)
