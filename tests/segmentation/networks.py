"""Networks of ours, small enough for tests: real ONNX files with weights drawn from a seed."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from cutoutd.segmentation.models import ModelSpec


def write_network(
    path: Path,
    *,
    side: int | str = 32,
    outputs: int = 2,
    sigmoid: bool = True,
    channels: int = 3,
    count: int | str = 1,
    seed: int = 0,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Two convolutions over `side` px; output `d0` is the mask, `d1`… are computed beside it."""
    random = np.random.default_rng(seed)

    def weight(name: str, *shape: int) -> onnx.TensorProto:
        values = random.standard_normal(shape).astype(np.float32) * 0.3
        return numpy_helper.from_array(values, name)

    weights = [weight("w", 4, channels, 3, 3)]
    nodes = [
        helper.make_node("Conv", ["image", "w"], ["seen"], pads=[1] * 4, kernel_shape=[3, 3]),
        helper.make_node("Relu", ["seen"], ["felt"]),
    ]
    for number in range(outputs):
        weights.append(weight(f"v{number}", 1, 4, 3, 3))
        last = f"raw{number}" if sigmoid else f"d{number}"
        nodes.append(
            helper.make_node(
                "Conv", ["felt", f"v{number}"], [last], pads=[1] * 4, kernel_shape=[3, 3]
            )
        )
        if sigmoid:
            nodes.append(helper.make_node("Sigmoid", [last], [f"d{number}"]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [count, channels, side, side])],
        [
            helper.make_tensor_value_info(f"d{n}", TensorProto.FLOAT, [count, 1, side, side])
            for n in range(outputs)
        ],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, metadata or {})
    onnx.save(model, str(path))
    return path


def a_spec(path: Path, **facts: object) -> ModelSpec:
    """The row for such a network."""
    row: dict[str, object] = {
        "name": path.stem,
        "size": 32,
        "file": path.name,
        "folder": path.parent,
        "licence": "MIT",
        "commercial": True,
        "source": "here",
    }
    return ModelSpec(**{**row, **facts})  # type: ignore[arg-type]
