"""Redrawing a picture in this process: optimisers, sizes, starts, masks of transparency, early ends."""

import pytest
import torch
from torch import Tensor

from gantools.config.style import StyleConfig, resolve, schedule
from gantools.device import Machine
from gantools.draws import uniform
from gantools.errors import UsageError
from gantools.features.octaves import Octaves, _halved
from gantools.style.colour import histogram_matched, matched, with_chroma_of
from gantools.style.objective import Losses, Objective
from gantools.style.optimise import Pixels
from gantools.style.paint import Painting, Studio, Styles
from tests.style.test_tiles import features_of, picture

MACHINE = Machine(torch.device("cpu"), 1, "fp32")
STYLE = picture(21, 64, 64).sign() * 0.8


def painting(config: StyleConfig, content: Tensor, opacity: Tensor | None = None, tile: int | None = None) -> Painting:
    """Return a picture ready to be redrawn with the embedded features."""
    studio = Studio(config, Octaves, Styles([STYLE], [1.0]), MACHINE, tile=tile, say=lambda text: None)
    return Painting(studio, content, opacity)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs", "gd"])
@pytest.mark.parametrize("start", ["content", "noise"])
def test_every_optimizer_goes_downhill(optimizer: str, start: str) -> None:
    """Each ends with a smaller loss than it began with, inside the range of pixels, at the size of the content."""
    config = resolve("default", {"optimizer": optimizer, "start": start, "size": 48, "iterations": 6, "pyramid": False})
    work = painting(config, picture(31, 36, 48))
    losses = [moved.losses.total for moved in work.steps()]
    assert losses[-1] < 0.95 * losses[0]
    assert work.result().shape == (1, 3, 36, 48)
    assert float(work.result().abs().max()) <= 1.0


def test_pyramid_grows_to_the_final_size() -> None:
    """Sizes double up to the result; each takes as many iterations."""
    assert schedule(StyleConfig(iterations=10), 300) == [(75, 10), (150, 10), (300, 10)]
    assert schedule(StyleConfig(pyramid=False, iterations=3), 256) == [(256, 3)]
    assert schedule(StyleConfig(iterations=3), 40) == [(40, 3)]


def test_same_work_gives_the_same_picture() -> None:
    """Twice the same is equal bit by bit, and another seed is another noise."""
    config = resolve("default", {"start": "noise", "size": 48, "iterations": 2})
    results = []
    for _ in range(2):
        work = painting(config, picture(31, 48, 48))
        list(work.steps())
        results.append(work.result())
    assert torch.equal(*results)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["embedded", "vgg19"])
def test_lower_precision_gets_as_far_down(kind: str) -> None:
    """What bf16 ends with, measured in fp32, is at most 2 % above what fp32 ends with."""
    config, content = resolve("default", {"iterations": 20, "size": 96}), picture(7, 96, 96)
    features = features_of(kind)
    make = Octaves if kind == "embedded" else lambda styles: features
    ends = {}
    for precision in ("fp32", "bf16"):
        machine = Machine(torch.device("cpu"), 1, precision)
        work = Painting(Studio(config, make, Styles([picture(5, 96, 96)], [1.0]), machine), content)
        list(work.steps())
        judge, targets = Studio(config, make, Styles([picture(5, 96, 96)], [1.0]), MACHINE).targets(96, 96)
        ends[precision] = Objective(config, judge, content, targets).evaluate(work.result())[0].total
    assert ends["bf16"] < 1.02 * ends["fp32"]


def test_what_is_not_seen_counts_in_no_loss() -> None:
    """Pixels far inside a transparent place have no gradient of content or style."""
    config = resolve("default", {"tv_weight": 0.0})
    content = picture(31, 160, 160)
    opacity = torch.ones(160, 160)
    opacity[:, 70:] = 0.0
    studio = painting(config, content).studio
    features, targets = studio.targets(160, 160)
    _, gradient = Objective(config, features, content, targets, opacity=opacity).evaluate(picture(33, 160, 160))
    assert float(gradient[..., :40].abs().max()) > 0.0
    assert float(gradient[..., 150:].abs().max()) == 0.0


