"""What a run expects, in one sentence: what was chosen and why when the preset looked at the data, and the time."""

from gantools.commands.session import Session
from gantools.config.build import PictureShape
from gantools.console import duration, quantity

FIRST_SHAPES = 40_000
"""Images seen after which the default's pictures have shapes: drawn stickers and digits at 28 and 32 px did."""

LOOKING = ("auto", "small-data")
"""The presets that look at the data and the device."""


def forecast(session: Session, images_per_s: float, left_s: float | None, *, is_new: bool) -> str:
    """Return the sentence, made when the first turns have been timed.

    Args:
        images_per_s: as measured.
        left_s: seconds until the run's count is reached; None: it has none.
        is_new: whether it began with this process; a run that goes on chooses nothing.
    """
    time = [f"the run's end in {duration(left_s)}"] if left_s is not None else []
    register, chosen = session.state.register, _chosen(session) if is_new else ""
    to_shapes = (FIRST_SHAPES - register.images) / images_per_s
    if chosen and 0 < to_shapes < (left_s if left_s is not None else float("inf")):
        time.insert(0, f"first shapes in {duration(to_shapes)}, at {FIRST_SHAPES:,} images")
    expected = ", ".join([f"{quantity(images_per_s)} images/s", *time])
    return f"{chosen}expected: {expected}; stop at any time"


def _chosen(session: Session) -> str:
    """Say what was chosen and why; nothing where the preset looks at nothing."""
    config, count = session.state.config, session.data.count
    if config.preset not in LOOKING:
        return ""
    network, loss, augment = config.network, config.loss, config.augment
    shape = PictureShape(network.height, network.width, network.channels)
    parts = [f"{network.family} of width {network.base_width}"]
    parts += [f"gamma {loss.gamma:g}"] if loss.penalty != "none" else []
    over = f" rising over {quantity(augment.images)} images" if augment.schedule == "ramp" else ""
    parts.append("no augmentation" if augment.operations == "none" else f"augment {augment.operations}{over}")
    where = f"on {'a GPU' if session.state.machine.device.type == 'cuda' else 'a processor'}"
    return f"{config.preset} chose {', '.join(parts)}, for {count:,} pictures of {shape} {where}; "
