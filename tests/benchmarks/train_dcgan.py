"""Images/s of `gantools train` (dcgan, 64 px, width 64, batch 64) beside a plain script of the same networks.

Whole processes, everything included: start-up, data, average, log, checkpoints, preview. They take turns, so that a
machine whose speed drifts slows all alike; the ratio is taken pair by pair. Run it on a quiet machine:

    python tests/benchmarks/train_dcgan.py --rounds 100 --repeats 3
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from shared.processes import heading, run_of

GANTOOLS = [sys.executable, "-m", "gantools"]
BATCH = 64
GOALS = {"fp32": 1.5, "bf16": 2.4}

PLAIN = """
import sys
import numpy as np, torch, torch.nn as nn
from safetensors.numpy import load_file

rounds, w, z = int(sys.argv[2]), 64, 100
torch.manual_seed(0)
images = torch.from_numpy(load_file(sys.argv[1])["images"]).float() / 127.5 - 1

def up(i, o, k, s, p):
    return [nn.ConvTranspose2d(i, o, k, s, p, bias=False), nn.BatchNorm2d(o), nn.ReLU(True)]

def down(i, o):
    return [nn.Conv2d(i, o, 4, 2, 1, bias=False), nn.BatchNorm2d(o), nn.LeakyReLU(0.2, True)]

G = nn.Sequential(*up(z, w * 8, 4, 1, 0), *up(w * 8, w * 4, 4, 2, 1), *up(w * 4, w * 2, 4, 2, 1),
                  *up(w * 2, w, 4, 2, 1), nn.ConvTranspose2d(w, 3, 4, 2, 1, bias=False), nn.Tanh())
D = nn.Sequential(nn.Conv2d(3, w, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True), *down(w, w * 2), *down(w * 2, w * 4),
                  *down(w * 4, w * 8), nn.Conv2d(w * 8, 1, 4, 1, 0, bias=False), nn.Sigmoid())
for network in (G, D):
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(layer.weight, 0.0, 0.02)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.02)
opt_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
opt_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
bce, ones, zeros = nn.BCELoss(), torch.ones(64), torch.zeros(64)
reals = torch.utils.data.TensorDataset(images)
loader = torch.utils.data.DataLoader(reals, batch_size=64, shuffle=True, drop_last=True)
done = 0
while done < rounds:
    for (real,) in loader:
        D.zero_grad()
        loss_real = bce(D(real).view(-1), ones)
        loss_real.backward()
        fake = G(torch.randn(64, z, 1, 1))
        loss_fake = bce(D(fake.detach()).view(-1), zeros)
        loss_fake.backward()
        opt_d.step()
        G.zero_grad()
        loss_g = bce(D(fake).view(-1), ones)
        loss_g.backward()
        opt_g.step()
        print(done, loss_real.item() + loss_fake.item(), loss_g.item(), file=sys.stderr)
        done += 1
        if done == rounds:
            break
"""


def main() -> None:
    """Prepare a set, time the three in turn, print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data, ckpt, plain = Path(folder, "data"), Path(folder, "run.safetensors"), Path(folder, "plain.py")
        plain.write_text(PLAIN)
        prepare = [*GANTOOLS, "prepare", "demo:stickers", "--size", "64", "--limit", "1000", "-o", str(data), "-q"]
        subprocess.run(prepare, check=True, stdout=subprocess.DEVNULL)
        train = [*GANTOOLS, "train", str(data), "-o", str(ckpt), "--force", "--preset", "dcgan", "-q"]
        commands = {
            "plain": [sys.executable, str(plain), str(data / "pack.safetensors"), str(options.rounds)],
            "fp32": [*train, "--precision", "fp32", "--steps", str(options.rounds)],
            "bf16": [*train, "--precision", "bf16", "--steps", str(options.rounds)],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(options.repeats):
            for name, command in commands.items():
                times[name].append(run_of(command)[0])
    report(times, options.rounds)


def report(times: dict[str, list[float]], rounds: int) -> None:
    """Print images/s (median, least, most) and the ratio to the plain script, pair by pair."""
    heading(f"{rounds} rounds of batch {BATCH}, {len(times['plain'])} runs each")
    print(f"{'':8}{'images/s':>10}{'least':>8}{'most':>8}{'x plain':>10}{'least':>8}{'most':>8}{'goal':>8}")
    for name, spent in times.items():
        rates = sorted(rounds * BATCH / s for s in spent)
        ratios = sorted(p / s for p, s in zip(times["plain"], spent, strict=True))
        goal = f"{GOALS[name]:.1f}" if name in GOALS else ""
        print(
            f"{name:8}{statistics.median(rates):10.1f}{rates[0]:8.1f}{rates[-1]:8.1f}"
            f"{statistics.median(ratios):10.2f}{ratios[0]:8.2f}{ratios[-1]:8.2f}{goal:>8}"
        )


if __name__ == "__main__":
    main()
