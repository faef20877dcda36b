"""MNN, and the only file that imports it: the extra `mnn`.

It computes 3x3 convolutions in float32 by Winograd's method, in larger tiles than ONNX Runtime:
faster on CPUs with AVX2 or AVX-512. The price is memory, as each weight is kept once
more in the form that the method wants, and two to three seconds to make that form when a large
model is opened. It reads no ONNX, so a model is converted once and kept. It is here because nothing
else reaches the goals for large networks at 2 and 12 megapixels on such CPUs
(benchmarks/README.md); the embedded model gains a fifth at most, and `auto` never chooses it.

What trials of 3.6.1 showed, and this file is built on:

- A run through `Interpreter` lets other Python threads go on; one through `MNN.nn` does not.
  Opening a model holds them up either way, however it is called.
- Any thread may run a session, one at a time, and two sessions may run at once.
- It greets on stdout, and reports trouble there.
- Weights in a file beside the graph cost less: a graph's own content stays in memory.
- NaN may come out as a number: its Sigmoid has no NaN.
- `MNN.tools.mnnconvert` installs a package when it is imported, and reports the machine's id to
  its maker. `_tools`, the converter alone, makes no connection.
"""

import ctypes
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from types import ModuleType
from typing import Any, Final

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from cutoutd.errors import ConfigurationError, ProcessingFailed
from cutoutd.segmentation.cores import usable_cores
from cutoutd.segmentation.graphs import PreparedGraphs, pruned
from cutoutd.segmentation.models import ModelSpec
from cutoutd.segmentation.runtimes import onnx
from cutoutd.segmentation.runtimes.runner import DEFAULT_RUNNER, RunnerOptions
from cutoutd.segmentation.tensors import FLAT, probability_from_output, tensor_from_image

GRAPH: Final = "graph.mnn"
WEIGHTS: Final = "graph.mnn.weight"
SIZE: Final = "graph.mnn.size"
CONVERTER: Final = "import sys, _tools; _tools.mnnconvert(sys.argv)"
CONVERTER_S: Final = 600.0
"""Longest conversion; U²-Net's takes three seconds."""
ALLOWED: Final = 1 / 255
"""How far a converted model may be from the original, as a share of the mask's range."""
RESIZE_LATER: Final = 7
"""`Session_Resize_Defer`: what the weights become depends on the size, so it is set first."""

log = logging.getLogger(__name__)
_stdout = Lock()


class MnnRunner:
    """A converted model with its own threads: a tensor in, a tensor out."""

    provider = "mnn-f32"
    precision = "high"
    takes_batches = False
    takes_any_side = False

    def __init__(self, spec: ModelSpec, graph: Path, *, threads: int = 0) -> None:
        """threads: 0 is every core. Raises ConfigurationError if the graph cannot be opened."""
        options = {
            "backend": "CPU",
            "precision": self.precision,
            "numThread": threads or usable_cores(),
        }
        self._shape = (1, 3, spec.size, spec.size)
        try:
            with stdout_to_stderr():
                self._mnn = import_module("MNN")
                self._net: Any = self._mnn.Interpreter(str(graph))
                self._net.setSessionMode(RESIZE_LATER)
                self._session: Any = self._net.createSession(options)
                self._input: Any = self._net.getSessionInput(self._session)
                self._net.resizeTensor(self._input, self._shape)
                self._net.resizeSession(self._session)
                named = [spec.output] if spec.output else []
                self._output: Any = self._net.getSessionOutput(self._session, *named)
        except Exception as exc:
            raise ConfigurationError(f"MNN cannot open {spec.file}.") from exc

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(1, 3, H, W) -> the mask output as the network gives it. Raises ProcessingFailed."""
        try:
            done = (
                self._input.copyFrom(self._to_tensor(tensor))
                and self._net.runSession(self._session) == 0
            )
            mask = self._to_tensor(np.zeros(self._output.getShape(), np.float32))
            done = done and self._output.copyToHostTensor(mask)
        except Exception as exc:
            raise ProcessingFailed("The segmentation model failed on this image.") from exc
        if not done:
            raise ProcessingFailed("The segmentation model failed on this image.")
        return np.array(mask.getNumpyData(), dtype=np.float32)

    def _to_tensor(self, values: NDArray[np.float32]) -> Any:
        mnn = self._mnn
        whole = np.ascontiguousarray(values, dtype=np.float32)
        return mnn.Tensor(whole.shape, mnn.Halide_Type_Float, whole, mnn.Tensor_DimensionType_Caffe)


def open_runner(
    spec: ModelSpec, weights: Path, options: RunnerOptions = DEFAULT_RUNNER
) -> MnnRunner:
    """Open an ONNX model for one slot; it is converted first where no converted one is kept.

    Raises ConfigurationError if the file is no model, has the wrong inputs or outputs, cannot be
    converted, or gives another mask when it is.
    """
    threads, graphs = options.threads, options.graphs
    runner = _open_kept(spec, weights, threads, graphs) if graphs is not None else None
    if runner is not None:
        return runner
    try:
        with TemporaryDirectory() as folder:
            return _open_converted(spec, weights, Path(folder) / GRAPH, threads)
    except OSError as exc:
        raise _refusal(spec, "finds no place to convert it") from exc


def _open_kept(
    spec: ModelSpec, weights: Path, threads: int, graphs: PreparedGraphs
) -> MnnRunner | None:
    """The runner of the kept graph, which is made first if there is none; None: it cannot be."""
    path = graphs.path(
        spec.name,
        weights,
        provider="mnn",
        version=_import_mnn().version(),
        output=spec.output or "",
        file=GRAPH,
    )
    runner = _reopen(spec, path, threads)
    if runner is not None:
        return runner
    made: list[MnnRunner] = []
    with _lock_conversion(graphs.folder):
        runner = _reopen(spec, path, threads)
        if runner is None:
            graphs.keep(path, lambda to: made.append(_open_converted(spec, weights, to, threads)))
    return made[0] if made else runner


def _reopen(spec: ModelSpec, path: Path, threads: int) -> MnnRunner | None:
    """The runner of a graph that was kept, if it is there and whole."""
    if not _is_whole(path):
        return None
    try:
        return MnnRunner(spec, path, threads=threads)
    except ConfigurationError:
        log.warning("the converted graph of %s is damaged and made again", spec.name)
        return None


@contextmanager
def _lock_conversion(folder: Path) -> Iterator[None]:
    """Image processes start together: one converts, the others wait and find it done."""
    with ExitStack() as held:
        with suppress(OSError):  # A folder that cannot be written only costs the cache.
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(FileLock(folder / ".mnn.lock"))
        yield


def _is_whole(path: Path) -> bool:
    """Whether all weights are there: MNN opens a graph whose weights were cut off all the same."""
    try:
        wanted = int(path.with_name(SIZE).read_text())
        return path.with_name(WEIGHTS).stat().st_size == wanted
    except (OSError, ValueError):
        return False


def _open_converted(spec: ModelSpec, weights: Path, to: Path, threads: int) -> MnnRunner:
    """The runner of a graph that is written now, and found to give ONNX Runtime's mask."""
    tensor = tensor_from_image(_draw_disc(), spec)
    reference = onnx.open_runner(spec, weights, RunnerOptions(threads=threads))
    expected = _mask(reference.run(tensor), spec)
    del reference  # Two models at once would take the memory of both.
    _convert(spec, weights, to)
    runner = MnnRunner(spec, to, threads=threads)
    try:
        found = _mask(runner.run(tensor), spec)
    except (ProcessingFailed, IndexError) as exc:
        raise _refusal(spec, "cannot run it") from exc
    allowed = ALLOWED * max(float(np.ptp(expected)), FLAT)
    if found.shape != expected.shape or not np.abs(found - expected).max() <= allowed:
        raise _refusal(spec, "gives another mask than ONNX Runtime")
    return runner


