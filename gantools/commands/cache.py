"""Where downloads are kept: GANTOOLS_CACHE, else the place that the XDG base directories give to caches."""

import os
from pathlib import Path

CACHE_VARIABLE = "GANTOOLS_CACHE"


def cache_folder() -> Path:
    """Return the folder, which may not exist yet; a relative XDG_CACHE_HOME is ignored, as its specification asks."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME", "")
    return Path(base if os.path.isabs(base) else os.path.expanduser("~/.cache"), "gantools")
