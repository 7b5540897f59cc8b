"""What people read: lines, tables and progress, all on stderr. stdout belongs to the product (commands/product.py).

Every text that passes here is cleaned by ``safe``: no escape sequence, no markup, no second line can come from a file
name. rich is loaded only while a live display is on a terminal.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, TextIO

from gantools.progress import Progress as Progress
from gantools.progress import duration as duration
from gantools.progress import quantity as quantity

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, RenderResult
    from rich.live import Live

Color = Literal["auto", "always", "never"]

REPORT_EVERY_S = 9.0  # the promise is a line at least every 10 s
STYLES = {"error": "1;31", "warning": "33", "hint": "36", "next": "32"}


def safe(text: str) -> str:
    r"""Return ``text`` with every character that is not printable written as ``\xNN``, ``\uNNNN`` or ``\UNNNNNNNN``.

    That covers control characters of both sets, line ends, bidirectional controls, and the bytes of a file name that
    could not be decoded. Cleaning twice changes nothing.

    Example:
        >>> print(safe("a" + chr(27) + "[2J" + chr(0x202E)))
        a\x1b[2J\u202e
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


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
        self._styled = color == "always" or (terminal and not plain)
        self._animated = terminal and not plain
        self._live: Live | None = None

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

    @contextlib.contextmanager
    def progress(self, what: str, total: int | None, unit: str, done: int = 0) -> Iterator[Progress]:
        """Show how work goes on: a live display on a terminal, elsewhere a line at least every 10 s; one at the end.

        Args:
            what: the work's name.
            total: how many units there are, or None when nobody knows.
            unit: the plural of what is counted.
            done: how many were done before.
        """
        tracker = Progress(safe(what), total, safe(unit), done)
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
        from rich.console import Console as Screen
        from rich.live import Live

        screen = Screen(file=self._stream, force_terminal=True, highlight=False, markup=False, emoji=False)
        drawing = _Drawing(tracker, "█░" if _can_write("█░", self._stream) else "#-")
        live = Live(drawing, console=screen, transient=True, redirect_stdout=False, redirect_stderr=False)
        with live:
            self._live = live
            try:
                yield
            finally:
                self._live = None

    def _labelled(self, label: str, text: str) -> None:
        mark = f"\x1b[{STYLES[label]}m{label}:\x1b[0m" if self._styled else f"{label}:"
        self._write(f"{mark} {safe(text)}")

    def _write(self, text: str) -> None:
        """Write one clean line, above the live display when there is one. A log that cannot be kept stops nothing."""
        if self._live is not None:
            from rich.text import Text

            self._live.console.print(Text.from_ansi(text), soft_wrap=True)
            return
        try:
            if self._stream is not None:
                self._stream.write(text + "\n")
                self._stream.flush()
        except BrokenPipeError:
            raise
        except (OSError, ValueError):
            return


class _Drawing:
    """What rich draws again and again: the tracker's lines at the terminal's present width."""

    def __init__(self, tracker: Progress, cells: str) -> None:
        self._tracker, self._cells = tracker, cells

    def __rich_console__(self, console: object, options: "ConsoleOptions") -> "RenderResult":
        from rich.text import Text

        for line in self._tracker.live_lines(options.max_width - 1, self._cells):
            yield Text(safe(line), no_wrap=True, overflow="crop")


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that could not be decoded
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


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
