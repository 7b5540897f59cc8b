"""Extractors: names, shapes, smallest size, channels, weights from files, and one golden activation each."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save, save_file
from torch import Tensor

from gantools.draws import uniform
from gantools.errors import InputError, ResourceError
from gantools.features import weights
from gantools.features.base import Extractor, to_rgb
from gantools.features.choose import extractor_for
from gantools.features.embedded import Embedded
from gantools.features.torchvision_nets import ARCHITECTURES, TorchvisionNet, build
from gantools.features.weights import digest_of, name_of, network_from
from tests.data.makers import SHARED, needs_shared

NOWHERE = Path("/no/cache")
SQUEEZENET = SHARED / "weights" / "squeezenet1_0.safetensors"


def pictures(channels: int = 3, side: int = 64, count: int = 2) -> Tensor:
    """Draw pictures in [-1, 1]; always the same."""
    return torch.from_numpy(uniform(5, count, channels, side, side))


def untrained(name: str) -> TorchvisionNet:
    """Build a network of torchvision's with small constant weights: enough for names and shapes."""
    network = build(name)
    state = {key: torch.full(tensor.shape, 0.01) for key, tensor in network.state_dict().items()}
    network.load_state_dict(state, assign=True)
    return TorchvisionNet(name, network, "0" * 12)


@pytest.fixture(scope="module")
def embedded() -> Extractor:
    """Build the embedded extractor once."""
    return Embedded()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_embedded_takes_grey_rgb_and_rgba(embedded: Extractor, channels: int) -> None:
    """Each bank has half the size of the one before; a picture's vector has 256 numbers, for every kind of picture."""
    found = embedded(pictures(channels, 28))
    shapes = {name: tuple(activation.shape) for name, activation in found.items()}
    assert shapes == {
        "bank1": (2, 32, 28, 28),
        "bank2": (2, 64, 14, 14),
        "bank3": (2, 64, 7, 7),
        "bank4": (2, 64, 4, 4),
    }
    assert tuple(found) == embedded.names
    assert embedded.vectors(pictures(channels, 28)).shape == (2, 256)


def test_embedded_is_the_same_everywhere(embedded: Extractor) -> None:
    """Its filters follow from keys alone: digest and activations are constants, and a second one is equal."""
    vectors = embedded.vectors(pictures(3, 32))
    assert str(embedded.label) == "embedded d1a83e0e08c6"
    assert vectors[0, 8:11].tolist() == pytest.approx([0.70646, 1.44203, 0.52165], rel=1e-3)
    assert torch.equal(Embedded().vectors(pictures(3, 32)), vectors)


def test_embedded_channels_neither_fade_nor_grow(embedded: Extractor) -> None:
    """On pictures with nature's spectrum each bank's responses have unit deviation, so activations stay near 0.5."""
    from gantools.features.embedded import calibration_pictures

    for activation in embedded(calibration_pictures()).values():
        assert 0.3 < activation.mean() < 0.6


def test_grey_is_rgb_and_hidden_colours_do_not_count(embedded: Extractor) -> None:
    """Grey counts as RGB of equal channels; RGBA as laid on white, so colours that nobody sees change nothing."""
    grey = pictures(1)
    assert torch.equal(embedded.vectors(grey), embedded.vectors(grey.expand(-1, 3, -1, -1)))
    rgba = pictures(4)
    rgba[:, 3] = -1.0
    assert torch.equal(to_rgb(rgba), torch.ones(2, 3, 64, 64))
    rgba[:, 3] = 1.0
    assert torch.equal(to_rgb(rgba), rgba[:, :3])


def test_two_channels_and_small_sides_are_refused(embedded: Extractor) -> None:
    """What no picture has is refused with its shape; ``vectors`` enlarges pictures that are too small."""
    with pytest.raises(ValueError, match=r"found shape \(2, 2, 64, 64\), expected \(N, C, H, W\) with C of 1, 3 or 4"):
        embedded(pictures(2))
    with pytest.raises(ValueError, match="expected sides of at least 8 pixels"):
        embedded(pictures(3, 7))
    assert embedded.vectors(pictures(3, 5)).shape == (2, 256)


def test_gradients_reach_the_picture(embedded: Extractor) -> None:
    """An extractor is also what stylizing differentiates."""
    images = pictures(3, 16).requires_grad_()
    embedded(images)["bank3"].sum().backward()
    assert images.grad is not None
    assert images.grad.abs().sum() > 0


@pytest.mark.parametrize("name", ["squeezenet", "vgg16", "vgg19"])
def test_torchvision_networks_name_their_layers(name: str) -> None:
    """Every layer of the table is there, in order, and the vector is made of the last one's channels."""
    network = untrained(name)
    found = network(pictures())
    assert tuple(found) == network.names == tuple(ARCHITECTURES[name].layers)
    assert network.vectors(pictures(1, 28)).shape == (2, 512)


