"""Keeping the timeline beside a checkpoint: a row at doubling counts of images, written with each save."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gantools.commands.places import STREAM
from gantools.commands.session import Session
from gantools.console import Console
from gantools.errors import ResourceError
from gantools.events import TurnDone

if TYPE_CHECKING:
    from gantools.pictures.timeline import Timeline


class Timekeeper:
    """Draws rows as they are due; only ``train`` has them, and only a checkpoint that is a file.

    Rows wait in memory for the next save, so that the timeline on disk belongs to the checkpoint beside it. A run that
    goes on from its own file keeps the rows up to where it goes on, and draws the later ones again, byte for byte.

    Args:
        session: the run.
        console: told when the timeline cannot be kept.
    """

    def __init__(self, session: Session, console: Console) -> None:
        self._session, self._console = session, console
        self._began = self._images = session.state.register.images
        self._path = self._place()
        self._timeline: Timeline | None = None

    def after(self, event: TurnDone) -> None:
        """Draw a row when a doubling of the images was reached by this turn."""
        before, self._images = self._images, event.images
        if self._path is None or event.images == before:
            return
        from gantools.pictures.timeline import COLUMNS, is_due

        if is_due(before, event.images):
            import numpy as np

            from gantools.sampling.render import render

            state = self._session.state
            state.settle()
            drawn = render(state.average, state.config.seed, 0, COLUMNS)
            self._opened().add(event.images, np.stack(list(drawn)))

    def write(self) -> None:
        """Write the rows; before the checkpoint, so that a kill in between loses none."""
        if self._path is None:
            return
        from gantools.files.atomic import write_bytes

        timeline = self._opened()
        data = timeline.png() if timeline.rows else None
        try:
            if data is None:
                self._path.unlink(missing_ok=True)  # of a run that this one replaces
            elif not (self._path.exists() and self._path.read_bytes() == data):
                write_bytes(self._path, data, durable=False)
        except (ResourceError, OSError) as error:
            self._console.warn(f"{self._path}: the timeline cannot be written ({error})")

    def _opened(self) -> "Timeline":
        """Return the timeline, with the rows that are on disk when the run goes on from its own file."""
        if self._timeline is None:
            from gantools.pictures.timeline import Timeline, read_timeline, run_name

            assert self._path is not None, "only a run with a place has a timeline"
            request, state = self._session.request, self._session.state
            name = run_name(state.config)
            is_own = self._session.lineage.parent is not None and (request.resume or request.start == request.output)
            self._timeline = read_timeline(self._path, name, self._began) if is_own else Timeline(name)
        return self._timeline

    def _place(self) -> Path | None:
        """Return where the timeline goes; None, said so, where something else stands."""
        request = self._session.request
        if request.command != "train" or request.output == STREAM:
            return None
        from gantools.pictures.note import KEYWORD
        from gantools.pictures.timeline import timeline_path
        from gantools.pictures.write import read_text

        path = timeline_path(Path(request.output))
        if request.preview is not None and os.path.realpath(request.preview) == os.path.realpath(path):
            self._console.warn(f"{path}: is the place of the preview, so no timeline is kept")
            return None
        if os.path.lexists(path) and KEYWORD not in read_text(path):
            self._console.warn(f"{path}: exists and was not written by gantools, so no timeline is kept")
            return None
        return path
