"""An int8 variant of a model: quantised weights and activations (QDQ), an own model afterwards.

Activations are calibrated on the operator's photos, because ranges that fit them cost the least
accuracy. What it costs and gains depends on the network and the CPU (without VNNI it can be
slower): measure with `cutoutd models bench` before serving it.
"""

import shutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutoutd.errors import ConfigurationError
from cutoutd.segmentation.graphs import pruned
from cutoutd.segmentation.models import ModelSpec
from cutoutd.segmentation.runtimes.onnx import onnxruntime
from cutoutd.segmentation.tensors import tensor_from_image


def quantize(
    spec: ModelSpec, weights: Path, photos: Mapping[str, NDArray[np.uint8]], folder: Path
) -> Path:
    """Make `<name>-int8` in the models folder; returns its folder.

    Raises ConfigurationError without photos, or if the network cannot be quantised.
    """
    if not photos:
        raise ConfigurationError("There are no photos to calibrate with.")
    onnxruntime()
    target = folder / f"{spec.name}-int8"
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".making-") as making:
        plain, made = Path(making) / "plain.onnx", Path(making) / "made"
        made.mkdir()
        content = pruned(weights, spec.output)
        plain.write_bytes(weights.read_bytes() if content is None else content)
        _quantize(plain, made / "model.onnx", spec, photos)
        (made / "model.toml").write_text(_description(spec), "utf-8")
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)
    return target


def _quantize(
    plain: Path, target: Path, spec: ModelSpec, photos: Mapping[str, NDArray[np.uint8]]
) -> None:
    tools = import_module("onnxruntime.quantization")
    import onnx

    name = onnx.load(str(plain), load_external_data=False).graph.input[0].name

    class Photos(tools.CalibrationDataReader):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            self._feeds: Iterator[dict[str, Any]] = (
                {name: tensor_from_image(rgb, spec)} for rgb in photos.values()
            )

        def get_next(self) -> dict[str, Any] | None:
            return next(self._feeds, None)

    try:
        tools.quantize_static(
            str(plain),
            str(target),
            Photos(),
            quant_format=tools.QuantFormat.QDQ,
            activation_type=tools.QuantType.QUInt8,
            weight_type=tools.QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            op_types_to_quantize=["Conv"],
        )
    except Exception as exc:
        raise ConfigurationError(f"{spec.name!r} cannot be quantised: {exc}") from exc


def _description(spec: ModelSpec) -> str:
    def text(value: str) -> str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

    lines = [
        f"size = {spec.size}",
        f"mean = {list(spec.mean)}",
        f"std = {list(spec.std)}",
        f"scale = {text(spec.scale)}",
        f"activation = {text(spec.activation)}",
        f"classes = {list(spec.classes)}",
        f"stretch = {str(spec.stretch).lower()}",
        f"resampling = {text(spec.resampling)}",
        f"subject = {text(spec.subject)}",
        f"licence = {text(spec.licence)}",
        f"commercial = {str(spec.commercial).lower()}",
        f"source = {text(spec.source)}",
        'precision = "int8"',
        f"variant_of = {text(spec.name)}",
    ]
    if spec.reducing_gap is not None:
        lines.append(f"reducing_gap = {spec.reducing_gap}")
    return "\n".join(lines) + "\n"
