"""A session: a loaded model that turns images into masks.

`Session` is the `Segmenter` that the pipeline asks for. It has one runner per slot; a caller
takes a free one, so at most `slots` images are in the network at once, each on its own
threads, while resizing and everything around it runs outside.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from cutoutd.command import Prompt, Quality
from cutoutd.errors import InvalidRequest, ProcessingFailed
from cutoutd.segmentation.augment import predict_augmented
from cutoutd.segmentation.batching import ALONE, Batching, share
from cutoutd.segmentation.models import ONCE, ModelSpec, Resampling
from cutoutd.segmentation.options import ProviderName
from cutoutd.segmentation.providers import PROVIDERS
from cutoutd.segmentation.runtimes.onnx import built_in_providers
from cutoutd.segmentation.runtimes.runner import DEFAULT_RUNNER, Runner, RunnerOptions
from cutoutd.segmentation.tensors import probability_from_output, tensor_from_image

log = logging.getLogger(__name__)


def usable_providers() -> list[ProviderName]:
    """The providers that are installed here."""
    extras = (row for row in PROVIDERS.values() if row.package is not None)
    return [*built_in_providers(), *(row.name for row in extras if find_spec(str(row.package)))]


class Session:
    """A model with the runners of its slots. Safe to share between threads.

    rescue: opens the runner that takes over where one fails; None: a failure is a failure.
    """

    def __init__(
        self,
        spec: ModelSpec,
        runners: Sequence[Runner],
        *,
        rescue: Callable[[], Runner] | None = None,
    ) -> None:
        self.name = spec.name
        self.spec = spec
        self.sees = spec.sees
        self.slots = len(runners)
        self.provider = runners[0].provider
        self._takes_any_side = all(runner.takes_any_side for runner in runners)
        self._rescue = rescue
        self._free: SimpleQueue[Runner] = SimpleQueue()
        for runner in runners:
            self._free.put(runner)

    def grid(self, quality: Quality) -> int | None:
        """The network's side, if it looks once and at nothing but the means over its cells."""
        spec = self._spec_for(quality)
        once = spec.augmentation(quality) == ONCE
        return spec.size if once and spec.resampling is Resampling.BOX else None

    def predict(
        self,
        pixels: NDArray[np.uint8],
        prompt: Prompt | None = None,
        quality: Quality = Quality.BALANCED,
    ) -> NDArray[np.float32]:
        """(H, W, 3) RGB or (H, W, 4) RGBX, upright, in sRGB -> (h, w) probability of subject, 0..1.

        At the network's size, to which the whole image is resized, smaller or finer where `quality`
        let it look less or nearer; NaN where the network gave no number. Waits for a free slot.
        Raises InvalidRequest for a prompt, ProcessingFailed if the network cannot be run.
        """
        if prompt is not None:
            raise InvalidRequest(f"The model {self.name!r} takes no prompts.", field="model")
        spec = self._spec_for(quality)
        return predict_augmented(partial(self._predict, spec), pixels, spec.augmentation(quality))

    def _spec_for(self, quality: Quality) -> ModelSpec:
        return self.spec.at(quality) if self._takes_any_side else self.spec

    def _predict(self, spec: ModelSpec, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the network says of one image, at the size of `spec`."""
        raw = self._run(tensor_from_image(pixels, spec))
        return probability_from_output(raw, spec)

    def warm(self) -> None:
        """Run once in every slot, so that the first caller does not pay for what is lazy."""
        grey = np.full((8, 8, 3), 128, dtype=np.uint8)
        tensor = tensor_from_image(grey, self.spec)
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
    options: RunnerOptions = DEFAULT_RUNNER,
    *,
    slots: int = 1,
    batching: Batching = ALONE,
    rescue_on_cpu: bool = False,
) -> Session:
    """Load the model once for each slot; weights are not looked at where a server runs it.

    Raises ConfigurationError if the file cannot be opened, the provider does not work, or the
    server is not reached.
    """
    runners = [_open_runner(spec, weights, options) for _ in range(slots)]
    on_cpu = RunnerOptions(threads=options.threads, graphs=options.graphs)
    return Session(
        spec,
        share(runners, batching),
        rescue=(lambda: _open_runner(spec, weights, on_cpu)) if rescue_on_cpu else None,
    )


def _open_runner(spec: ModelSpec, weights: Path, options: RunnerOptions) -> Runner:
    runtime = "kserve" if spec.remote else PROVIDERS[options.provider].runtime
    module = import_module(f"cutoutd.segmentation.runtimes.{runtime}")
    runner: Runner = module.open_runner(spec, weights, options)
    return runner
