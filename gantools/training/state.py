"""The whole truth of a run: networks, average, moments, register, configuration. Tensors out and in by name."""

import shlex
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from gantools.config.catalog import FAMILIES
from gantools.config.run import RunConfig
from gantools.device import Machine
from gantools.errors import InputError
from gantools.files.document import STDIN
from gantools.nets.base import Discriminator, Generator, freeze_first
from gantools.nets.layers import hold_statistics
from gantools.training.adam import Adam
from gantools.training.average import stand
from gantools.training.register import LEADS, SIGNS, UNLABELLED, DataLabels, Register, finite_or_none
from gantools.training.schedules import present

MOMENTS = ("exp_avg", "exp_avg_sq", "step")


class TrainState:
    """Networks, optimisers and register of a run on a machine.

    Counts that a turn computes on the device (losses, non-finite and skipped turns) stay there until ``pull`` moves
    them into the register: reading them in the loop would wait for the device.
    """

    def __init__(self, config: RunConfig, register: Register, machine: Machine) -> None:
        """Build the networks without weights; ``fresh`` or ``load`` sets them."""
        family = FAMILIES[config.network.family].load()
        self.config, self.register, self.machine = config, register, machine
        with torch.device("meta"):  # torch would draw initial weights from its own random state
            self.generator: Generator = family.generator(config.network)
            self.discriminator: Discriminator = family.critic(config.network)
            self.average: Generator = family.generator(config.network)
        for network in (self.generator, self.discriminator, self.average):
            _allocate(network, machine.device)
            network.to(memory_format=network.memory_format)
        with torch.device(machine.device):
            self.losses = {"d": torch.zeros(()), "g": torch.zeros(())}
            self.signs, self.leads = torch.zeros(len(SIGNS)), torch.zeros(len(LEADS))
            self.strength = torch.tensor(float(register.augment_strength))
            self.path_mean = torch.tensor(float(register.path_length))
            self.skipped = torch.tensor(register.skipped)
            self.nonfinite = torch.tensor(register.nonfinite)
            self.nonfinite_run = torch.tensor(register.nonfinite_run)
            self.longest_run = torch.tensor(register.nonfinite_run)
        self.know_labels()
        hold_statistics(self.average)
        freeze_first(self.discriminator, config.balance.freeze_d)
        self.average.requires_grad_(False).eval()
        self.optimizers = {
            "generator": Adam(self.generator, config.optimizer),
            "discriminator": Adam(self.discriminator, config.optimizer),
        }
        self._set_losses()

    @property
    def present(self) -> RunConfig:
        """The configuration as it stands at the images seen: what a turn reads."""
        return present(self.config, self.register.images)

    @staticmethod
    def fresh(config: RunConfig, data_digest: str, machine: Machine, labels: DataLabels = UNLABELLED) -> "TrainState":
        """Begin a run: keyed weights, counters 0, the average equal to the generator.

        Args:
            labels: of the pictures, for a conditional run.
        """
        register = Register(data=data_digest, label_counts=[*labels.counts], label_digest=labels.digest)
        state = TrainState(config, register, machine)
        state.generator.reset(config.seed, "generator")
        state.discriminator.reset(config.seed, "discriminator")
        state.average.load_state_dict(state.generator.state_dict(), strict=False)
        return state

    @staticmethod
    def load(
        config: RunConfig, register: Register, tensors: dict[str, Tensor], machine: Machine, name: str
    ) -> "TrainState":
        """Continue a run from tensors by name; ``name`` is the file they came from.

        Raises:
            InputError: names missing or unexpected, or shapes or dtypes that differ: the first of each are listed.
        """
        state = TrainState(config, register, machine)
        own = dict(state.tensors())
        check_schema({key: (tuple(t.shape), t.dtype) for key, t in own.items()}, tensors, name)
        with torch.no_grad():
            for key, tensor in own.items():
                tensor.copy_(tensors[key])  # copying keeps the memory format, and with it the bits of what follows
        state.is_standing = True
        return state

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield every tensor of the run under its path-like name."""
        for name in ("generator", "discriminator", "average"):
            network: nn.Module = getattr(self, name)
            for path, tensor in network.state_dict(keep_vars=True).items():
                yield f"{name}/{path}", tensor
        for name, optimizer in self.optimizers.items():
            for path, parameter in getattr(self, name).named_parameters():
                for moment in MOMENTS:
                    yield f"optimizer/{name}/{path}/{moment}", optimizer.state[parameter][moment]

    def know_labels(self) -> None:
        """Let both generators draw classes as often as the register says that they occur."""
        for network in (self.generator, self.average):
            network.given.know(self.register.label_counts)
        self.is_standing = False

    def settle(self) -> None:
        """Bring what is derived up to date before the state is stored: the register, the standing statistics."""
        self.pull()
        self.average.advance(self.register.images)
        if not self.is_standing:
            stand(self.average, self.config.seed)
            self.is_standing = True

    def pull(self) -> None:
        """Move losses and counts from the device into the register. Waits for the device."""
        register = self.register
        counts = torch.stack((self.skipped, self.nonfinite, self.nonfinite_run)).tolist()
        register.skipped, register.nonfinite, register.nonfinite_run = counts
        register.augment_strength, register.path_length = self.strength.item(), self.path_mean.item()
        register.signs = dict(zip(SIGNS, map(finite_or_none, self.signs.tolist()), strict=True))
        leads = dict(zip(LEADS, map(finite_or_none, self.leads.tolist()), strict=True))
        register.signs |= leads if set(leads.values()) != {None} else {}
        if register.d_steps:
            register.loss_d = finite_or_none(self.losses["d"].item())
        if register.g_steps:
            register.loss_g = finite_or_none(self.losses["g"].item())

    def is_finite(self) -> bool:
        """Say whether every tensor of the run is finite. Waits for the device."""
        floats = [tensor for _, tensor in self.tensors() if tensor.is_floating_point()]
        return bool(torch.isfinite(torch.stack([tensor.detach().abs().amax() for tensor in floats])).all())

    def _set_losses(self) -> None:
        for name, value in (("d", self.register.loss_d), ("g", self.register.loss_g)):
            self.losses[name].fill_(float("nan") if value is None else value)
        for names, signs in ((SIGNS, self.signs), (LEADS, self.leads)):
            known = (self.register.signs.get(name) for name in names)
            signs.copy_(torch.tensor([float("nan") if sign is None else sign for sign in known]))


def check_schema(expected: dict[str, tuple[tuple[int, ...], torch.dtype]], found: dict[str, Tensor], name: str) -> None:
    """Require the same names, shapes and dtypes.

    Raises:
        InputError: lists the first missing, unexpected and different tensors.
    """
    missing = sorted(expected.keys() - found.keys())
    unexpected = sorted(found.keys() - expected.keys())
    different = [
        f"{key} {tuple(found[key].shape)} instead of {shape}"
        for key, (shape, dtype) in expected.items()
        if key in found and (tuple(found[key].shape) != shape or found[key].dtype != dtype)
    ]
    parts = (("missing", missing), ("unexpected", unexpected), ("different", different))
    faults = [f"{len(names)} {what} ({', '.join(names[:3])})" for what, names in parts if names]
    if faults:
        message = f"{name}: found tensors that its own configuration does not describe: {'; '.join(faults)}"
        raise InputError(message, hint=None if name == STDIN else shlex.join(["gantools", "inspect", "--verify", name]))


def _allocate(network: nn.Module, device: torch.device) -> None:
    """Give memory to a network on the meta device; ``to_empty`` would load sympy, a quarter of a second."""
    empty = {name: torch.empty(t.shape, dtype=t.dtype, device=device) for name, t in network.state_dict().items()}
    network.load_state_dict(empty, assign=True)
