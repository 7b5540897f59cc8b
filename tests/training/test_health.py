"""What the losses say, in tables."""

import pytest

from gantools.config.catalog import LOSSES
from gantools.training.health import D_AHEAD, EVEN_PLAY, G_AHEAD, RECENT_POINTS, reading, recent_d_loss
from gantools.training.register import Register


def register_of(*d_losses: float | None, **more: object) -> Register:
    """Return a register whose history has these D losses, one a round."""
    history = [[number, number * 4, loss, 0.7] for number, loss in enumerate(d_losses, 1)]
    counts = {"d_steps": len(history), "g_steps": len(history)} | more
    return Register("0" * 64, history=history, loss_d=d_losses[-1] if d_losses else None, **counts)


@pytest.mark.parametrize(
    ("loss", "d_loss", "words"),
    [
        ("bce", 1.386, "balanced"),
        ("bce", 0.6, "balanced"),
        ("bce", 0.01, "D ahead: G learns little"),
        ("bce", 1.8, "G ahead: D tells little apart"),
        ("hinge", 2.0, "balanced"),
        ("hinge", 0.8, "balanced"),
        ("hinge", 0.1, "D ahead: G learns little"),
        ("hinge", 2.5, "G ahead: D tells little apart"),
        ("lsgan", 0.25, "balanced"),
        ("relativistic", 0.1, "D ahead: G learns little"),
        ("wasserstein", -2.5, "the critic sees a distance of 2.5"),
    ],
)
def test_reading_follows_the_share_of_even_play(loss: str, d_loss: float, words: str) -> None:
    """The same share of even play is read alike for every loss."""
    assert reading(loss, register_of(*[d_loss] * 10)) == words


def test_every_loss_has_an_even_play() -> None:
    """Even play is the least that D pays for giving one logit to everything: at 0, or halfway between two labels."""
    import torch

    answers = torch.linspace(-2, 2, 401, dtype=torch.float64)
    for name, entry in LOSSES.items():
        paid = torch.stack([entry.load().discriminator(answer[None], answer[None])[0] for answer in answers])
        assert float(paid.min()) == pytest.approx(EVEN_PLAY.get(name, 0.0), abs=1e-9), name
        if entry.neutral is None:
            assert torch.allclose(paid, paid[0]), name  # only differences of logits count
        else:
            assert answers[paid.argmin()].item() == pytest.approx(entry.neutral, abs=0.01) or name == "hinge"


def test_thresholds_are_ordered() -> None:
    """Even play itself is balanced."""
    assert 0 < D_AHEAD < 1 < G_AHEAD


def test_only_the_last_points_count() -> None:
    """What happened long ago is forgotten."""
    assert reading("bce", register_of(*[0.0] * 50, *[1.3] * RECENT_POINTS)) == "balanced"
    assert recent_d_loss(register_of(9.0, *[1.0, 2.0] * (RECENT_POINTS // 2))) == 1.5


def test_points_without_a_loss_are_left_out() -> None:
    """A point whose loss was not finite does not count in the mean."""
    assert recent_d_loss(register_of(1.0, None, 2.0)) == 1.5


def test_before_the_first_point_the_last_loss_counts() -> None:
    """A run shorter than the history's interval is read by its last loss."""
    assert reading("bce", Register("0" * 64, d_steps=3, loss_d=0.1)) == "D ahead: G learns little"


@pytest.mark.parametrize(
    ("register", "words"),
    [
        (Register("0" * 64), "not started"),
        (Register("0" * 64, d_steps=4), "the last losses are not finite"),
        (Register("0" * 64, d_steps=4, loss_d=1.3, nonfinite=3), "balanced; turns not finite: 3"),
        (Register("0" * 64, d_steps=4, nonfinite=4), "the last losses are not finite; turns not finite: 4"),
    ],
)
def test_what_is_missing_is_said(register: Register, words: str) -> None:
    """No turn, no finite loss, and turns that were rejected are each told."""
    assert reading("bce", register) == words
