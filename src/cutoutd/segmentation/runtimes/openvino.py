"""OpenVINO, and the only file that imports it: the extra `openvino`.

It computes in bf16 where the CPU can (AVX-512 BF16, AMX), which is about twice as fast there;
elsewhere it computes in float32 and is about as fast as ONNX Runtime. The provider it reports
says which: `openvino-bf16` or `openvino-f32`.
"""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutoutd.errors import ConfigurationError, ProcessingFailed
from cutoutd.segmentation.models import ModelSpec


def is_installed() -> bool:
    """Whether the extra is there."""
    return find_spec("openvino") is not None


class OpenVinoRunner:
    """A compiled model with its own stream and threads: a tensor in, a tensor out."""

    def __init__(self, spec: ModelSpec, weights: Path, *, threads: int = 0) -> None:
        properties: dict[str, object] = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}
        if threads:
            properties["INFERENCE_NUM_THREADS"] = threads
        try:
            core = import_module("openvino").Core()
            model = core.read_model(str(weights))
            output = _output(model, spec.output)
            for other in [one for one in model.get_results() if one is not output]:
                model.remove_result(other)
            model.reshape([1, 3, spec.size, spec.size])
            self._compiled: Any = core.compile_model(model, "CPU", properties)
        except StopIteration:
            raise ConfigurationError(f"{spec.file} has no output {spec.output!r}.") from None
        except Exception as exc:
            reason = str(exc).partition("\n")[0].replace(str(weights), weights.name)
            raise ConfigurationError(f"OpenVINO cannot open {weights.name}: {reason}") from exc
        self.provider = f"openvino-{_precision(self._compiled)}"

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(1, 3, H, W) -> the mask output as the network gives it. Raises ProcessingFailed."""
        try:
            outputs = self._compiled({0: tensor})
        except Exception as exc:
            raise ProcessingFailed("The segmentation model failed on this picture.") from exc
        return np.array(outputs[0], dtype=np.float32)


def _output(model: Any, name: str | None) -> Any:
    """The result node of that name, or the first."""
    results = model.get_results()
    if name is None:
        return results[0]
    return next(
        r for r in results if name in r.output(0).get_names() | r.input(0).get_tensor().names
    )


def _precision(compiled: Any) -> str:
    kind = str(compiled.get_property("INFERENCE_PRECISION_HINT"))
    return "bf16" if "bf" in kind.lower() else "f32"
