"""The door to torchvision, in a process of its own: what is declared there stays for good."""

import subprocess
import sys

from tests.conftest import child_environment

USE = """
import torch
from gantools.vision import import_torchvision
assert "torchvision" not in __import__("sys").modules
torchvision = import_torchvision()
import_torchvision()
from torchvision import datasets, models, transforms
print(sum(p.numel() for p in models.squeezenet1_0(weights=None).parameters()), datasets.MNIST.__name__)
"""
DECLARED = """
import torch
library = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""

FITTING = """
import torch
library, loaded = torch.library.Library("torchvision", "DEF"), []
def load(path):
    if not loaded and "_C" in path:  # as with dlopen, only the first time does anything
        loaded.append(path)
        for name in ("nms", "qnms"):
            library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    raise OSError("the rest is not played here")
torch.ops.load_library = load
"""


def ran(script: str) -> str:
    """Run a script; it must succeed without a word on stderr."""
    command = [sys.executable, "-W", "error::UserWarning", "-c", script]
    result = subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_torchvision_is_imported_beside_any_torch() -> None:
    """Models and data sets come in, also where torchvision's compiled half does not fit this torch."""
    assert ran(USE) == "1248424 MNIST\n"  # as many parameters as Iandola 2016 counts for SqueezeNet v1.0


def test_operators_that_are_there_stay() -> None:
    """Where torchvision's operators are declared already, nothing is declared over them."""
    assert ran(DECLARED + USE) == "1248424 MNIST\n"


def test_a_compiled_half_that_fits_comes_first() -> None:
    """It declares its operators itself and stops at one that is there already: nothing is declared before it."""
    assert ran(FITTING + USE) == "1248424 MNIST\n"
