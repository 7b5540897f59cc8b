"""The references: what is generated is what the program gives, and what is written by hand is what it writes."""

import ast
import json
import re
from dataclasses import fields
from hashlib import blake2b
from pathlib import Path

import pytest
from safetensors import safe_open

from docs.generate import PLACE, pages
from gantools.files.document import DataNote, Document, Event, Lineage
from gantools.files.header import MAX_HEADER_BYTES, MAX_TENSORS
from gantools.training.register import HISTORY_POINTS, Register
from tests.conftest import ROOT, Run

SMALL = ("--set", "network.base_width=4", "--batch", "4")
TABLE = re.compile(r"^## (?:A line of (losses)|The event `(\w+)`)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", pages())
def test_a_generated_page_is_what_the_program_gives(name: str) -> None:
    """A change of a command, an option, a field or an exit code wants `make docs` once more."""
    assert (PLACE / name).read_text() == pages()[name], "run: make docs"


def documented_fields() -> dict[str, set[str]]:
    """Return the fields that the page names for each kind of line; lines of losses are ``losses``."""
    page = (PLACE / "metrics.md").read_text()
    return {
        losses or event: {
            field for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for field in re.findall(r"`(\w+)`", row)
        }
        for losses, event, text in TABLE.findall(page)
    }


def written_fields() -> dict[str, set[str]]:
    """Return the fields of each kind of line that the code can write."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "gantools" / "commands").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("metrics.add"):
                values = {word.arg: word.value for word in node.keywords if word.arg is not None}
                fields = set(values)
                if any(word.arg is None for word in node.keywords):  # **counts
                    fields |= {"images", "d_steps", "g_steps"}
                event = values.get("event")
                found[event.value if isinstance(event, ast.Constant) else "losses"] = fields
    return found


def lines_of(text: str) -> list[tuple[str, list[str]]]:
    """Return the kind of each line of a metrics file, and its fields in order."""
    documents = [json.loads(line) for line in text.splitlines()]
    return [(document.get("event", "losses"), list(document)) for document in documents]


def test_every_field_of_the_metrics_is_documented() -> None:
    """The page has a part for each kind of line that is written, and a row for each of its fields, and no others."""
    assert documented_fields() == written_fields()


def test_the_excerpt_of_the_metrics_is_what_a_run_writes(gantools: Run, tmp_path: Path) -> None:
    """A run with a drop of the rates, resumed with another rate, writes lines of the shown kinds with these fields."""
    assert gantools("prepare", "demo:stickers", "--limit", "16", "-o", "data").returncode == 0
    shared = ("train", "data", "-o", "c.safetensors", "--metrics", "c.jsonl")
    first = gantools(*shared, "--steps", "100", "--lr-drop", "0.5@300", *SMALL)
    assert first.returncode == 0, first.stderr
    again = gantools(*shared, "--resume", "--steps", "50", "--lr-g", "0.001")
    assert again.returncode == 0, again.stderr
    excerpt = re.findall(r"^```json\n(.*?)^```", (PLACE / "metrics.md").read_text(), re.MULTILINE | re.DOTALL)[0]
    written = (tmp_path / "c.jsonl").read_text()
    assert lines_of(written) == lines_of(excerpt)
    assert {kind: set(fields) for kind, fields in lines_of(written)}.items() <= documented_fields().items()


def keys_of(part: str) -> set[str]:
    """Return the names in the first column of the table in one part of the checkpoint's page."""
    page = (PLACE / "checkpoint.md").read_text()
    text = page.partition(f"## {part}\n")[2].partition("\n## ")[0]
    return {name for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}


def test_every_key_of_a_checkpoint_is_documented() -> None:
    """The page names each key of the metadata and of the register, and no others; the limits are the code's."""
    stored = {field.name for field in fields(Document)}
    assert keys_of("Metadata") == stored | {"format", "kind", "health"}
    assert keys_of("The register") == {field.name for field in fields(Register)}
    page = (PLACE / "checkpoint.md").read_text()
    parts = {field.name for kind in (DataNote, Event, Lineage) for field in fields(kind)}
    assert {name for name in parts if f"`{name}`" not in page} == set()
    assert f"header {MAX_HEADER_BYTES >> 20} MiB, {MAX_TENSORS:,} tensors" in page
    assert f"at most {HISTORY_POINTS}" in page


def test_a_checkpoint_can_be_read_by_its_page(gantools: Run, tmp_path: Path) -> None:
    """A reader that knows safetensors, JSON and BLAKE2b finds the names, and the digest that the file states."""
    assert gantools("prepare", "demo:stickers", "--limit", "16", "-o", "data").returncode == 0
    assert gantools("train", "data", "-o", "c.safetensors", "--steps", "1", *SMALL).returncode == 0
    digest = blake2b(digest_size=32)
    with safe_open(tmp_path / "c.safetensors", "np") as file:
        stored = json.loads(file.metadata()["gantools"])
        names = sorted(file.keys())
        for name in names:
            tensor, dtype = file.get_tensor(name), file.get_slice(name).get_dtype()
            digest.update(json.dumps([name, dtype, list(tensor.shape)], separators=(",", ":")).encode())
            digest.update(tensor.tobytes())
    content = {key: stored[key] for key in ("config", "register")}
    digest.update(json.dumps(content, sort_keys=True, separators=(",", ":")).encode())
    assert digest.hexdigest() == stored["digest"]
    assert stored.keys() | {"kept"} == keys_of("Metadata")
    assert stored["machine"].keys() == {"device", "threads", "torch"}
    assert {name.partition("/")[0] for name in names} == {"generator", "discriminator", "average", "optimizer"}
