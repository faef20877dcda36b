"""A session: a loaded model that turns pictures into masks.

`Session` is the `Segmenter` that the pipeline asks for. It has one runner per slot; a caller
takes a free one, so at most `slots` pictures are in the network at once, each on its own
threads, while resizing and everything around it runs outside.
"""

import logging
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cutoutd.command import Prompt
from cutoutd.errors import InvalidRequest, ProcessingFailed
from cutoutd.segmentation.batching import Batcher
from cutoutd.segmentation.graphs import PreparedGraphs
from cutoutd.segmentation.models import ModelSpec
from cutoutd.segmentation.options import ProviderName
from cutoutd.segmentation.runtimes import mnn, openvino
from cutoutd.segmentation.runtimes.kserve import KServeRunner
from cutoutd.segmentation.runtimes.mnn import open_converted
from cutoutd.segmentation.runtimes.onnx import OnnxRunner, built_in_providers, open_runner
from cutoutd.segmentation.runtimes.openvino import OpenVinoRunner
from cutoutd.segmentation.tensors import probability_from_output, tensor_from_picture

log = logging.getLogger(__name__)


def usable_providers() -> list[ProviderName]:
    """Our words for what is installed here."""
    extras = {ProviderName.OPENVINO: openvino, ProviderName.MNN: mnn}
    return [*built_in_providers(), *(name for name, one in extras.items() if one.is_installed())]


class Runner(Protocol):
    """Whoever executes the network: ONNX Runtime, OpenVINO, MNN, a remote server."""

    provider: str

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(1, 3, H, W) -> the mask output as the network gives it. Raises ProcessingFailed."""
        ...


class Session:
    """A model with the provider that runs it. Safe to share between threads.

    rescue: opens the runner that takes over where one fails;
    None: a failure is a failure.
    """

    def __init__(
        self,
        spec: ModelSpec,
        open_runner: Callable[[], Runner],
        *,
        slots: int = 1,
        rescue: Callable[[], Runner] | None = None,
    ) -> None:
        self.name = spec.name
        self.spec = spec
        self.sees = spec.sees
        self.slots = slots
        self._rescue = rescue
        self._free: SimpleQueue[Runner] = SimpleQueue()
        runners = [open_runner() for _ in range(slots)]
        self.provider = runners[0].provider
        for runner in runners:
            self._free.put(runner)

    def predict(
        self, pixels: NDArray[np.uint8], prompt: Prompt | None = None
    ) -> NDArray[np.float32]:
        """(H, W, 3) upright sRGB -> (h, w) probability of subject, 0..1, at the network's size.

        Or (H, W, 4) whose fourth channel means nothing. The whole picture is squeezed into the
        square; NaN where the network gave no number. Waits for a free slot. Raises InvalidRequest
        for a prompt, ProcessingFailed if the network cannot be run.
        """
        if prompt is not None:
            raise InvalidRequest(f"The model {self.name!r} takes no prompts.", field="model")
        raw = self._run(tensor_from_picture(pixels, self.spec))
        return probability_from_output(raw, self.spec)

    def warm(self) -> None:
        """Run once in every slot, so that the first caller does not pay for what is lazy."""
        grey = np.full((8, 8, 3), 128, dtype=np.uint8)
        tensor = tensor_from_picture(grey, self.spec)
        runners = [self._free.get() for _ in range(self.slots)]
        try:
            for runner in runners:
                probability_from_output(runner.run(tensor), self.spec)
        finally:
            for runner in runners:
                self._free.put(runner)

    def _run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        runner = self._free.get()
        try:
            return runner.run(tensor)
        except ProcessingFailed:
            if self._rescue is None or runner.provider == ProviderName.CPU:
                raise
            log.exception("%s failed on %s; the CPU takes over", runner.provider, self.name)
            runner = self._rescue()
            self.provider = runner.provider
            return runner.run(tensor)
        finally:
            self._free.put(runner)


def open_session(
    spec: ModelSpec,
    weights: Path,
    *,
    provider: ProviderName = ProviderName.CPU,
    slots: int = 1,
    threads: int = 0,
    graphs: PreparedGraphs | None = None,
    rescue_on_cpu: bool = False,
    batch: int = 1,
    batch_wait_s: float = 0.0,
) -> Session:
    """Load the model's weights once for each slot.

    threads: of each slot; 0 is every core. graphs: where prepared graphs are kept. batch: callers
    who share a run of a slot, if the network takes batches. Raises ConfigurationError if the file
    cannot be opened or the provider does not work.
    """

    def opened(by: ProviderName) -> Runner:
        if by is ProviderName.OPENVINO:
            return OpenVinoRunner(spec, weights, threads=threads)
        if by is ProviderName.MNN:
            return open_converted(spec, weights, threads=threads, graphs=graphs)
        return open_runner(spec, weights, provider=by, threads=threads, graphs=graphs)

    runners = [opened(provider) for _ in range(slots)]
    shared = [
        Batcher(runner, largest=batch, patience_s=batch_wait_s)
        if batch > 1 and isinstance(runner, OnnxRunner) and runner.takes_batches
        else runner
        for runner in runners
    ]
    callers = batch if any(isinstance(one, Batcher) for one in shared) else 1
    supply = cycle(shared)
    return Session(
        spec,
        lambda: next(supply),
        slots=slots * callers,
        rescue=(lambda: opened(ProviderName.CPU)) if rescue_on_cpu else None,
    )


def open_remote(spec: ModelSpec, *, slots: int = 1) -> Session:
    """A session whose network runs on the server that `spec.remote` names.

    Raises ConfigurationError if it is not reached or does not offer the model.
    """
    return Session(spec, lambda: KServeRunner(spec), slots=slots)
