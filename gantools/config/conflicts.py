"""What cannot go together: one rule a pair, which names both sides and the options that mend it.

Refused is only what is wrong; what is merely unwise is in the documentation.
"""

from collections.abc import Callable
from dataclasses import fields

from gantools.config.catalog import FAMILIES, LOSSES
from gantools.config.run import RunConfig
from gantools.config.sizes import doublings, nearest_sides

Conflict = tuple[str, str]
"""A sentence, and the options that mend it as they are typed."""


def conflicts(config: RunConfig) -> list[Conflict]:
    """Return every conflict between the values of ``config``, which each are in their range."""
    return [found for rule in RULES if (found := rule(config)) is not None]


def _size(config: RunConfig) -> Conflict | None:
    network = config.network
    if FAMILIES[network.family].any_size or doublings(network.height, network.width) is not None:
        return None
    fitting = ", ".join(map(str, nearest_sides(max(network.height, network.width))))
    message = (
        f"--arch {network.family}: found pictures of {network.width}x{network.height}, expected sides of 3 to 8 "
        f"times a power of two with the same power on both sides; nearest: {fitting}"
    )
    return message, "--arch fc"


def _norm_of_family(config: RunConfig) -> Conflict | None:
    network, known = config.network, FAMILIES[config.network.family].critic_norms
    if network.critic_norm in known:
        return None
    message = f"--arch {network.family} and network.critic_norm={network.critic_norm}: expected {', '.join(known)}"
    return message, f"--set network.critic_norm={known[0]}"


def _penalty_with_batch(config: RunConfig) -> Conflict | None:
    if config.loss.penalty == "none" or config.network.critic_norm != "batch":
        return None
    message = (
        f"--penalty {config.loss.penalty} and network.critic_norm=batch: a penalty is taken picture by picture, "
        "batch statistics mix the pictures of a batch; expected one of the two"
    )
    return message, f"--penalty {config.loss.penalty} --set network.critic_norm=none"


def _smoothing(config: RunConfig) -> Conflict | None:
    loss = config.loss
    if not loss.smoothing or LOSSES[loss.name].smooths:
        return None
    smoothing = ", ".join(name for name, entry in LOSSES.items() if entry.smooths)
    message = (
        f"--loss {loss.name} and loss.smoothing={loss.smoothing:g}: this loss has no labels to smooth; expected "
        f"0, or one of {smoothing}"
    )
    return message, "--set loss.smoothing=0"


def _skip_without_floor(config: RunConfig) -> Conflict | None:
    threshold, loss = config.balance.skip_d_below, config.loss.name
    if not threshold or LOSSES[loss].even:
        return None
    message = (
        f"--skip-d-below {threshold:g} and --loss {loss}: its D loss is a difference of means, with no floor that a "
        "threshold could stand above; expected one of the two"
    )
    return message, "--skip-d-below 0"


def _adaptive_without_zero(config: RunConfig) -> Conflict | None:
    loss = config.loss.name
    if config.augment.schedule != "adaptive" or LOSSES[loss].neutral is not None:
        return None
    message = (
        f"augment.schedule=adaptive and --loss {loss}: it follows the sign of D's logits, of which this loss sees only "
        "differences; expected fixed or ramp, or another loss"
    )
    return message, "--set augment.schedule=ramp"


def _schedule_of_nothing(config: RunConfig) -> Conflict | None:
    augment = config.augment
    if augment.operations != "none" or augment.schedule == "fixed":
        return None
    message = f"augment.schedule={augment.schedule} and --augment none: found nothing to schedule, expected operations"
    return message, "--augment color,translation,cutout"


def _horizon_of_nothing(config: RunConfig) -> Conflict | None:
    if config.augment.schedule != "horizon" or config.horizon.images:
        return None
    message = "augment.schedule=horizon and horizon.images=0: found no horizon to go to, expected a count of images"
    return message, "--set horizon.images=1000000"


def _horizon_that_nothing_nears(config: RunConfig) -> Conflict | None:
    horizon = config.horizon
    if horizon.images:
        return None
    odd = [field.name for field in fields(horizon) if getattr(horizon, field.name) != field.default]
    if not odd:
        return None
    ends = ", ".join(f"horizon.{name}={getattr(horizon, name):g}" for name in odd)
    message = f"{ends} and horizon.images=0: found an end that no run goes to, expected a count of images"
    return message, "--set horizon.images=1000000"


def _deviation_of_family(config: RunConfig) -> Conflict | None:
    network = config.network
    if not network.deviation_group or FAMILIES[network.family].deviates:
        return None
    able = ", ".join(name for name, entry in FAMILIES.items() if entry.deviates)
    message = (
        f"--arch {network.family} and network.deviation_group={network.deviation_group}: this discriminator has no "
        f"such option; expected 0, or one of {able}"
    )
    return message, "--set network.deviation_group=0"


def _paths_without_styles(config: RunConfig) -> Conflict | None:
    family, weight = config.network.family, config.loss.path_length
    if not weight or FAMILIES[family].truncates:
        return None
    able = ", ".join(name for name, entry in FAMILIES.items() if entry.truncates)
    message = (
        f"--arch {family} and loss.path_length={weight:g}: this generator has no styles to measure paths along; "
        f"expected 0, or {able}"
    )
    return message, "--set loss.path_length=0"


def _whole_packs(config: RunConfig) -> Conflict | None:
    packing = config.network.packing
    if config.batch % packing == 0:
        return None
    message = f"--batch {config.batch} and network.packing={packing}: expected a batch of whole packs"
    return message, f"--batch {-(-config.batch // packing) * packing}"


def _whole_groups(config: RunConfig) -> Conflict | None:
    group, packing = config.network.deviation_group, config.network.packing
    if not group or config.batch % (group * packing) == 0 or config.batch % packing:
        return None
    packs = f" of {packing} packed pictures" if packing > 1 else ""
    message = f"--batch {config.batch} and network.deviation_group={group}: expected a batch of whole groups{packs}"
    return message, f"--batch {-(-config.batch // (group * packing)) * group * packing}"


def _labels_of_a_pack(config: RunConfig) -> Conflict | None:
    network = config.network
    if network.conditional == "no" or network.packing == 1:
        return None
    message = (
        f"--conditional and network.packing={network.packing}: a pack holds pictures of several classes, and gets one "
        "answer; expected one of the two"
    )
    return message, "--set network.packing=1"


def _labels_of_data(config: RunConfig) -> Conflict | None:
    network = config.network
    if (network.classes > 1) is (network.conditional == "yes"):
        return None
    found = f"network.conditional={network.conditional} and network.classes={network.classes}"
    return f"{found}: expected two classes or more with labels, and none without", "--set network.conditional=no"


RULES: tuple[Callable[[RunConfig], Conflict | None], ...] = (
    _size,
    _norm_of_family,
    _penalty_with_batch,
    _smoothing,
    _skip_without_floor,
    _adaptive_without_zero,
    _schedule_of_nothing,
    _horizon_of_nothing,
    _horizon_that_nothing_nears,
    _deviation_of_family,
    _paths_without_styles,
    _whole_packs,
    _whole_groups,
    _labels_of_a_pack,
    _labels_of_data,
)
