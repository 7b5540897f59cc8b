"""File names that are safe anywhere: what a source is called, made fit to be a folder or a PNG inside the data set."""

import os
import re
import unicodedata
from hashlib import blake2b

MAX_BYTES = 200  # of a name's 255; two marks and ".png" still fit
MARK_BYTES = 7
OWN_NAMES = {"manifest.jsonl", "pack.safetensors"}
UNSAFE = re.compile(r'[/\\:*?"<>|]')


def safe_name(raw: str) -> str:
    """Return ``raw`` as one path component: printable, at most 214 bytes, not hidden, no option, none of our own names.

    A name that is fit already comes back as it is, whatever its script. Any other one gets a mark of six hexadecimal
    digits of the original, so that different names stay different.

    Example:
        >>> safe_name("日本語"), safe_name("a b (1)"), safe_name("-rf"), safe_name("..")
        ('日本語', 'a b (1)', '_rf-e0cc65', '_-8539e5')
    """
    text = "".join(character if character.isprintable() else "_" for character in raw)
    text = UNSAFE.sub("_", text).strip(" ")
    text = re.sub(r"^[-.~]+", "_", text).rstrip(".")
    if len(text.encode()) > MAX_BYTES + MARK_BYTES:
        text = text.encode()[:MAX_BYTES].decode(errors="ignore")
    text = text or "_"
    reserved = text.casefold() in OWN_NAMES or text.casefold().endswith(".png")
    return f"{text}-{mark(raw)}" if reserved or text != raw else text


def mark(text: str) -> str:
    """Return six hexadecimal digits that follow from ``text``."""
    return blake2b(os.fsencode(text), digest_size=3).hexdigest()


class Names:
    """Hands out file names inside a data set, no two alike even where case or Unicode form does not count."""

    def __init__(self) -> None:
        self._taken: dict[str, None] = {}  # not a set, whose table takes two to three times as much

    def take(self, file: str) -> None:
        """Mark a name as used."""
        self._taken[_folded(file)] = None

    def new(self, label: str | None, stem: str, source: str) -> str:
        """Return ``label/stem.png``, with a mark of ``source`` behind the stem when that name is used already."""
        base = f"{label}/{safe_name(stem)}" if label is not None else safe_name(stem)
        name, attempt = f"{base}.png", 0
        while _folded(name) in self._taken:
            name = f"{base}-{mark(source + attempt * '+')}.png"
            attempt += 1
        self.take(name)
        return name


def _folded(file: str) -> str:
    return file if file.isascii() and file.islower() else unicodedata.normalize("NFC", file).casefold()
