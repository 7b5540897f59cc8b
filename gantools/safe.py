"""Foreign text made harmless: file names, class names and metadata, before they reach a terminal or a page."""


def safe(text: str) -> str:
    r"""Return ``text`` with every character that is not printable written as ``\xNN``, ``\uNNNN`` or ``\UNNNNNNNN``.

    That covers control characters of both sets, line ends, bidirectional controls, and the bytes of a file name that
    could not be decoded. Cleaning twice changes nothing.

    Example:
        >>> print(safe("a" + chr(27) + "[2J" + chr(0x202E)))
        a\x1b[2J\u202e
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that could not be decoded
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
