"""Loading damaged checkpoints: each loads, or is an InputError; nothing else comes out."""

import json
import random
from pathlib import Path

import pytest

from gantools.errors import InputError
from gantools.files.checkpoint import load, load_average
from gantools.training.engine import Phase
from tests import tiny
from tests.files.test_header import ODD_VALUES, file_of, places_in

FUZZED = 120
ODD_NAMES = ("\ud800", "", "a\x00b", "average/../x", "average/layers.0.weight")


@pytest.fixture(scope="module")
def whole() -> bytes:
    """The bytes of a small checkpoint."""
    return tiny.packed(tiny.take(tiny.fresh("dcgan"), Phase.BOTH, 2)).data


def outcomes(data: bytes, path: Path) -> list[bool]:
    """Say for each way of loading whether it went well; anything but an InputError comes out."""
    path.write_bytes(data)
    results = []
    for way in (lambda: load_average(path), lambda: load_average(data), lambda: load(data, tiny.machine())):
        try:
            way()
            results.append(True)
        except InputError:
            results.append(False)
    return results


def test_random_damage(whole: bytes, tmp_path: Path) -> None:
    """Changed and lost bytes, most of them in the header."""
    draw, header_bytes = random.Random(3), int.from_bytes(whole[:8], "little")
    for _ in range(FUZZED):
        data = bytearray(whole)
        for _ in range(draw.choice((1, 2, 5))):
            at = draw.randrange(8 + header_bytes if draw.random() < 0.8 else len(data))
            if draw.random() < 0.7:
                data[at % len(data)] = draw.randrange(256)
            else:
                del data[at : at + draw.randrange(1, 9)]
        average, same, _ = outcomes(bytes(data), tmp_path / "c")
        assert average == same, "a file and its bytes are read alike"


def test_odd_values_and_tensors(whole: bytes, tmp_path: Path) -> None:
    """Well-formed files whose metadata or tensors are not those of a checkpoint."""
    draw, length = random.Random(4), int.from_bytes(whole[:8], "little")
    for _ in range(FUZZED):
        header = json.loads(whole[8 : 8 + length])
        if draw.random() < 0.5:
            document = json.loads(header["__metadata__"]["gantools"])
            *way, last = draw.choice(places_in(document)[1:])
            target = document
            for key in way:
                target = target[key]
            target[last] = draw.choice((*ODD_VALUES, 2, 8, 512, 1024, "none", "hinge", "fc"))
            header["__metadata__"]["gantools"] = json.dumps(document)
        else:
            name = draw.choice(sorted(header.keys() - {"__metadata__"}))
            match draw.randrange(3):
                case 0:
                    header[draw.choice(ODD_NAMES)] = header.pop(name)
                case 1:
                    header[name]["dtype"] = draw.choice(("I32", "F32", "U8", "BF16", "F64"))
                case 2:
                    header[name]["shape"] = [*header[name]["shape"][::-1], 1]
        outcomes(file_of(header, whole[8 + length :]), tmp_path / "c")


def test_half_a_surrogate_in_a_name(whole: bytes, tmp_path: Path) -> None:
    """JSON may hold half a surrogate where the format's library does not take it: refused from file and pipe."""
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])
    header["\ud800"] = header.pop("average/first.weight")
    assert outcomes(file_of(header, whole[8 + length :]), tmp_path / "c") == [False, False, False]
