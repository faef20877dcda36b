"""What a runtime is: a file here with `open_runner(spec, weights, options) -> Runner`."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cutoutd.segmentation.graphs import PreparedGraphs
from cutoutd.segmentation.options import ProviderName


class Runner(Protocol):
    """A network that is loaded: a tensor in, a tensor out. One caller at a time."""

    provider: str
    """Who really does the arithmetic."""
    takes_batches: bool
    """Whether N may be more than 1."""
    takes_any_side: bool
    """Whether H and W may be others than the model's own."""

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 3, H, W) -> the mask output as the network gives it. Raises ProcessingFailed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerOptions:
    """How a network is loaded, whatever runs it."""

    provider: ProviderName = ProviderName.CPU
    threads: int = 0
    """Of each runner; 0 is every core."""
    graphs: PreparedGraphs | None = None
    """Where prepared graphs are kept; None: nowhere."""


DEFAULT_RUNNER = RunnerOptions()
