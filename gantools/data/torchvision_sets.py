"""The published sets that torchvision can fetch: how each is asked for, what its copy is, where its labels stand.

Chosen are plain sets of one thing a picture that suit the sizes trained here. Left out: sets of pairs, scenes, video
and detection; those whose download is gone (LFW, Stanford Cars); ImageNet and Places, for their size; FGVC Aircraft, as
each picture ends in a strip of text, which a generator would learn. No torch is loaded here.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from gantools.errors import Again, UsageError, unknown_name

SCHEME = "torchvision"
PREFIX = f"{SCHEME}:"

Take = Callable[[Any], Sequence[Any]]
"""Takes something of all pictures out of an opened loader."""


@dataclass(frozen=True)
class Part:
    """One part of a set, such as its training pictures.

    Args:
        place: what the loader needs, below the folder that is its ``root``. It is looked for before the loader is
            called, as some loaders make folders where they find nothing.
        arguments: of the loader.
    """

    place: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Published:
    """One set.

    Args:
        loader: the class in ``torchvision.datasets``.
        parts: by name; the first is taken when none is named.
        targets: the number of each picture's class, None for one without; None where the set has no classes.
        names: of the classes; None where their numbers are their names.
        files: the path of each picture; None for pictures that the loader holds in memory. Files are read by our own
            reader, which knows orientation, profiles and damage; the loader is asked for nothing but the list.
        is_transposed: whether rows and columns are exchanged in the loader's pictures, so that they lie on their side.
        package: what the loader wants to be installed beside torchvision.
    """

    loader: str
    parts: Mapping[str, Part]
    targets: Take | None = None
    names: Take | None = None
    files: Take | None = None
    is_transposed: bool = False
    package: str | None = None


class Wanted(NamedTuple):
    """A set and a part of it, by name."""

    name: str
    part: str

    @property
    def published(self) -> Published:
        """What is known of the set."""
        return SETS[self.name]

    @property
    def place(self) -> Part:
        """What is known of the part."""
        return self.published.parts[self.part]

    @property
    def title(self) -> str:
        """What its pictures and its folder are called: the default part goes by the set's name."""
        return self.name if self.part == next(iter(self.published.parts)) else f"{self.name}-{self.part}"

    @property
    def home(self) -> str:
        """The folder for a download: parts that one download brings share it."""
        return self.name if len({part.place for part in self.published.parts.values()}) == 1 else self.title


def wanted(source: str) -> Wanted:
    """Read ``torchvision:NAME`` or ``torchvision:NAME/PART``; torchvision's own spelling of a name will do too.

    Raises:
        UsageError: there is no such set, or it has no such part; the hint has the nearest.
    """
    text, slash, part = source.removeprefix(PREFIX).partition("/")
    name = _SPELT.get(_plain(text))
    if name is None:
        raise unknown_name(SCHEME, text, SETS)
    parts = SETS[name].parts
    if slash and part not in parts:
        message = f"{PREFIX}{name}: unknown part '{part}', expected one of {', '.join(parts)}"
        raise UsageError(message, hint=Again(swap={source: f"{PREFIX}{name}"}))
    return Wanted(name, part or next(iter(parts)))


def normal_name(source: str) -> str:
    """Return a source of this kind as it is stored.

    Example:
        >>> normal_name("torchvision:FashionMNIST"), normal_name("torchvision:mnist/train"), normal_name("torchvision:cifar10/test")
        ('torchvision:fashion-mnist', 'torchvision:mnist', 'torchvision:cifar10/test')

    Raises:
        UsageError: as ``wanted`` does.
    """  # noqa: E501
    name, part = wanted(source)
    return f"{PREFIX}{name}" if part == next(iter(SETS[name].parts)) else f"{PREFIX}{name}/{part}"


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _by_train(place: str, **more: object) -> dict[str, Part]:
    """Return the parts of a loader that is asked with ``train``."""
    return {name: Part(place, {**more, "train": name == "train"}) for name in ("train", "test")}


def _by_split(place: str, *names: str, **more: object) -> dict[str, Part]:
    """Return the parts of a loader that is asked with ``split``."""
    return {name: Part(place, {**more, "split": name}) for name in names}


def _unsigned(targets: Sequence[int]) -> list[int | None]:
    """Return class numbers with None for -1, which STL-10 gives to pictures without a label."""
    return [None if target < 0 else int(target) for target in targets]


