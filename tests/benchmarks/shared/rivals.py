"""Two trainers as people write them, in one file of plain PyTorch each would be: what a default has to beat.

``dcgan``: pytorch/examples' DCGAN (BSD-3), written anew: width 64, batch 64, Adam 2e-4 (0.5, 0.999), N(0, 0.02)
weights, D's reals and fakes one after the other. Sizes other than its 64 px get as many doublings as they have, from a
start of 3 to 7. ``lesson``: the textbook's loop, fully connected, batch 256, G's step first, no help of any kind.

A run lasts rounds, images or seconds; at each of several points it stops the clock and draws fakes, in training mode as
both scripts do:

    python tests/benchmarks/shared/rivals.py dcgan pictures.npy --rounds 100
    python tests/benchmarks/shared/rivals.py lesson pictures.npy --seconds 120 600 --fakes 2000 --output fakes
"""

import time

BEGAN = time.monotonic()  # importing torch is a part of what a script takes

import argparse  # noqa: E402
import json  # noqa: E402
import math  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402

WIDTH, LATENT = 64, 100


def dcgan_networks(shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module]:
    """Return G and D for pictures of ``shape`` (C, H, W)."""
    channels, height, width = shape
    doublings = next(n for n in range(8, 0, -1) if not (height % 2**n or width % 2**n) and min(height, width) >> n >= 3)
    start = (height >> doublings, width >> doublings)
    plan = [WIDTH * 2**step for step in range(doublings - 1, -1, -1)]
    up: list[nn.Module] = [nn.ConvTranspose2d(LATENT, plan[0], start, 1, 0, bias=False)]
    down: list[nn.Module] = [nn.Conv2d(channels, WIDTH, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
    for wide, narrow in zip(plan, plan[1:], strict=False):
        up += [nn.BatchNorm2d(wide), nn.ReLU(True), nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False)]
    for narrow, wide in zip(plan[::-1], plan[-2::-1], strict=False):
        down += [nn.Conv2d(narrow, wide, 4, 2, 1, bias=False), nn.BatchNorm2d(wide), nn.LeakyReLU(0.2, True)]
    up += [nn.BatchNorm2d(WIDTH), nn.ReLU(True), nn.ConvTranspose2d(WIDTH, channels, 4, 2, 1, bias=False), nn.Tanh()]
    down += [nn.Conv2d(plan[0], 1, start, 1, 0, bias=False), nn.Sigmoid(), nn.Flatten(0)]
    networks = nn.Sequential(nn.Unflatten(1, (LATENT, 1, 1)), *up), nn.Sequential(*down)
    for network in networks:
        for layer in network:
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, 0.0, 0.02)
            elif isinstance(layer, nn.BatchNorm2d):
                nn.init.normal_(layer.weight, 1.0, 0.02)
    return networks


def lesson_networks(shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module]:
    """Return the textbook's fully connected networks, 100-256-512-1024-pixels against pixels-512-256-1."""
    pixels = math.prod(shape)
    up: list[nn.Module] = [nn.Linear(LATENT, 256), nn.LeakyReLU(0.2)]
    for inside, outside in ((256, 512), (512, 1024)):
        up += [nn.Linear(inside, outside), nn.BatchNorm1d(outside, momentum=0.2), nn.LeakyReLU(0.2)]
    up += [nn.Linear(1024, pixels), nn.Tanh(), nn.Unflatten(1, shape)]
    down = [nn.Flatten(), nn.Linear(pixels, 512), nn.LeakyReLU(0.2), nn.Linear(512, 256), nn.LeakyReLU(0.2)]
    return nn.Sequential(*up), nn.Sequential(*down, nn.Linear(256, 1), nn.Sigmoid(), nn.Flatten(0))


