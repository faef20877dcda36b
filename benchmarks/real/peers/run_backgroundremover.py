"""A warm process of backgroundremover: a line in for each picture, a line out with what it took.

    python run_backgroundremover.py u2netp.onnx FOLDER

The program would fetch U²-Netp's weights from GitHub. The published ONNX file has the same ones, so
its convolutions are taken over into FOLDER/u2netp.pth, in the order in which they run; its batch
normalisation is folded into them, so here each becomes one that changes nothing. Both networks
must agree. The program reads its weights again for every picture: so its `remove` is written.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from torch import nn

SIDE = 64
"""px of the square on which both networks are compared."""
OPERATORS = torch.library.Library("torchvision", "FRAGMENT")
"""Kept: what it defines goes with it."""
answers, sys.stdout = sys.stdout, sys.stderr  # It prints what it runs on.


def name_operators() -> None:
    """torchvision's own, which are not used, where its library is for CUDA and PyTorch is not."""
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        for name in ("nms", "qnms"):
            OPERATORS.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


def take_over(source: Path, target: Path) -> None:
    """Write the weights, or end with how far both networks are apart."""
    from backgroundremover.u2net.u2net import U2NETP

    network = U2NETP(3, 1).eval()
    graph = onnx.load(source).graph
    values = {one.name: torch.tensor(numpy_helper.to_array(one)) for one in graph.initializer}
    folded = [node for node in graph.node if node.op_type == "Conv"]
    ran = as_they_run(network)
    convolutions = [module for module in ran if isinstance(module, nn.Conv2d)]
    for module, node in zip(convolutions, folded, strict=True):
        module.weight.data.copy_(values[node.input[1]])
        module.bias.data.copy_(values[node.input[2]])
    for module in ran:
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data.fill_((1 + module.eps) ** 0.5)
    picture = np.random.default_rng(0).normal(0, 1, (1, 3, SIDE, SIDE)).astype(np.float32)
    theirs = ReferenceEvaluator(str(source)).run(None, {graph.input[0].name: picture})[0]
    with torch.no_grad():
        apart = float(np.abs(network(torch.tensor(picture))[0].numpy() - theirs).max())
    if apart > 1 / 255:
        sys.exit(f"The networks differ by {apart:.4f}: these are not the same weights.")
    torch.save(network.state_dict(), target)


def as_they_run(network: nn.Module) -> list[nn.Module]:
    """Its convolutions and normalisations."""
    order: list[nn.Module] = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d):
            module.register_forward_hook(lambda ran, *_: order.append(ran))
    with torch.no_grad():
        network(torch.zeros(1, 3, SIDE, SIDE))
    return list(order)


def main() -> None:
    """Answer until there is nothing more to read."""
    name_operators()
    from backgroundremover.bg import remove

    source, weights = Path(sys.argv[1]), Path(sys.argv[2], "u2netp.pth")
    if not weights.exists():
        take_over(source, weights)
    os.environ["U2NETP_PATH"] = str(weights)
    for line in sys.stdin:
        asked = json.loads(line)
        photo = Path(asked["file"]).read_bytes()
        clock, cpu = time.perf_counter(), time.process_time()
        made = bytes(remove(photo, model_name="u2netp"))
        spent = {"wall_s": time.perf_counter() - clock, "cpu_s": time.process_time() - cpu}
        if asked["out"]:
            Path(asked["out"]).write_bytes(made)
        print(json.dumps(spent), file=answers, flush=True)


if __name__ == "__main__":
    main()
