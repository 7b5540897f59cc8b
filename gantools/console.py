"""What people read: lines, tables and progress, all on stderr. stdout belongs to the product (commands/product.py).

Every text that passes here is cleaned by ``safe``: no escape sequence, no markup, no second line can come from a file
name. rich is loaded only while a live display is on a terminal.
"""

import contextlib
import math
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal, TextIO, cast

from gantools.progress import ASCII, BLOCKS, Cells, Panel, Picture
from gantools.progress import Color as Rgb
from gantools.progress import Progress as Progress
from gantools.progress import duration as duration
from gantools.progress import quantity as quantity
from gantools.safe import safe as safe

if TYPE_CHECKING:
    from rich.console import Console as Screen
    from rich.console import ConsoleOptions, RenderResult
    from rich.live import Live
    from rich.text import Text

Color = Literal["auto", "always", "never"]
HALF_BLOCK = "▀"
DEEP = ("256", "truecolor")  # kinds of terminals with colours enough for a picture
MARGIN = 3
"""Columns that a live display leaves free, so that the ^C that a terminal echoes anywhere breaks no line."""

REPORT_EVERY_S = 9.0  # the promise is a line at least every 10 s
STYLES = {"error": "1;31", "warning": "33", "hint": "36", "next": "32"}
PARTS = {"strong": "bold", "bar": "green", "D": "magenta", "G": "green", "faint": "dim", "": ""}
"""Styles of a live display's parts, in the sixteen colours of the terminal: they suit its background."""


