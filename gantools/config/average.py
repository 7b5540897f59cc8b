"""The fields of the moving average, one of the subjects of a run."""

from dataclasses import dataclass

from gantools.config.fields import OnResume, setting


@dataclass(frozen=True, kw_only=True)
class AverageConfig:
    """The moving average of the generator, which ``sample`` uses."""

    half_life_images: int = setting(
        10_000,
        flag="--ema",
        minimum=0,
        maximum=100_000_000,
        on_resume=OnResume.EVENT,
        help="Half-life of the average, in images seen; 0: the average is the generator itself.",
        source="Karras 2020 (stylegan2-ada): 10k images",
    )
    ramp: float = setting(
        0.05,
        minimum=0.0001,
        maximum=1.0,
        on_resume=OnResume.EVENT,
        help="The half-life is at most this share of the images seen.",
        source="Karras 2020 (stylegan2-ada): 5 %",
    )
