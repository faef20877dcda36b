"""An int8 variant of a model: quantised weights and activations (QDQ), an own model afterwards.

Activations are calibrated on the operator's photos, because ranges that fit them cost the least
accuracy, and the convolutions whose rounding changes the masks most stay in float. What is lost
and gained depends on the network and the CPU (without VNNI it can be slower): measure with
`cutoutd models bench` before serving it.
"""

import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from cutoutd.errors import ConfigurationError
from cutoutd.segmentation.graphs import pruned
from cutoutd.segmentation.int8 import Quantizer
from cutoutd.segmentation.models import ModelSpec
from cutoutd.segmentation.runtimes.onnx import onnxruntime
from cutoutd.segmentation.session import open_session
from cutoutd.segmentation.tensors import tensor_from_image

log = logging.getLogger(__name__)

MOST_IN_FLOAT = 0.25
"""Of all convolutions; with more of them little would be gained."""
USELESS = 0.05
"""Mean distance, 0..1, of masks that nobody wants."""

Photos = Mapping[str, NDArray[np.uint8]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantization:
    """How a network is quantised."""

    full_range: bool = False
    """Use all eight bits of a weight: for CPUs with VNNI alone."""
    fused: bool = False
    """Let activations be the limits of their convolution's levels: not every network bears it."""
    allowed: float = 0.0015
    """Mean distance of the masks from the float network's, 0..1, not worth another layer."""
    judged: int = 2
    """Photos that the layers are judged by."""


ANYWHERE = Quantization()
"""Seven bits, which no CPU's sums overflow."""


def quantize(spec: ModelSpec, weights: Path, photos: Photos, folder: Path) -> Path:
    """Make `<name>-int8` in the models folder; returns its folder.

    Raises ConfigurationError without photos, or if the network cannot be quantised.
    """
    if not photos:
        raise ConfigurationError("There are no photos to calibrate with.")
    onnxruntime()
    target = folder / f"{spec.name}-int8"
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".making-") as making:
        made = Path(making) / "made"
        made.mkdir()
        try:
            write_quantized(spec, weights, photos, made / "model.onnx")
        except Exception as exc:
            raise ConfigurationError(f"{spec.name!r} cannot be quantised: {exc}") from exc
        (made / "model.toml").write_text(_description(spec), "utf-8")
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)
    return target


def write_quantized(
    spec: ModelSpec, weights: Path, photos: Photos, to: Path, how: Quantization = ANYWHERE
) -> None:
    """Write the variant's file: as few convolutions in float as keep its masks near the float's.

    Raises ConfigurationError where most masks would be wrong, and what onnx and ONNX Runtime raise
    for a network that cannot be quantised.
    """
    network = pruned(weights, spec.output) or weights.read_bytes()
    with TemporaryDirectory(dir=to.parent, prefix=".making-") as making:
        quantizer = Quantizer(network, Path(making), full_range=how.full_range, fused=how.fused)
        quantizer.calibrate([tensor_from_image(rgb, spec) for rgb in photos.values()])
        _write(quantizer, to, Judge(spec, quantizer, photos, how.judged), how.allowed)


def _write(quantizer: Quantizer, to: Path, judge: "Judge", allowed: float) -> None:
    quantizer.write(to, quantizer.layers)
    distance = judge.distance(to)
    if distance <= allowed:
        return
    ranked = judge.ranked(to)
    most, count = int(len(ranked) * MOST_IN_FLOAT), 1
    while count <= most:
        quantizer.write(to, ranked[count:])
        distance = judge.distance(to)
        log.info("%d layers in float: %.4f", count, distance)
        if distance <= allowed:
            return
        count *= 2
    if distance > USELESS:
        raise ConfigurationError(f"its masks would be off by {distance:.2f} in the mean.")


class Judge:
    """How far the masks of a quantised network are from those of the float one."""

    def __init__(self, spec: ModelSpec, quantizer: Quantizer, photos: Photos, judged: int) -> None:
        self._spec = replace(spec, output=None, outputs=1)
        self._quantizer = quantizer
        self._photos = list(islice(photos.values(), judged))
        self._wanted = self._masks(quantizer.plain)

    def distance(self, network: Path) -> float:
        """The mean over all photos and pixels, 0..1."""
        pairs = zip(self._masks(network), self._wanted, strict=True)
        return float(np.mean([np.abs(found - wanted).mean() for found, wanted in pairs]))

    def ranked(self, spare: Path) -> list[str]:
        """The convolutions, first that which moves the masks most when it alone is quantised.

        spare: a file that may be written.
        """
        moved = {}
        for layer in self._quantizer.layers:
            self._quantizer.write(spare, [layer], whole=False)
            moved[layer] = self.distance(spare)
        return sorted(moved, key=moved.__getitem__, reverse=True)

    def _masks(self, network: Path) -> list[NDArray[np.float32]]:
        session = open_session(self._spec, network)
        return [np.nan_to_num(session.predict(rgb)) for rgb in self._photos]


def _description(spec: ModelSpec) -> str:
    def text(value: str) -> str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

    lines = [
        f"size = {spec.size}",
        f"mean = {list(spec.mean)}",
        f"std = {list(spec.std)}",
        f"scale = {text(spec.scale)}",
        f"activation = {text(spec.activation)}",
        f"classes = {list(spec.classes)}",
        f"stretch = {str(spec.stretch).lower()}",
        f"resampling = {text(spec.resampling)}",
        f"subject = {text(spec.subject)}",
        f"licence = {text(spec.licence)}",
        f"commercial = {str(spec.commercial).lower()}",
        f"source = {text(spec.source)}",
        'precision = "int8"',
        f"variant_of = {text(spec.name)}",
    ]
    if spec.reducing_gap is not None:
        lines.append(f"reducing_gap = {spec.reducing_gap}")
    if spec.fast_size is not None:
        lines.append(f"fast_size = {spec.fast_size}")
    return "\n".join(lines) + "\n"