def test_masks_give_regions_their_styles() -> None:
    """Each half takes the colours of its own style; what no mask covers stays the photograph."""
    tint = torch.tensor([0.6, 0.0, -0.6]).view(1, 3, 1, 1)
    red, blue = 0.4 * picture(33, 64, 64) + tint, 0.4 * picture(33, 64, 64) - tint
    content = picture(31, 48, 96)
    left, right = torch.zeros(48, 96), torch.zeros(48, 96)
    left[:, :40], right[:, 56:] = 1.0, 1.0
    config = resolve("default", {"size": 96, "iterations": 20, "pyramid": False, "style_weight": 10.0})
    studio = Studio(config, Octaves, Styles([red, blue], [0.5, 0.5], is_apart=True), MACHINE, say=lambda text: None)
    work = Painting(studio, content, masks=[left, right])
    list(work.steps())
    change = (work.result() - content)[0].mean(1)
    left_change, right_change = change[:, :40].mean(1), change[:, 56:].mean(1)
    assert float(left_change[0] - right_change[0]) > 0.1
    assert float(right_change[2] - left_change[2]) > 0.1
    assert torch.equal(work.result()[..., 40:56], content[..., 40:56])


@pytest.mark.parametrize("text", ["[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory",
                                  "could not create a primitive"])  # fmt: skip
@pytest.mark.parametrize("where", ["evaluate", "_survey"])
def test_too_little_memory_goes_on_in_tiles(where: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When measuring the content or an evaluation runs out of memory it is told, and goes on in tiles of half the side.

    The look at how long it will take is the first to run out.
    """
    said: list[str] = []
    config = resolve("default", {"size": 512, "iterations": 1, "pyramid": False})
    studio = Studio(config, Octaves, Styles([STYLE], [1.0]), MACHINE, say=said.append)
    usual = getattr(Objective, where)

    def poor(self: Objective, image: Tensor) -> object:
        if len(self.tiles) == 1:
            raise RuntimeError(text)
        return usual(self, image)

    monkeypatch.setattr(Objective, where, poor)
    work = Painting(studio, picture(31, 128, 512))
    assert work.estimate_s() > 0.0
    assert said == ["memory: too little for this picture at once, going on in tiles of 256 px"]
    assert len(list(work.steps())) == 1
    assert len(said) == 1


def test_work_ends_when_nothing_improves() -> None:
    """A loss that has stopped falling ends the iterations at this size."""
    pixels = Pixels(torch.zeros(1, 3, 4, 4), "adam", 0.01)
    still = Losses(1.0, 1.0, 0.0)
    assert 50 <= len(list(pixels.descend(lambda image: (still, torch.zeros_like(image)), 1000))) < 60


def test_colours_are_kept_three_ways() -> None:
    """``luma`` keeps chroma; ``match`` gives the style the content's mean and covariance, ``histogram`` its values."""
    content, style = picture(41, 32, 32) * 0.4, picture(43, 24, 40) * 0.4
    kept = with_chroma_of(style[..., :24, :24], content[..., :24, :24])
    torch.testing.assert_close(kept[:, 0] - kept[:, 1], content[:, 0, :24, :24] - content[:, 1, :24, :24])
    found = matched(style, content)[0].flatten(1)
    torch.testing.assert_close(found.mean(1), content[0].flatten(1).mean(1), atol=1e-3, rtol=0)
    torch.testing.assert_close(found.cov(), content[0].flatten(1).cov(), atol=1e-3, rtol=0)
    ranked = histogram_matched(style, content)
    assert float(ranked.max()) == float(content.max())
    torch.testing.assert_close(ranked.mean(), content.mean(), atol=1e-2, rtol=0)


def test_embedded_features_are_fixed_by_the_styles() -> None:
    """Two fits to one style are equal, and their label is a constant."""
    one, two = Octaves([STYLE]), Octaves([STYLE])
    names = (*one.style_layers, *one.content_layers)
    first, second = one.activations(picture(51, 40, 40), names), two.activations(picture(51, 40, 40), names)
    assert list(first) and all(torch.equal(first[name], second[name]) for name in first)
    assert {name: tuple(value.shape) for name, value in first.items()} == {
        "colour": (3, 40, 40), "bank1": (64, 40, 40), "bank2": (64, 20, 20), "grain1": (64, 10, 10),
        "edges1": (1, 20, 20), "edges2": (1, 10, 10),
    }  # fmt: skip


def test_grain_tells_gathered_strokes_from_strokes_everywhere() -> None:
    """Means over 4 x 4 positions, also where the picture ends; strokes on one half of it spread them more."""
    features, height, width = Octaves([STYLE]), 42, 50
    everywhere = torch.from_numpy(uniform(61, 1, 3, height, width))
    gathered = everywhere.clone()
    gathered[..., : width // 2] = 0.1
    spreads = []
    for image in (everywhere, gathered):
        found = features.activations(image, ["bank1", "grain1"])
        assert found["grain1"].shape == (64, 11, 13)
        torch.testing.assert_close(found["grain1"][:, 2, 3], found["bank1"][:, 8:12, 12:16].mean((1, 2)))
        torch.testing.assert_close(found["grain1"][:, 10, 12], found["bank1"][:, 40:, 48:].mean((1, 2)))
        spreads.append(float(found["grain1"].flatten(1).var(1).sum() / found["bank1"].flatten(1).var(1).sum()))
    assert spreads[1] > 1.3 * spreads[0]


def test_fine_patches_over_the_border_do_not_count() -> None:
    """The outermost two positions of the first two octaves answer nothing, unless a picture is too small for that."""
    features = Octaves([picture(71, 96, 96)])
    assert "bank3" in features.strides
    found = features.activations(picture(72, 80, 96), ["bank1", "bank2", "bank3"])
    for name in ("bank1", "bank2"):
        inner = found[name][:, 2:-2, 2:-2]
        assert float(inner.sum()) == pytest.approx(float(found[name].sum()), rel=1e-5)
        assert bool((inner.sum(0) > 0).all())
    assert bool((found["bank3"].sum(0) > 0).all())
    small = features.activations(picture(73, 8, 40), ["bank2"])["bank2"]
    assert small.shape == (64, 4, 20) and float(small[:, :2].sum()) > 0


@pytest.mark.parametrize(("width", "gains"), [(96, (0.25, 0.25)), (512, (0.1, 0.4))])
def test_edges_finer_than_128_a_side_bind_less(width: int, gains: tuple[float, float]) -> None:
    """Of 256 positions along the long side a quarter as much binds as of 128; together they bind as ever."""
    content = picture(81, 32, width)
    features, image = Octaves([content]), picture(82, 32, width)
    for name, gain in zip(("edges1", "edges2"), gains, strict=True):
        config = StyleConfig(content_layers=(name,), content_weight=1.0)
        loss = Objective(config, features, content, []).evaluate(image)[0].content
        found, wanted = (features.activations(one, [name])[name] for one in (image, content))
        assert loss / float((found - wanted).square().sum() / wanted.square().sum()) == pytest.approx(gain, rel=1e-3)


@pytest.mark.parametrize("side", [48, 49])
def test_the_next_octave_does_not_see_fine_waves(side: int) -> None:
    """Of a wave of three pixels less than a sixth is left; means over 2 x 2 keep half, and the way back paints it."""
    wave = torch.cos(2 * torch.pi / 3 * torch.arange(side)).expand(1, 1, side, side).clone()
    half = _halved(wave)
    assert half.shape[-2:] == (-(-side // 2),) * 2
    assert float(half[..., 2:-2].abs().max()) < 1 / 6
    torch.testing.assert_close(_halved(torch.full_like(wave, 0.3)), torch.full_like(half, 0.3))


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"size": 4}, "--size: found 4, expected 16 to 16384"),
        ({"iterations": 0}, "--iterations: found 0, expected 1 to 100000"),
        ({"style_scale": 99.0}, "--style-scale: found 99, expected 0.1 to 10"),
        ({"content_weight": 0.0, "style_weight": 0.0}, "found 0 for both, expected one above 0"),
    ],
)
def test_values_out_of_range_are_refused(typed: dict[str, float], message: str) -> None:
    """A value that cannot be meant is refused with its range."""
    with pytest.raises(UsageError, match=message):
        resolve("default", typed)


