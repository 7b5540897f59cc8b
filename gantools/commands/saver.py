"""Saving a run: the checkpoint, the preview beside it, and when it is time for them."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from gantools.commands.bounds import Cadence, Pace
from gantools.commands.places import STREAM
from gantools.commands.product import binary_stdout
from gantools.commands.rescue import is_good, previous_of
from gantools.commands.session import Session
from gantools.commands.timekeeper import Timekeeper
from gantools.console import Console, safe
from gantools.events import Saved
from gantools.panel import TrainingPanel
from gantools.training.health import verdict

if TYPE_CHECKING:
    from gantools.files.checkpoint import Packed
    from gantools.files.document import Document

PREVIEW_PICTURES = 64
PREVIEW_ROWS, PREVIEW_COLUMNS = 16, (4, 16)
"""Of a run with labels: the first classes that occur, a row each, and the fewest and the most pictures of each."""

TEXT_LINES = 9
"""Lines of a terminal that the display and the prompt need beside a preview."""


class Saver:
    """Writes the checkpoint and the preview, and knows when it is time to.

    Args:
        session: the run.
        cadence: how often.
        console: told of each save.
        panel: told where the preview is.
        show_preview: the preview is drawn in the terminal too.
    """

    def __init__(
        self, session: Session, cadence: Cadence, console: Console, panel: TrainingPanel, show_preview: bool
    ) -> None:
        self.session, self.console, self.panel = session, console, panel
        self._pace = Pace(cadence, session.state.config.batch)
        self.show_preview = show_preview
        self.timeline = Timekeeper(session, console)
        self.last: Saved | None = None
        self._cost_s: float | None = None

    def cost_s(self, turn_s: float) -> float:
        """Return what a save will take: as the last one did, or a guess from a turn (standing latents, preview)."""
        return self._cost_s or 0.5 + 8 * turn_s * 64 / self.session.state.config.batch

    def is_due(self, steps: int) -> bool:
        """Say whether a save is due after ``steps`` steps of the counted network."""
        state = self.session.state
        if not self._pace.is_due(steps, state.register.images):
            return False  # while a run collapses, what is on disk is better
        return self.session.request.on_collapse == "warn" or verdict(state.config, state.register).is_good

    def save(self) -> Saved:
        """Write the state as it is; to standard output only at the end.

        Raises:
            UnhealthyError: a weight is not finite; nothing is written.
            ResourceError: the disk is full; the old file is unchanged.
        """
        from gantools.files.checkpoint import pack, write

        began = time.monotonic()
        session = self.session
        packed = pack(session.state, session.data, session.lineage)
        self.timeline.write()
        if session.request.output == STREAM:
            binary_stdout().write(packed.data)
            binary_stdout().flush()
        else:
            path = Path(session.request.output)
            write(path, packed, keeps_previous=is_good(path) or not is_good(previous_of(path)))
        self._draw_preview(packed.document)
        self.last = self._saved(packed)
        self._pace.restart()
        self._cost_s = max(0.1, 1.5 * (time.monotonic() - began))
        return self.last

    def _saved(self, packed: "Packed") -> Saved:
        saved = Saved(Path(self.session.request.output), packed.document.digest, self.session.state.register.images)
        line = f"saved {saved.path} at {saved.images} images, content {saved.digest[:12]}"
        self.console.event(saved.images, f"saved {saved.path}", line)
        return saved

    def _draw_preview(self, document: "Document") -> None:
        """Write the sheet that ``sample --grid`` would draw from this checkpoint and the run's seed.

        With labels each row is a class, and each column a latent.
        """
        preview = self.session.request.preview
        if preview is None:
            return
        from gantools.files.atomic import write_bytes
        from gantools.sampling.plan import Wish, make_plan
        from gantools.sampling.produce import single_bytes

        state = self.session.state
        labels = preview_labels(state.register.label_counts)
        least, most = PREVIEW_COLUMNS
        wish = Wish(
            self.session.request.output,
            count=min(max(PREVIEW_PICTURES // len(labels), least), most) if labels else PREVIEW_PICTURES,
            start=0,
            seed=state.config.seed,
            weights="average",
            grid=True,
            format=None,
            output=preview,
            force=True,
            labels=tuple(document.data.classes[label] for label in labels),
        )
        sheet = single_bytes(make_plan(wish, document), state.average, lambda done: None)
        write_bytes(preview, sheet, durable=False)
        self.panel.preview = safe(str(preview))
        if self.show_preview:
            self._show(sheet)

    def _show(self, sheet: bytes) -> None:
        """Hand the upper left pictures of the sheet to the display."""
        room = self.console.room()
        if room is None:
            return
        from gantools.pictures.terminal import sheet_cells

        network, (columns, lines) = self.session.state.config.network, room
        self.panel.picture = sheet_cells(sheet, network.height, network.width, columns, lines - TEXT_LINES)


def preview_labels(counts: list[int]) -> list[int]:
    """Return the classes that a preview shows: the first ones that occur."""
    return [label for label, count in enumerate(counts) if count][:PREVIEW_ROWS]
