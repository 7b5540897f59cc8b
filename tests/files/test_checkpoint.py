"""A run in one file: what is written to the byte, and what is refused when it is read."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load as read_tensors
from safetensors.torch import save as save_tensors

from gantools.errors import Again, InputError, UnhealthyError
from gantools.files.checkpoint import load, load_average, pack, take_weights, write
from gantools.files.document import DataNote, Lineage, read_document
from gantools.files.header import canonical_json, content_digest, parse_header
from gantools.training.engine import Phase
from gantools.training.state import TrainState
from tests.tiny import fresh, machine, packed, take

Tensors = dict[str, torch.Tensor]
Change = Callable[[Tensors, dict[str, Any]], None]


@pytest.fixture(scope="module")
def bytes_of_a_run() -> bytes:
    """The checkpoint of a convolutional run after two rounds."""
    return packed(take(fresh("dcgan"), Phase.BOTH, 2)).data


def rewritten(data: bytes, change: Change, *, is_signed: bool = True) -> bytes:
    """Return a checkpoint whose tensors and document were changed, with a content digest that fits again."""
    tensors = read_tensors(data)
    document = json.loads(parse_header(data, len(data), "it").metadata["gantools"])
    change(tensors, document)
    if is_signed:
        names = {torch.float32: "F32", torch.int64: "I64", torch.float64: "F64"}
        entries = ((k, names[t.dtype], tuple(t.shape), t.numpy().reshape(-1)) for k, t in tensors.items())
        document["digest"] = content_digest(entries, {k: document[k] for k in ("config", "register")})
    return save_tensors(tensors, metadata={"gantools": canonical_json(document).decode()})


def refused(data: bytes, message: str, hint: str | None = None) -> None:
    """Require that a checkpoint is refused with these words."""
    with pytest.raises(InputError) as caught:
        load(data, machine())
    assert caught.value.message == message
    if hint is not None:
        assert caught.value.hint == hint


def file_of(path: Path, data: bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(data)
    return path


def test_everything_comes_back(bytes_of_a_run: bytes) -> None:
    """Reading and writing again gives the same bytes: tensors, register, configuration and all that is said."""
    state, document = load(bytes_of_a_run, machine())
    assert pack(state, document.data, document.lineage).data == bytes_of_a_run


def test_the_file_is_plain_safetensors(bytes_of_a_run: bytes, tmp_path: Path) -> None:
    """Another reader of the format opens it: path-like names, float32 and int64, one metadata key, canonical JSON."""
    path = file_of(tmp_path / "c.safetensors", bytes_of_a_run)
    with safe_open(path, framework="np") as stored:
        assert list(stored.metadata()) == ["gantools"]
        text = stored.metadata()["gantools"]
        names = set(stored.keys())
        assert {str(stored.get_tensor(name).dtype) for name in names} == {"float32", "int64"}
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    assert {name.partition("/")[0] for name in names} == {"generator", "discriminator", "average", "optimizer"}
    parameters = {name for name in names if name.startswith("generator/") and name.endswith(("weight", "bias"))}
    for name in parameters:
        assert {f"optimizer/{name}/{moment}" for moment in ("exp_avg", "exp_avg_sq", "step")} <= names


def test_the_digest_is_what_the_format_says(bytes_of_a_run: bytes) -> None:
    """The content digest follows from the tensors in order of name and the document alone: computed here by hand."""
    from hashlib import blake2b

    tensors = read_tensors(bytes_of_a_run)
    document = json.loads(parse_header(bytes_of_a_run, len(bytes_of_a_run), "it").metadata["gantools"])
    digest = blake2b(digest_size=32)
    for name in sorted(tensors):
        array = tensors[name].numpy()
        kind = {np.dtype("float32"): "F32", np.dtype("int64"): "I64"}[array.dtype]
        digest.update(json.dumps([name, kind, list(array.shape)], separators=(",", ":")).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    both = {"config": document["config"], "register": document["register"]}
    digest.update(json.dumps(both, sort_keys=True, separators=(",", ":")).encode())
    assert document["digest"] == digest.hexdigest()


def test_the_digest_ignores_where_a_run_came_from() -> None:
    """Lineage and data notes stand beside the content: other ones give the same digest and other bytes."""
    state = take(fresh("fc"), Phase.BOTH, 1)
    one, two = pack(state, DataNote(10), Lineage()), pack(state, DataNote(11), Lineage("1" * 64))
    assert one.document.digest == two.document.digest
    assert one.data != two.data


def test_a_file_need_not_know_its_hold_out(bytes_of_a_run: bytes) -> None:
    """One of before has no such digest, another has had no held-out pictures; what is no digest is refused."""

    def saying(**note: object) -> bytes:
        return rewritten(bytes_of_a_run, lambda _, document: document.update(data={"count": 1, "classes": []} | note))

    for note, held_out in (({}, None), ({"held_out": ""}, ""), ({"held_out": "1" * 64}, "1" * 64)):
        assert load(saying(**note), machine())[1].data == DataNote(1, (), held_out)
    for odd in ("1" * 63, 0, []):
        with pytest.raises(InputError, match="metadata that cannot be read"):
            load(saying(held_out=odd), machine())


def test_nothing_of_the_place_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No path, time or host name is in the file: two folders and two days give the same bytes."""
    state = take(fresh("fc"), Phase.BOTH, 1)
    write(tmp_path / "here" / "a.safetensors", packed(state))
    monkeypatch.setattr("time.time", lambda: 0.0)
    monkeypatch.chdir("/")
    write(tmp_path / "there" / "b.safetensors", packed(state))
    one, two = (tmp_path / "here/a.safetensors").read_bytes(), (tmp_path / "there/b.safetensors").read_bytes()
    assert one == two
    assert os.uname().nodename.encode() not in one or len(os.uname().nodename) < 4
    assert str(tmp_path).encode() not in one


