"""Adam against torch's own: the same bytes after every step."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from gantools.config.run import OptimizerConfig
from gantools.training.adam import Adam
from tests.conftest import child_environment

PROBE = """
import sys
from tests.tiny import Phase, fresh, packed, take
packed(take(fresh("dcgan"), Phase.BOTH, 2))
print(sorted({"torch._dynamo", "sympy", "torchvision"} & sys.modules.keys()))
"""


def networks() -> list[nn.Module]:
    """Two equal networks, one of them for each optimiser; one weight is channels-last."""
    made = []
    for _ in range(2):
        torch.manual_seed(0)
        network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 2))
        made.append(network.to(memory_format=torch.channels_last))
    return made


@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
def test_every_step_is_that_of_torch(weight_decay: float) -> None:
    """Ten steps at changing rates and decays, two rejected, give the bits of torch's fused Adam."""
    config = OptimizerConfig(beta1=0.4, beta2=0.97, weight_decay=weight_decay)
    one, two = networks()
    own = Adam(one, config)
    theirs = torch.optim.Adam(two.parameters(), betas=(0.4, 0.97), weight_decay=weight_decay, fused=True)
    for number in range(10):
        images = torch.randn(5, 3, 4, 4, generator=torch.Generator().manual_seed(number))
        for network in (one, two):
            network.zero_grad()
            network(images).square().sum().backward()
        rejected = torch.tensor(number in (3, 4))
        own.step(0.01 / (number + 1), rejected, 0.97 - number / 100)
        theirs.param_groups[0] |= {"lr": 0.01 / (number + 1), "betas": (0.4, 0.97 - number / 100)}
        theirs.found_inf = rejected.float()
        theirs.step()
        for mine, other in zip(one.parameters(), two.parameters(), strict=True):
            assert torch.equal(mine, other)
            assert all(torch.equal(own.state[mine][name], theirs.state[other][name]) for name in own.state[mine])
            assert own.state[mine]["step"].item() == number + 1 - len({3, 4} & set(range(number + 1)))


def test_a_parameter_without_gradient_stays() -> None:
    """What had no gradient is left out: its moments and its count do not move."""
    network = networks()[0]
    optimizer = Adam(network, OptimizerConfig())
    network[3].weight.grad = torch.ones_like(network[3].weight)
    before = network[0].weight.clone()
    optimizer.step(0.1, torch.tensor(False))
    assert torch.equal(network[0].weight, before)
    assert [moments["step"].item() for moments in optimizer.state.values()] == [0, 0, 0, 0, 1, 0]


def test_training_never_loads_the_compiler() -> None:
    """A run that trains and saves loads neither torch's compiler nor sympy nor torchvision: a second a process."""
    command = [sys.executable, "-c", PROBE]
    ended = subprocess.run(command, env=child_environment(), capture_output=True, text=True, timeout=120, check=True)
    assert ended.stdout == "[]\n"
