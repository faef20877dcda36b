"""The rows of the table: which network in which arithmetic by which runtime. Facts only."""

from dataclasses import dataclass
from enum import StrEnum


class Arithmetic(StrEnum):
    """What the numbers are while they are computed with."""

    FLOAT32 = "float32"
    FP16 = "fp16"
    BF16 = "bf16"
    LOW = "low"
    """MNN's least precision: fp16 or bf16, where the CPU has them."""
    INT8 = "int8"
    """By `cutoutd models quantize`; the embedded network's as shipped."""
    QUINT8 = "quint8"
    """As IMG.LY ships IS-Net: weights quantised, activations from image to image."""


class Runtime(StrEnum):
    """Who computes."""

    ONNX = "ONNX Runtime"
    OPENVINO = "OpenVINO"
    MNN = "MNN"


@dataclass(frozen=True, slots=True)
class Network:
    """What is measured."""

    file: str
    every: int
    """One held-out photo in so many; small networks see more of them."""
    turns: int
    """How often it takes turns with float32 when times are taken."""


NETWORKS = {
    "cutoutd-small": Network("cutoutd-small.onnx", every=10, turns=31),
    "u2netp": Network("u2netp.onnx", every=10, turns=21),
    "isnet": Network("isnet.onnx", every=60, turns=7),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    network: str
    arithmetic: Arithmetic
    runtime: Runtime

    def __str__(self) -> str:
        return f"{self.network} {self.arithmetic} {self.runtime}"

    @property
    def plain(self) -> "Row":
        """The same runtime in float32: what a lower precision there is compared with first."""
        return Row(self.network, Arithmetic.FLOAT32, self.runtime)

    @property
    def base(self) -> "Row":
        """What the product does unless told otherwise."""
        return Row(self.network, Arithmetic.FLOAT32, Runtime.ONNX)


_ALL = (
    (Arithmetic.FLOAT32, Runtime.ONNX),
    (Arithmetic.FP16, Runtime.ONNX),
    (Arithmetic.INT8, Runtime.ONNX),
    (Arithmetic.FLOAT32, Runtime.OPENVINO),
    (Arithmetic.BF16, Runtime.OPENVINO),
    (Arithmetic.INT8, Runtime.OPENVINO),
    (Arithmetic.FLOAT32, Runtime.MNN),
    (Arithmetic.LOW, Runtime.MNN),
)
ROWS = (
    *(Row(network, *how) for network in NETWORKS for how in _ALL),
    Row("isnet", Arithmetic.QUINT8, Runtime.ONNX),
)
