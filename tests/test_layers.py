"""Imports point down only. The table is the whole map: a file in no room of it fails."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "gantools").rglob("*.py"))

# A room's layer; the longest prefix counts. Packages whose files lie in several layers are listed file by file.
ROOMS = {
    "__init__": 1,
    "allocator": 1,
    "errors": 1,
    "keys": 1,
    "safe": 1,
    "wording": 1,
    "events": 1,
    "config": 1,
    "files.atomic": 1,
    "files.document": 1,
    "files.header": 1,
    "files.lock": 1,
    "files.metrics": 1,
    "files.nearby": 1,
    "files.tar": 1,
    "training.balance": 1,
    "training.course": 1,
    "training.health": 1,
    "training.register": 1,
    "training.advice": 1,
    "training.schedules": 1,
    "draws": 2,
    "data": 2,
    "inspection": 2,
    "pictures": 2,
    "vision": 2,
    "device": 3,
    "features": 3,
    "measure": 3,
    "nets": 3,
    "training.adam": 3,
    "training.augment": 3,
    "training.average": 3,
    "training.losses": 3,
    "training.penalties": 3,
    "training.vitals": 3,
    "style.colour": 3,
    "style.contents": 2,
    "style.losses": 3,
    "style.memory": 2,
    "style.scales": 3,
    "style.tiles": 3,
    "data.batches": 4,
    "features.choose": 4,
    "features.critic": 4,
    "features.fitted": 4,
    "features.names": 1,
    "features.weights": 4,
    "files.checkpoint": 4,
    "files.schema": 4,
    "measure.judge": 4,
    "measure.kinds": 1,
    "measure.nearest": 4,
    "measure.reals": 4,
    "measure.report": 4,
    "sampling": 4,
    "style.objective": 4,
    "style.optimise": 4,
    "style.paint": 4,
    "style.pixels": 2,
    "style.plan": 2,
    "style.produce": 4,
    "training.engine": 4,
    "training.state": 4,
    "training.turn": 4,
    "console": 5,
    "panel": 5,
    "progress": 5,
    "cli": 6,
    "__main__": 6,
    "commands": 6,
}
LIBRARIES = {
    1: set(),
    2: {"PIL", "numpy"},
    3: {"numpy", "torch"},
    4: {"numpy", "safetensors", "torch"},
    5: set(),
    6: {"typer"},
}
TORCHVISION_ROOMS = ("features", "vision")
TORCH_INSIDE = ("vision",)  # it wakes torch when it is called, not when it is imported
DOWN = {1: {1}, 2: {1, 2}, 3: {1, 2, 3}, 4: {1, 2, 3, 4}, 5: {1, 5}, 6: {1, 5, 6}}
INSIDE_FUNCTIONS = {6: {1, 2, 3, 4, 5, 6}}
LIBRARIES_INSIDE_FUNCTIONS = {5: {"rich"}, 6: {"numpy"}}


def room_of(file: Path) -> str:
    """Return a file's dotted name below ``gantools``; a package's own file is the package."""
    parts = file.relative_to(ROOT / "gantools").with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def layer_of(room: str) -> int | None:
    """Return a room's layer, None for a room that the table does not know."""
    parts = room.split(".")
    prefixes = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((ROOMS[prefix] for prefix in prefixes if prefix in ROOMS), None)


def imports_of(node: ast.AST, inside: bool = False) -> Iterator[tuple[str, bool, int]]:
    """Yield (dotted module, whether it is imported inside a function, line); typing-only imports are left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from ((alias.name, inside, child.lineno) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"line {child.lineno}: a relative import"
            yield from ((f"{child.module}.{alias.name}", inside, child.lineno) for alias in child.names)
        else:
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from imports_of(child, inside or function)


def faults_of(source: str, room: str) -> list[str]:
    """Return what is wrong with a file's imports, one sentence each."""
    layer = layer_of(room)
    assert layer is not None, f"{room} is in no room of the table"
    faults = []
    for name, inside, line in imports_of(ast.parse(source)):
        top = name.partition(".")[0]
        if top == "gantools":
            target = name.removeprefix("gantools.")
            target_layer = 1 if target == "__version__" else layer_of(target)
            allowed = INSIDE_FUNCTIONS.get(layer, DOWN[layer]) if inside else DOWN[layer]
            if target_layer not in allowed:
                faults.append(f"{room}:{line}: layer {layer} imports {name} of layer {target_layer}")
        elif top not in sys.stdlib_module_names:
            known = top in LIBRARIES[layer] or (top == "torchvision" and room.startswith(TORCHVISION_ROOMS))
            known = known or (inside and top == "torch" and room in TORCH_INSIDE)
            if not known and not (inside and top in LIBRARIES_INSIDE_FUNCTIONS.get(layer, ())):
                faults.append(f"{room}:{line}: layer {layer} imports {name}{'' if inside else ' at its top'}")
    return faults


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(ROOT)) for file in FILES])
def test_imports_point_down_only(file: Path) -> None:
    """A file imports its own and lower layers, and the libraries of its layer, and lies in a known room."""
    room = room_of(file)
    if file.name == "__init__.py" and file.parent.name != "gantools":
        assert file.read_text() == "", f"{room}/__init__.py must be empty: importing a room would wake its neighbours"
    else:
        assert faults_of(file.read_text(), room) == []


@pytest.mark.parametrize(
    ("room", "source", "fault"),
    [
        ("errors", "import numpy", "layer 1 imports numpy at its top"),
        ("keys", "def f():\n    from gantools import draws", "layer 1 imports gantools.draws of layer 2"),
        ("nets.fc", "from gantools.training.state import x", "layer 3 imports gantools.training.state.x of layer 4"),
        ("nets.fc", "import torchvision", "layer 3 imports torchvision at its top"),
        ("console", "from rich.live import Live", "layer 5 imports rich.live.Live at its top"),
        ("commands.train", "try:\n    import torch\nexcept ImportError:\n    pass", "layer 6 imports torch at its top"),
        ("commands.train", "from gantools.device import x", "layer 6 imports gantools.device.x of layer 3"),
        ("commands.train", "import click", "layer 6 imports click at its top"),
    ],
)
def test_wrong_import_is_found(room: str, source: str, fault: str) -> None:
    """An import that points up, or a library in the wrong layer, is found with its line."""
    assert [text.partition(": ")[2] for text in faults_of(source, room)] == [fault]


def test_doors_reach_work_inside_functions_only() -> None:
    """A command may import any layer inside a function, and a typing-only import is no import."""
    source = "if TYPE_CHECKING:\n    import torch\ndef train():\n    from gantools.training.engine import run"
    assert faults_of(source, "commands.train") == []


def test_unknown_room_fails() -> None:
    """A file that the table does not know is refused, so that nobody adds a room without a layer."""
    with pytest.raises(AssertionError, match="utils is in no room of the table"):
        faults_of("", "utils")


def test_development_tools_are_listed_alike() -> None:
    """The extra that every pip understands and the dependency group name the same tools."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["optional-dependencies"]["dev"] == project["dependency-groups"]["dev"]
