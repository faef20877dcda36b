"""U²-Net- and IS-Net-shaped networks with random weights: the right cost, no skill.

Built from the published architectures (Qin et al., "U²-Net", Pattern Recognition 2020; Qin et
al., "Highly Accurate Dichotomous Image Segmentation", ECCV 2022) with batch normalisation
folded, so that speed and memory can be measured where the real weights cannot be had. rembg and
cutoutd load the same file. Random weights find nothing: where what comes after the network shall
have realistic work to do, the answer is drawn to a given mask, and the network is computed
all the same.

    python benchmarks/networks.py u2net u2net.onnx
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
SIDES = {"u2net": 320, "u2netp": 320, "isnet": 1024}
"""px of the square input that each namesake is used with."""
CLIP = 1e-4
WHISPER = 1e-6
"""The share of the network's own answer beside a given one: computed, but invisible."""
STAGES = ((7, 32, 64), (6, 32, 128), (5, 64, 256), (4, 128, 512), (0, 256, 512), (0, 256, 512))
"""(levels, inner channels, outer channels) of each encoder stage; levels 0: dilated, no pooling."""
DECODERS = ((0, 256, 512), (4, 128, 256), (5, 64, 128), (6, 32, 64), (7, 16, 64))
SMALL_STAGES = ((7, 16, 64), (6, 16, 64), (5, 16, 64), (4, 16, 64), (0, 16, 64), (0, 16, 64))
SMALL_DECODERS = ((0, 16, 64), (4, 16, 64), (5, 16, 64), (6, 16, 64), (7, 16, 64))


class Drawing:
    """A graph under construction: each method appends a node and returns its output's name."""

    def __init__(self, seed: int) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.channels: dict[str, int] = {}
        self._random = np.random.default_rng(seed)

    def add(self, kind: str, inputs: list[str], channels: int, **attributes: object) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        self.channels[name] = channels
        return name

    def constant(self, values: np.ndarray) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def conv(self, x: str, out: int, *, dilation: int = 1, stride: int = 1, kernel: int = 3) -> str:
        inward = self.channels[x]
        spread = (2 / (inward * kernel * kernel)) ** 0.5
        shape = (out, inward, kernel, kernel)
        weight = (self._random.standard_normal(shape) * spread).astype(np.float32)
        bias = self.constant(np.zeros(out, np.float32))
        pad = dilation * (kernel // 2)
        return self.add(
            "Conv",
            [x, self.constant(weight), bias],
            out,
            kernel_shape=[kernel, kernel],
            pads=[pad] * 4,
            dilations=[dilation] * 2,
            strides=[stride] * 2,
        )

    def block(self, x: str, out: int, *, dilation: int = 1) -> str:
        return self.add("Relu", [self.conv(x, out, dilation=dilation)], out)

    def pool(self, x: str) -> str:
        return self.add(
            "MaxPool", [x], self.channels[x], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1
        )

    def resize_like(self, x: str, other: str) -> str:
        count = self.channels[x]
        sizes = self.add("Shape", [other], 0)
        tail = self.add(
            "Slice", [sizes, self.constant(np.array([2])), self.constant(np.array([4]))], 0
        )
        head = self.constant(np.array([1, count]))
        target = self.add("Concat", [head, tail], 0, axis=0)
        return self.add(
            "Resize",
            [x, "", "", target],
            count,
            mode="linear",
            coordinate_transformation_mode="half_pixel",
        )

    def join(self, *parts: str) -> str:
        return self.add("Concat", list(parts), sum(self.channels[p] for p in parts), axis=1)

    def residual_u(self, x: str, levels: int, inner: int, outer: int) -> str:
        """The residual U-block (RSU): a small U-Net whose output is added to its input."""
        entry = self.block(x, outer)
        if levels == 0:
            return self.add("Add", [self._dilated(entry, inner, outer), entry], outer)
        downs = [self.block(entry, inner)]
        for _ in range(levels - 2):
            downs.append(self.block(self.pool(downs[-1]), inner))
        up = self.block(downs[-1], inner, dilation=2)
        for position, down in enumerate(reversed(downs)):
            out = outer if position == len(downs) - 1 else inner
            up = self.block(self.join(up, down), out)
            if position < len(downs) - 1:
                up = self.resize_like(up, downs[-2 - position])
        return self.add("Add", [up, entry], outer)

    def _dilated(self, entry: str, inner: int, outer: int) -> str:
        downs = [self.block(entry, inner)]
        for dilation in (2, 4):
            downs.append(self.block(downs[-1], inner, dilation=dilation))
        up = self.block(downs[-1], inner, dilation=8)
        up = self.block(self.join(up, downs[2]), inner, dilation=4)
        up = self.block(self.join(up, downs[1]), inner, dilation=2)
        return self.block(self.join(up, downs[0]), outer)

    def whispering(self, logits: str, answer: NDArray[np.float32]) -> str:
        """Those logits, inaudible beside the logits of the answer."""
        sure = np.clip(answer, CLIP, 1 - CLIP)
        loud = np.log(sure / (1 - sure)).astype(np.float32)[np.newaxis, np.newaxis]
        quiet = self.add("Mul", [logits, self.constant(np.float32([WHISPER]))], 1)
        return self.add("Add", [quiet, self.constant(loud)], 1)


def nested_u(name: str, *, answer: NDArray[np.float32] | None = None) -> onnx.ModelProto:
    """A `u2net`, `u2netp` or `isnet` shaped model, which gives this answer to every picture.

    answer: (side, side), 0..1; None: whatever the random weights say.
    """
    d, side = Drawing(seed=0), SIDES[name]
    d.channels["image"] = 3
    stages, decoders = (SMALL_STAGES, SMALL_DECODERS) if name == "u2netp" else (STAGES, DECODERS)
    x = d.conv("image", 64, stride=2) if name == "isnet" else "image"
    encoded: list[str] = []
    for stage in stages:
        x = d.residual_u(d.pool(x) if encoded else x, *stage)
        encoded.append(x)
    decoded = [encoded[-1]]
    for stage, skip in zip(decoders, reversed(encoded[:-1]), strict=True):
        up = d.resize_like(decoded[-1], skip)
        decoded.append(d.residual_u(d.join(up, skip), *stage))
    sides = [d.resize_like(d.conv(x, 1), "image") for x in reversed(decoded)]
    if name != "isnet":
        sides.insert(0, d.conv(d.join(*sides), 1, kernel=1))
    if answer is not None:
        sides[0] = d.whispering(sides[0], answer)
    masks = [d.add("Sigmoid", [s], 1) for s in sides]
    extra = list(reversed(decoded)) if name == "isnet" else []
    return _model(name, d, [*masks, *extra], side)


def _model(name: str, d: Drawing, outputs: list[str], side: int) -> onnx.ModelProto:
    graph = helper.make_graph(
        d.nodes,
        name,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info(o, TensorProto.FLOAT, [None] * 4) for o in outputs],
        d.weights,
    )
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="cutoutd"
    )


def write(name: str, target: Path, *, answer: NDArray[np.float32] | None = None) -> None:
    """Write the network of that shape, at the input size its namesake is used with."""
    target.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(nested_u(name, answer=answer), str(target))


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))
