"""The remedies of a run in words: what is on beside a plain loss and its penalty. All of it is off by default."""

from gantools.config.run import RunConfig


def remedies(config: RunConfig) -> list[str]:
    """Name each remedy that is on, a few words each; what it does later is an event of the run."""
    network, loss, balance, augment = config.network, config.loss, config.balance, config.augment
    named = (
        (network.critic_norm == "spectral", "spectral normalisation of D"),
        (network.deviation_group, f"deviation in groups of {network.deviation_group}"),
        (network.packing > 1, f"packs of {network.packing}"),
        (loss.smoothing, f"smoothing {loss.smoothing:g}"),
        (loss.path_length, f"path lengths {loss.path_length:g} every {loss.path_interval} G steps"),
        (loss.drift, f"drift {loss.drift:g}"),
        (augment.operations != "none", f"augment {augment.operations} ({_strength(config)})"),
        (augment.mirror == "yes", "mirrored reals"),
        (config.optimizer.lr_d != config.optimizer.lr_g, "separate rates"),
        (balance.d_steps > 1, f"{balance.d_steps} D steps a round"),
        (balance.skip_d_below, f"D rests below {balance.skip_d_below:g}"),
        (config.horizon.images, f"horizon {config.horizon.images:,} images"),
        (balance.freeze_d, f"first {balance.freeze_d} of D's layers frozen"),
        *((True, f"rates x {factor:g} from {images:,} images on") for factor, images in balance.lr_drops),
    )
    return [words for is_on, words in named if is_on]


def _strength(config: RunConfig) -> str:
    augment = config.augment
    if augment.schedule == "ramp":
        return f"to {augment.strength:g} over {augment.images:,} images"
    if augment.schedule == "horizon":
        return f"to {augment.strength:g} at the horizon"
    return f"{augment.schedule} {augment.strength:g}" if augment.schedule == "fixed" else "adaptive"
