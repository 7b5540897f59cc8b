"""Policies that keep the two networks in step: pure functions of the register's counts. No torch here."""

from gantools.config.run import BalanceConfig, LossConfig


def is_d_turn(config: BalanceConfig, d_since_g: int) -> bool:
    """Say whether the next turn of a round is the discriminator's: k D turns, then one G turn."""
    return d_since_g < config.d_steps


def rate_factor(config: BalanceConfig, images: int) -> float:
    """Return what both rates are multiplied by after ``images`` seen: the product of the drops that are due.

    Example:
        >>> config = BalanceConfig(lr_drops=((0.1, 1000), (0.5, 2000)))
        >>> rate_factor(config, 999), rate_factor(config, 1000), rate_factor(config, 2000)
        (1.0, 0.1, 0.05)
    """
    factor = 1.0
    for drop, due in config.lr_drops:
        factor *= drop if images >= due else 1.0
    return factor


def path_weight(config: LossConfig, g_steps: int) -> float:
    """Return the weight of the path lengths in the G turn number ``g_steps``: path_length x interval, or 0."""
    return config.path_length * config.path_interval if g_steps % config.path_interval == 0 else 0.0


def penalty_weight(config: LossConfig, d_steps: int) -> float:
    """Return the weight of the squared gradient in the D turn number ``d_steps``: gamma/2 x interval, or 0.

    Taking it every few turns with that gain is Karras 2020's lazy regularisation (appendix B).
    """
    is_due = config.penalty != "none" and d_steps % config.penalty_interval == 0
    return config.gamma / 2 * config.penalty_interval if is_due else 0.0
