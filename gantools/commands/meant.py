"""Which data set was meant where DATA is absent or a checkpoint stands in its place."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from gantools.errors import Again, Hint
from gantools.files.document import read_document
from gantools.files.nearby import data_with, is_data, other_data, similar

if TYPE_CHECKING:
    from gantools.commands.session import Request


def data_meant(request: "Request") -> Hint:
    """Return the line with another folder in the place of an absent one; a run is never led to foreign pictures."""
    if not (request.resume and os.path.exists(request.output)):
        return other_data(str(request.data))
    data = similar(str(request.data), is_data) or _data_of(request.output)
    if data is None:
        return shlex.join(["gantools", "inspect", request.output])
    return Again(swap={str(request.data): data})


def _data_of(checkpoint: str) -> str | None:
    """Return the data set here that a checkpoint was trained on last."""
    return data_with(read_document(Path(checkpoint))[1].register.data)


def go_on(checkpoint: str) -> Hint:
    """Return the line that goes on with a checkpoint which stood where DATA belongs."""
    data = _data_of(checkpoint)
    if data is None:
        return shlex.join(["gantools", "inspect", checkpoint])
    return Again(shlex.join(["-o", checkpoint, "--resume"]), drop=("--force",), swap={checkpoint: data})
