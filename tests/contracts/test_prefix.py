"""Law 4 for every family, with labels and without: a picture is a function of checkpoint, seed, index and class."""

from pathlib import Path

import pytest

from gantools import cli
from gantools.config.catalog import FAMILIES
from gantools.training.engine import Phase
from tests.data.makers import tree
from tests.tiny import fresh, packed, sparing, take


def sample(*words: str) -> dict[str, bytes]:
    """Run ``gantools sample`` on the checkpoint here into a folder of its own; return its files by name."""
    assert cli.main(["sample", "c.safetensors", "-q", "--force", "-o", "out", *words]) == 0
    found = tree(Path("out"))
    for name in found:
        Path("out", name).unlink()
    return found


@pytest.mark.parametrize("case", sparing([*FAMILIES, *(f"labels, {family}" for family in FAMILIES)]))
def test_a_picture_does_not_depend_on_its_neighbours(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few pictures are the first of many, a later stretch is a part of them, and so is one alone, byte for byte.

    With labels each is the same whether its class was drawn or asked for, alone or beside others.
    """
    monkeypatch.chdir(tmp_path)
    Path("c.safetensors").write_bytes(packed(take(fresh(case), Phase.BOTH, 1)).data)
    whole = sample("--n", "20")
    by_index = {int(Path(name).stem): (name, data) for name, data in whole.items()}
    assert [*by_index] == [*range(20)] or case.startswith("labels")
    assert len(whole) == len({*whole.values()}) == 20
    assert sample("--n", "3") == dict(by_index[index] for index in range(3))
    assert sample("--start", "13", "--n", "5") == dict(by_index[index] for index in range(13, 18))
    if case.startswith("labels"):
        asked = sample("--n", "20", "--label", "cat", "--label", "eel")
        assert len(asked) == len({*asked.values()}) == 40
        assert asked.items() >= {name: data for name, data in whole.items() if name[:3] in ("cat", "eel")}.items()
        assert sample("--n", "4", "--label", "eel") == {f"eel/{i:06}.png": asked[f"eel/{i:06}.png"] for i in range(4)}
