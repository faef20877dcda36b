"""Train a network: one loop, on a CPU or a GPU, resumable at any step.

    python -m training.train small --packed training/data --out training/runs/small

Run it again to go on where it stopped. All hyper-parameters are in config.toml.
"""

import argparse
import json
import math
import os
import random
import signal
import time
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from training import checkpoint, together
from training.data import SETS
from training.encoders import LiteEncoder, published_weights
from training.losses import supervised_loss
from training.model import Network
from training.settings import Run, read_design, read_run
from training.supply import Batch, Supply

LOG_EVERY = 25


def side_at(run: Run, step: int) -> int:
    """Side of the pictures at a step, px; the same in every process."""
    _, *sides = max(phase for phase in run.sides if step >= phase[0] * run.steps)
    return random.Random(f"{run.seed}/{step}").choice(sides)


def learning_rate_at(run: Run, step: int, first: int) -> float:
    """Learning rate at a step; it rises anew after `first`, where the optimiser is fresh."""
    rise = min(1.0, (step - first + 1) / run.warm_up)
    fallen = max(0.0, 1 - (1 - step / run.steps) / run.fall)
    return run.learning_rate * rise * (1 + math.cos(math.pi * fallen)) / 2


def layout(run: Run, device: torch.device) -> torch.memory_format:
    """Channels last: how tensor cores read pictures, and what depthwise kernels on CPUs want.

    Not for three branches on a CPU: the weight gradient of the stem's 1x1 convolution, 3 channels
    at stride 2, then writes beyond its memory (PyTorch 2.13, oneDNN for AVX2; valgrind shows it).
    """
    if device.type == "cpu" and read_design(run.design).branches > 1:
        return torch.contiguous_format
    return torch.channels_last


def has_bf16(device: torch.device) -> bool:
    """Whether bf16 pays: on a GPU, and on CPUs with instructions for it.

    Without them it is several times slower than fp32. On a Xeon with AMX the network learns 1.5
    times as fast at 288 px.
    """
    if device.type != "cpu":
        return device.type == "cuda"
    return bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001


def optimiser_of(network: Network, run: Run) -> torch.optim.AdamW:
    """Learns all but the frozen stages, the way down at a rate of its own."""
    for module in network.encoder.first(run.frozen):
        module.requires_grad_(requires_grad=False)
    down = [one for one in network.encoder.parameters() if one.requires_grad]
    known = {id(one) for one in network.encoder.parameters()}
    rest = [one for one in network.parameters() if id(one) not in known]
    groups = [{"params": down, "rate": run.encoder_rate}, {"params": rest, "rate": 1.0}]
    return torch.optim.AdamW(groups, lr=run.learning_rate, weight_decay=run.weight_decay)


