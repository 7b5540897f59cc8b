"""File names: safe, distinct, and left alone where they can be."""

import pytest

from gantools.data.names import Names, safe_name

EVIL = ["..", ".", "-rf", "--help", "/etc/passwd", "a\nb", "a\x1b[2Jb", "x" * 300, "é" * 200, "manifest.jsonl",
        "cat.png", "\udcff\udcfe", "", " ", "\u202egnp", ".hidden", "PACK.safetensors", "a\\b", "c:d"]  # fmt: skip


@pytest.mark.parametrize("raw", EVIL)
def test_evil_names_become_one_plain_component(raw: str) -> None:
    """What comes out is printable, at most 251 bytes with its ending, one component, no option, not hidden."""
    name = safe_name(raw)
    assert name.isprintable()
    assert "/" not in name
    assert name[0] not in "-."
    assert len(f"{name}.png".encode()) <= 251
    assert name not in ("manifest.jsonl", "pack.safetensors")


def test_different_names_stay_different() -> None:
    """No two of the evil names become one."""
    assert len({safe_name(raw) for raw in EVIL}) == len(EVIL)


@pytest.mark.parametrize("raw", ["日本語-ünïcode", "UPPER CASE and spaces (1)", "a.b.c", "7"])
def test_good_names_stay(raw: str) -> None:
    """A name that is fit is not touched, whatever its script."""
    assert safe_name(raw) == raw


def test_safe_name_is_safe_already() -> None:
    """Making a name safe twice changes nothing, so a data set made of a data set keeps its labels."""
    assert all(safe_name(safe_name(raw)) == safe_name(raw) for raw in EVIL)


def test_clashing_names_are_told_apart() -> None:
    """The second source of a stem gets a mark that follows from its own path; case does not tell names apart."""
    names = Names()
    taken = [names.new("cat", stem, source) for stem, source in (("a", "a.jpg"), ("a", "a.png"), ("A", "A.gif"))]
    assert taken[0] == "cat/a.png"
    assert len({file.casefold() for file in taken}) == 3
    again = Names()
    assert [again.new("cat", stem, source) for stem, source in (("a", "a.jpg"), ("a", "a.png"))] == taken[:2]
