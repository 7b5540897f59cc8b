"""Vital signs, taken in a D turn from its reals, its fakes and what D says of both. ``health`` reads them.

Nothing here waits for the device: the signs stay there until the state is pulled.
"""

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

SIDE_PX = 8
"""Pictures are compared at this size: what differs at a glance counts, noise of single pixels does not."""

EVERY = 5
"""D turns from one measurement to the next; it takes about a fiftieth of a turn."""

UNSEEN_EVERY = 20
"""D turns from one look at held-out pictures to the next; D works through a batch more for it."""

MEMORY = 10
"""Measurements that a sign remembers: a mean of the first ten, then a moving one. Ten batches of 64 are 640 fakes."""


def is_due(d_steps: int) -> bool:
    """Say whether the D turn that ``d_steps`` others came before takes the signs."""
    return d_steps % EVERY == 0


def looks_at_unseen(d_steps: int) -> bool:
    """Say whether the D turn that ``d_steps`` others came before looks at held-out pictures."""
    return d_steps % UNSEEN_EVERY == 0


def follow(signs: Tensor, found: Tensor, d_steps: int, every: int = EVERY) -> Tensor:
    """Return the moving means after a measurement; what is not finite changes nothing, and begins nothing.

    Args:
        signs: means so far, NaN where none is.
        found: what ``measure`` returned in the D turn that ``d_steps`` others came before.
        every: D turns from one measurement to the next.
    """
    share = max(1 / MEMORY, 1 / (d_steps // every + 1))
    moved = torch.where(torch.isfinite(signs), signs + share * (found - signs), found)
    return torch.where(torch.isfinite(found), moved, signs)


def measure(reals: Tensor, fakes: Tensor, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Take the signs that ``register.SIGNS`` names, in that order.

    Args:
        reals, fakes: two batches (N, C, H, W), N at least 2.
        real_logits, fake_logits: what D said of them, (N,) or fewer.
    """
    real, fake = _at_a_glance(reals), _at_a_glance(fakes)
    among_fakes, among_reals = torch.cdist(fake, fake, compute_mode=PLAIN), torch.cdist(real, real, compute_mode=PLAIN)
    across = torch.cdist(real, fake, compute_mode=PLAIN)
    signs = (
        _mean(among_fakes),
        _mean(among_reals),
        _nearest(among_fakes),
        _nearest(among_reals),
        across.mean(),
        _ordered(real_logits.detach(), fake_logits.detach()),
    )
    return torch.stack(signs)


def leads(real_logits: Tensor, unseen_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return how much higher D puts training pictures than held-out ones, and than fakes: ``register.LEADS``.

    Source: Karras 2020 (ADA), equation 1: the heuristic r_v is the first over the second.

    Args:
        real_logits, unseen_logits, fake_logits: what D said of each, alike augmented, (N,) or fewer.
    """
    real = real_logits.detach().float().mean()
    return torch.stack([real - unseen_logits.float().mean(), real - fake_logits.detach().float().mean()])


PLAIN = "donot_use_mm_for_euclid_dist"
"""Distances by differences: through products, equal pictures would not be at distance 0."""


def _at_a_glance(images: Tensor) -> Tensor:
    return adaptive_avg_pool2d(images.detach().float(), SIDE_PX).flatten(1)


def _mean(distances: Tensor) -> Tensor:
    """Return the mean distance (N, N) of two different pictures."""
    count = len(distances)
    return distances.sum() / (count * (count - 1))


def _nearest(distances: Tensor) -> Tensor:
    """Return the mean distance (N, N) of a picture from the one most like it."""
    return distances.clone().fill_diagonal_(float("inf")).amin(1).mean()


def _ordered(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return the share of pairs of a real and a fake that D puts in the right order, 0.5 when it cannot tell.

    The area under the ROC curve: it needs no zero of the logits, which a relativistic or a Wasserstein loss has not.
    """
    lead = real_logits.float()[:, None] - fake_logits.float()[None, :]
    return (0.5 + 0.5 * lead.sign()).mean()
