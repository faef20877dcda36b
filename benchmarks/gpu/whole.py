"""The whole pipeline, JPEG bytes to PNG bytes: with a GPU, and what the CPU's part alone costs."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from benchmarks.gpu.ways import opened, rate
from benchmarks.photos import photo
from numpy.typing import NDArray

from cutoutd.command import Prompt, Quality, RemoveBackground
from cutoutd.imaging.threads import set_num_threads
from cutoutd.removal.pipeline import remove_background
from cutoutd.segmentation.models import ModelSpec
from cutoutd.segmentation.options import ProviderName

MEGAPIXELS = 2.0
CORES = len(os.sched_getaffinity(0))


class Given:
    """A network that costs nothing and always answers the same."""

    name, provider = "given", "none"

    def __init__(self, sees: int, mask: NDArray[np.float32]) -> None:
        self.sees, self._mask = sees, mask

    def grid(self, _quality: Quality) -> None:
        """It wants the pixels."""

    def predict(
        self,
        pixels: NDArray[np.uint8],
        prompt: Prompt | None = None,
        quality: Quality = Quality.FAST,
    ) -> NDArray[np.float32]:
        del pixels, prompt, quality
        return self._mask


def cpu_alone(spec: ModelSpec, seconds: float) -> dict[str, float]:
    """CPU seconds of an image without its network, and images a second of one core."""
    set_num_threads(1)
    data, mask = photo(MEGAPIXELS, None)
    started, count = time.process_time(), 0

    def once() -> int:
        nonlocal count
        remove_background(data, RemoveBackground(sources=()), Given(spec.sees, mask))
        count += 1
        return 1

    found = rate(once, seconds)
    return {
        "cpu_s": round((time.process_time() - started) / count, 4),
        "images_s_a_core": round(found, 2),
    }


def pipeline(
    spec: ModelSpec, weights: Path, provider: ProviderName, batch: int, seconds: float
) -> dict[str, float]:
    """Images a second of a caller for each core and batch place, and the CPU seconds of each."""
    set_num_threads(1)
    network = opened(spec, weights, provider, batch)
    data, _ = photo(MEGAPIXELS, None)
    callers = max(CORES, 2 * batch)
    count = 0
    started = time.process_time()
    with ThreadPoolExecutor(callers) as pool:

        def together() -> int:
            nonlocal count
            done = pool.map(
                lambda _: remove_background(data, RemoveBackground(sources=()), network),
                range(callers),
            )
            count += len(list(done))
            return callers

        found = rate(together, seconds)
    spent = (time.process_time() - started) / count
    return {"images_s": round(found, 2), "cpu_s": round(spent, 4), "cores": CORES}
