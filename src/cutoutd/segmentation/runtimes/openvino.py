"""OpenVINO, and the only file that imports it: the extra `openvino`.

It computes in float32, and in bf16 only where `openvino-bf16` was asked for and the CPU can
(AVX-512 BF16, AMX): about twice as fast, but eight bits of each number are few for some networks.
Left to itself it would take bf16 wherever there is one. The provider it reports says which it is:
`openvino-bf16` or `openvino-f32`.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutoutd.errors import ConfigurationError, ProcessingFailed
from cutoutd.segmentation.models import ModelSpec
from cutoutd.segmentation.network_input import NetworkInput, first_mask
from cutoutd.segmentation.options import ProviderName
from cutoutd.segmentation.runtimes.runner import RunnerOptions


class OpenVinoRunner:
    """A compiled model with its own stream and threads: a tensor in, a tensor out."""

    takes_batches = False
    takes_any_side = False

    def __init__(self, spec: ModelSpec, weights: Path, *, threads: int, precision: str) -> None:
        properties: dict[str, object] = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": 1,
            "INFERENCE_PRECISION_HINT": precision,
        }
        if threads:
            properties["INFERENCE_NUM_THREADS"] = threads
        try:
            core = import_module("openvino").Core()
            model = core.read_model(str(weights))
            output = _output(model, spec.output)
            for other in [one for one in model.get_results() if one is not output]:
                model.remove_result(other)
            self._takes = _check_input(model, spec)
            size, channels_last = spec.size, self._takes.channels_last
            model.reshape([1, size, size, 3] if channels_last else [1, 3, size, size])
            self._compiled: Any = core.compile_model(model, "CPU", properties)
        except ConfigurationError:
            raise
        except StopIteration:
            raise ConfigurationError(f"{spec.file} has no output {spec.output!r}.") from None
        except Exception as exc:
            reason = str(exc).partition("\n")[0].replace(str(weights), weights.name)
            raise ConfigurationError(f"OpenVINO cannot open {weights.name}: {reason}") from exc
        self._spec = spec
        self.provider = f"openvino-{_precision(self._compiled)}"

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(1, 3, H, W) -> the mask output as the network gives it. Raises ProcessingFailed."""
        try:
            outputs = self._compiled({0: self._takes.fed(tensor, self._spec)})
        except Exception as exc:
            raise ProcessingFailed("The segmentation model failed on this image.") from exc
        return np.array(outputs[0])


def _check_input(model: Any, spec: ModelSpec) -> NetworkInput:
    """What the model takes. Raises ConfigurationError if that is no image of the spec's size."""
    given = model.input(0)
    shape = _sides(given.partial_shape)
    takes = shape and NetworkInput.of(shape, given.get_element_type().to_dtype(), spec.size)
    if not takes:
        raise ConfigurationError(f"{spec.file} takes no image of {spec.size} px.")
    return takes


def _output(model: Any, name: str | None) -> Any:
    """The result node of that name, or the first that can be a mask."""
    results = model.get_results()
    if name is None:
        chosen = first_mask(
            (str(place), _sides(one.get_output_partial_shape(0)))
            for place, one in enumerate(results)
        )
        return results[int(chosen)]
    return next(
        r for r in results if name in r.output(0).get_names() | r.input(0).get_tensor().names
    )


def _sides(shape: Any) -> list[int | None] | None:
    """Lengths, None where they are open; None where even their number is."""
    if shape.rank.is_dynamic:
        return None
    return [side.get_length() if side.is_static else None for side in shape]


def _precision(compiled: Any) -> str:
    kind = str(compiled.get_property("INFERENCE_PRECISION_HINT"))
    return "bf16" if "bf" in kind.lower() else "f32"


def open_runner(spec: ModelSpec, weights: Path, options: RunnerOptions) -> OpenVinoRunner:
    """Compile a model for one slot. Raises ConfigurationError if it cannot be opened."""
    precision = "bf16" if options.provider is ProviderName.OPENVINO_BF16 else "f32"
    return OpenVinoRunner(spec, weights, threads=options.threads, precision=precision)
