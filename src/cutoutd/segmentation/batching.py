"""Several callers' images in one run of the network: on GPUs, where that pays.

On a CPU a batch takes as long as its images one after the other (`benchmarks/runtime.py`), so it
is off unless asked for. An image waits at most as long as it is told for others to come.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Event, Lock

import numpy as np
from numpy.typing import NDArray

from cutoutd.segmentation.runtimes.runner import Runner

Tensor = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batching:
    """How many callers may share a run of the network."""

    largest: int = 1
    """Images in one run; 1: no batches."""
    wait_s: float = 0.0
    """How long the first of them waits for others."""


ALONE = Batching()


def share(runners: Sequence[Runner], batching: Batching) -> list[Runner]:
    """As many runners as callers may be in the network at once; several of them are the same.

    A network that takes no batches stays one caller's at a time.
    """
    if batching.largest == 1 or not all(runner.takes_batches for runner in runners):
        return list(runners)
    shared: list[Runner] = [Batcher(runner, batching) for runner in runners]
    return shared * batching.largest


class Batcher:
    """A runner for many callers at once, in front of one that takes batches."""

    takes_batches = False
    """It makes them."""
    takes_any_side = False

    def __init__(self, runner: Runner, batching: Batching) -> None:
        self.provider = runner.provider
        self._runner = runner
        self._batching = batching
        self._lock = Lock()
        self._filling: _Batch | None = None

    def run(self, tensor: Tensor) -> Tensor:
        """(1, 3, H, W) -> the mask output for it alone. Raises ProcessingFailed."""
        with self._lock:
            leads = self._filling is None
            batch = self._filling = self._filling or _Batch()
            place = batch.join(tensor)
            if place == self._batching.largest - 1:
                self._close(batch)
        if leads:
            batch.full.wait(self._batching.wait_s)
            with self._lock:
                self._close(batch)
            batch.perform(self._runner)
        return batch.outputs.result()[place : place + 1]

    def _close(self, batch: "_Batch") -> None:
        """No further caller joins it."""
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

    def perform(self, runner: Runner) -> None:
        """Run it, for all who wait for `outputs`."""
        try:
            self.outputs.set_result(runner.run(np.concatenate(self._tensors)))
        except Exception as exc:  # noqa: BLE001 - every caller gets it from `outputs`.
            self.outputs.set_exception(exc)
