"""Copies of published sets, a few pictures each, laid out as torchvision keeps them."""

import bz2
import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.makers import idx_bytes, noise


def memory_of(seed: int, count: int, *shape: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures (N, *shape) of noise and classes (N,) below 10, each class at least once."""
    random = np.random.default_rng(seed)
    pictures = random.integers(0, 256, (count, *shape), np.uint8)
    return pictures, np.concatenate([np.arange(10), random.integers(0, 10, count - 10)]).astype(np.uint8)


def write_mnist(root: Path, loader: str = "MNIST", count: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Write a copy for one of the loaders of MNIST's kind; return its training pictures and classes."""
    raw = root / loader / "raw"
    raw.mkdir(parents=True)
    is_split = loader == "EMNIST"
    for part, seed in (("train", 1), ("test", 2)) if is_split else (("train", 1), ("t10k", 2)):
        pictures, labels = memory_of(seed, count if seed == 1 else 12, 28, 28)
        stem = f"emnist-balanced-{part}" if is_split else part
        (raw / f"{stem}-images-idx3-ubyte").write_bytes(idx_bytes(pictures))
        (raw / f"{stem}-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
    return memory_of(1, count, 28, 28)


def write_cifar10(root: Path, patch: pytest.MonkeyPatch | None, first: object = None) -> tuple[np.ndarray, np.ndarray]:
    """Write a copy of CIFAR-10 in its pickled version; return its training pictures and classes.

    Args:
        root: where.
        patch: lets torchvision take the checksums of these files for the published ones; None leaves it its own.
        first: stands in place of the first batch.
    """
    from gantools.vision import import_torchvision

    loader = import_torchvision().datasets.CIFAR10
    folder = root / loader.base_folder
    folder.mkdir(parents=True)
    sums = {}

    def write(name: str, value: object) -> list[str]:
        (folder / name).write_bytes(pickle.dumps(value))
        sums[name] = hashlib.md5((folder / name).read_bytes()).hexdigest()
        return [name, sums[name]]

    pictures, labels = memory_of(5, 20, 3072)
    halves = [{"data": pictures[i : i + 4], "labels": labels[i : i + 4].tolist()} for i in range(0, 20, 4)]
    batches = [write(name, first if first and i == 0 else halves[i]) for i, (name, _) in enumerate(loader.train_list)]
    test = [write(name, {"data": pictures[:4], "labels": labels[:4].tolist()}) for name, _ in loader.test_list]
    names = [f"kind {i}" for i in range(10)]
    meta = {**loader.meta, "md5": write(loader.meta["filename"], {"label_names": names})[1]}
    if patch is not None:
        for name, value in (("train_list", batches), ("test_list", test), ("meta", meta)):
            patch.setattr(loader, name, value)
    return pictures.reshape(-1, 3, 32, 32), labels


def write_usps(root: Path) -> None:
    """Write 12 grey pictures of 16x16 as USPS has them: text, values from -1 to 1, classes from 1."""
    root.mkdir(exist_ok=True)
    lines = [f"{i % 10 + 1} " + " ".join(f"{k + 1}:{-1 + 2 * (k % 2)}" for k in range(256)) for i in range(12)]
    (root / "usps.bz2").write_bytes(bz2.compress("\n".join(lines).encode() + b"\n"))


def save(*paths: Path) -> None:
    """Write a picture of noise under each name, which is that of a JPEG or a PPM file."""
    for seed, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        noise(seed, 48, 40).save(path)


def write_food101(root: Path) -> None:
    """Write a copy of Food-101."""
    save(*(root / "food-101/images" / f"{kind}/{i}.jpg" for kind in ("pie", "soup") for i in range(2)))
    (root / "food-101/meta").mkdir()
    (root / "food-101/meta/train.json").write_text('{"pie": ["pie/0", "pie/1"], "soup": ["soup/1"]}')


def write_dtd(root: Path) -> None:
    """Write a copy of the describable textures."""
    save(*(root / "dtd/dtd/images" / f"{kind}/{kind}_{i}.jpg" for kind in ("dotted", "woven") for i in range(2)))
    (root / "dtd/dtd/labels").mkdir()
    (root / "dtd/dtd/labels/train1.txt").write_text("dotted/dotted_0.jpg\nwoven/woven_1.jpg\n")


def write_eurosat(root: Path) -> None:
    """Write a copy of EuroSAT."""
    save(*(root / "eurosat/2750" / f"{kind}/{kind}_{i}.jpg" for kind in ("Forest", "River") for i in range(2)))


def write_gtsrb(root: Path) -> None:
    """Write a copy of the traffic signs."""
    save(*(root / "gtsrb/GTSRB/Training" / f"{kind:05}/0_{i}.ppm" for kind in range(2) for i in range(2)))


def write_imagenette(root: Path) -> None:
    """Write a copy of Imagenette at 160 px."""
    for seed, kind in enumerate(("n01440764", "n03000684")):
        path = root / "imagenette2-160/train" / kind / f"{kind}_1.jpeg"
        path.parent.mkdir(parents=True)
        noise(seed, 48, 40).save(path, "JPEG")


def write_pets(root: Path) -> None:
    """Write a copy of the pets."""
    save(*(root / "oxford-iiit-pet/images" / f"{kind}_{i}.jpg" for kind in ("Abyssinian", "pug_dog") for i in (1, 2)))
    (root / "oxford-iiit-pet/annotations").mkdir()
    text = "Abyssinian_1 1 1 1\npug_dog_2 2 2 1\n"
    (root / "oxford-iiit-pet/annotations/trainval.txt").write_text(text)


def write_caltech101(root: Path) -> None:
    """Write a copy of Caltech-101, with the folder of backgrounds that is no class."""
    folder = root / "caltech101/101_ObjectCategories"
    save(*(folder / kind / "image_0001.jpg" for kind in ("BACKGROUND_Google", "ant", "wrench")))


def write_celeba(root: Path, patch: pytest.MonkeyPatch) -> None:
    """Write a copy of CelebA, whose tables need not have the published checksums."""
    from gantools.vision import import_torchvision

    loader = import_torchvision().datasets.CelebA
    patch.setattr(loader, "file_list", [])
    save(*(root / "celeba/img_align_celeba" / f"{i:06}.jpg" for i in (1, 2, 3)))
    names = [f"{i:06}.jpg" for i in (1, 2, 3)]
    tables = {
        "list_eval_partition.txt": [f"{name} {i // 2}" for i, name in enumerate(names)],
        "identity_CelebA.txt": [f"{name} 7" for name in names],
        **{
            f"list_{table}.txt": ["3", "a b", *(f"{name} 1 -1" for name in names)]
            for table in ("bbox_celeba", "landmarks_align_celeba", "attr_celeba")
        },
    }
    for table, lines in tables.items():
        (root / "celeba" / table).write_text("\n".join(lines) + "\n")


def pixels_of(path: Path) -> np.ndarray:
    """Return the pixels of a PNG, (H, W) or (H, W, C)."""
    return np.asarray(Image.open(path))
