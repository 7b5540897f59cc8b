"""Pixels that go downhill: Adam, L-BFGS and plain gradient descent, at one size after another."""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn import functional

from gantools.config.style import OptimizerName
from gantools.style.objective import Losses
from gantools.style.scales import resized

Evaluate = Callable[[Tensor], tuple[Losses, Tensor]]
BETA_1, BETA_2, EPSILON = 0.9, 0.99, 1e-8
AVERAGED_SHARE = 0.2
"""Of a size's iterations, how far back the average of the iterates reaches: it has less noise than the last of them.
style-transfer-pytorch averages over 100 of 500, which is the same."""

NEAR_SIDE = 9
LBFGS_HISTORY = 20
CALM_SHARE, CALM_STEPS = 1e-3, 25
"""An end comes early when the loss has fallen by less than this share in so many iterations. Guess."""


class Pixels:
    """A picture on its way.

    Args:
        image: (1, 3, H, W) in [-1, 1].
        optimizer: its name.
        rate: Adam's and gd's in units of [-1, 1]; L-BFGS's is the length of a step, usually 1.
    """

    def __init__(self, image: Tensor, optimizer: OptimizerName, rate: float) -> None:
        self.image, self.optimizer, self.rate = image.detach().clone(), optimizer, rate
        self._average, self._weight = torch.zeros_like(image), 0.0

    def result(self) -> Tensor:
        """Return the picture as it is to be seen: for Adam the average of the last iterates."""
        return self._average / self._weight if self._weight else self.image

    def resize(self, height: int, width: int) -> None:
        """Go on at another size, from the result so far.

        Adam begins anew. Its moments enlarged with the picture, as style-transfer-pytorch has it, gave a style loss 2.7
        times as high at 192 px after equal work, and 1.3 times as high with the change of scale taken out of them.
        """
        self.image = resized(self.result(), height, width).detach().clone()
        self._average, self._weight = torch.zeros_like(self.image), 0.0

    def descend(self, evaluate: Evaluate, iterations: int) -> Iterator[Losses]:
        """Take at most so many iterations, yield the losses before each; end early when nothing improves."""
        history: list[float] = []
        steps = {"adam": self._adam, "lbfgs": self._lbfgs, "gd": self._gradient_descent}[self.optimizer]
        for losses in steps(evaluate, iterations):
            yield losses
            history.append(losses.total)
            if not math.isfinite(losses.total) or _is_calm(history):
                return

    def _adam(self, evaluate: Evaluate, iterations: int) -> Iterator[Losses]:
        """Source: Kingma, Ba 2015, "Adam", algorithm 1. The last third takes falling steps, down to a fifth.

        Two things are other than there. Gradients are blurred by [1, 2, 1], and their squares are means over channels
        and near positions: a pixel whose gradient is faint among strong ones moves little. Adam as it is moves each
        pixel as far as any other, and what no loss holds down becomes a fine dither.
        """
        first, second = torch.zeros_like(self.image), torch.zeros_like(self.image[:, :1])
        keep = 1.0 - 1.0 / max(1.0, AVERAGED_SHARE * iterations)
        for iteration in range(iterations):
            losses, gradient = evaluate(self.image)
            gradient = _blurred(gradient)
            first.lerp_(gradient, 1 - BETA_1)
            second.lerp_(_near_mean(gradient.square()), 1 - BETA_2)
            size = (second / (1 - BETA_2 ** (iteration + 1))).sqrt_().add_(EPSILON)
            rate = self.rate * min(1.0, max(0.2, 3.0 * (1.0 - iteration / iterations)))
            self.image.addcdiv_(first, size, value=-rate / (1 - BETA_1 ** (iteration + 1))).clamp_(-1.0, 1.0)
            self._average.lerp_(self.image, 1 - keep)
            self._weight = keep * self._weight + 1 - keep
            yield losses

    def _gradient_descent(self, evaluate: Evaluate, iterations: int) -> Iterator[Losses]:
        """Step against the gradient; the steepest pixel moves by a fixed amount that falls to nothing."""
        for iteration in range(iterations):
            losses, gradient = evaluate(self.image)
            steepest = gradient.abs().amax().clamp_min(1e-30)
            rate = 0.1 * self.rate * (1.0 - iteration / iterations)
            self.image.sub_(gradient * (rate / steepest)).clamp_(-1.0, 1.0)
            yield losses

    def _lbfgs(self, evaluate: Evaluate, iterations: int) -> Iterator[Losses]:
        """Source: Liu, Nocedal 1989, in torch's implementation with a strong Wolfe line search."""
        leaf = self.image.contiguous().requires_grad_()
        method = torch.optim.LBFGS([leaf], self.rate, max_iter=1, max_eval=8, history_size=LBFGS_HISTORY,
                                   tolerance_grad=0.0, tolerance_change=0.0, line_search_fn="strong_wolfe")  # fmt: skip
        seen: list[Losses] = []

        def closure() -> float:
            losses, leaf.grad = evaluate(leaf)
            seen.append(losses)
            return losses.total

        for _ in range(iterations):
            seen.clear()
            method.step(closure)  # type: ignore[no-untyped-call]
            self.image = leaf.detach().clamp(-1.0, 1.0)
            yield seen[0]


def _blurred(x: Tensor) -> Tensor:
    """Return x (1, 3, H, W) blurred by [1, 2, 1] / 4 along both sides."""
    line = x.new_tensor([0.25, 0.5, 0.25])
    kernel = torch.outer(line, line).expand(x.shape[1], 1, 3, 3)
    return functional.conv2d(functional.pad(x, (1,) * 4, mode="replicate"), kernel, groups=x.shape[1])


def _near_mean(x: Tensor) -> Tensor:
    """Return the mean over the channels of x (1, 3, H, W) and the positions around each, (1, 1, H, W)."""
    bordered = functional.pad(x.mean(1, keepdim=True), (NEAR_SIDE // 2,) * 4, mode="replicate")
    return functional.avg_pool2d(bordered, NEAR_SIDE, 1)


def _is_calm(history: list[float]) -> bool:
    if len(history) <= 2 * CALM_STEPS:
        return False
    now, before = min(history[-CALM_STEPS:]), min(history[:-CALM_STEPS])
    return before - now < CALM_SHARE * abs(before)
