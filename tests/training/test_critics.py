"""Options of the discriminator: spectral normalisation, deviation within groups, packs, layers that stay."""

import pytest
import torch
from torch import nn

from gantools.config.catalog import FAMILIES
from gantools.data.batches import Batches
from gantools.errors import UsageError
from gantools.nets.base import frozen
from gantools.nets.layers import GroupDeviation, Spectral, SpectralConv2d, SpectralLinear
from gantools.training.engine import Phase
from gantools.training.turn import discriminator_turn, draw_fakes, generator_turn
from tests.tiny import fresh, some_pictures, take

DEVIATES = [name for name, entry in FAMILIES.items() if entry.deviates]
SPECTRAL = [name for name, entry in FAMILIES.items() if "spectral" in entry.critic_norms]


def vectors(critic: nn.Module) -> dict[str, torch.Tensor]:
    """Copy the vectors of a spectral discriminator."""
    return {name: buffer.clone() for name, buffer in critic.named_buffers() if name.endswith("vector")}


def test_the_largest_singular_value_becomes_one() -> None:
    """After some passes both kinds of layer have the largest singular value 1, by torch's own decomposition."""
    dense, conv = SpectralLinear(7, 5), SpectralConv2d(3, 4, (4, 4), stride=2, padding=1)
    for layer, shape in ((dense, (2, 7)), (conv, (2, 3, 8, 8))):
        layer.weight.data = torch.randn(layer.weight.shape, generator=torch.Generator().manual_seed(1)) * 3
        layer.begin()
        for _ in range(50):
            layer(torch.zeros(shape))
        largest = torch.linalg.matrix_norm(layer.normalised().flatten(1), ord=2)
        assert largest.item() == pytest.approx(1.0, abs=1e-3)


def test_spectral_weights_and_gradients_are_torchs() -> None:
    """With the same vector our layer gives the gradient of torch's own spectral normalisation."""
    ours, theirs = SpectralLinear(6, 4), nn.Linear(6, 4)
    ours.weight.data = torch.randn(4, 6, generator=torch.Generator().manual_seed(2))
    ours.bias.data.zero_()
    theirs.load_state_dict({"weight": ours.weight.data, "bias": ours.bias.data})
    nn.utils.parametrizations.spectral_norm(theirs)
    ours.begin()
    theirs.parametrizations.weight[0]._u.copy_(ours.vector)  # type: ignore[index, union-attr, operator]
    x = torch.randn(3, 6, generator=torch.Generator().manual_seed(3))
    for layer in (ours, theirs):
        layer(x).square().sum().backward()
    torch.testing.assert_close(ours.weight.grad, theirs.parametrizations.weight.original.grad, rtol=1e-3, atol=1e-4)  # type: ignore[union-attr, index]


@pytest.mark.parametrize("family", SPECTRAL)
def test_every_weight_of_a_spectral_critic_is_divided(family: str) -> None:
    """The option leaves no layer of the discriminator out, and none of the generator's is touched."""
    state = fresh("fc", **{"network.family": family, "network.critic_norm": "spectral", "loss.penalty": "none"})
    weighted = [m for m in state.discriminator.modules() if isinstance(getattr(m, "weight", None), nn.Parameter)]
    assert weighted and all(isinstance(module, Spectral) for module in weighted)
    assert not any(isinstance(module, Spectral) for module in state.generator.modules())


def test_spectral_vectors_move_in_d_turns_alone() -> None:
    """A D turn moves every vector, a G turn none, and the frozen block puts them back."""
    state = fresh("spectral")
    before = vectors(state.discriminator)
    fakes = draw_fakes(state, 0, with_graph=True)
    discriminator_turn(state, Batches(some_pictures())(state), fakes)
    after = vectors(state.discriminator)
    assert before and all(not torch.equal(before[name], after[name]) for name in before if len(before[name]) > 1)
    generator_turn(state, fakes)
    with frozen(state.discriminator):
        state.discriminator(fakes.views)
    assert all(torch.equal(after[name], vector) for name, vector in vectors(state.discriminator).items())


def test_deviation_is_that_of_each_group() -> None:
    """A group of equal pictures gets 0, one of two values 0 and 2 gets 1; neighbours are a group."""
    x = torch.tensor([[5.0, 5.0], [5.0, 5.0], [0.0, 0.0], [2.0, 2.0]])
    found = GroupDeviation(2)(x)
    torch.testing.assert_close(found[:, :2], x)
    torch.testing.assert_close(found[:, 2], torch.tensor([0.0, 0.0, 1.0, 1.0]), atol=2e-4, rtol=0)
    assert GroupDeviation(4)(torch.zeros(6, 3, 2, 2)).shape == (6, 4, 2, 2)


@pytest.mark.parametrize("family", DEVIATES)
def test_a_logit_depends_on_its_group_and_on_no_other(family: str) -> None:
    """Changing a picture changes the logits of its own group, and leaves those of others."""
    state = fresh("fc", **{"network.family": family, "network.deviation_group": 2, "network.critic_norm": "none",
                           "loss.penalty": "none"})  # fmt: skip
    images = torch.rand(4, 1, 8, 12, generator=torch.Generator().manual_seed(0))
    other = images.clone()
    other[0] = -images[0]
    one, two = (state.discriminator(state.discriminator.views(x)) for x in (images, other))
    assert (one != two).tolist() == [True, True, False, False]


@pytest.mark.parametrize("family", FAMILIES)
def test_packs_of_neighbours_get_one_logit(family: str) -> None:
    """With packing 2 four pictures get two logits, each of which only its own two pictures move."""
    state = fresh("fc", **{"network.family": family, "network.packing": 2, "network.critic_norm": "none",
                           "loss.penalty": "none"})  # fmt: skip
    images = torch.rand(4, 1, 8, 12, generator=torch.Generator().manual_seed(0))
    other = images.clone()
    other[3] = -images[3]
    one, two = (state.discriminator(state.discriminator.views(x)) for x in (images, other))
    assert (one != two).tolist() == [False, True]


def test_frozen_layers_stay_and_the_others_move() -> None:
    """--freeze-d 1 keeps the layer next to the picture with its bias, in D turns and in what the optimiser holds."""
    state = fresh("frozen layers")
    before = {name: parameter.clone() for name, parameter in state.discriminator.named_parameters()}
    take(state, Phase.BOTH, 2)
    kept = {name for name, p in state.discriminator.named_parameters() if torch.equal(p, before[name])}
    assert kept == {"layers.0.weight", "layers.0.bias"}


def test_all_layers_cannot_be_frozen() -> None:
    """Freezing as many layers as there are is refused with the number that is left."""
    with pytest.raises(UsageError, match="--freeze-d 3: found 3 layers in the discriminator, expected some") as caught:
        fresh("fc", **{"balance.freeze_d": 3})
    assert caught.value.hint == "--freeze-d 2"
