"""What people read on stderr: clean text, short numbers, progress on a terminal and elsewhere."""

import doctest
import io
import re
import threading
from functools import partial
from typing import Any

import pytest

from gantools import console, progress
from gantools import safe as safe_room
from gantools.config.style import work_of
from gantools.console import Console, Progress, duration, quantity, safe
from gantools.panel import TrainingPanel


class Terminal(io.StringIO):
    """A stream in memory that says it is a terminal."""

    def isatty(self) -> bool:
        """Claim it."""
        return True


@pytest.fixture(autouse=True)
def terminal_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of a common kind, whatever the tests run in."""
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain é 漢 🙂", "plain é 漢 🙂"),
        ("a\x1b[31mb\x1b]52;c;aGk=\x07", r"a\x1b[31mb\x1b]52;c;aGk=\x07"),
        ("a\nb\tc\rd\x00", r"a\x0ab\x09c\x0dd\x00"),
        ("\x7f\x85\x9b", r"\x7f\x85\x9b"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        ("caf\udce9", r"caf\xe9"),
        ("\ud800", r"\ud800"),
        ("\U000e0001", r"\U000e0001"),
        ("[/foo] [red]", "[/foo] [red]"),
    ],
)
def test_safe_escapes_what_is_not_printable(text: str, clean: str) -> None:
    """Control, bidirectional and undecodable characters become visible escapes; all else stays."""
    assert safe(text) == clean
    assert safe(clean) == clean


def test_every_code_point_comes_out_printable() -> None:
    """No character at all gets through ``safe`` unless it is printable."""
    assert safe("".join(map(chr, range(0x110000)))).isprintable()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.00k"),
        (12_345, "12.3k"),
        (999_499, "999k"),
        (999_999, "1.00M"),
        (1_234_567, "1.23M"),
        (5_000_000_000, "5.00G"),
        (7e15, "7000T"),
        (0.1234, "0.123"),
        (9.999, "10.0"),
        (999.7, "1.00k"),
    ],
)
def test_quantity_has_three_digits(value: float, text: str) -> None:
    """A quantity is short, and rounding never shows a fourth digit."""
    assert quantity(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0s"),
        (9.94, "9.9s"),
        (9.96, "10s"),
        (59.6, "1m 00s"),
        (125, "2m 05s"),
        (3599.7, "1h 00m"),
        (3725, "1h 02m"),
        (90_000, "1d 01h"),
    ],
)
def test_duration_shows_two_units(seconds: float, text: str) -> None:
    """A duration shows its two largest units, and rounding carries over."""
    assert duration(seconds) == text


@pytest.mark.parametrize("module", [progress, safe_room])
def test_docstring_examples_hold(module: object) -> None:
    """The examples in the docstrings are true."""
    results = doctest.testmod(module)  # type: ignore[arg-type]
    assert results.attempted > 0
    assert results.failed == 0


def test_lines_are_plain_without_a_terminal() -> None:
    """Labels stand at the start of a line, foreign text stays on it, and nothing is coloured."""
    stream = io.StringIO()
    voice = Console(stream=stream)
    voice.line("[/foo] \x1b[2J")
    voice.warn("low\nwater")
    voice.error("a: found b, expected c", "gantools c")
    voice.next("gantools train data")
    voice.detail("unseen")
    assert stream.getvalue().splitlines() == [
        r"[/foo] \x1b[2J",
        r"warning: low\x0awater",
        "error: a: found b, expected c",
        "hint: gantools c",
        "next: gantools train data",
    ]


def test_quiet_prints_errors_only() -> None:
    """With ``-q`` an error and its hint are all that is printed."""
    stream = io.StringIO()
    voice = Console(quiet=True, stream=stream)
    voice.line("a")
    voice.warn("b")
    voice.next("c")
    voice.table([("d", "e")], "f")
    with voice.progress("g", 3, "steps") as tracker:
        tracker.update(3)
    voice.error("wrong", "right")
    assert stream.getvalue() == "error: wrong\nhint: right\n"


def test_verbose_prints_details() -> None:
    """With ``-v`` details are printed too."""
    stream = io.StringIO()
    Console(verbose=True, stream=stream).detail("more")
    assert stream.getvalue() == "more\n"


def test_table_aligns_its_columns() -> None:
    """The second column starts at one place, below a title, and escapes count as they are shown."""
    stream = io.StringIO()
    Console(stream=stream).table([("size", "64"), ("a\x1b", "b"), ("empty", "")], "set")
    assert stream.getvalue() == "set\n  size   64\n  a\\x1b  b\n  empty\n"


@pytest.mark.parametrize(
    ("color", "no_color", "terminal", "styled"),
    [
        ("auto", "", True, True),
        ("auto", "1", True, False),
        ("auto", "", False, False),
        ("always", "1", False, True),
        ("never", "", True, False),
    ],
)
def test_colour_follows_terminal_and_wish(
    color: console.Color, no_color: str, terminal: bool, styled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Colour needs a terminal without NO_COLOR, unless ``--color`` says always or never."""
    monkeypatch.setenv("NO_COLOR", no_color)
    stream = Terminal() if terminal else io.StringIO()
    Console(color=color, stream=stream).error("x")
    assert ("\x1b[" in stream.getvalue()) == styled


