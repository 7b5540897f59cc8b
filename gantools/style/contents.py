"""The pictures that ``stylize`` reads: contents from files, folders and pipes, styles with their weights. No torch."""

import os
import tarfile
from dataclasses import dataclass
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from gantools.errors import Again, InputError, UsageError
from gantools.files.nearby import PICTURES, similar, some_picture
from gantools.pictures.open import look
from gantools.pictures.reasons import PictureError

STREAM = "-"
MOST_MEMBERS_BYTES = 1 << 30


@dataclass(frozen=True)
class Content:
    """One picture to redraw.

    Args:
        name: as people know it.
        stem: of the output: a relative path without an ending.
        source: the file, or its bytes.
    """

    name: str
    stem: str
    source: Path | bytes

    def open(self) -> Path | BinaryIO:
        """Return what pictures are read from."""
        return BytesIO(self.source) if isinstance(self.source, bytes) else self.source

    def digest(self) -> str:
        """Digest the bytes of the file."""
        return digest_of(self.source)


@dataclass(frozen=True)
class Style:
    """One picture whose style is wanted, with its weight."""

    path: Path
    weight: float = 1.0


def read_style(text: str) -> Style:
    """Read ``FILE`` or ``FILE:weight``; a file that is called so comes first.

    Raises:
        InputError: no such file.
        UsageError: a weight that is no number above 0.
    """
    path, colon, weight = text.rpartition(":")
    if os.path.exists(text) or not colon:
        path, weight = text, "1"
    if not os.path.isfile(path):
        raise absent("--style", path)
    try:
        value = float(weight)
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1e6:
        message = f"--style {text}: found weight '{weight}', expected a number above 0"
        raise UsageError(message, hint=Again(swap={text: f"{path}:2"}))
    return Style(Path(path), value)


def find_contents(texts: tuple[str, ...], stdin: bytes | None) -> tuple[list[Content], bool]:
    """Return the contents, and whether they go to a folder.

    Args:
        texts: files, folders, ``-``.
        stdin: what came by the pipe, when ``-`` is among them.

    Raises:
        InputError: one is absent.
    """
    found: list[Content] = []
    is_many = len(texts) > 1
    for text in texts:
        path = Path(text)
        if text == STREAM:
            assert stdin is not None, "the door has read it"
            members = _members(stdin)
            found += members or [Content(STREAM, "stdin", stdin)]
            is_many = is_many or bool(members)
        elif path.is_dir():
            is_many = True
            files = sorted(file for file in path.rglob("*") if file.suffix.lower() in PICTURES and file.is_file())
            found += [Content(str(file), str(file.relative_to(path).with_suffix("")), file) for file in files]
        elif path.is_file():
            found.append(Content(text, path.stem, path))
        else:
            raise absent("CONTENT", text)
    return found, is_many


def require_picture(option: str, path: Path) -> None:
    """Require that the header of a picture can be read.

    Raises:
        InputError: it cannot.
    """
    if not path.is_file():
        raise absent(option, str(path))
    try:
        look(path)
    except PictureError as error:
        raise InputError(f"{option} {error.message}", hint=some_picture(str(path))) from error


def digest_of(source: Path | bytes) -> str:
    """Digest a file's bytes."""
    digest = blake2b(digest_size=16)
    if isinstance(source, bytes):
        digest.update(source)
        return digest.hexdigest()
    with open(source, "rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _members(data: bytes) -> list[Content]:
    """Return the pictures of a tar; none when it is none."""
    stream = BytesIO(data)
    if not tarfile.is_tarfile(stream):
        return []
    stream.seek(0)
    found = []
    with tarfile.open(fileobj=stream) as archive:
        for member in archive:
            name = Path(member.name)
            if member.isfile() and name.suffix.lower() in PICTURES and member.size <= MOST_MEMBERS_BYTES:
                file = archive.extractfile(member)
                assert file is not None, "it is a file"
                found.append(Content(f"{STREAM}/{member.name}", _stem_of(name), file.read()))
    return found


def _stem_of(member: Path) -> str:
    """Return the output's name for a member of a tar, its folders kept unless they lead out of the output's."""
    leads_out = member.is_absolute() or ".." in member.parts
    return member.stem if leads_out else str(member.with_suffix(""))


def unreadable(content: Content, error: PictureError) -> PictureError:
    """Return the error with the name by which people know the picture, and what to take in its place."""
    found = PictureError(content.name, error.reason)
    found.hint = some_picture(content.name)
    return found


def absent(what: str, text: str, expected: str = "a picture") -> InputError:
    """Build the error for a file that is not there; the hint names one that is called alike."""
    other = similar(text)
    hint = Again(swap={text: other}) if other else "ls"
    return InputError(f"{what} {text}: no such file, expected {expected}", hint=hint)