def test_presets_of_the_textbook_are_theirs() -> None:
    """``lesson`` and ``gatys`` have the published layers, weights and methods; other features have own layers."""
    lesson, gatys = resolve("lesson", {}), resolve("gatys", {})
    assert (lesson.features, lesson.content_layers, len(lesson.style_layers)) == ("vgg16", ("relu4_2",), 4)
    assert (lesson.content_weight, lesson.style_weight, lesson.tv_weight, lesson.tv_power) == (1.0, 30.0, 1.0, 1.25)
    assert (gatys.features, gatys.pooling, gatys.start, gatys.optimizer) == ("vgg19", "average", "noise", "lbfgs")
    assert resolve("lesson", {"features": "embedded"}).style_layers == ()


def test_a_faint_gradient_among_strong_ones_moves_little() -> None:
    """Adam divides by squares from near positions too, so that what no loss holds down does not become a dither."""
    slope = torch.full((1, 3, 16, 16), 1.0)
    slope[..., 8, 8] = -1e-4
    pixels = Pixels(torch.zeros(1, 3, 16, 16), "adam", 0.04)
    for _ in pixels.descend(lambda image: (Losses(1.0, 0.0, 0.0), slope), 5):
        pass
    assert float(pixels.image[..., 0, 0].abs().min()) > 0.1
    assert float(pixels.image[..., 8, 8].max()) < 0.0, "its neighbours take it along"
