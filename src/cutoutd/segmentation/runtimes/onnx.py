"""ONNX Runtime, and the only file that imports it.

It is imported when the first model is opened: `cutoutd --help` does not pay for it. Its
official builds collect telemetry and keep a device id below HOME unless told not to before
they are imported; we tell them not to, which also makes a read-only root possible.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutoutd.errors import ConfigurationError, ProcessingFailed
from cutoutd.segmentation.graphs import PreparedGraphs, pruned
from cutoutd.segmentation.models import ModelSpec
from cutoutd.segmentation.network_input import NetworkInput, first_mask
from cutoutd.segmentation.options import ProviderName
from cutoutd.segmentation.providers import PROVIDERS, missing
from cutoutd.segmentation.runtimes.runner import DEFAULT_RUNNER, RunnerOptions

ERRORS_ONLY = 3
SPINNING = "session.intra_op.allow_spinning"
TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}
BESIDE = {
    "session.optimized_model_external_initializers_file_name": "weights.bin",
    "session.optimized_model_external_initializers_min_size_in_bytes": "1024",
}
"""Saved graphs keep their weights in a file of their own, which is mapped, not read."""

log = logging.getLogger(__name__)


def onnxruntime() -> ModuleType:
    """The module, with telemetry off."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    return import_module("onnxruntime")


def built_in_providers() -> list[ProviderName]:
    """The providers that the installed ONNX Runtime was built with."""
    built_in = onnxruntime().get_available_providers()
    return [name for name, row in PROVIDERS.items() if row.execution_provider in built_in]


def metadata(weights: Path) -> Mapping[str, str]:
    """The key-value pairs stored in an ONNX file. Raises ConfigurationError if it is none."""
    session = _open(weights, weights.name, ProviderName.CPU, optimise=False)
    pairs: Mapping[str, str] = session.get_modelmeta().custom_metadata_map
    return pairs


