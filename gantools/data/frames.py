"""The frames of animations and the pages of TIFF files as pictures of their own."""

import threading
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import replace
from io import BytesIO
from typing import cast

from PIL import Image

from gantools.data.entry import Entry, FileBytes, Loaded, Natural, Refusal, Unreadable, digest_of
from gantools.data.pixels import check_side
from gantools.data.recipe import Recipe
from gantools.pictures.frames import frames_of, read_frames
from gantools.pictures.open import Look
from gantools.pictures.reasons import PictureError

DIGITS = 4

Frames = Generator[tuple[Image.Image, list[str]] | None, None, None]


def with_frames(entries: list[Entry], formats: tuple[str, ...]) -> list[Entry]:
    """Put the frames of each file in its place; what is a single picture, or no file, stays as it is."""
    return [part for entry in entries for part in _frames(entry, formats)]


def _frames(entry: Entry, formats: tuple[str, ...]) -> list[Entry]:
    if not isinstance(entry.origin, FileBytes):
        return [entry]
    try:
        looks = frames_of(entry.origin.header(entry), formats)
    except Unreadable:
        return [entry]  # loading it gives the reason
    except PictureError as error:
        return [_refused(entry, error.reason)]
    if len(looks) == 1:
        return [entry]
    origin = FrameOrigin(entry, looks)
    digits = max(DIGITS, len(str(max(looks))))
    return [entry.piece(f"frame{number}", f"{entry.stem}-frame{number:0{digits}}", origin, number) for number in looks]


def _refused(entry: Entry, reason: str) -> Entry:
    """Return the entry of a file whose frames cannot be told; it must not pass for its first one, if that is sound."""
    try:
        entry.origin.look(entry)
    except Unreadable:
        return entry
    return replace(entry, origin=Refusal(reason))


class FrameOrigin:
    """The frames of one file, read in one pass, as each builds on the one before.

    Its bytes, and frames that were passed on the way, are kept only while someone waits for them.

    Args:
        whole: the file; its origin gives the bytes.
        looks: what the headers say, by number.
    """

    def __init__(self, whole: Entry, looks: dict[int, Look]) -> None:
        self._whole, self._looks = whole, looks
        self._counting, self._reading = threading.Lock(), threading.Lock()
        self._wanted: Counter[int] = Counter()
        self._contents: Callable[[], bytes] | None = None
        self._frames: Frames | None = None
        self._digest = ""
        self._next = 0
        self._passed: dict[int, Loaded] = {}
        self._failed: dict[int, str] = {}

    def look(self, entry: Entry) -> Natural:
        """Return what the frame's header says."""
        seen = self._looks[entry.number]
        return Natural(seen.height, seen.width, seen.gray)

    def loader(self, entry: Entry) -> Callable[[Recipe], Loaded]:
        """Return what decodes the frame, and those before it that have to be."""
        with self._counting:
            if not self._wanted:
                self._contents = cast(FileBytes, self._whole.origin).contents(self._whole)
            self._wanted[entry.number] += 1
        return lambda recipe: self._take(entry.number, recipe)

    def _take(self, number: int, recipe: Recipe) -> Loaded:
        try:
            with self._reading:
                seen = self._looks[number]
                check_side(seen.height, seen.width, recipe)
                return self._read(number, recipe)
        finally:
            with self._counting, self._reading:
                self._wanted[number] -= 1
                self._wanted += Counter()  # what has come to zero goes
                if number not in self._wanted:
                    self._passed.pop(number, None)
                if not self._wanted:
                    self._close()
                    self._contents = None

    def _read(self, number: int, recipe: Recipe) -> Loaded:
        """Return a frame: one that was passed, or by reading on; backwards from the start again."""
        if number in self._passed:
            return self._passed[number]
        if number < self._next:
            self._close()
        while number not in self._passed and number not in self._failed:
            if self._frames is None:
                self._open(recipe)
            self._advance()
        if number in self._failed:
            raise Unreadable(self._failed[number], self._digest)
        return self._passed[number]

    def _open(self, recipe: Recipe) -> None:
        assert self._contents is not None
        data = self._contents()
        self._digest, self._next = digest_of(data), 0
        frames = read_frames(
            BytesIO(data),
            channels=recipe.channels,
            background=recipe.background,
            wanted=lambda number: number in self._wanted and number not in self._failed,
            formats=recipe.formats,
        )
        self._frames = cast(Frames, frames)

    def _advance(self) -> None:
        """Read one frame further. Behind a damaged one an animation cannot be read; the pages of a TIFF can."""
        number = self._next
        assert self._frames is not None
        try:
            frame = next(self._frames)
        except (PictureError, StopIteration) as error:
            reason = error.reason if isinstance(error, PictureError) else "cut off"
            paged = next(iter(self._looks.values())).format == "TIFF" and number not in self._failed
            self._failed |= dict.fromkeys([number] if paged else range(number, max(self._looks) + 1), reason)
            self._frames = None
            return
        self._next += 1
        if frame is not None:
            image, notes = frame
            self._passed[number] = Loaded(image, self._digest, tuple(notes), seen=self._looks[number])

    def _close(self) -> None:
        if self._frames is not None:
            self._frames.close()
            self._frames = None