def test_the_one_before_is_kept(tmp_path: Path) -> None:
    """A checkpoint that is replaced stays readable under ``.prev``."""
    state = fresh("fc")
    for _ in range(3):
        write(tmp_path / "c.safetensors", packed(state))
        take(state, Phase.BOTH, 1)
    assert read_document(tmp_path / "c.safetensors")[1].register.g_steps == 2
    assert read_document(tmp_path / "c.safetensors.prev")[1].register.g_steps == 1


def test_tensors_must_be_those_of_the_configuration(bytes_of_a_run: bytes) -> None:
    """Missing, unexpected and mis-shaped tensors are listed together, the first three of each."""
    name = "generator/" + next(iter(take_names(bytes_of_a_run, "generator/")))

    def change(tensors: Tensors, document: dict[str, Any]) -> None:
        shape = tuple(tensors[name].shape)
        tensors[name] = torch.zeros(*shape, 2)
        for number, key in enumerate(sorted(tensors)[:4]):
            del tensors[key]
            tensors[f"extra/{number}"] = torch.zeros(1)

    gone = ", ".join(sorted(read_tensors(bytes_of_a_run))[:3])
    shape = tuple(read_tensors(bytes_of_a_run)[name].shape)
    refused(
        rewritten(bytes_of_a_run, change),
        "standard input: found tensors that its own configuration does not describe: "
        f"4 missing ({gone}); 4 unexpected (extra/0, extra/1, extra/2); "
        f"1 different ({name} {(*shape, 2)} instead of {shape})",
        None,
    )


def take_names(data: bytes, network: str) -> list[str]:
    """Return the names of a network's weights, without the network, that do not come first in the file."""
    names = sorted(name for name in read_tensors(data) if name.startswith(network))
    return [name.removeprefix(network) for name in names if name.endswith("weight")][-1:]


def test_another_dtype_is_another_tensor(bytes_of_a_run: bytes) -> None:
    """A tensor of the right shape in float64 is refused."""

    def change(tensors: Tensors, document: dict[str, Any]) -> None:
        name = next(name for name in tensors if name.endswith("exp_avg"))
        tensors[name] = tensors[name].double()

    with pytest.raises(InputError, match="1 different"):
        load(rewritten(bytes_of_a_run, change), machine())


def test_one_changed_bit_is_seen(bytes_of_a_run: bytes, tmp_path: Path) -> None:
    """A flipped bit in any tensor is found by the content digest; the hint names the file before it."""
    data = bytearray(bytes_of_a_run)
    data[-7] ^= 1
    stored = json.loads(parse_header(bytes_of_a_run, len(data), "it").metadata["gantools"])["digest"]
    path = file_of(tmp_path / "c.safetensors", bytes(data))
    with pytest.raises(InputError) as caught:
        load(path, machine())
    words = (
        rf"^{re.escape(str(path))}: found content digest [0-9a-f]{{12}}, expected {stored[:12]}: the file is damaged$"
    )
    assert re.match(words, caught.value.message)
    assert caught.value.hint == f"sha256sum {path}"  # there is no checkpoint before it


@pytest.mark.parametrize(
    ("where", "value"),
    [(("register", "images"), 9), (("config", "seed"), 1), (("config", "optimizer", "lr_g"), 0.5)],
    ids=str,
)
def test_a_changed_document_is_seen(where: tuple[str, ...], value: object, bytes_of_a_run: bytes) -> None:
    """Register and configuration belong to the content: changed by hand they no longer fit the digest."""

    def change(tensors: Tensors, document: dict[str, Any]) -> None:
        *path, last = where
        for name in path:
            document = document[name]
        document[last] = value

    with pytest.raises(InputError, match="the file is damaged"):
        load(rewritten(bytes_of_a_run, change, is_signed=False), machine())


