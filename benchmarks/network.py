"""A graph of U²-Net's shape with random weights, for timing only.

Every convolution of U²-Net (Qin et al. 2020: 44 M parameters, 176 MB, 117 GFLOP at 320 x 320)
is there and is computed; batch normalisation is folded, as in the published file. Random
weights find nothing, so the answer is drawn towards a given mask: what comes after the network
then has realistic work to do. rembg and cutoutd load the same file.
"""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIZE = 320
CLIP = 1e-4
WHISPER = 1e-6
"""The share of the network's own answer: computed, but invisible."""


class _Graph:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.random = np.random.default_rng(1)

    def add(self, kind: str, inputs: list[str], **attributes: object) -> str:
        name = f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, values: NDArray[np.generic]) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def conv(self, x: str, into: int, out: int, *, dilation: int = 1, relu: bool = True) -> str:
        scale = (2 / (into * 9)) ** 0.5
        kernel = self.random.normal(0, scale, (out, into, 3, 3)).astype(np.float32)
        bias = np.zeros(out, dtype=np.float32)
        y = self.add(
            "Conv",
            [x, self.constant(kernel), self.constant(bias)],
            kernel_shape=[3, 3],
            pads=[dilation] * 4,
            dilations=[dilation] * 2,
        )
        return self.add("Relu", [y]) if relu else y

    def half(self, x: str) -> str:
        return self.add("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)

    def sized(self, x: str, side: int, channels: int) -> str:
        sizes = self.constant(np.array([1, channels, side, side], dtype=np.int64))
        return self.add(
            "Resize", [x, "", "", sizes], mode="linear", coordinate_transformation_mode="half_pixel"
        )

    def both(self, *parts: str) -> str:
        return self.add("Concat", list(parts), axis=1)

    def block(self, x: str, depth: int, channels: tuple[int, int, int], side: int) -> str:
        """RSU-L: a small U of residual convolutions, `depth` levels, back at its own size."""
        into, middle, out = channels
        start = self.conv(x, into, out)
        levels = [self.conv(start, out, middle)]
        sides = [side]
        for _ in range(depth - 2):
            sides.append(-(-sides[-1] // 2))
            levels.append(self.conv(self.half(levels[-1]), middle, middle))
        y = self.conv(levels[-1], middle, middle, dilation=2)
        for level in range(depth - 2, -1, -1):
            width = out if level == 0 else middle
            y = self.conv(self.both(y, levels[level]), 2 * middle, width)
            if level:
                y = self.sized(y, sides[level - 1], middle)
        return self.add("Add", [y, start])

    def flat_block(self, x: str, channels: tuple[int, int, int]) -> str:
        """RSU-4F: dilations instead of shrinking."""
        into, middle, out = channels
        start = self.conv(x, into, out)
        one = self.conv(start, out, middle)
        two = self.conv(one, middle, middle, dilation=2)
        four = self.conv(two, middle, middle, dilation=4)
        eight = self.conv(four, middle, middle, dilation=8)
        y = self.conv(self.both(eight, four), 2 * middle, middle, dilation=4)
        y = self.conv(self.both(y, two), 2 * middle, middle, dilation=2)
        y = self.conv(self.both(y, one), 2 * middle, out)
        return self.add("Add", [y, start])


DOWN = [(7, (3, 32, 64)), (6, (64, 32, 128)), (5, (128, 64, 256)), (4, (256, 128, 512))]
UP = [(4, (1024, 128, 256)), (5, (512, 64, 128)), (6, (256, 32, 64)), (7, (128, 16, 64))]


def write_network(path: Path, mask: NDArray[np.float32]) -> None:
    """Write the graph that answers this mask, (320, 320), 0..1, whatever it is shown."""
    graph = _Graph()
    x, sides, kept = "image", [SIZE], []
    for depth, channels in DOWN:
        x = graph.block(x, depth, channels, sides[-1])
        kept.append(x)
        x = graph.half(x)
        sides.append(-(-sides[-1] // 2))
    x = graph.flat_block(x, (512, 256, 512))
    kept.append(x)
    sides.append(-(-sides[-1] // 2))
    x = graph.flat_block(graph.half(x), (512, 256, 512))
    found = [(x, 512, sides[-1])]
    x = graph.flat_block(graph.both(graph.sized(x, sides[4], 512), kept[4]), (1024, 256, 512))
    found.append((x, 512, sides[4]))
    for level, (depth, channels) in zip((3, 2, 1, 0), UP, strict=True):
        x = graph.sized(x, sides[level], channels[0] // 2)
        x = graph.block(graph.both(x, kept[level]), depth, channels, sides[level])
        found.append((x, channels[2], sides[level]))
    _finish(graph, found, mask, path)


def _finish(
    graph: _Graph, found: list[tuple[str, int, int]], mask: NDArray[np.float32], path: Path
) -> None:
    answers = []
    for x, channels, side in reversed(found):
        y = graph.conv(x, channels, 1, relu=False)
        answers.append(y if side == SIZE else graph.sized(y, SIZE, 1))
    kernel = np.full((1, 6, 1, 1), 1 / 6, dtype=np.float32)
    fused = graph.add("Conv", [graph.both(*answers), graph.constant(kernel)], kernel_shape=[1, 1])
    whisper = graph.add("Mul", [fused, graph.constant(np.float32(WHISPER).reshape(1))])
    sure = np.clip(mask, CLIP, 1 - CLIP)
    logit = np.log(sure / (1 - sure)).astype(np.float32).reshape(1, 1, SIZE, SIZE)
    answers = [graph.add("Add", [whisper, graph.constant(logit)]), *answers]
    outputs = [graph.add("Sigmoid", [answer]) for answer in answers]
    shape = [1, 1, SIZE, SIZE]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "u2net-shaped",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in outputs],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", 17)],
    )
    model.ir_version = 8
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
