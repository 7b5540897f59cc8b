"""The one door to torchvision: networks for measuring and styling, data sets for ``prepare``.

The wheel that registries offer is built for CUDA: beside a torch for the CPU its compiled half does not load, and the
import fails over operators that only that half declares. Its Python half (models, datasets, transforms, utils) needs
none of them, and is all that is used here.
"""

from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec
from types import ModuleType
from typing import Any

MISSING = ("nms", "qnms")  # the operators that torchvision 0.28 describes to torch while it is imported


def import_torchvision() -> ModuleType:
    """Import torchvision, in 1.4 s beside torch's own, also where its compiled half does not fit torch.

    Raises:
        ImportError: it is not installed.
    """
    _declare_missing()
    return import_module("torchvision")  # it has no types to check


@cache
def _declare_missing() -> object:
    """Declare the operators that nobody has; return what keeps them declared, for as long as the process lives."""
    import torch

    # Where the compiled half fits it must come first: it stops at a name that is declared already.
    package = find_spec("torchvision")
    compiled = PathFinder.find_spec("_C", package.submodule_search_locations) if package is not None else None
    if compiled is not None and compiled.origin is not None:
        with suppress(OSError):  # it does not fit
            torch.ops.load_library(compiled.origin)  # type: ignore[no-untyped-call]
    library: Any = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name in MISSING:
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library
