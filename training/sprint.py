"""Train for so many minutes and not longer: for a GPU that is there for a quarter of an hour.

    python -m training.pack DATA training/data --side 384 --workers 16
    python -m training.sprint sprint --packed training/data --out training/runs/sprint --minutes 7

A few steps at each side say how fast the machine is; the run's steps are set by that, so that
its learning rate falls to zero as the time ends. Everything else is `train.py`'s. A checkpoint
is saved every minute, the parts to carry at the end. On a CPU the same command with `smoke`
for a run shows that it works.
"""

import argparse
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from time import monotonic

import torch

from training import checkpoint
from training.data import SETS
from training.settings import Run, read_run
from training.supply import Supply
from training.train import Training, train

WARM_STEPS, TIMED_STEPS = 3, 5
RESERVE = 0.94
"""Part of the time to plan with: saving, the log and slow minutes take the rest."""
SAVE_EVERY_S = 60


def seconds_per_step(training: Training, supply: Supply, side: int) -> float:
    """What one step takes at this side, batch and update included."""
    for _ in range(WARM_STEPS):
        float(training.learn(supply.batch(side)))
    started = monotonic()
    for _ in range(TIMED_STEPS):
        loss = training.learn(supply.batch(side))
    float(loss)  # Waits for the device.
    return (monotonic() - started) / TIMED_STEPS


def steps_within(run: Run, seconds: float, costs: dict[int, float]) -> int:
    """How many steps of a run fit, each phase at the mean cost of its sides.

    costs: seconds a step by side.
    """
    starts = [start for start, *_ in run.sides] + [1.0]
    shares = [after - before for before, after in pairwise(starts)]
    means = [sum(costs[side] for side in sides) / len(sides) for _, *sides in run.sides]
    each = sum(share * mean for share, mean in zip(shares, means, strict=True))
    return max(1, int(RESERVE * seconds / each))


def sprint(run: Run, supply: Supply, training: Training, out: Path, *, minutes: float) -> Run:
    """Measure on a copy, then train `training`. Returns the run with its steps."""
    started = monotonic()
    trial = Training(run, training.device)
    sides = sorted({side for _, *phase in run.sides for side in phase})
    costs = {side: seconds_per_step(trial, supply, side) for side in sides}
    left = 60 * minutes - (monotonic() - started)
    run = replace(run, steps=steps_within(run, left, costs))
    print({side: round(run.batch / cost) for side, cost in costs.items()}, "pictures a second")
    print(f"{run.steps} steps, {run.steps * run.batch} pictures", flush=True)
    training.run = run
    train(training, supply, out, minutes=left / 60, save_every_s=SAVE_EVERY_S)
    return run


def main() -> None:
    """Train against the clock, from published weights or the checkpoint that `warm.py` made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="a run of config.toml")
    parser.add_argument("--packed", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    device = torch.device(arguments.device)
    run = read_run(arguments.run)
    torch.manual_seed(run.seed)
    training = Training(run, device)
    warm = arguments.out / "checkpoint.pt"
    if warm.exists():
        training.resume(checkpoint.load(warm, device))
    else:
        training.start()
    supply = Supply.open(run, arguments.packed, SETS, device)
    sprint(run, supply, training, arguments.out, minutes=arguments.minutes)


if __name__ == "__main__":
    main()