def test_dumb_terminal_gets_no_escape_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """TERM=dumb is served like a file, progress included."""
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    voice = Console(stream=stream)
    with voice.progress("work", 2, "steps") as tracker:
        tracker.update(2)
    assert stream.getvalue().startswith("work: 2/2 steps in ")
    assert "\x1b" not in stream.getvalue()


def test_closed_stream_swallows_messages() -> None:
    """A message that nobody can receive stops nothing."""
    stream = io.StringIO()
    voice = Console(stream=stream)
    stream.close()
    voice.error("unheard")
    with voice.progress("work", None, "steps") as tracker:
        tracker.update(1)


def test_progress_reports_while_a_unit_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal a plain line comes again and again, even while ``update`` is not called."""
    monkeypatch.setattr(console, "REPORT_EVERY_S", 0.01)
    written = threading.Event()

    class Log(io.StringIO):
        def write(self, text: str) -> int:
            count = super().write(text)
            if self.getvalue().count("\n") == 3:
                written.set()
            return count

    stream = Log()
    with Console(stream=stream).progress("train", 100, "rounds") as tracker:
        tracker.update(40)
        assert written.wait(60)
    lines = stream.getvalue().splitlines()
    assert lines[1].startswith("train: 40/100 rounds, 40%, ")
    assert re.fullmatch(r"train: 40/100 rounds in \S+s", lines[-1])


def test_progress_ends_with_a_line_when_the_work_fails() -> None:
    """How far the work came is said also when it ends with an error."""
    stream = io.StringIO()
    with pytest.raises(KeyboardInterrupt), Console(stream=stream).progress("train", 9, "rounds") as tracker:
        tracker.update(4)
        raise KeyboardInterrupt
    assert stream.getvalue().startswith("train: 4/9 rounds in ")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def tracked(total: int | None, done: int, seconds: float, start: int = 0, **known: Any) -> Progress:
    """Return the progress of ``done`` units reached after some seconds from ``start``."""
    clock = Clock()
    tracker = Progress("train", total, "rounds", start, clock, **known)
    clock.now += seconds
    tracker.update(done)
    return tracker


def texts(tracker: Progress, width: int) -> list[str]:
    """Return the live lines without their styles."""
    return ["".join(span.text for span in line) for line in tracker.live_lines(width)]


def test_rate_leaves_out_what_was_done_before() -> None:
    """A resumed run counts from where it starts: 10 more rounds in 5 s are 2 a second."""
    tracker = tracked(1000, 410, 5.0, start=400)
    assert tracker.rate() == 2.0
    assert tracker.plain_line() == "train: 410/1000 rounds, 41%, 2/s, 4m55s left"


def test_rates_are_numbers_without_a_unit() -> None:
    """A program can read the rate of a log line, slow or fast."""
    assert tracked(10, 2, 60.0).plain_line() == "train: 2/10 rounds, 20%, 0.0333/s, 4m00s left"
    assert tracked(90_000, 12_340, 10.0).plain_line() == "train: 12340/90000 rounds, 13%, 1234/s, 1m03s left"


def test_every_log_line_has_the_same_columns() -> None:
    """What nobody knows yet is a dash in its column: the columns of a log never move."""
    assert tracked(10, 0, 5.0).plain_line() == "train: 0/10 rounds, 0%, -, -"
    assert tracked(None, 0, 5.0).plain_line() == "train: 0 rounds, -, -, 5.0s so far"
    assert tracked(0, 0, 5.0).plain_line() == "train: 0/0 rounds, -, -, 0.0s left"


def test_a_deadline_gives_share_and_time_left() -> None:
    """A run that only time ends knows how much of it is over; with both bounds the nearer end counts."""
    assert tracked(None, 30, 10.0, deadline=140.0).plain_line() == "train: 30 rounds, 25%, 3/s, 30s left"
    assert tracked(1000, 30, 10.0, deadline=140.0).plain_line() == "train: 30/1000 rounds, 25%, 3/s, 30s left"
    assert tracked(60, 30, 10.0, deadline=140.0).plain_line() == "train: 30/60 rounds, 50%, 3/s, 10s left"
    assert tracked(60, 30, 99.0, deadline=140.0).plain_line().endswith(", 0.0s left")


def test_units_that_grow_dearer_are_told_by_their_work() -> None:
    """Half of the iterations of a growing picture are a fifth of its work: share and time left say so."""
    sizes = [(64, 10), (128, 5), (128, 5)]
    tracker = tracked(20, 10, 5.0, work=partial(work_of, sizes))
    assert tracker.plain_line() == "train: 10/20 rounds, 20%, 2/s, 20s left"


def test_rate_forgets_what_is_a_minute_old() -> None:
    """The rate is that of the last minute, so a machine that slows down is noticed."""
    clock = Clock()
    tracker = Progress("train", None, "rounds", 0, clock)
    for second in range(1, 201):
        clock.now += 1.0
        tracker.update(second * 10 if second <= 100 else 1000 + second - 100)
    assert tracker.rate() == pytest.approx(1.0)


def test_without_a_total_the_time_spent_is_shown() -> None:
    """Work of unknown length shows count, rate and time, and no bar."""
    tracker = tracked(None, 30, 10.0)
    assert tracker.plain_line() == "train: 30 rounds, -, 3/s, 10s so far"
    assert texts(tracker, 80) == ["train     30 rounds     3.00/s           10s"]


def full_panel() -> TrainingPanel:
    """Return a panel with all that it can show."""
    panel = TrainingPanel([(1.0, 2.0)] * 40)
    panel.preview = "a-long-name-of-a-checkpoint-in-a-deep-folder/and-another-one/c.preview.png"
    for number in range(5):
        panel.event(1000 * number, "saved a-long-name-of-a-checkpoint-in-a-deep-folder/and-another-one/c.safetensors")
    panel.update((1.25, 12.5), "D ahead: G learns little")
    return panel


@pytest.mark.parametrize("width", [20, 40, 59, 60, 80, 200])
@pytest.mark.parametrize("done", [1, 500, 99_999, 100_000])
def test_live_lines_fit_the_terminal(width: int, done: int) -> None:
    """No line of the live display is longer than the terminal is wide, and none leaves the screen or comes late."""
    lines = texts(tracked(100_000, done, 3.0, panel=full_panel()), width)
    assert len(lines) == 7
    assert max(map(len, lines)) <= width


def test_live_line_stays_steady() -> None:
    """The bar starts and ends at the same columns from the first round to the last, at 60 columns too."""
    first, last = (texts(tracked(1000, done, 3.0), 60)[0] for done in (3, 999))
    assert first == "train  ----------     3/1000 rounds     1.00/s  16m 37s left"
    spans = [re.search(r"[#-]+", line) for line in (first, last)]
    assert spans[0] is not None
    assert spans[1] is not None
    assert spans[0].span() == spans[1].span()
    assert first.index("/1000") == last.index("/1000")


def test_long_counts_are_short_at_sixty_columns() -> None:
    """A run of many images shows its counts in three digits, with a bar beside them."""
    first, last = (texts(tracked(800_000, done, 600.0), 60)[0] for done in (3_000, 799_000))
    assert first == "train  ---------  3.00k/800k rounds     5.00/s   1d 20h left"
    assert last == "train  ########-   799k/800k rounds    1.33k/s     0.8s left"
