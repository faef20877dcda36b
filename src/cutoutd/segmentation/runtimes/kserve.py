"""A model on somebody else's server that speaks KServe v2 over gRPC, such as NVIDIA Triton.

The extra `kserve`. Resizing, mean and std, and what follows the network stay here; only the
tensor travels. Which server is the operator's word (`remote` in a `model.toml`), never a
request's.
"""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutoutd.errors import ConfigurationError, ProcessingFailed
from cutoutd.segmentation.models import ModelSpec

TIMEOUT_S = 30.0


class KServeRunner:
    """One connection to a remote model: a tensor in, a tensor out."""

    provider = "kserve"

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
        self._input = about.inputs[0].name
        self._output = spec.output or about.outputs[0].name

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(1, 3, H, W) -> the mask output as the server gives it. Raises ProcessingFailed."""
        sent = self._grpc.InferInput(self._input, list(tensor.shape), "FP32")
        sent.set_data_from_numpy(tensor)
        wanted = self._grpc.InferRequestedOutput(self._output)
        try:
            answer = self._client.infer(
                self._model, [sent], outputs=[wanted], client_timeout=self._timeout_s
            )
        except Exception as exc:
            raise ProcessingFailed("The inference server failed on this picture.") from exc
        mask: NDArray[np.float32] = answer.as_numpy(self._output)
        return mask
