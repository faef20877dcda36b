"""Sessions of the product for each row; files of lower precision are made first and kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from benchmarks.precision.files import halve, place_for
from benchmarks.precision.rows import NETWORKS, Arithmetic, Row, Runtime
from numpy.typing import NDArray
from training.evaluate import path_of, spec_of

from cutoutd.segmentation.graphs import PreparedGraphs
from cutoutd.segmentation.models import EMBEDDED, WEIGHTS_IN_PACKAGE, ModelSpec
from cutoutd.segmentation.options import ProviderName
from cutoutd.segmentation.quantize import quantize
from cutoutd.segmentation.runtimes import mnn
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import Session, open_session

PROVIDERS = {
    Runtime.ONNX: ProviderName.CPU,
    Runtime.OPENVINO: ProviderName.OPENVINO,
    Runtime.MNN: ProviderName.MNN,
}
EMBEDDED_INT8 = EMBEDDED.in_int8()
AS_PUBLISHED = {
    ("isnet", Arithmetic.FP16): "isnet-fp16.onnx",
    ("isnet", Arithmetic.QUINT8): "isnet-quint8.onnx",
}
"""Files that the network's publisher made."""

Photos = Mapping[str, NDArray[np.uint8]]


class LowRunner(mnn.MnnRunner):
    """MNN, free to compute in as little as it likes."""

    precision = "low"


@dataclass(frozen=True, slots=True)
class Files:
    """Where the networks are, and where what is made of them is kept."""

    networks: Path
    made: Path
    training_photos: Callable[[], Photos]
    """What int8 is calibrated on."""
    threads: int

    def open(self, row: Row) -> Session:
        """The row's session as the product opens it."""
        provider = PROVIDERS[row.runtime]
        if row.arithmetic is Arithmetic.BF16:
            provider = ProviderName.OPENVINO_BF16
        spec, weights = self._model(row)
        kept_in = place_for(weights, self.made) / "prepared"
        graphs = PreparedGraphs(kept_in) if row.runtime is Runtime.MNN else None
        options = RunnerOptions(provider=provider, threads=self.threads, graphs=graphs)
        session = open_session(spec, weights, options)
        if graphs is None or row.arithmetic is not Arithmetic.LOW:
            return session
        (kept,) = graphs.folder.glob(f"{spec.name}.mnn.*/{mnn.GRAPH}")
        return Session(spec, [LowRunner(spec, kept, threads=self.threads)])

    def _model(self, row: Row) -> tuple[ModelSpec, Path]:
        """The registry's row and the file."""
        embedded = row.network == EMBEDDED.name
        weights = path_of(row.network) if embedded else self.networks / NETWORKS[row.network].file
        spec = EMBEDDED if embedded else replace(spec_of(weights), name=row.network)
        if embedded and row.arithmetic is Arithmetic.INT8:
            return EMBEDDED_INT8, WEIGHTS_IN_PACKAGE / EMBEDDED_INT8.file
        published = AS_PUBLISHED.get((row.network, row.arithmetic))
        if published is not None:
            return spec, self.networks / published
        place = place_for(weights, self.made)
        if row.arithmetic is Arithmetic.FP16:
            made = place / f"{row.network}-fp16.onnx"
            if not made.exists():
                halve(spec, weights, made)
            return spec, made
        if row.arithmetic is Arithmetic.INT8:
            made = place / f"{spec.name}-int8" / "model.onnx"
            if not made.exists():
                quantize(spec, weights, self.training_photos(), place)
            return spec, made
        return spec, weights
