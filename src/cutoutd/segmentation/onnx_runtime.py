"""ONNX Runtime, and the only file that imports it.

It is imported when the first model is opened: `cutoutd --help` does not pay for it. Its
official builds collect telemetry and keep a device id below HOME unless told not to before
they are imported; we tell them not to, which also makes a read-only root possible.
"""

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cutoutd.errors import ConfigurationError, ProcessingFailed

if TYPE_CHECKING:
    from types import ModuleType

ERRORS_ONLY = 3


def onnxruntime() -> "ModuleType":
    """The module, with telemetry off."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    return import_module("onnxruntime")


class OnnxRunner:
    """One ONNX Runtime session of its own with its own threads: a tensor in, a tensor out."""

    def __init__(
        self,
        weights: Path,
        *,
        output: str | None,
        providers: Sequence[str] = ("CPUExecutionProvider",),
        threads: int = 0,
    ) -> None:
        module = onnxruntime()
        options = module.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
        try:
            self._session: Any = module.InferenceSession(
                str(weights), sess_options=options, providers=list(providers)
            )
        except Exception as exc:
            raise ConfigurationError(f"ONNX Runtime cannot open {weights.name}: {exc}") from exc
        self.provider: str = (
            self._session.get_providers()[0].removesuffix("ExecutionProvider").lower()
        )
        self._input: str = self._session.get_inputs()[0].name
        self._output = output or self._session.get_outputs()[0].name

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 3, H, W) -> the mask output as the network gives it. Raises ProcessingFailed."""
        try:
            outputs = self._session.run([self._output], {self._input: tensor})
        except Exception as exc:
            raise ProcessingFailed("The segmentation model failed on this picture.") from exc
        mask: NDArray[np.float32] = outputs[0]
        return mask
