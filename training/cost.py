"""What a design costs before anybody trains it, or a file afterwards: time, memory, arithmetic.

    python -m training.cost cutoutd-small old.onnx small:320 base:448

Each design is exported with random weights at the side after the colon. All run through the
product's session on two threads; they take turns, so that one minute's load hits all, and
the fastest of each one's turns counts.
"""

import argparse
import multiprocessing
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from cutoutd.segmentation.session import Session
from training.checkpoint import parameters
from training.evaluate import path_of, session_of
from training.export import OPSET, described, export
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


def smallest_network(folder: Path) -> Path:
    """A file that answers with the first channel: all a session needs, and no weights."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, 32, 32])
    mask = helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["n", 1, 32, 32])
    bounds = [numpy_helper.from_array(np.array([n]), name) for n, name in enumerate(("from", "to"))]
    nodes = [
        helper.make_node("Slice", ["image", "from", "to", "to"], ["first"]),
        helper.make_node("Sigmoid", ["first"], ["mask"]),
    ]
    graph = helper.make_graph(nodes, "smallest", [image], [mask], bounds)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    helper.set_model_props(model, described(32))
    onnx.save(model, folder / "smallest.onnx")
    return folder / "smallest.onnx"


def peak_bytes(path: str, answers: "multiprocessing.Queue[int]") -> None:
    """Put what opening the file and running it once adds to this process's peak memory."""
    photo = np.zeros(PHOTO, np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        session_of(str(smallest_network(Path(folder)))).predict(photo)  # Loads the libraries.
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


def exported_design(design: str, config: Path, folder: Path) -> tuple[Path, str]:
    """Export NAME:SIDE with random weights. Returns the file and its weights and arithmetic."""
    name, side = design.split(":")
    network = Network(read_design(name, config)).fold()
    path = folder / f"{name}-{side}.onnx"
    export(network, path, size=int(side), version="0", half=True)
    work = multiplications(network, int(side))
    return path, f"{parameters(network) / 1e6:.2f} | {work / 1e9:.2f}"


def fastest(sessions: dict[str, Session], rounds: int) -> dict[str, float]:
    """Milliseconds from a photo to its mask, the least of each one's turns."""
    photo = np.random.default_rng(0).integers(0, 256, PHOTO, np.uint8)
    times: dict[str, list[float]] = {name: [] for name in sessions}
    for _ in range(rounds + 2):
        for name, session in sessions.items():
            started = perf_counter()
            session.predict(photo)
            times[name].append(1000 * (perf_counter() - started))
    return {name: min(taken) for name, taken in times.items()}


def main() -> None:
    """Print one line per design or file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", metavar="DESIGN:SIDE|FILE")
    parser.add_argument("--config", type=Path, default=CONFIG)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        facts = {
            model: exported_design(model, arguments.config, Path(folder))
            if ":" in model
            else (path_of(model), " | ")
            for model in arguments.models
        }
        sessions = {model: session_of(str(path)) for model, (path, _) in facts.items()}
        times = fastest(sessions, arguments.rounds)
        print("| model | million weights | GMAC | MB | ms | peak MB |\n|---|---|---|---|---|---|")
        for model, (path, figures) in facts.items():
            print(
                f"| {Path(model).name} | {figures} | {path.stat().st_size / 1e6:.1f} "
                f"| {times[model]:.0f} | {peak_in_fresh_process(path) / 1e6:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
