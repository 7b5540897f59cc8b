"""Too little memory: what does less at once."""

from typing import Any

from gantools.errors import Again, Hint

USUAL_BATCH = 64


def less_memory(error: BaseException, params: dict[str, Any]) -> Hint:
    """Return the line that does less at once, or the one that shows what the memory is taken by."""
    if "batch" in params:
        return _smaller_batch(params)
    if params.get("jobs", 1) != 1:
        return "--jobs 1"
    return "--device cpu" if "device" in params and "cuda" in str(error).lower() else "free -h"


def _smaller_batch(params: dict[str, Any]) -> Hint:
    """Return half the batch that was typed, that a resumed run has stored, or that is usual."""
    assigned = next((text for text in params["set_"] or () if text.startswith("batch=")), "batch=")
    batch = params["batch"] or int(assigned.removeprefix("batch=") or 0)
    if not batch and params["resume"] and params["output"] is not None and params["output"].exists():
        from gantools.files.document import read_document

        batch = read_document(params["output"])[1].config.batch
    half = max(2, (batch or USUAL_BATCH) // 2)
    if assigned != "batch=":
        return Again(swap={assigned: f"batch={half}"}, put="--allow-change batch" if params["resume"] else "")
    return f"--batch {half}" + (" --allow-change batch" if params["resume"] else "")
