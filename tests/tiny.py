"""Tiny runs for tests: a handful of pictures in memory, small networks, and every remedy that exists, by name."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pytest
from _pytest.mark import ParameterSet
from numpy.typing import NDArray

from gantools.config.build import PictureShape, resolve
from gantools.config.catalog import FAMILIES
from gantools.config.run import RunConfig
from gantools.data.batches import Batches
from gantools.device import Machine, settle
from gantools.files.checkpoint import Packed, load, pack
from gantools.files.document import DataNote, Lineage
from gantools.training.engine import Phase, turns
from gantools.training.register import UNLABELLED, DataLabels
from gantools.training.state import TrainState

THREADS = 1
CLASSES = ("cat", "dog", "eel")
BASE = {"batch": 4, "network.base_width": 4, "network.latent_dim": 5, "average.half_life_images": 20}
ADAM = {"optimizer.lr_g": 1e-3, "optimizer.lr_d": 1e-3, "optimizer.beta1": 0.5, "optimizer.beta2": 0.999}
PLAIN = {"network.family": "dcgan", "loss.penalty": "none", "network.critic_norm": "batch", **ADAM}
CRITIC_ALONE = {"network.critic_norm": "none", "loss.penalty_interval": 2}
PENALISED = {**PLAIN, **CRITIC_ALONE, "loss.gamma": 1.0}
NARROW = {**PENALISED, "loss.penalty": "r1+r2", "network.max_width": 8}
CASES = {
    "fc": {"network.family": "fc", "network.critic_norm": "none"},
    "fc-hinge-skip": {"network.family": "fc", "network.critic_norm": "none", "loss.name": "hinge",
                      "balance.skip_d_below": 1.9},
    "fc-r1+r2": {"network.family": "fc", **CRITIC_ALONE, "loss.penalty": "r1+r2", "balance.d_steps": 2},
    "dcgan": {"network.family": "dcgan"},
    "dcgan-plain": PLAIN,
    "dcgan-hinge-drop": {**PLAIN, "loss.name": "hinge", "balance.lr_drops": ((0.1, 8), (0.5, 16))},
    "dcgan-k3-skip": {**PLAIN, "balance.d_steps": 3, "balance.skip_d_below": 1.35},
    "dcgan-r1": {**PENALISED, "loss.penalty": "r1", "optimizer.lr_g": 3e-4},
    "dcgan-r2": {**PENALISED, "loss.penalty": "r2", "average.half_life_images": 0},
    "conv": {"network.family": "conv"},
    "conv-plain": {**PLAIN, "network.family": "conv"},
    "progressive": {**NARROW, "network.family": "progressive", "network.grow_images": 5},
    "msg": {**NARROW, "network.family": "msg"},
    "stylegan2": {**NARROW, "network.family": "stylegan2", "network.mapping_depth": 2, "network.mixing": 0.5},
    "residual": {**NARROW, "network.family": "residual", "network.blocks": 1},
}  # fmt: skip
ALONE: dict[str, object] = {"network.family": "fc", **CRITIC_ALONE, "loss.penalty": "none"}
LABELS = {"network.conditional": "yes"}
PATHS: dict[str, object] = {
    "network.family": "stylegan2",
    "loss.path_length": 2.0,
    "loss.path_interval": 2,
    "network.max_width": 4,
    "network.mapping_depth": 1,
}
REMEDIES: dict[str, dict[str, object]] = {
    "minimax, smoothed": {**ALONE, "loss.name": "minimax", "loss.smoothing": 0.1},
    "lsgan": {**ALONE, "loss.name": "lsgan"},
    "wasserstein, drift": {**ALONE, "loss.name": "wasserstein", "loss.penalty": "r1", "loss.drift": 0.01},
    "relativistic": {**ALONE, "loss.name": "relativistic", "loss.penalty": "r1+r2"},
    "relativistic-hinge": {**ALONE, "loss.name": "relativistic-hinge"},
    "gp, wasserstein": {**ALONE, "loss.name": "wasserstein", "loss.penalty": "gp"},
    "spectral": {**ALONE, "network.critic_norm": "spectral", "loss.name": "hinge", "loss.penalty": "r1"},
    "spectral, dcgan": {**PLAIN, "network.critic_norm": "spectral"},
    "deviation": {**ALONE, "network.deviation_group": 2, "loss.penalty": "r1"},
    "deviation, dcgan": {**PLAIN, "network.critic_norm": "none", "network.deviation_group": 4},
    "packing": {**ALONE, "network.packing": 2, "loss.penalty": "r1+r2"},
    "augmented": {
        **ALONE,
        "augment.operations": "color,translation,cutout",
        "augment.mirror": "yes",
        "loss.name": "relativistic",
        "loss.penalty": "r1+r2",
    },
    "augmented ramp": {
        **ALONE,
        "augment.operations": "translation",
        "augment.schedule": "ramp",
        "augment.images": 12,
        "loss.penalty": "gp",
    },
    "augmented adaptive": {
        **ALONE,
        "augment.operations": "translation,cutout",
        "augment.schedule": "adaptive",
        "augment.images": 12,
        "augment.target": -0.5,
    },
    "path lengths": PATHS,
    "horizon": {
        **ALONE,
        "loss.name": "relativistic",
        "loss.penalty": "r1+r2",
        "horizon.images": 16,
        "augment.operations": "translation",
        "augment.schedule": "horizon",
    },
    "frozen layers": {**ALONE, "balance.freeze_d": 1},
    "labels, relativistic": {**ALONE, **LABELS, "loss.name": "relativistic", "loss.penalty": "r1+r2"},
    "labels, gp, deviation": {**ALONE, **LABELS, "loss.penalty": "gp", "network.deviation_group": 2},
    "labels, spectral": {**PLAIN, **LABELS, "network.critic_norm": "spectral", "augment.operations": "cutout"},
    "labels, paths": {**PATHS, **LABELS},
    **{f"labels, {family}": CASES[family] | LABELS for family in FAMILIES},
}
"""Losses and remedies that need no case of their own beside every family, every precision, and golden losses."""


COSTLY = ("conv", "conv-plain", "msg", "stylegan2", "residual", "path lengths", "labels, paths",
          *(f"labels, {family}" for family in FAMILIES if family != "dcgan"))  # fmt: skip


def sparing(cases: Iterable[str]) -> list[ParameterSet]:
    """Mark the cases as slow that cost most and differ in nothing but their layers."""
    return [pytest.param(case, marks=[pytest.mark.slow] if case in COSTLY else []) for case in cases]


@dataclass
class MemoryPictures:
    """Random pictures that stand in for a pack: the same names that training reads. Each has one of three labels."""

    pixels: NDArray[np.uint8]
    digest: str = "0" * 64
    held_out: "MemoryPictures | None" = None

    @property
    def labels(self) -> NDArray[np.int32]:
        return np.arange(self.count, dtype=np.int32) % len(CLASSES)

    def label_counts(self) -> list[int]:
        counts: list[int] = np.bincount(self.labels, minlength=len(CLASSES)).tolist()
        return counts

    @property
    def count(self) -> int:
        return len(self.pixels)

    def read(self, rows: list[int]) -> NDArray[np.uint8]:
        return self.pixels[rows]


def some_pictures(count: int = 10, channels: int = 1, height: int = 8, width: int = 12) -> MemoryPictures:
    """Draw random pictures, and three more that are held out; always the same."""
    draw = np.random.RandomState(7)
    pixels, held_out = (draw.randint(0, 256, (n, channels, height, width)).astype(np.uint8) for n in (count, 3))
    return MemoryPictures(pixels, held_out=MemoryPictures(held_out, "1" * 64))


def machine(precision: str = "fp32") -> Machine:
    """Settle on one CPU thread."""
    return settle("cpu", THREADS, precision)


def config_of(case: str, precision: str = "fp32", pictures: MemoryPictures | None = None, **more: object) -> RunConfig:
    """Resolve a tiny configuration with one of the remedies."""
    _, channels, height, width = (pictures or some_pictures()).pixels.shape
    values = BASE | (CASES | REMEDIES)[case] | {"precision": precision} | more
    return resolve(PictureShape(height, width, channels), values, classes=len(CLASSES)).config


def fresh(case: str = "dcgan", precision: str = "fp32", **more: object) -> TrainState:
    """Begin a tiny run."""
    config = config_of(case, precision, **more)
    labels = DataLabels(some_pictures().label_counts(), "0" * 32) if config.network.classes else UNLABELLED
    return TrainState.fresh(config, "0" * 64, machine(precision), labels)


def take(state: TrainState, phase: Phase, steps: int) -> TrainState:
    """Take so many rounds, or steps of one phase."""
    events = turns(state, phase, Batches(some_pictures()))
    for _ in range(steps):
        while phase is Phase.BOTH and next(events).network != "g":
            pass
        if phase is not Phase.BOTH:
            next(events)
    return state


def packed(state: TrainState) -> Packed:
    """Serialise a run."""
    return pack(state, DataNote(10, CLASSES if state.config.network.classes else ()), Lineage())


def through_bytes(state: TrainState) -> TrainState:
    """Write a run and read it again, as a new process would."""
    return load(packed(state).data, state.machine)[0]
