"""Weights on disk: full checkpoints to go on from, small ones to carry, and our own ONNX files."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from training.model import Network, convolutions_in_order

PART_BYTES = 15 * 1024 * 1024
"""Largest file that a checkpoint is cut into for carrying."""


def save(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint whole or not at all."""
    unfinished = path.with_suffix(".tmp")
    torch.save(state, unfinished)
    unfinished.replace(path)


def load(path: Path, device: torch.device) -> dict[str, Any]:
    """A checkpoint, from one file or from the parts that `save_parts` wrote."""
    if path.exists():
        whole: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        return whole
    joined = path.with_suffix(".joined")
    joined.write_bytes(b"".join(part.read_bytes() for part in sorted(_parts(path))))
    try:
        return load(joined, device)
    finally:
        joined.unlink()


def save_parts(state: dict[str, Any], path: Path) -> None:
    """Write weights and their average in half precision, as PATH.00, PATH.01 and so on.

    The optimiser's moments stay behind: training that goes on from here warms up again.
    """
    kept = {name: _halved(state[name]) for name in ("network", "average")}
    save(kept | {"step": state["step"]}, path)
    data = path.read_bytes()
    path.unlink()
    for old in _parts(path):
        old.unlink()
    for n, start in enumerate(range(0, len(data), PART_BYTES)):
        path.with_name(f"{path.name}.{n:02}").write_bytes(data[start : start + PART_BYTES])


def _parts(path: Path) -> list[Path]:
    return list(path.parent.glob(f"{path.name}.[0-9][0-9]"))


def _halved(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {
        name: value.half() if value.is_floating_point() else value
        for name, value in weights.items()
    }


@torch.no_grad()
def copy_from_onnx(network: Network, path: Path) -> None:
    """Copy the convolutions of an exported network of the same design into a folded one.

    The coarser heads keep their random weights, as an exported file has none, and a bias that the
    exporter left out because it was zero stays zero. Raises ValueError if the shapes differ.
    """
    graph = onnx.load(path).graph
    stored = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in stored:
            stored[node.output[0]] = stored[node.input[0]].astype(np.float32)
    there = [node for node in graph.node if node.op_type == "Conv"]
    here = convolutions_in_order(network)
    if len(there) != len(here):
        raise ValueError(f"{path.name} has {len(there)} convolutions, the network {len(here)}")
    for node, convolution in zip(there, here, strict=True):
        parameters = (convolution.weight, convolution.bias)[: len(node.input) - 1]
        for parameter, name in zip(parameters, node.input[1:], strict=True):
            value = torch.tensor(stored[name])
            if parameter is None or parameter.shape != value.shape:
                raise ValueError(f"{node.name} has another shape than the network's convolution")
            parameter.copy_(value)


def averaged_weights(state: dict[str, Any]) -> dict[str, torch.Tensor]:
    """The moving average's weights under the network's own names, in single precision."""
    prefix = "module."
    return {
        name.removeprefix(prefix): value.float() if value.is_floating_point() else value
        for name, value in state["average"].items()
        if name.startswith(prefix)
    }


def parameters(network: nn.Module) -> int:
    """How many numbers a network has learned."""
    return sum(parameter.numel() for parameter in network.parameters())
