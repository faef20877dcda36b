"""A session: a loaded model that turns pictures into masks.

`Session` is the `Segmenter` that the pipeline asks for. It has one runner per slot; a caller
takes a free one, so at most `slots` pictures are in the network at once, each on its own
threads, while resizing and everything around it runs outside.
"""

from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cutoutd.segmentation.models import ModelSpec
from cutoutd.segmentation.onnx_runtime import OnnxRunner
from cutoutd.segmentation.tensors import probability_from_output, tensor_from_picture


class Runner(Protocol):
    """Whoever executes the network: ONNX Runtime, OpenVINO, a remote server."""

    provider: str

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(1, 3, H, W) -> the mask output as the network gives it."""
        ...


class Session:
    """A model with the provider that runs it. Safe to share between threads."""

    def __init__(self, spec: ModelSpec, runners: Sequence[Runner]) -> None:
        self.name = spec.name
        self.spec = spec
        self.provider = runners[0].provider
        self._free: SimpleQueue[Runner] = SimpleQueue()
        for runner in runners:
            self._free.put(runner)

    def predict(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(H, W, 3) upright sRGB -> (h, w) probability of subject, 0..1, at the network's size.

        The whole picture is squeezed into the square. Waits for a free slot.
        """
        tensor = tensor_from_picture(rgb, self.spec)
        runner = self._free.get()
        try:
            raw = runner.run(tensor)
        finally:
            self._free.put(runner)
        return probability_from_output(raw, self.spec)

    def warm(self) -> None:
        """Run once in every slot, so that the first caller does not pay for what is lazy."""
        grey = np.full((8, 8, 3), 128, dtype=np.uint8)
        for _ in range(self._free.qsize()):
            self.predict(grey)


def open_session(spec: ModelSpec, weights: Path, *, slots: int = 1, threads: int = 0) -> Session:
    """Load the model's weights once for each slot.

    threads: of each slot; 0 lets ONNX Runtime take every core. Raises ConfigurationError if
    the file cannot be opened.
    """
    return Session(
        spec,
        [OnnxRunner(weights, output=spec.output, threads=threads) for _ in range(slots)],
    )
