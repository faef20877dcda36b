"""Three ways to run a network in batches: each gives images a second.

`session` is the product's: callers with photos in memory, one tensor each, sent together by its
batching. `bare` is ONNX Runtime alone on the same file, input and output left on the device.
`torch` is PyTorch alone on the network that the embedded file was exported from.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from cutoutd.segmentation.batching import Batching
from cutoutd.segmentation.models import EMBEDDED, WEIGHTS_IN_PACKAGE, ModelSpec
from cutoutd.segmentation.options import ProviderName
from cutoutd.segmentation.providers import PROVIDERS
from cutoutd.segmentation.runtimes.onnx import onnxruntime
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import Session, open_session

WAIT_S = 0.005
CALLERS_FOR_EACH_PLACE = 2
"""So that the next batch is prepared while one is computed."""
HEIGHT, WIDTH = 480, 640
DESIGN = "small-4"
"""Of training/config.toml: what the embedded file was exported from."""


def opened(spec: ModelSpec, weights: Path, provider: ProviderName, batch: int) -> Session:
    """The product's session with one slot and batches of that many images."""
    if provider is ProviderName.CUDA:
        onnxruntime().preload_dlls()  # Where CUDA came as Python packages.
    options = RunnerOptions(provider=provider)
    batching = Batching(largest=batch, wait_s=WAIT_S)
    return open_session(spec, weights, options, batching=batching)


def session(
    spec: ModelSpec, weights: Path, provider: ProviderName, batch: int, seconds: float
) -> float:
    """Images a second through `Session.predict`, by enough callers to keep batches full."""
    network = opened(spec, weights, provider, batch)
    photo = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    callers = batch * CALLERS_FOR_EACH_PLACE
    with ThreadPoolExecutor(callers) as pool:

        def together() -> int:
            list(pool.map(network.predict, [photo] * callers))
            return callers

        return rate(together, seconds)


def bare(
    spec: ModelSpec, weights: Path, provider: ProviderName, batch: int, seconds: float
) -> float:
    """Images a second of ONNX Runtime by IO binding."""
    module = onnxruntime()
    if provider is ProviderName.CUDA:
        module.preload_dlls()
    wanted = PROVIDERS[provider].execution_provider
    running = module.InferenceSession(str(weights), providers=[wanted])
    if running.get_providers()[0] != wanted:
        raise RuntimeError(f"ONNX Runtime has no {wanted} here")
    device = "cuda" if provider is ProviderName.CUDA else "cpu"
    shown = np.random.default_rng(0).random((batch, 3, spec.size, spec.size), np.float32)
    binding = running.io_binding()
    on_device = module.OrtValue.ortvalue_from_numpy(shown, device, 0)
    binding.bind_ortvalue_input(running.get_inputs()[0].name, on_device)
    binding.bind_output(running.get_outputs()[0].name, device)

    def once() -> int:
        running.run_with_iobinding(binding)
        binding.synchronize_outputs()
        return batch

    return rate(once, seconds)


def torch(arithmetic: str, device: str, batch: int, seconds: float) -> float:
    """Images a second of the embedded network in PyTorch, channels last, input on the device.

    Raises ValueError where the embedded file is of another design than `DESIGN`, and for half
    precision on a CPU.
    """
    import torch as module
    from training.checkpoint import copy_from_onnx
    from training.model import Network
    from training.settings import read_design

    network = Network(read_design(DESIGN)).fold().eval().requires_grad_(requires_grad=False)
    with module.no_grad():
        copy_from_onnx(network, WEIGHTS_IN_PACKAGE / EMBEDDED.file)
    kind = module.float16 if arithmetic == "fp16" else module.float32
    network = network.to(device, kind, memory_format=module.channels_last)
    shown = module.rand(batch, 3, EMBEDDED.size, EMBEDDED.size).to(device, kind)
    shown = shown.contiguous(memory_format=module.channels_last)
    module.backends.cudnn.benchmark = True

    def once() -> int:
        network(shown)
        if device == "cuda":
            module.cuda.synchronize()
        return batch

    with module.inference_mode():
        return rate(once, seconds)


def rate(work: Callable[[], int], seconds: float) -> float:
    """Of what `work` counts, how many a second; its first two calls are not counted."""
    for _ in range(2):
        work()
    count, start = 0, time.perf_counter()
    while not count or time.perf_counter() - start < seconds:
        count += work()
    return count / (time.perf_counter() - start)
