from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from training.export import OPSET, difference
from training.graph import Graph

SIDE = 15
"""Odd: halved it is rounded up, and enlarged again it must meet what it came from."""


def small_u(path: Path) -> Path:
    """Down and up again as U²-Net's files say it: sizes are computed from shapes."""
    random = np.random.default_rng(0)
    weights = {
        "w1": random.normal(size=(4, 3, 3, 3)),
        "w2": random.normal(size=(4, 4, 3, 3)),
        "w3": random.normal(size=(1, 8, 3, 3)) / 8,
        "b": random.normal(size=4),
    }
    numbers = {"zero": [0], "two": [2], "four": [4]}
    window = {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 0, 0], "ceil_mode": 1}
    nodes = [
        _convolution("image", "w1", "b", "entered", 1),
        helper.make_node("Relu", ["entered"], ["seen"]),
        helper.make_node("MaxPool", ["seen"], ["low"], **window),
        _convolution("low", "w2", "b", "far", 2),
        helper.make_node("Shape", ["far"], ["from"]),
        helper.make_node("Slice", ["from", "zero", "two"], ["batch"]),
        helper.make_node("Shape", ["seen"], ["to"]),
        helper.make_node("Slice", ["to", "two", "four"], ["sides"]),
        helper.make_node("Concat", ["batch", "sides"], ["sizes"], axis=0),
        helper.make_node("Resize", ["far", "", "", "sizes"], ["back"], mode="linear"),
        helper.make_node("Concat", ["back", "seen"], ["both"], axis=1),
        _convolution("both", "w3", "", "logits", 1),
        helper.make_node("Sigmoid", ["logits"], ["mask"]),
    ]
    shape = ["n", 3, SIDE, SIDE]
    graph = helper.make_graph(
        nodes,
        "small_u",
        [helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("mask", onnx.TensorProto.FLOAT, ["n", 1, SIDE, SIDE])],
        [
            *(numpy_helper.from_array(v.astype(np.float32), k) for k, v in weights.items()),
            *(numpy_helper.from_array(np.array(v, np.int64), k) for k, v in numbers.items()),
        ],
    )
    opset = [helper.make_opsetid("", OPSET)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), path)
    return path


def _convolution(x: str, weight: str, bias: str, y: str, dilation: int) -> onnx.NodeProto:
    inputs = [name for name in (x, weight, bias) if name]
    pads = [dilation] * 4
    strides, dilations = [1, 1], [dilation, dilation]
    return helper.make_node(
        "Conv", inputs, [y], strides=strides, dilations=dilations, pads=pads, group=1
    )


def test_a_file_computes_in_pytorch_what_it_does_in_onnx_runtime(tmp_path: Path) -> None:
    path = small_u(tmp_path / "small_u.onnx")

    assert difference(Graph(path), path, torch.randn(2, 3, SIDE, SIDE)) < 1e-4