def test_inception_is_built_without_its_heads() -> None:
    """Inception has the layers of the table; its classifiers are cut off."""
    network = build("inception")
    for path in ARCHITECTURES["inception"].layers.values():
        network.get_submodule(path)
    assert not any(name.startswith(("fc.", "AuxLogits.")) for name in network.state_dict())


@needs_shared
def test_squeezenet_reads_its_weights() -> None:
    """The network is told from the file; its features are torchvision's own on the same weights."""
    from safetensors.torch import load_file

    from gantools.vision import import_torchvision

    assert name_of(SQUEEZENET) == "squeezenet"
    extractor = extractor_for("auto", SQUEEZENET, NOWHERE)
    assert str(extractor.label) == "squeezenet c4512706043d"
    reference = import_torchvision().models.squeezenet1_0(weights=None).eval()
    reference.load_state_dict(load_file(SQUEEZENET))
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    inputs = ((pictures() + 1) / 2 - mean.view(3, 1, 1)) / deviation.view(3, 1, 1)
    with torch.no_grad():
        expected = reference.features(inputs).mean((2, 3))
    torch.testing.assert_close(extractor.vectors(pictures()), expected, rtol=1e-4, atol=1e-4)


def squeezenet_weights(**changes: Tensor | None) -> dict[str, Tensor]:
    """Return weights with torchvision's names; ``changes`` replaces or leaves out some."""
    state = {key: torch.zeros(tensor.shape) for key, tensor in build("squeezenet").state_dict().items()} | changes
    return {key: tensor for key, tensor in state.items() if tensor is not None}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"features.0.bias": None, "features.0.weight": None}, "without features.0.weight and 1 more"),
        ({"features.0.bias": torch.zeros(5)}, "with another shape of features.0.bias"),
        ({"more": torch.zeros(5)}, "with an unknown more"),
    ],
)
def test_other_weights_are_refused(tmp_path: Path, changes: dict[str, Tensor | None], found: str) -> None:
    """Missing, odd and unknown tensors are named."""
    file = tmp_path / "w.safetensors"
    save_file(squeezenet_weights(**changes), file)
    with pytest.raises(InputError, match=f"w.safetensors: found weights {found}, expected those of squeezenet"):
        network_from("squeezenet", file, NOWHERE)