def test_newer_formats_are_refused(bytes_of_a_run: bytes) -> None:
    """A file of a newer format names the version that wrote it, even where it says things unheard of."""

    def change(tensors: Tensors, document: dict[str, Any]) -> None:
        document.update(format=2, version="9.1", unheard=1)

    refused(
        rewritten(bytes_of_a_run, change),
        "standard input: found format 2, written by gantools 9.1, expected format 1",
        "pip install --upgrade gantools",
    )


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda document: document.pop("format"), "metadata without a format version"),
        (lambda document: document.update(kind="pack"), "a file of kind 'pack'"),
    ],
)
def test_other_kinds_are_refused(change: Callable[[dict[str, Any]], None], found: str, bytes_of_a_run: bytes) -> None:
    """What is no checkpoint says what it is."""
    data = rewritten(bytes_of_a_run, lambda tensors, document: change(document) and None, is_signed=False)
    refused(data, f"standard input: found {found}, expected a gantools checkpoint")


@pytest.mark.parametrize("field", ["config", "register", "data", "lineage", "machine", "digest", "version"])
def test_every_part_must_be_there(field: str, bytes_of_a_run: bytes) -> None:
    """A document that lacks a part is refused in one line."""
    data = rewritten(bytes_of_a_run, lambda tensors, document: document.pop(field) and None, is_signed=False)
    with pytest.raises(InputError, match=r"^standard input: found metadata that cannot be read \(KeyError"):
        load(data, machine())


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.999])
def test_cut_files_are_refused(share: float, bytes_of_a_run: bytes, tmp_path: Path) -> None:
    """A file that was cut off anywhere is refused before anything is loaded, by all three readers."""
    data = bytes_of_a_run[: int(len(bytes_of_a_run) * share)]
    path = file_of(tmp_path / "c.safetensors", data)
    for read in (lambda: load(path, machine()), lambda: load_average(path), lambda: take_weights(fresh("dcgan"), path)):
        with pytest.raises(InputError, match=rf"^{re.escape(str(path))}: found .*, expected a whole safetensors file$"):
            read()


def test_sizes_are_checked_before_anything_is_read(bytes_of_a_run: bytes, tmp_path: Path) -> None:
    """A tensor larger than its configuration describes is refused unread: a hole of 64 GB costs no memory."""
    path = tmp_path / "c.safetensors"
    text = parse_header(bytes_of_a_run, len(bytes_of_a_run), "it").metadata["gantools"]
    huge = {"dtype": "F32", "shape": [1 << 34], "data_offsets": [0, 1 << 36]}
    header = json.dumps({"__metadata__": {"gantools": text}, "average/first.weight": huge}).encode()
    with open(path, "wb") as stream:
        stream.write(len(header).to_bytes(8, "little") + header)
        stream.truncate(8 + len(header) + (1 << 36))
    for read in (lambda: load(path, machine()), lambda: load_average(path), lambda: take_weights(fresh("dcgan"), path)):
        with pytest.raises(InputError, match="found tensors that its own configuration does not describe"):
            read()