def _convert(spec: ModelSpec, weights: Path, to: Path) -> None:
    """Write the graph, with its weights beside it, in a process of its own: it may abort."""
    content = None if spec.outputs == 1 else pruned(weights, spec.output)
    source = weights if content is None else to.with_name("pruned.onnx")
    if content is not None:
        source.write_bytes(content)
    words = ["-f", "ONNX", "--modelFile", str(source), "--MNNModel", str(to)]
    command = [sys.executable, "-P", "-c", CONVERTER, *words, "--bizCode", "cutoutd"]
    try:
        run = subprocess.run(  # noqa: S603
            [*command, "--saveExternalData"],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=CONVERTER_S,
        )
    except subprocess.TimeoutExpired as exc:
        raise _refusal(spec, "does not finish to convert it") from exc
    finally:
        if content is not None:
            source.unlink()
    beside = to.with_name(WEIGHTS)
    if run.returncode or not (to.exists() and beside.exists()):
        said = run.stdout.decode(errors="replace")[-500:]
        log.error("MNN's converter ended with %d: %s", run.returncode, said)
        raise _refusal(spec, "cannot convert it")
    to.with_name(SIZE).write_text(str(beside.stat().st_size))


def _refusal(spec: ModelSpec, fault: str) -> ConfigurationError:
    return ConfigurationError(
        f"{spec.file} cannot be used with CUTOUTD_PROVIDER=mnn: MNN {fault}. "
        "Set CUTOUTD_PROVIDER=cpu."
    )


def _mask(raw: NDArray[np.float32], spec: ModelSpec) -> NDArray[np.float32]:
    """Probabilities before they are stretched, which would exaggerate a difference."""
    return probability_from_output(raw, replace(spec, stretch=False))


def _draw_disc() -> NDArray[np.uint8]:
    """A bright disc on a dark and noisy ground, the same each time: something to find."""
    y, x = np.mgrid[-1:1:256j, -1:1:256j]
    disc = (x * x + y * y < 0.3)[..., np.newaxis]
    plain = np.where(disc, (220, 180, 60), (40, 70, 110))
    noise = np.random.default_rng(0).normal(0, 12, plain.shape)
    return np.clip(plain + noise, 0, 255).astype(np.uint8)


def _import_mnn() -> ModuleType:
    with stdout_to_stderr():
        return import_module("MNN")


@contextmanager
def stdout_to_stderr() -> Iterator[None]:
    """Send what C code writes to stdout to stderr, because `cutoutd remove` may print an image.

    What other threads print in the meantime goes there too. What C has buffered is written out
    before stdout comes back.
    """
    with _stdout:
        kept = os.dup(1)
        try:
            os.dup2(2, 1)
            yield
        finally:
            ctypes.CDLL(None if os.name == "posix" else "ucrtbase").fflush(None)
            os.dup2(kept, 1)
            os.close(kept)
