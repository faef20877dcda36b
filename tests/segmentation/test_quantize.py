"""Int8 variants: which layers are quantised, and what the variant says of itself."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from cutoutd.errors import ConfigurationError
from cutoutd.segmentation.models import ModelSpec, Resampling
from cutoutd.segmentation.own import own_models
from cutoutd.segmentation.quantize import ANYWHERE, Quantization, quantize, write_quantized

LAYERS = 8
WIDE = 3
"""The layer whose output needs more levels than eight bits have."""
SPEC = ModelSpec(
    name="chain",
    size=32,
    mean=(0, 0, 0),
    std=(1, 1, 1),
    resampling=Resampling.BOX,
    file="chain.onnx",
    licence="ours",
    commercial=True,
    source="here",
)


def write_chain(path: Path, *, wide: float, opset: int = 17) -> Path:
    """Convolutions that pass an image on; between two of them one channel is `wide` times it."""
    scale = np.diag([1, wide, 1]).astype(np.float32)
    weights = [np.eye(3, dtype=np.float32)] * LAYERS
    weights[WIDE], weights[WIDE + 1] = scale, np.linalg.inv(scale).astype(np.float32)
    weights[-1] = np.array([[1, 0, 0]], np.float32)
    names = ["image", *(f"felt{place}" for place in range(LAYERS - 1)), "mask"]
    nodes = [
        helper.make_node("Conv", [names[place], f"w{place}"], [names[place + 1]], name=f"{place}")
        for place in range(LAYERS)
    ]
    shapes = [("image", 3), ("mask", 1)]
    one, other = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, count, 32, 32])]
        for name, count in shapes
    )
    kernels = [
        numpy_helper.from_array(weight[..., np.newaxis, np.newaxis], f"w{place}")
        for place, weight in enumerate(weights)
    ]
    graph = helper.make_graph(nodes, "chain", one, other, kernels)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=6)
    onnx.save(model, str(path))
    return path


def in_float(folder: Path) -> list[int]:
    """The places of the convolutions whose weights are floats."""
    graph = onnx.load(str(folder / "model.onnx")).graph
    makers = {name: node.op_type for node in graph.node for name in node.output}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    return [
        place
        for place, node in enumerate(convolutions)
        if makers.get(node.input[1]) != "DequantizeLinear"
    ]


def photos() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {name: random.integers(0, 256, (32, 32, 3), np.uint8) for name in "abc"}


@pytest.mark.parametrize(("wide", "left"), [(1, []), (1000, [WIDE, WIDE + 1])])
def test_layers_that_would_move_the_masks_stay_in_float(
    tmp_path: Path, wide: float, left: list[int]
) -> None:
    made = quantize(SPEC, write_chain(tmp_path / "chain.onnx", wide=wide), photos(), tmp_path)
    assert in_float(made) == left


def test_a_network_from_before_scales_by_channel_is_quantised_too(tmp_path: Path) -> None:
    chain = write_chain(tmp_path / "chain.onnx", wide=1, opset=11)
    assert in_float(quantize(SPEC, chain, photos(), tmp_path)) == []


@pytest.mark.parametrize(("how", "most"), [(ANYWHERE, 64), (Quantization(full_range=True), 127)])
def test_weights_use_seven_bits_unless_the_cpu_cannot_overflow_eight(
    tmp_path: Path, how: Quantization, most: int
) -> None:
    chain, made = write_chain(tmp_path / "chain.onnx", wide=1), tmp_path / "made.onnx"

    write_quantized(SPEC, chain, photos(), made, how)

    weights = [
        one for one in onnx.load(made).graph.initializer if one.data_type == TensorProto.INT8
    ]
    levels = [np.abs(numpy_helper.to_array(one).astype(int)).max() for one in weights]
    assert max(levels) == most


def test_a_fused_activation_is_the_limit_of_its_convolution_s_levels(tmp_path: Path) -> None:
    model = onnx.load(write_chain(tmp_path / "chain.onnx", wide=1))
    model.graph.node[3].output[0] = "before"
    model.graph.node.insert(4, helper.make_node("Relu", ["before"], ["felt3"]))
    onnx.save(model, tmp_path / "chain.onnx")

    made = tmp_path / "model.onnx"
    write_quantized(SPEC, tmp_path / "chain.onnx", photos(), made, Quantization(fused=True))

    assert "Relu" not in [node.op_type for node in onnx.load(made).graph.node]
    assert in_float(tmp_path) == []


def test_a_variant_whose_masks_would_be_wrong_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cutoutd.segmentation.quantize.USELESS", 0)
    chain = write_chain(tmp_path / "chain.onnx", wide=1000)

    with pytest.raises(ConfigurationError, match=r"off by 0\.\d\d in the mean"):
        write_quantized(SPEC, chain, photos(), tmp_path / "made.onnx", Quantization(allowed=0))


def test_a_variant_sees_images_as_its_model_does(tmp_path: Path) -> None:
    quantize(SPEC, write_chain(tmp_path / "chain.onnx", wide=1), photos(), tmp_path)
    (variant,) = own_models(tmp_path)
    assert (variant.name, variant.variant_of, variant.precision) == ("chain-int8", "chain", "int8")
    assert (variant.mean, variant.resampling) == (SPEC.mean, SPEC.resampling)


def test_what_cannot_be_quantised_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chain.onnx").write_bytes(b"no network")
    with pytest.raises(ConfigurationError, match="'chain' cannot be quantised"):
        quantize(SPEC, tmp_path / "chain.onnx", photos(), tmp_path)
    with pytest.raises(ConfigurationError, match="no photos"):
        quantize(SPEC, tmp_path / "chain.onnx", {}, tmp_path)