class OnnxRunner:
    """One ONNX Runtime session of its own with its own threads: a tensor in, a tensor out."""

    def __init__(self, spec: ModelSpec, session: Any) -> None:
        self._session = session
        self.provider: str = provider_name(session.get_providers()[0])
        self._spec = spec
        self._takes = _check_input(spec, session)
        self._output = _check_output(spec, session)
        self._input: str = session.get_inputs()[0].name
        self.takes_batches, self.takes_any_side = _what_varies(session.get_inputs()[0].shape)

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 3, H, W) -> the mask output as the network gives it. Raises ProcessingFailed."""
        feed = {self._input: self._takes.fed(tensor, self._spec)}
        try:
            outputs = self._session.run([self._output], feed)
        except Exception as exc:
            raise ProcessingFailed("The segmentation model failed on this image.") from exc
        mask: NDArray[np.float32] = outputs[0]
        return mask


def _what_varies(shape: Sequence[int | str | None]) -> tuple[bool, bool]:
    """Whether the number of images varies, and whether their sides do: those have no number."""
    count, *sides = (not isinstance(one, int) for one in shape)
    return count, sum(sides) >= 2


def open_runner(
    spec: ModelSpec, weights: Path, options: RunnerOptions = DEFAULT_RUNNER
) -> OnnxRunner:
    """Open a model for one slot.

    Raises ConfigurationError if the file is no model, has the wrong inputs or outputs, or the
    provider does not work.
    """
    provider, threads, graphs = options.provider, options.threads, options.graphs
    if graphs is not None and graphs.help_with(weights) and provider is ProviderName.CPU:
        session = _open_prepared(spec, weights, graphs, threads)
        if session is not None:
            return OnnxRunner(spec, session)
    content = _prune(spec, weights) or weights
    return OnnxRunner(spec, _open(content, weights.name, provider, threads=threads))


def _open_prepared(
    spec: ModelSpec, weights: Path, graphs: PreparedGraphs, threads: int
) -> Any | None:
    """The session of the optimised graph, which is made first if there is none."""
    version = onnxruntime().__version__
    path = graphs.path(
        spec.name, weights, provider="cpu", version=version, output=spec.output or ""
    )
    if path.exists():
        try:
            return _open(path, weights.name, ProviderName.CPU, threads=threads, optimise=False)
        except ConfigurationError:
            log.warning("the optimised graph of %s is damaged and made again", spec.name)

    def write(to: Path) -> None:
        content = _prune(spec, weights) or weights
        _open(content, weights.name, ProviderName.CPU, threads=threads, save=to)

    try:
        if not graphs.keep(path, write):
            return None
    except ConfigurationError:
        return None  # A full disk, or a wrong file: opening the file itself will tell.
    return _open(path, weights.name, ProviderName.CPU, threads=threads, optimise=False)


def _prune(spec: ModelSpec, weights: Path) -> bytes | None:
    if spec.outputs == 1:
        return None
    try:
        return pruned(weights, spec.output)
    except FileNotFoundError as exc:
        beside = Path(exc.filename or "").name
        raise ConfigurationError(
            f"{weights.name} has weights in a further file, {beside}, that is not beside it."
        ) from exc
    except Exception as exc:
        raise ConfigurationError(f"{weights.name} is not a whole ONNX file.") from exc


def _open(
    content: Path | bytes,
    name: str,
    provider: ProviderName,
    *,
    threads: int = 0,
    optimise: bool = True,
    save: Path | None = None,
) -> Any:
    """An InferenceSession whose first provider is the wanted one, or ConfigurationError."""
    module = onnxruntime()
    options = module.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # It would plan one block for all tensors at the second run and keep those of the first too.
    options.enable_mem_pattern = False
    options.log_severity_level = ERRORS_ONLY
    # A thread that waits by spinning takes the core from the encoding of the image before.
    options.add_session_config_entry(SPINNING, "0")
    if not optimise:
        options.graph_optimization_level = module.GraphOptimizationLevel.ORT_DISABLE_ALL
    if save is not None:
        options.optimized_model_filepath = str(save)
        for key, value in BESIDE.items():
            options.add_session_config_entry(key, value)
    wanted = PROVIDERS[provider].execution_provider
    try:
        session = module.InferenceSession(
            content if isinstance(content, bytes) else str(content),
            sess_options=options,
            providers=list(dict.fromkeys([wanted, "CPUExecutionProvider"])),
        )
    except Exception as exc:
        raise ConfigurationError(f"{name} cannot be opened: {_reason(exc, content)}") from exc
    if session.get_providers()[0] != wanted:
        raise missing(provider, [ProviderName.CPU])
    return session


def _check_input(spec: ModelSpec, session: Any) -> NetworkInput:
    """What the model takes. Raises ConfigurationError if that is no image of the spec's size."""
    inputs = session.get_inputs()
    if len(inputs) == 1 and inputs[0].type in TYPES:
        takes = NetworkInput.of(inputs[0].shape, TYPES[inputs[0].type], spec.size)
        if takes is not None:
            return takes
    found = ", ".join(f"{i.name} {i.type} {i.shape}" for i in inputs)
    raise ConfigurationError(
        f"{spec.name!r} must have one input of floats or bytes, (N, 3, {spec.size}, {spec.size}) "
        f"or (N, {spec.size}, {spec.size}, 3); {spec.file} has: {found}."
    )


def _check_output(spec: ModelSpec, session: Any) -> str:
    """The name of the mask output. Raises ConfigurationError if there is none of the spec's."""
    outputs = {one.name: one.shape for one in session.get_outputs()}
    if spec.output is not None and spec.output not in outputs:
        raise ConfigurationError(
            f"{spec.file} has no output {spec.output!r}; it has: {', '.join(outputs)}."
        )
    return spec.output or first_mask(outputs.items())


def provider_name(execution_provider: str) -> str:
    """The provider that ONNX Runtime calls so."""
    for name, row in PROVIDERS.items():
        if row.execution_provider == execution_provider:
            return str(name)
    return execution_provider.removesuffix("ExecutionProvider").lower()


def _reason(exc: Exception, content: Path | bytes) -> str:
    """The first line of what ONNX Runtime said, without the folders."""
    line = str(exc).partition("\n")[0]
    return line if isinstance(content, bytes) else line.replace(f"{content.parent}{os.sep}", "")
