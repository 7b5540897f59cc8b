"""Adam through torch's fused kernel alone: an optimiser of ``torch.optim`` imports torch's compiler, a second a run."""

import torch
from torch import Tensor, nn

from gantools.config.run import OptimizerConfig

EPSILON = 1e-8
"""Kingma 2015, algorithm 1."""


class Adam:
    """Adam (Kingma 2015, algorithm 1) for one network, the same numbers as ``torch.optim.Adam(fused=True)``.

    Its moments are there from the start, so that a run has the same tensors at every moment.

    Attributes:
        state: ``step``, ``exp_avg`` and ``exp_avg_sq`` of each parameter.
    """

    def __init__(self, network: nn.Module, config: OptimizerConfig) -> None:
        self.config = config
        self.state = {
            parameter: {
                "step": torch.zeros((), dtype=torch.float32, device=parameter.device),
                "exp_avg": torch.zeros_like(parameter, memory_format=torch.preserve_format),
                "exp_avg_sq": torch.zeros_like(parameter, memory_format=torch.preserve_format),
            }
            for parameter in network.parameters()
        }

    @torch.no_grad()
    def step(self, rate: float, rejected: Tensor, beta2: float | None = None) -> None:
        """Step along the gradients that are there; where ``rejected`` (a scalar bool) nothing changes.

        Args:
            rate, beta2: of this step; a run with a horizon moves both. None: the configuration's second decay.

        Nothing here waits for the device: the kernel itself reads ``rejected``.
        """
        moving = [parameter for parameter in self.state if parameter.grad is not None]
        gradients = [parameter.grad for parameter in moving if parameter.grad is not None]
        moments = [self.state[parameter] for parameter in moving]
        counts, stopped = [moment["step"] for moment in moments], rejected.float()
        torch._foreach_add_(counts, 1)
        torch._fused_adam_(
            [*moving],
            gradients,
            [moment["exp_avg"] for moment in moments],
            [moment["exp_avg_sq"] for moment in moments],
            [],
            counts,
            lr=rate,
            beta1=self.config.beta1,
            beta2=self.config.beta2 if beta2 is None else beta2,
            weight_decay=self.config.weight_decay,
            eps=EPSILON,
            amsgrad=False,
            maximize=False,
            found_inf=stopped,
        )
        torch._foreach_sub_(counts, [stopped] * len(counts))
