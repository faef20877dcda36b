"""Several callers' pictures in one run of the network: on GPUs, where that pays.

On a CPU a batch takes as long as its pictures one after the other (`benchmarks/runtime.py`), so it
is off unless asked for. A picture waits at most as long as it is told for others to come.
"""

from concurrent.futures import Future
from threading import Event, Lock

import numpy as np
from numpy.typing import NDArray

from cutoutd.segmentation.runtimes.onnx import OnnxRunner

Tensor = NDArray[np.float32]


class Batcher:
    """A runner for many callers at once, in front of one that takes batches."""

    def __init__(self, runner: OnnxRunner, *, largest: int, patience_s: float) -> None:
        """largest: pictures in one run. patience_s: how long the first of them waits."""
        self.provider = runner.provider
        self._runner = runner
        self._largest = largest
        self._patience_s = patience_s
        self._lock = Lock()
        self._filling: _Batch | None = None

    def run(self, tensor: Tensor) -> Tensor:
        """(1, 3, H, W) -> the mask output for it alone. Raises ProcessingFailed."""
        with self._lock:
            leads = self._filling is None
            batch = self._filling = self._filling or _Batch()
            place = batch.join(tensor)
            if place == self._largest - 1:
                self._close(batch)
        if leads:
            batch.full.wait(self._patience_s)
            with self._lock:
                self._close(batch)
            batch.perform(self._runner)
        return batch.outputs.result()[place : place + 1]

    def _close(self, batch: "_Batch") -> None:
        """Nobody joins it any more."""
        batch.full.set()
        if self._filling is batch:
            self._filling = None


class _Batch:
    """The tensors that go through the network together; the first caller performs it."""

    def __init__(self) -> None:
        self.full = Event()
        self.outputs: Future[Tensor] = Future()
        self._tensors: list[Tensor] = []

    def join(self, tensor: Tensor) -> int:
        """Its place in the batch."""
        self._tensors.append(tensor)
        return len(self._tensors) - 1

    def perform(self, runner: OnnxRunner) -> None:
        """Run it, for all who wait for `outputs`."""
        try:
            self.outputs.set_result(runner.run(np.concatenate(self._tensors)))
        except Exception as exc:  # noqa: BLE001 - every caller gets it from `outputs`.
            self.outputs.set_exception(exc)
