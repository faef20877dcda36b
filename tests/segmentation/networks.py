"""Networks of ours, small enough for tests: real ONNX files, as people have them."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a network was exported. Whatever it says, `write_form` makes one that sees the same."""

    opset: int = 17
    takes: int = TensorProto.FLOAT
    gives: int = TensorProto.FLOAT
    nhwc: bool = False
    gives_nhwc: bool = False
    channels: int = 1
    logits: bool = False
    open_sides: bool = False
    beside: tuple[str, ...] = ()
    """Outputs that come before the mask: `features`, `score`."""
    shuffled: bool = False
    """Nodes are not in order, as converters to half precision leave them."""
    external: bool = False
    """The weights lie in a file of their own."""


def write_form(path: Path, form: Form, *, side: int = 32) -> Path:
    """A network whose subject is what is bright: the logistic function of 8 (red - 0.5)."""
    size: int | str = "side" if form.open_sides else side
    count: int | str = "count" if form.open_sides else 1
    nodes = [*_to_planes(form), *_bright(form), *_as_output(form), *_beside(form)]
    outputs = [*form.beside, "mask"]
    shapes = {
        "features": [count, 4, size, size],
        "score": [count, 1],
        "mask": [count, size, size, form.channels]
        if form.gives_nhwc
        else [count, form.channels, size, size],
    }
    types = {"features": TensorProto.FLOAT, "score": TensorProto.FLOAT, "mask": form.gives}
    shape = [count, size, size, 3] if form.nhwc else [count, 3, size, size]
    graph = helper.make_graph(
        nodes[::-1] if form.shuffled else nodes,
        "bright",
        [helper.make_tensor_value_info("image", form.takes, shape)],
        [helper.make_tensor_value_info(one, types[one], shapes[one]) for one in outputs],
        _weights(form),
    )
    opsets = [helper.make_opsetid("", form.opset)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.save(
        model,
        str(path),
        save_as_external_data=form.external,
        location=f"{path.name}.data",
        size_threshold=0,
    )
    return path


def _to_planes(form: Form) -> list[onnx.NodeProto]:
    """`image` to `seen`: floats 0..1, (N, 3, H, W)."""
    nodes = [helper.make_node("Cast", ["image"], ["floats"], to=TensorProto.FLOAT)]
    scale = "whole" if form.takes == TensorProto.UINT8 else "one"
    nodes.append(helper.make_node("Div", ["floats", scale], ["scaled"]))
    order = [0, 3, 1, 2] if form.nhwc else [0, 1, 2, 3]
    nodes.append(helper.make_node("Transpose", ["scaled"], ["seen"], perm=order))
    return nodes


def _bright(form: Form) -> list[onnx.NodeProto]:
    """`seen` to `found`: logits or probabilities, one channel or background and subject."""
    nodes = [helper.make_node("Conv", ["seen", "w", "b"], ["logits"])]
    if form.logits:
        return [*nodes, helper.make_node("Identity", ["logits"], ["found"])]
    if form.channels == 2:
        return [*nodes, helper.make_node("Softmax", ["logits"], ["found"], axis=1)]
    return [*nodes, helper.make_node("Sigmoid", ["logits"], ["found"])]


def _as_output(form: Form) -> list[onnx.NodeProto]:
    order = [0, 2, 3, 1] if form.gives_nhwc else [0, 1, 2, 3]
    scale = "whole" if form.gives == TensorProto.UINT8 else "one"
    return [
        helper.make_node("Transpose", ["found"], ["laid"], perm=order),
        helper.make_node("Mul", ["laid", scale], ["levels"]),
        helper.make_node("Cast", ["levels"], ["mask"], to=form.gives),
    ]


def _beside(form: Form) -> list[onnx.NodeProto]:
    made = {
        "features": helper.make_node("Conv", ["seen", "v"], ["features"]),
        "score": helper.make_node("Flatten", ["one"], ["score"]),
    }
    return [made[name] for name in form.beside]


def _weights(form: Form) -> list[onnx.TensorProto]:
    red = np.zeros((form.channels, 3, 1, 1), np.float32)
    red[-1, 0] = 8
    bias = np.zeros(form.channels, np.float32)
    bias[-1] = -4
    values = {
        "w": red,
        "b": bias,
        "v": np.ones((4, 3, 1, 1), np.float32),
        "one": np.ones(1, np.float32),
        "whole": np.full(1, 255, np.float32),
    }
    return [numpy_helper.from_array(value, name) for name, value in values.items()]


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