class Console:
    """The voice of one command, on stderr.

    Args:
        quiet: errors only.
        verbose: details too.
        color: ``auto`` follows the terminal and ``NO_COLOR``; ``never`` also means no live display.
        stream: where to write instead of stderr. A closed stderr swallows everything.
    """

    def __init__(
        self, quiet: bool = False, verbose: bool = False, color: Color = "auto", stream: TextIO | None = None
    ) -> None:
        self.quiet, self.verbose = quiet, verbose
        self._stream = sys.stderr if stream is None else stream
        terminal = _is_terminal(self._stream)
        plain = color == "never" or (color == "auto" and bool(os.environ.get("NO_COLOR")))
        self._is_forced = color == "always"
        self._styled = self._is_forced or (terminal and not plain)
        self._animated = terminal and not plain
        self._live: Live | None = None
        self._tracker: Progress | None = None

    def line(self, text: str) -> None:
        """Print one line."""
        if not self.quiet:
            self._write(safe(text))

    def detail(self, text: str) -> None:
        """Print one line that only ``-v`` shows."""
        if self.verbose:
            self.line(text)

    def warn(self, text: str) -> None:
        """Print a warning."""
        if not self.quiet:
            self._labelled("warning", text)

    def error(self, message: str, hint: str | None = None) -> None:
        """Print an error and what helps; ``-q`` shows it too."""
        self._labelled("error", message)
        if hint:
            self._labelled("hint", hint)

    def next(self, command: str) -> None:
        """Print the command to type next."""
        if not self.quiet:
            self._labelled("next", command)

    def table(self, rows: Sequence[tuple[str, str]], title: str | None = None) -> None:
        """Print two aligned columns, under a title when there is one."""
        indent = ""
        if title is not None:
            self.line(title)
            indent = "  "
        width = max((len(safe(name)) for name, _ in rows), default=0)
        for name, value in rows:
            self.line(f"{indent}{safe(name):<{width}}  {value}".rstrip())

    def event(self, done: int, text: str, line: str) -> None:
        """Tell what happened when ``done`` units were done: ``text`` on a live display's panel, elsewhere a line."""
        if self._live is not None and self._tracker is not None and self._tracker.panel is not None:
            self._tracker.panel.event(done, safe(text))
        else:
            self.line(line)

    def room(self) -> tuple[int, int] | None:
        """Return columns and lines that a picture in colours may take, or None where none can be drawn."""
        if not self._animated or self.quiet:
            return None
        columns, lines, has_colors = self.canvas()
        return (columns, lines) if has_colors else None

    def canvas(self) -> tuple[int, int, bool]:
        """Return columns and lines for a drawing, and whether it has colours: on a terminal, or when asked for them."""
        screen = self._screen()
        has_colors = self._styled and _can_write(HALF_BLOCK, self._stream) and screen.color_system in DEEP
        return max(1, screen.width - MARGIN), screen.height, has_colors

    def half_blocks(self, rows: Picture) -> None:
        """Print a picture in colours; ``canvas`` or ``room`` said that it can be."""
        screen = self._live.console if self._live is not None else self._screen()
        for row in rows:
            screen.print(_half_blocks(row), soft_wrap=True)

    @contextlib.contextmanager
    def progress(
        self,
        what: str,
        total: int | None,
        unit: str,
        done: int = 0,
        *,
        deadline: float = math.inf,
        panel: Panel | None = None,
        work: Callable[[int], float] = float,
    ) -> Iterator[Progress]:
        """Show how work goes on: a live display on a terminal, elsewhere a line at least every 10 s; one at the end.

        Args:
            what: the work's name.
            total: how many units there are, or None when nobody knows.
            unit: the plural of what is counted.
            done: how many were done before.
            deadline: when the work must end, on the monotonic clock.
            panel: what is shown beside the bar.
            work: how much of the work so many units are, where they do not take equally long.
        """
        tracker = Progress(safe(what), total, safe(unit), done, deadline=deadline, panel=panel, work=work)
        if self.quiet or self._live is not None:
            yield tracker
            return
        try:
            with self._draw(tracker) if self._animated else self._report(tracker):
                yield tracker
        finally:
            self.line(tracker.final_line())

    @contextlib.contextmanager
    def _report(self, tracker: Progress) -> Iterator[None]:
        """Print a plain line every few seconds, also while one unit takes minutes: hence a thread."""
        stop = threading.Event()

        def report() -> None:
            while not stop.wait(REPORT_EVERY_S):
                with contextlib.suppress(BrokenPipeError):  # the main thread will meet it too
                    self.line(tracker.plain_line())

        thread = threading.Thread(target=report, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    @contextlib.contextmanager
    def _draw(self, tracker: Progress) -> Iterator[None]:
        from rich.live import Live

        drawing = _Drawing(tracker, BLOCKS if _can_write("".join(BLOCKS), self._stream) else ASCII)
        live = Live(drawing, console=self._screen(), transient=True, redirect_stdout=False, redirect_stderr=False)
        with live:
            self._live, self._tracker = live, tracker
            try:
                yield
            finally:
                self._live, self._tracker = None, None

    def _screen(self) -> "Screen":
        from rich.console import Console as Screen

        stream = cast(TextIO, _Forgiving(self._stream))
        make = partial(Screen, file=stream, force_terminal=True, highlight=False, markup=False, emoji=False)
        is_known = not self._is_forced or make().color_system in DEEP  # what reads a pipe is not known
        return make() if is_known else make(color_system="256", no_color=False)

    def _labelled(self, label: str, text: str) -> None:
        mark = f"\x1b[{STYLES[label]}m{label}:\x1b[0m" if self._styled else f"{label}:"
        self._write(f"{mark} {safe(text)}")

    def _write(self, text: str) -> None:
        """Write one clean line, above the live display when there is one. A log that cannot be kept stops nothing."""
        if self._live is not None:
            from rich.text import Text

            self._live.console.print(Text.from_ansi(text), soft_wrap=True)
            return
        with _dropping():
            if self._stream is not None:
                self._stream.write(text + "\n")
                self._stream.flush()


class _Forgiving:
    """A stream whose reader may go away, as a terminal that is closed does: what it cannot take is dropped."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with _dropping():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with _dropping():
            self._stream.flush()


@contextlib.contextmanager
def _dropping() -> Iterator[None]:
    """Let a write fail: a log that cannot be kept stops nothing, but a pipe without a reader ends the program."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (OSError, ValueError):
        return


class _Drawing:
    """What rich draws again and again: the tracker's lines at the terminal's present width, then its picture."""

    def __init__(self, tracker: Progress, cells: Cells) -> None:
        self._tracker, self._cells = tracker, cells
        self._lengths: list[int] = []

    def __rich_console__(self, console: object, options: "ConsoleOptions") -> "RenderResult":
        from rich.control import Control
        from rich.segment import ControlType

        texts = list(self._texts(options.max_width - MARGIN))
        # A terminal made narrower has broken the lines drawn before; rich goes back to where they began, less these.
        if broken := sum((length - 1) // options.max_width for length in self._lengths if length):
            erase = [(ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2)]
            yield Control(*erase * broken)
        self._lengths = [min(text.cell_len, options.max_width - MARGIN) for text in texts]
        yield from texts

    def _texts(self, width: int) -> Iterator["Text"]:
        from rich.text import Text

        for line in self._tracker.live_lines(width, self._cells):
            text = Text(no_wrap=True, overflow="crop")
            for span in line:
                text.append(safe(span.text), PARTS[span.style])
            yield text
        for row in self._tracker.panel.picture if self._tracker.panel else ():
            yield _half_blocks(row[:width])


def _half_blocks(row: list[tuple[Rgb, Rgb]]) -> "Text":
    """Draw cells whose upper half is the character's colour and whose lower half is the background's."""
    from rich.color import Color
    from rich.style import Style
    from rich.text import Text

    text = Text(no_wrap=True, overflow="crop")
    for upper, lower in row:
        text.append(HALF_BLOCK, Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower)))
    return text


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb", "unknown")
    except ValueError:  # closed
        return False


def _can_write(text: str, stream: TextIO | None) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True
