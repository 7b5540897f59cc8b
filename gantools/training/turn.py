"""A turn: one D step or one G step, a function of the state. The engine knows no other notion of a phase.

D phase: the generator is frozen; fakes aim at 0, reals at 1. G phase: through a frozen discriminator, fakes aim at 1.
A turn whose loss or gradients are not finite changes only counters; nothing here waits for the device.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gantools.config.catalog import PENALTIES
from gantools.draws import classes, normal
from gantools.keys import key
from gantools.nets.base import Views, buffers_of, frozen, set_buffers
from gantools.training import vitals
from gantools.training.augment import Augmented, adapt, draw
from gantools.training.average import follow
from gantools.training.balance import path_weight, penalty_weight
from gantools.training.losses import loss_of
from gantools.training.penalties import PATH_MEMORY, Penalty, Shown, path_lengths
from gantools.training.schedules import augment_strength, average_decay
from gantools.training.state import TrainState

Labels = NDArray[np.int64]
"""Classes of pictures (N,). They stay on the processor until a critic needs them: reading them back would wait."""


class Reals(NamedTuple):
    """Real pictures of a turn.

    Args:
        images: (N, C, H, W) in [-1, 1].
        labels: their classes, None without labels.
    """

    images: Tensor
    labels: Labels | None = None


@dataclass
class Fakes:
    """What the generator drew for a turn.

    Args:
        views: the pictures; with a graph to the generator when a G turn is to use them.
        labels: their classes, None without labels.
        moved: the generator's buffers after the forward pass, which a G turn makes its own.
    """

    views: Views
    labels: Labels | None
    moved: list[Tensor]


def draw_fakes(state: TrainState, j: int, *, with_graph: bool) -> Fakes:
    """Draw a batch of fakes keyed ("fakes", g_steps, j); the generator's buffers stay as they were.

    The first D turn of a round (j = 0) and its G turn see the same fakes, so one forward pass serves both.
    """
    config, register = state.config, state.register
    generator = state.generator.train()
    latents = normal(key(config.seed, "fakes", register.g_steps, j), config.batch, generator.latent_dim)
    z = torch.from_numpy(latents).to(state.machine.device, non_blocking=True)  # (N, Z)
    generator.advance(register.images)
    before = buffers_of(generator)
    with torch.set_grad_enabled(with_graph), state.machine.autocast():
        views = generator(z)
    moved = buffers_of(generator)
    set_buffers(generator, before)
    labels = classes(latents[:, -1], register.label_counts) if register.label_counts else None
    return Fakes(views, labels, moved)


def discriminator_turn(state: TrainState, reals: Reals, fakes: Fakes, unseen: Reals | None = None) -> None:
    """Take one D step on reals and on fakes, whose graph is not used.

    Args:
        unseen: held-out pictures, of which D says what it thinks before it learns.

    Writes the discriminator, its moments, its loss, the vital signs, the strength of an adaptive augmentation, and
    d_steps, d_since_g. Where the pictures come from, and so epoch and position, is the engine's.
    """
    config, register, critic = state.present, state.register, state.discriminator.train()
    critic.advance(register.images)
    unseen_logits = None if unseen is None else _look_at(state, unseen)
    before = buffers_of(critic)
    critic.zero_grad(set_to_none=True)
    with state.machine.autocast():
        real = Shown(_eye(state, "reals", "d", reals.labels), critic.views(reals.images))
        fake = Shown(_eye(state, "fakes", "d", fakes.labels), tuple(view.detach() for view in fakes.views))
        real_logits, fake_logits = real.look(real.views), fake.look(fake.views)
        d_loss = loss_of(config.loss).discriminator(real_logits, fake_logits).mean()
        total = d_loss + _d_terms(state, real, fake, real_logits)
    torch.autograd.backward(total)
    rejected = _count(state, total, critic)
    if config.balance.skip_d_below > 0:
        is_low = (d_loss.detach() < config.balance.skip_d_below) & ~rejected
        state.skipped += is_low
        rejected = rejected | is_low
    state.optimizers["discriminator"].step(config.optimizer.lr_d, rejected, config.optimizer.beta2)
    set_buffers(critic, [torch.where(rejected, old, new) for old, new in zip(before, critic.buffers(), strict=True)])
    state.losses["d"].copy_(d_loss.detach())
    if config.augment.schedule == "adaptive":
        adapted = adapt(state.strength, real_logits.detach(), config)
        state.strength = torch.where(rejected, state.strength, adapted)
    _take_signs(state, (real, fake), (real_logits, fake_logits), unseen_logits)
    register.d_steps += 1
    register.d_since_g += 1


def _take_signs(
    state: TrainState, shown: tuple[Shown, Shown], logits: tuple[Tensor, Tensor], unseen_logits: Tensor | None
) -> None:
    """Take the vital signs that are due, of reals and fakes (in this order), and of held-out pictures."""
    d_steps, (real, fake), (real_logits, fake_logits) = state.register.d_steps, shown, logits
    if vitals.is_due(d_steps):
        found = vitals.measure(real.views[-1], fake.views[-1], real_logits, fake_logits)
        state.signs = vitals.follow(state.signs, found, d_steps)
    if unseen_logits is not None:
        found = vitals.leads(real_logits, unseen_logits, fake_logits)
        state.leads = vitals.follow(state.leads, found, d_steps, vitals.UNSEEN_EVERY)
    elif vitals.looks_at_unseen(d_steps):
        state.leads = torch.full_like(state.leads, torch.nan)  # the data had a hold-out, and have none now


def _look_at(state: TrainState, unseen: Reals) -> Tensor:
    """Return what D says of held-out pictures, changed as the reals of the turn are; nothing of D moves."""
    with frozen(state.discriminator), torch.no_grad(), state.machine.autocast():
        return _eye(state, "reals", "d", unseen.labels)(state.discriminator.views(unseen.images))


def _d_terms(state: TrainState, real: Shown, fake: Shown, real_logits: Tensor) -> Tensor | float:
    """Return what D minimises beside its loss: the drift of the logits of reals, and a penalty when it is due."""
    config, d_steps = state.present, state.register.d_steps
    terms: Tensor | float = 0.0
    if config.loss.drift:
        terms = config.loss.drift * real_logits.square().mean()
    if weight := penalty_weight(config.loss, d_steps):
        penalty: Penalty = PENALTIES[config.loss.penalty].load()
        terms = terms + weight * penalty(real, fake, key(config.seed, "penalty", d_steps)).mean()
    return terms


def _eye(state: TrainState, side: str, turn: str, labels: Labels | None) -> Callable[[Views], Tensor]:
    """Return how D sees pictures of a side (``reals``, ``fakes``) in a turn: at their labels, augmented by one draw."""
    config, register, critic = state.present.augment, state.register, _at(state, labels)
    if config.operations == "none":
        return critic
    count = register.d_steps if turn == "d" else register.g_steps
    numbers = draw(key(state.config.seed, "augment", side, turn, count), state.config.batch, state.machine.device)
    is_adaptive = config.schedule == "adaptive"
    strength = state.strength if is_adaptive else augment_strength(config, register.images)
    return Augmented(critic, config.operations, numbers, strength)


def _at(state: TrainState, labels: Labels | None) -> Callable[[Views], Tensor]:
    """Return D as a function of views alone: with labels, of pictures of these classes."""
    if labels is None:
        return state.discriminator
    given = torch.from_numpy(labels).to(state.machine.device, non_blocking=True)
    return lambda views: cast(Tensor, state.discriminator(views, given))


def generator_turn(state: TrainState, fakes: Fakes, reals: Reals | None = None) -> None:
    """Take one G step through the frozen discriminator; consumes the graph of ``fakes``.

    Args:
        reals: for a loss that compares with them, else None.

    Writes the generator, its moments, the average, its loss, the mean path length, g_steps, images, d_since_g (to 0).
    """
    config, register, generator = state.present, state.register, state.generator
    critic = state.discriminator.train()
    critic.advance(register.images)
    before = buffers_of(generator)
    generator.zero_grad(set_to_none=True)
    with frozen(critic), state.machine.autocast():
        real_logits = None
        if reals is not None:
            with torch.no_grad():
                real_logits = _eye(state, "reals", "g", reals.labels)(critic.views(reals.images))
        fake_logits = _eye(state, "fakes", "g", fakes.labels)(fakes.views)
        g_loss = loss_of(config.loss).generator(fake_logits, real_logits).mean()
        penalty, path_mean = _path_penalty(state)
        total = g_loss + penalty
    torch.autograd.backward(total)
    rejected = _count(state, total, generator)
    state.optimizers["generator"].step(config.optimizer.lr_g, rejected, config.optimizer.beta2)
    set_buffers(generator, [torch.where(rejected, old, new) for old, new in zip(before, fakes.moved, strict=True)])
    state.path_mean = torch.where(rejected, state.path_mean, path_mean)
    register.g_steps += 1
    register.d_since_g = 0
    register.images += config.batch
    decay = average_decay(config.average, register.images, config.batch)
    follow(state.average, generator, decay, rejected.float())
    state.is_standing = False
    state.losses["g"].copy_(g_loss.detach())
    if register.g_steps % register.history_interval == 0:
        state.pull()  # waits for the device, at fixed counts only
        register.add_history()


def _path_penalty(state: TrainState) -> tuple[Tensor | float, Tensor]:
    """Return the weighted squared distance of path lengths to their running mean, and that mean with these in it.

    Half a batch of its own is drawn for it: Karras 2020 has half as well, to save memory.
    """
    config, g_steps, generator = state.config, state.register.g_steps, state.generator
    weight = path_weight(config.loss, g_steps)
    if not weight:
        return 0.0, state.path_mean
    count = max(1, config.batch // 2)
    latents = normal(key(config.seed, "paths", g_steps), count, generator.latent_dim)
    styles, views = generator.styled(torch.from_numpy(latents).to(state.machine.device))
    noise = normal(key(config.seed, "path noise", g_steps), *views[-1].shape)
    lengths = path_lengths(styles, views[-1], torch.from_numpy(noise).to(state.machine.device))
    mean = torch.lerp(state.path_mean, lengths.detach().mean(), PATH_MEMORY)
    return weight * (lengths - mean).square().mean(), mean


def _count(state: TrainState, loss: Tensor, network: nn.Module) -> Tensor:
    """Return whether this turn is not finite (a scalar bool on the device), and count it."""
    gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    total = torch.stack([gradient.sum() for gradient in gradients]).sum()  # NaN and infinity come through
    bad = ~(torch.isfinite(loss.detach()) & torch.isfinite(total))
    state.nonfinite += bad
    state.nonfinite_run.copy_((state.nonfinite_run + 1) * bad)
    torch.maximum(state.longest_run, state.nonfinite_run, out=state.longest_run)
    return bad
