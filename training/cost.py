"""What a design costs before anybody trains it: weights, arithmetic, time, memory.

    python -m training.cost prototype:288 small:320 base:448

Each design is exported with random weights at the side after the colon and run through the
product's session on two threads; the designs take turns, so that one minute's load hits all,
and the fastest of each one's turns counts.
"""

import argparse
import multiprocessing
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn

from training.checkpoint import parameters
from training.evaluate import session_of
from training.export import export
from training.model import Network
from training.settings import CONFIG, read_design

PHOTO = (768, 1024, 3)


def multiplications(network: nn.Module, side: int) -> int:
    """Multiply-adds of all convolutions for one picture."""
    count = 0

    def add(module: nn.Module, _: object, output: Tensor) -> None:
        nonlocal count
        assert isinstance(module, nn.Conv2d)
        count += output.numel() * module.weight[0].numel()

    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    hooks = [convolution.register_forward_hook(add) for convolution in convolutions]
    with torch.no_grad():
        network(torch.zeros(1, 3, side, side))
    for hook in hooks:
        hook.remove()
    return count


def peak_bytes(path: str, answers: "multiprocessing.Queue[int]") -> None:
    """Put what opening the file and running it once adds to this process's peak memory."""
    photo = np.zeros(PHOTO, np.uint8)
    session_of("cutoutd-small").predict(photo)  # Loads the libraries.
    before = _peak_so_far()
    session_of(path).predict(photo)
    answers.put(_peak_so_far() - before)


def _peak_so_far() -> int:
    """Bytes. Not `getrusage`: its peak starts with the parent's."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def peak_in_fresh_process(path: Path) -> int:
    """`peak_bytes`, measured where nothing else ran before."""
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[int] = context.Queue()
    process = context.Process(target=peak_bytes, args=(str(path), answers))
    process.start()
    peak = answers.get(timeout=120)
    process.join()
    return peak


def main() -> None:
    """Print one line per design."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("designs", nargs="+", metavar="DESIGN:SIDE")
    parser.add_argument("--config", type=Path, default=CONFIG)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        facts, sessions = {}, {}
        for design in arguments.designs:
            name, side = design.split(":")
            network = Network(read_design(name, arguments.config)).fold()
            path = Path(folder) / f"{name}-{side}.onnx"
            export(network, path, size=int(side), version="0", half=True)
            facts[design] = (parameters(network), multiplications(network, int(side)), path)
            sessions[design] = session_of(str(path))
        photo = np.random.default_rng(0).integers(0, 256, PHOTO, np.uint8)
        times: dict[str, list[float]] = {design: [] for design in sessions}
        for _ in range(arguments.rounds + 2):
            for design, session in sessions.items():
                started = perf_counter()
                session.predict(photo)
                times[design].append(1000 * (perf_counter() - started))
        print("| design | million weights | MB | GMAC | ms | peak MB |\n|---|---|---|---|---|---|")
        for design, (weights, work, path) in facts.items():
            print(
                f"| {design} | {weights / 1e6:.2f} | {path.stat().st_size / 1e6:.1f} "
                f"| {work / 1e9:.2f} | {min(times[design]):.0f} "
                f"| {peak_in_fresh_process(path) / 1e6:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