def narrow_vgg16() -> dict[str, Tensor]:
    """Return weights with VGG-16's names and a sixteenth of its channels."""
    narrowed = {}
    for name, value in build("vgg16").state_dict().items():
        sides = [side if place > 1 or side == 3 else side // 16 for place, side in enumerate(value.shape)]
        narrowed[name] = torch.ones(sides) * 0.01
    return narrowed


def test_widths_of_a_vgg_come_from_its_file(tmp_path: Path) -> None:
    """A narrower one is told by its names and works; channels that do not follow from each other are refused."""
    file = tmp_path / "w.safetensors"
    save_file(narrow_vgg16(), file)
    assert name_of(file) == "vgg16"
    found = network_from("vgg16", file, NOWHERE)(pictures())
    assert found["relu4_1"].shape == (2, 32, 8, 8)
    save_file(narrow_vgg16() | {"features.5.weight": torch.ones(8, 5, 3, 3)}, file)
    with pytest.raises(InputError, match=r"found weights with another shape of features.5.weight and \d+ more"):
        network_from("vgg16", file, NOWHERE)


def test_the_classifier_is_passed_over(tmp_path: Path) -> None:
    """Weights with and without a classifier make the same extractor, from safetensors and from .pth."""
    whole = squeezenet_weights(**{"classifier.1.weight": torch.zeros(10, 512, 1, 1)})
    torch.save(whole, tmp_path / "w.pth")
    save_file(squeezenet_weights(), tmp_path / "w.safetensors")
    first, second = (network_from("squeezenet", tmp_path / name, NOWHERE) for name in ("w.pth", "w.safetensors"))
    assert first.label == second.label
    assert first.label.digest == digest_of(squeezenet_weights())


def test_what_is_no_file_of_weights_is_refused(tmp_path: Path) -> None:
    """Text, an absent file, other tensors, and pickled code, which is never run."""
    (tmp_path / "text.safetensors").write_text("hello, these are no weights")
    with pytest.raises(InputError, match=r"text.safetensors: cannot be read \(.+\), expected weights as safetensors"):
        name_of(tmp_path / "text.safetensors")
    with pytest.raises(InputError, match=r"none.pth: cannot be read \(No such file or directory\)"):
        name_of(tmp_path / "none.pth")
    save_file({"a": torch.zeros(2)}, tmp_path / "a.safetensors")
    with pytest.raises(InputError, match="found 1 tensors of no known network, expected the weights of squeezenet"):
        name_of(tmp_path / "a.safetensors")
    torch.save(Path("code"), tmp_path / "code.pth")
    with pytest.raises(InputError, match=r"code.pth: cannot be read"):
        name_of(tmp_path / "code.pth")


def test_a_failed_download_names_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network the message says so, and the hint needs none."""

    def fail(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(torch.hub, "download_url_to_file", fail)
    with pytest.raises(ResourceError, match=r"vgg16: its weights cannot be downloaded \(no route to host\)") as caught:
        extractor_for("vgg16", None, tmp_path)
    assert caught.value.hint == "--features embedded"


def test_a_download_with_another_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash in the file's name is compared by torchvision; nothing stays under its final name."""
    from gantools.vision import import_torchvision

    away = tmp_path / "vgg16-397923af.pth"
    torch.save(narrow_vgg16(), away)
    entry = import_torchvision().models.VGG16_Weights.IMAGENET1K_V1.value
    url = entry.url
    object.__setattr__(entry, "url", away.as_uri())
    try:
        with pytest.raises(ResourceError, match=r"vgg16: its weights cannot be downloaded \(invalid hash value"):
            extractor_for("vgg16", None, tmp_path / "cache")
    finally:
        object.__setattr__(entry, "url", url)
    assert list((tmp_path / "cache/weights").iterdir()) == []


def as_downloaded(name: str, state: dict[str, Tensor], cache: Path) -> Path:
    """Write weights where torchvision finds what it has downloaded."""
    file = cache / "weights" / {"vgg16": "vgg16-397923af.pth", "vgg19": "vgg19-dcbb9e9d.pth"}[name]
    file.parent.mkdir(parents=True)
    torch.save(state, file)
    return file


def test_a_copy_without_the_classifier_is_kept(tmp_path: Path) -> None:
    """It gives the same network as the whole file, which is not needed again; a damaged copy is told."""
    file = as_downloaded("vgg16", narrow_vgg16() | {"classifier.0.weight": torch.zeros(4096, 128)}, tmp_path)
    whole = network_from("vgg16", None, tmp_path)
    (kept,) = tmp_path.glob("weights/vgg16-features-*.safetensors")
    assert kept.stem == f"vgg16-features-{whole.label.digest}"
    assert kept.stat().st_size < file.stat().st_size / 2
    file.unlink()
    again = network_from("vgg16", None, tmp_path)
    assert again.label == whole.label
    assert torch.equal(again(pictures())["relu4_1"], whole(pictures())["relu4_1"])
    save_file(narrow_vgg16() | {"features.0.bias": torch.zeros(4)}, kept)
    with pytest.raises(InputError, match="expected the one in its name: it is damaged") as caught:
        network_from("vgg16", None, tmp_path)
    assert caught.value.hint == f"rm {kept}"


def test_whatever_is_wrong_with_the_kept_copy_the_hint_removes_it(tmp_path: Path) -> None:
    """Cut short, without a tensor or no tensors at all: told, not mended; without it the whole file serves again."""
    as_downloaded("vgg16", narrow_vgg16() | {"classifier.0.weight": torch.zeros(4096, 128)}, tmp_path)
    label = network_from("vgg16", None, tmp_path).label
    (kept,) = tmp_path.glob("weights/vgg16-features-*.safetensors")
    whole = kept.read_bytes()
    lacking = narrow_vgg16()
    lacking.pop("features.0.bias")
    damages = {whole[:900]: "cannot be read", b"": "cannot be read", save(lacking): "weights without features.0.bias"}
    for data, message in damages.items():
        kept.write_bytes(data)
        with pytest.raises(InputError, match=message) as caught:
            network_from("vgg16", None, tmp_path)
        assert caught.value.hint == f"rm {kept}"
        assert kept.read_bytes() == data
    kept.unlink()
    assert network_from("vgg16", None, tmp_path).label == label
    assert kept.read_bytes() == whole


@pytest.mark.slow
def test_the_copy_of_vgg19_is_a_seventh_of_the_file(tmp_path: Path) -> None:
    """Of 575 million bytes 80 are kept."""
    shapes = {"0": (4096, 25088), "3": (4096, 4096), "6": (1000, 4096)}
    state = {name: torch.zeros(value.shape) for name, value in build("vgg19").state_dict().items()}
    state |= {f"classifier.{number}.weight": torch.zeros(shape) for number, shape in shapes.items()}
    state |= {f"classifier.{number}.bias": torch.zeros(shape[0]) for number, shape in shapes.items()}
    file = as_downloaded("vgg19", state, tmp_path)
    network_from("vgg19", None, tmp_path)
    (kept,) = tmp_path.glob("weights/vgg19-features-*.safetensors")
    assert 570e6 < file.stat().st_size < 580e6
    assert 80e6 < kept.stat().st_size < 81e6


def test_too_large_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file beyond the largest network is not read."""
    (tmp_path / "w.pth").write_bytes(b"12345")
    monkeypatch.setattr(weights, "MOST_BYTES", 4)
    with pytest.raises(InputError, match="found 5 bytes, expected weights of at most 4"):
        name_of(tmp_path / "w.pth")