def dcgan(images: Tensor) -> tuple[nn.Module, int, Callable[[Tensor], None]]:
    """Return G, the batch, and a round of pytorch/examples' DCGAN."""
    generator, critic = dcgan_networks(tuple(images.shape[1:]))
    of_d = torch.optim.Adam(critic.parameters(), lr=2e-4, betas=(0.5, 0.999))
    of_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    bce = nn.BCELoss()

    def take_round(real: Tensor) -> None:
        ones, zeros = torch.ones(len(real)), torch.zeros(len(real))
        critic.zero_grad()
        loss_real = bce(critic(real), ones)
        loss_real.backward()
        fake = generator(torch.randn(len(real), LATENT))
        loss_fake = bce(critic(fake.detach()), zeros)
        loss_fake.backward()
        of_d.step()
        generator.zero_grad()
        loss_g = bce(critic(fake), ones)
        loss_g.backward()
        of_g.step()
        print(loss_real.item() + loss_fake.item(), loss_g.item(), file=sys.stderr)

    return generator, 64, take_round


def lesson(images: Tensor) -> tuple[nn.Module, int, Callable[[Tensor], None]]:
    """Return G, the batch, and a round of the textbook's loop."""
    generator, critic = lesson_networks(tuple(images.shape[1:]))
    of_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999), weight_decay=8e-9)
    of_d = torch.optim.Adam(critic.parameters(), lr=2e-4, betas=(0.5, 0.999), weight_decay=8e-9)
    bce = nn.BCELoss()

    def take_round(real: Tensor) -> None:
        ones, zeros = torch.ones(len(real)), torch.zeros(len(real))
        of_g.zero_grad()
        fake = generator(torch.randn(len(real), LATENT))
        loss_g = bce(critic(fake), ones)
        loss_g.backward()
        of_g.step()
        of_d.zero_grad()
        loss_d = (bce(critic(real), ones) + bce(critic(fake.detach()), zeros)) / 2
        loss_d.backward()
        of_d.step()
        print(loss_d.item(), loss_g.item(), file=sys.stderr)

    return generator, 256, take_round


def batches(images: Tensor, size: int) -> Iterator[Tensor]:
    """Yield shuffled batches for ever, through the usual loader; the last one of an epoch may be smaller."""
    size = min(size, len(images))
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images), batch_size=size, shuffle=True)
    while True:
        yield from (batch for (batch,) in loader if len(batch) > 1)


@torch.no_grad()
def draw(generator: nn.Module, count: int) -> np.ndarray:
    """Return fakes, uint8 (N, C, H, W), of the network as it stands, its batch statistics included."""
    held = [generator(torch.randn(64, LATENT)) for _ in range(-(-count // 64))]
    pixels: np.ndarray = ((torch.cat(held)[:count] + 1) * 127.5).round().clamp(0, 255).byte().numpy()
    return pixels


def main() -> None:
    """Train one of the two."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rival", choices=("dcgan", "lesson"))
    parser.add_argument("pictures", type=Path, help="uint8 (N, C, H, W), .npy")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--rounds", type=float, nargs="+")
    length.add_argument("--images", type=float, nargs="+")
    length.add_argument("--seconds", type=float, nargs="+", help="since the start of the process")
    parser.add_argument("--fakes", type=int, default=0, help="how many to draw at each point")
    parser.add_argument("--output", type=Path, default=Path("fakes"), help="folder for them and for counts.json")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    images = torch.from_numpy(np.load(options.pictures)).float() / 127.5 - 1
    generator, size, take_round = (dcgan if options.rival == "dcgan" else lesson)(images)
    source, seen, rounds, drawing = batches(images, size), 0, 0, 0.0

    def done() -> float:
        if options.seconds:
            return time.monotonic() - BEGAN - drawing
        return rounds if options.rounds else seen

    for number, limit in enumerate(options.seconds or options.images or options.rounds):
        while done() < limit:
            real = next(source)
            take_round(real)
            rounds, seen = rounds + 1, seen + len(real)
        if options.fakes:
            began = time.monotonic()
            options.output.mkdir(parents=True, exist_ok=True)
            counts = {"images": seen, "seconds": began - BEGAN - drawing}
            (options.output / f"{number}.json").write_text(json.dumps(counts))
            np.save(options.output / f"{number}.npy", draw(generator, options.fakes))
            drawing += time.monotonic() - began


if __name__ == "__main__":
    main()