def _column(name: str, index: int, loader: Any) -> list[Any]:
    return [row[index] for row in getattr(loader, name)]


def _celeba_files(loader: Any) -> list[str]:
    return [os.path.join(loader.root, loader.base_folder, "img_align_celeba", name) for name in loader.filename]


def _caltech_files(loader: Any) -> list[str]:
    folder = os.path.join(loader.root, "101_ObjectCategories")
    return [
        os.path.join(folder, loader.categories[target], f"image_{number:04}.jpg")
        for target, number in zip(loader.y, loader.index, strict=True)
    ]


_targets, _labels, _own_labels, _classes = map(attrgetter, ("targets", "labels", "_labels", "classes"))
_paths = attrgetter("_image_files")

SETS: dict[str, Published] = {
    # Grey, 28 px or 16 px, from files that are kept in memory.
    "mnist": Published("MNIST", _by_train("MNIST/raw"), _targets),
    "fashion-mnist": Published("FashionMNIST", _by_train("FashionMNIST/raw"), _targets, _classes),
    "kmnist": Published("KMNIST", _by_train("KMNIST/raw"), _targets, _classes),
    # Its part "balanced": digits and letters, 2,400 of each of 47 kinds; those alike in both cases are one kind.
    "emnist": Published("EMNIST", _by_train("EMNIST/raw", split="balanced"), _targets, _classes, is_transposed=True),
    "usps": Published(
        "USPS", {"train": Part("usps.bz2", {"train": True}), "test": Part("usps.t.bz2", {"train": False})}, _targets
    ),
    "semeion": Published("SEMEION", {"all": Part("semeion.data")}, _labels),
    # Colour, 32 px or 96 px. CIFAR's files are pickles, which can run code: torchvision opens none of them whose MD5 is
    # not the published one, and that check stays in front.
    "cifar10": Published("CIFAR10", _by_train("cifar-10-batches-py"), _targets, _classes),
    "cifar100": Published("CIFAR100", _by_train("cifar-100-python"), _targets, _classes),
    "svhn": Published(
        "SVHN",
        {name: Part(f"{name}_32x32.mat", {"split": name}) for name in ("train", "test", "extra")},
        _labels,
        package="scipy",
    ),
    "stl10": Published(
        "STL10",
        _by_split("stl10_binary", "train", "test", "unlabeled"),
        lambda loader: _unsigned(loader.labels),
        _classes,
    ),
    # Files of many sizes.
    "celeba": Published("CelebA", _by_split("celeba", "train", "valid", "test", "all"), files=_celeba_files),
    "flowers102": Published(
        "Flowers102", _by_split("flowers-102", "train", "val", "test"), _own_labels, _classes, _paths, package="scipy"
    ),
    "food101": Published("Food101", _by_split("food-101", "train", "test"), _own_labels, _classes, _paths),
    "oxford-iiit-pet": Published(
        "OxfordIIITPet",
        {name: Part("oxford-iiit-pet", {"split": split}) for name, split in (("train", "trainval"), ("test", "test"))},
        _own_labels,
        _classes,
        attrgetter("_images"),
    ),
    "dtd": Published("DTD", _by_split("dtd/dtd", "train", "val", "test"), _own_labels, _classes, _paths),
    "eurosat": Published("EuroSAT", {"all": Part("eurosat/2750")}, _targets, _classes, partial(_column, "samples", 0)),
    "gtsrb": Published(
        "GTSRB",
        {
            "train": Part("gtsrb/GTSRB/Training", {"split": "train"}),
            "test": Part("gtsrb/GTSRB/Final_Test/Images", {"split": "test"}),
        },
        partial(_column, "_samples", 1),
        files=partial(_column, "_samples", 0),
    ),
    # The smallest of its three sizes, 160 px on the shorter side: more than is trained here, for a tenth of the bytes.
    "imagenette": Published(
        "Imagenette",
        _by_split("imagenette2-160", "train", "val", size="160px"),
        partial(_column, "_samples", 1),
        lambda loader: [names[0] for names in loader.classes],
        partial(_column, "_samples", 0),
    ),
    "caltech101": Published(
        "Caltech101",
        {"all": Part("caltech101/101_ObjectCategories")},
        attrgetter("y"),
        attrgetter("categories"),
        _caltech_files,
    ),
}

_SPELT = {_plain(spelling): name for name, known in SETS.items() for spelling in (name, known.loader)}