class Training:
    """The state of a run: network, moving average, optimiser, step."""

    def __init__(self, run: Run, device: torch.device, *, compiled: bool = False) -> None:
        self.run, self.device, self.step, self.first = run, device, 0, 0
        self.layout, self.half = layout(run, device), has_bf16(device)
        self.network = Network(read_design(run.design)).to(device, memory_format=self.layout)
        self.average = AveragedModel(
            self.network, multi_avg_fn=get_ema_multi_avg_fn(run.average), use_buffers=True
        )
        self.optimiser = optimiser_of(self.network, run)
        self.forward: Any = torch.compile(self.network) if compiled else self.network

    def state(self) -> dict[str, Any]:
        """Everything that going on needs."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "first": self.first,
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint; without moments the learning rate warms up again."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.step = self.first = int(state["step"])
        if "optimiser" in state:
            self.optimiser.load_state_dict(state["optimiser"])
            self.first = int(state["first"])

    def start(self) -> None:
        """Begin with published weights on the way down, if the run wants them."""
        if self.run.pretrained:
            assert isinstance(self.network.encoder, LiteEncoder)
            self.network.encoder.start(published_weights())
        self.average.module.load_state_dict(self.network.state_dict())

    def learn(self, batch: Batch, teacher: Network | None = None) -> Tensor:
        """One step on one batch. Returns the loss."""
        run = self.run
        pictures, truth, taught = batch
        self.network.train()
        if run.pretrained:
            self.network.encoder.eval()
        for group in self.optimiser.param_groups:
            group["lr"] = group["rate"] * learning_rate_at(run, self.step, self.first)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            outputs = self.forward(pictures.to(memory_format=self.layout))
            if teacher is not None:
                with torch.no_grad():
                    truth = torch.lerp(truth, teacher(pictures).float(), run.distilled)
        loss = supervised_loss(
            [output.float() for output in outputs],
            truth,
            boundary=run.boundary,
            deep=run.deep,
            hard=run.hard,
            structure=run.structure,
            taught=taught,
        )
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        together.average_gradients(self.network.parameters())
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return loss.detach()


def train(
    training: Training,
    supply: Supply,
    out: Path,
    *,
    minutes: float,
    save_every_s: float = 180,
    teacher: Network | None = None,
    process: int = 0,
    stop: Event | None = None,
) -> None:
    """Go on until the run's last step, until the minutes are over or `stop` is set, and save.

    Of several processes, number 0 alone decides and writes.
    """
    started = saved = time.monotonic()
    losses: list[Tensor] = []
    torch.manual_seed(training.run.seed + training.step + 1_000_000 * process)
    name = os.devnull if process else out / "log.jsonl"
    with Path(name).open("a", encoding="utf-8") as log:
        while training.step < training.run.steps:
            over = time.monotonic() - started > 60 * minutes
            stopped = stop is not None and stop.is_set()
            if together.agreed(over or stopped, training.device):
                break
            side = side_at(training.run, training.step)
            losses.append(training.learn(supply.batch(side), teacher))
            if training.step % LOG_EVERY == 0 or training.step == training.run.steps:
                line = {
                    "step": training.step,
                    "side": side,
                    "loss": round(float(torch.stack(losses).mean()), 4),
                    "seconds": round(time.monotonic() - started, 1),
                }
                print(json.dumps(line), file=log, flush=True)
                losses.clear()
            if process == 0 and time.monotonic() - saved > save_every_s:
                checkpoint.save(training.state(), out / "checkpoint.pt")
                saved = time.monotonic()
    if process:
        return
    checkpoint.save(training.state(), out / "checkpoint.pt")
    checkpoint.save_parts(training.state(), out / "portable.pt")


def read_network(design: str, path: Path, device: torch.device) -> Network:
    """The moving average of a checkpoint, ready for evaluation."""
    network = Network(read_design(design)).to(device)
    network.load_state_dict(checkpoint.averaged_weights(checkpoint.load(path, device)))
    return network.eval()


def main() -> None:
    """Train, or go on training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="a run of config.toml")
    parser.add_argument("--packed", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--steps", type=int, help="instead of the run's own number")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--teacher", nargs=2, metavar=("DESIGN", "CHECKPOINT"))
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    device = torch.device(arguments.device)
    process = together.join()
    arguments.out.mkdir(parents=True, exist_ok=True)
    run = read_run(arguments.run)
    if arguments.steps:
        run = replace(run, steps=arguments.steps)
    torch.manual_seed(run.seed)  # All processes begin with the same weights.
    training = Training(run, device, compiled=arguments.compile)
    path = arguments.out / "checkpoint.pt"
    if path.exists() or path.with_name("portable.pt.00").exists():
        known = path if path.exists() else path.with_name("portable.pt")
        training.resume(checkpoint.load(known, device))
    else:
        training.start()
    teacher = None
    if arguments.teacher:
        teacher = read_network(arguments.teacher[0], Path(arguments.teacher[1]), device)
    supply = Supply.open(run, arguments.packed, SETS, device)
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    train(
        training,
        supply,
        arguments.out,
        minutes=arguments.minutes,
        teacher=teacher,
        process=process,
        stop=stop,
    )


if __name__ == "__main__":
    main()
