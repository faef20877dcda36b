"""A model on another server that speaks KServe v2 over gRPC, such as NVIDIA Triton.

The extra `kserve`. Resizing, mean and std, and what follows the network stay here; only the
tensor travels. Which server is the operator's word (`remote` in a `model.toml`), never a
request's.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutoutd.errors import ConfigurationError, ProcessingFailed
from cutoutd.segmentation.models import ModelSpec
from cutoutd.segmentation.network_input import NetworkInput, first_mask
from cutoutd.segmentation.runtimes.runner import RunnerOptions

TIMEOUT_S = 30.0
DATATYPES = {np.float32: "FP32", np.float16: "FP16", np.float64: "FP64", np.uint8: "UINT8"}
"""NumPy's types in the protocol's words."""


class KServeRunner:
    """One connection to a remote model: a tensor in, a tensor out."""

    provider = "kserve"
    takes_batches = False
    takes_any_side = False

    def __init__(self, spec: ModelSpec, *, timeout_s: float = TIMEOUT_S) -> None:
        assert spec.remote is not None
        address, _, self._model = spec.remote.partition("/")
        self._timeout_s = timeout_s
        try:
            self._grpc: Any = import_module("tritonclient.grpc")
        except ImportError as exc:
            raise ConfigurationError(
                f"The model {spec.name!r} is remote; install `cutoutd[kserve]`."
            ) from exc
        try:
            self._client: Any = self._grpc.InferenceServerClient(address)
            about = self._client.get_model_metadata(self._model, client_timeout=timeout_s)
        except Exception as exc:
            raise ConfigurationError(
                f"The server at {address} does not offer {self._model!r}: {exc}"
            ) from exc
        self._spec = spec
        self._input, self._takes = _checked_input(about.inputs, spec)
        self._output = spec.output or first_mask((one.name, _sides(one)) for one in about.outputs)

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(1, 3, H, W) -> the mask output as the server gives it. Raises ProcessingFailed."""
        fed = self._takes.fed(tensor, self._spec)
        sent = self._grpc.InferInput(self._input, list(fed.shape), DATATYPES[fed.dtype.type])
        sent.set_data_from_numpy(fed)
        wanted = self._grpc.InferRequestedOutput(self._output)
        try:
            answer = self._client.infer(
                self._model, [sent], outputs=[wanted], client_timeout=self._timeout_s
            )
        except Exception as exc:
            raise ProcessingFailed("The inference server failed on this image.") from exc
        mask: NDArray[np.float32] = answer.as_numpy(self._output)
        return mask


def _checked_input(inputs: Any, spec: ModelSpec) -> tuple[str, NetworkInput]:
    """The input's name, and what it takes. Raises ConfigurationError if that is no image."""
    types = {word: kind for kind, word in DATATYPES.items()}
    first, *others = inputs
    if not others and first.datatype in types:
        takes = NetworkInput.of(_sides(first), types[first.datatype], spec.size)
        if takes is not None:
            return first.name, takes
    found = ", ".join(f"{one.name} {one.datatype} {_sides(one)}" for one in inputs)
    raise ConfigurationError(
        f"{spec.name!r} must have one input that takes an image of {spec.size} px; "
        f"the remote model has: {found}."
    )


def _sides(tensor: Any) -> list[int | None]:
    """Of an input or output; the protocol writes -1 for a side that is open."""
    return [int(side) if int(side) > 0 else None for side in tensor.shape]


def open_runner(spec: ModelSpec, weights: Path, options: RunnerOptions) -> KServeRunner:
    """Connect to the server that `spec.remote` names; nothing else is looked at.

    Raises ConfigurationError if it is not reached or does not offer the model.
    """
    del weights, options
    return KServeRunner(spec)