def test_a_checkpoint_replaced_while_it_is_read_is_told(
    bytes_of_a_run: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When training saves between header and tensors, sampling refuses: the header would speak of other weights."""
    path = file_of(tmp_path / "c.safetensors", bytes_of_a_run)
    newer = packed(take(load(bytes_of_a_run, machine())[0], Phase.BOTH, 1)).data

    def replace_then_open(source: Path, **more: Any) -> Any:
        source.write_bytes(newer)
        return safe_open(source, **more)

    monkeypatch.setattr("gantools.files.checkpoint.safe_open", replace_then_open)
    with pytest.raises(InputError, match="found another checkpoint than a moment ago") as caught:
        load_average(path)
    assert caught.value.hint == Again()


def test_a_damaged_stream_has_no_previous_checkpoint(bytes_of_a_run: bytes) -> None:
    """What came through a pipe is refused without a hint at a file that cannot be."""
    data = bytearray(bytes_of_a_run)
    data[-1] ^= 1
    with pytest.raises(InputError, match="the file is damaged") as caught:
        load(bytes(data), machine())
    assert caught.value.hint is None


def test_a_diverged_run_is_not_packed() -> None:
    """Ten rejected turns in a row are found at a save too: a GPU looks at the count only now and then."""
    state = fresh("dcgan")
    state.longest_run.fill_(10)
    with pytest.raises(UnhealthyError, match="^training diverged: 10 turns in a row"):
        packed(state)


@pytest.mark.parametrize("name", ["generator", "discriminator", "average"])
@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
def test_values_that_are_not_finite_are_never_packed(name: str, value: float) -> None:
    """A weight that is NaN or infinite makes packing fail: nothing is there that could be written."""
    state = take(fresh("dcgan"), Phase.BOTH, 1)
    with torch.no_grad():
        next(getattr(state, name).parameters()).view(-1)[0] = value
    with pytest.raises(UnhealthyError, match="^training diverged: a weight is not finite, expected finite weights"):
        packed(state)


def spoilt(bytes_of_a_run: bytes, network: str) -> bytes:
    """Return a checkpoint, signed again, with one NaN in a weight of ``network``."""

    def change(tensors: Tensors, document: dict[str, Any]) -> None:
        name = next(name for name in sorted(tensors) if name.startswith(network) and name.endswith("weight"))
        tensors[name].view(-1)[0] = float("nan")

    return rewritten(bytes_of_a_run, change)


def test_an_average_that_is_not_finite_is_not_sampled(bytes_of_a_run: bytes, tmp_path: Path) -> None:
    """Sampling and --init refuse NaN; NaN in the discriminator does not concern sampling."""
    path = file_of(tmp_path / "c.safetensors", spoilt(bytes_of_a_run, "average"))
    words = r": found values that are not finite in 1 tensors \(.*weight\), expected finite weights$"
    with pytest.raises(InputError, match=words) as caught:
        load_average(path)
    assert caught.value.hint == f"sha256sum {path}"  # there is no checkpoint before it
    with pytest.raises(InputError, match=words):
        take_weights(fresh("dcgan"), path)
    load_average(spoilt(bytes_of_a_run, "discriminator"))


@pytest.mark.parametrize("weights", ["average", "live"])
def test_an_average_is_read_from_file_and_stream_alike(weights: str, bytes_of_a_run: bytes, tmp_path: Path) -> None:
    """The network to sample from is the same from a file and from standard input, frozen and in evaluation mode."""
    path = file_of(tmp_path / "c.safetensors", bytes_of_a_run)
    one, two = load_average(path, weights)[0], load_average(bytes_of_a_run, weights)[0]
    z = torch.ones(2, one.latent_dim)
    assert torch.equal(one(z)[0], two(z)[0])
    assert not one.training
    assert not any(parameter.requires_grad for parameter in one.parameters())
    state: TrainState = load(bytes_of_a_run, machine())[0]
    if weights == "average":
        assert torch.equal(one(z)[0], state.average(z)[0])


def test_weights_are_taken_where_they_fit(bytes_of_a_run: bytes, tmp_path: Path) -> None:
    """Of another run only the networks are taken, tensor by tensor where name and shape agree; counters stay at 0."""
    path = file_of(tmp_path / "c.safetensors", bytes_of_a_run)
    state = fresh("dcgan")
    document, taken, left = take_weights(state, path)
    stored = {k: t for k, t in read_tensors(bytes_of_a_run).items() if not k.startswith("optimizer/")}
    assert (sorted(taken), left) == (sorted(stored), {})
    own = dict(state.tensors())
    assert all(torch.equal(own[name], tensor) for name, tensor in stored.items())
    assert all(not tensor.any() for name, tensor in own.items() if name.startswith("optimizer/"))
    assert (state.register.images, document.register.images) == (0, 8)
    other = fresh("dcgan", **{"network.latent_dim": 6})
    _, taken, left = take_weights(other, path)
    assert taken and taken + list(left) != taken and {*taken, *left} == stored.keys()
    assert left["generator/first.weight"] == "(48, 6), there (48, 5)"
    assert not torch.equal(next(other.generator.parameters()), next(state.generator.parameters()))


def test_weights_of_a_stranger_are_refused(bytes_of_a_run: bytes, tmp_path: Path) -> None:
    """When nothing of another run fits, that is said: nothing is trained from scratch in silence."""
    path = file_of(tmp_path / "c.safetensors", bytes_of_a_run)
    with pytest.raises(InputError) as caught:
        take_weights(fresh("fc"), path)
    assert caught.value.message == f"--init {path}: found dcgan networks, expected fc"
    assert caught.value.hint == "--arch dcgan"
    with pytest.raises(InputError) as caught:
        take_weights(fresh("dcgan", **{"network.base_width": 8, "network.latent_dim": 7}), path)
    found = "found no tensor that fits this run, expected networks of the same shapes"
    assert caught.value.message == f"--init {path}: {found}"


def test_the_hint_puts_back_the_checkpoint_before(tmp_path: Path) -> None:
    """A damaged file with a `.prev` beside it hints the line that restores it; cut off or changed alike."""
    path = tmp_path / "my run.safetensors"
    whole = packed(fresh("fc")).data
    (tmp_path / "my run.safetensors.prev").write_bytes(whole)
    for damaged in (whole[:-1], whole[:-1] + b"!"):
        path.write_bytes(damaged)
        with pytest.raises(InputError) as caught:
            load(path, machine())
        assert caught.value.hint == f"cp '{path}.prev' '{path}'"
