"""What is said when sources give no picture, and which line would."""

import os
import shlex

from gantools.data.sources import Found
from gantools.data.walk import LINKED
from gantools.errors import Again, InputError
from gantools.files.nearby import some_pictures
from gantools.pictures.formats import FURTHER
from gantools.pictures.reasons import READ_WITH

KINDS_SHOWN = 3


def no_pictures(sources: tuple[str, ...], found: Found) -> InputError:
    """Say what the sources hold instead of pictures; the hint prepares others."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in found.passed_over.most_common(KINDS_SHOWN))
    passed = found.passed_over.total()
    held = f"{passed} other {'file' if passed == 1 else 'files'} ({kinds}) and no picture" if passed else "no file"
    message = f"{', '.join(sources)}: found {held}, expected pictures such as PNG, JPEG or WebP"
    further = [name.lower() for name, known in FURTHER.items() if found.passed_over.keys() & {*known.endings}]
    if further and not found.passed_over[LINKED]:
        return InputError(message, hint=f"--formats {','.join(['default', *further])}")
    return InputError(message, hint="--follow" if found.passed_over[LINKED] else other_pictures(sources))


def other_pictures(sources: tuple[str, ...], source: str = "", reason: str = "") -> Again:
    """Return the line that makes JPEG files of a phone's or reads one more format, else other pictures' line.

    Args:
        sources: as typed.
        source, reason: one that could not be used, and why.
    """
    if READ_WITH in reason:
        return Again(put=reason.partition(READ_WITH)[2])
    if not reason.startswith("HEIF"):
        return Again(swap={sources[0]: some_pictures(sources[0])}, drop=sources[1:])
    if source in sources:
        files = [text for text in sources if os.path.isfile(text)]
        swap = {text: os.path.splitext(text)[0] + ".jpg" for text in files}
        return Again(swap=swap, first=shlex.join(["mogrify", "-format", "jpg", *files]))
    folder, ending = os.path.dirname(source), os.path.splitext(source)[1]
    return Again(first=f"mogrify -format jpg {shlex.quote(folder)}/*{shlex.quote(ending)}")
