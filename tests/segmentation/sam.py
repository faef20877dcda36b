"""Segment Anything in small: an encoder and a decoder of ours with rembg's names and shapes.

The subject is everything as bright as the place of the first mark; label 0 turns it around.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HEIGHT, WIDTH = 684, 1024
NEAR = 40.0
"""Levels by which the subject's brightness may differ."""


def write_sam(folder: Path, name: str = "sam_vit_b_01ec64") -> tuple[Path, Path]:
    """The two files, as rembg would find them in that folder."""
    encoder, decoder = folder / f"{name}.encoder.onnx", folder / f"{name}.decoder.onnx"
    _write(
        encoder,
        [
            helper.make_node("ReduceMean", ["image"], ["grey"], axes=[2], keepdims=0),
            helper.make_node("Unsqueeze", ["grey", "front"], ["embedding"]),
        ],
        [_floats("image", HEIGHT, WIDTH, 3)],
        [_floats("embedding", 1, 1, HEIGHT, WIDTH)],
        {"front": np.array([0, 1])},
    )
    _write(
        decoder,
        [
            helper.make_node("Gather", ["point_coords", "first"], ["place"], axis=1),
            helper.make_node("Cast", ["place"], ["at"], to=TensorProto.INT64),
            helper.make_node("Gather", ["at", "y_x"], ["row_column"], axis=1),
            helper.make_node("Squeeze", ["image_embeddings", "front"], ["grey"]),
            helper.make_node("GatherND", ["grey", "row_column"], ["there"]),
            helper.make_node("Sub", ["image_embeddings", "there"], ["apart"]),
            helper.make_node("Abs", ["apart"], ["distance"]),
            helper.make_node("Sub", ["near", "distance"], ["alike"]),
            helper.make_node("Gather", ["point_labels", "first"], ["label"], axis=1),
            helper.make_node("Sub", ["label", "half"], ["sign"]),
            helper.make_node("Mul", ["alike", "sign"], ["masks"]),
            helper.make_node("Identity", ["label"], ["scores"]),
            helper.make_node("Identity", ["alike"], ["low_res_masks"]),
        ],
        [
            _floats("image_embeddings", 1, 1, HEIGHT, WIDTH),
            _floats("point_coords", 1, "marks", 2),
            _floats("point_labels", 1, "marks"),
            _floats("mask_input", 1, 1, 256, 256),
            _floats("has_mask_input", 1),
            _floats("orig_im_size", 2),
        ],
        [_floats(name, *[None] * 4) for name in ("masks", "scores", "low_res_masks")],
        {
            "first": np.array(0),
            "y_x": np.array([1, 0]),
            "front": np.array([0, 1]),
            "near": np.array(NEAR, np.float32),
            "half": np.array(0.5, np.float32),
        },
    )
    return encoder, decoder


def write_own_sam(models: Path) -> None:
    """The same as a model of the operator's own, named `sam`."""
    folder = models / "sam"
    folder.mkdir(parents=True)
    encoder, decoder = write_sam(folder)
    encoder.rename(folder / "model.onnx")
    decoder.rename(folder / "decoder.onnx")
    toml = 'size = 1024\nlicence = "Apache-2.0"\nprompts = true\n'
    (folder / "model.toml").write_text(toml)


def _floats(name: str, *shape: int | str | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


def _write(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: dict[str, np.ndarray],
) -> None:
    weights = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, path.stem, inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
