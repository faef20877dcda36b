"""Who does the arithmetic, and what to do where the one that was asked for is missing."""

from collections.abc import Collection
from dataclasses import dataclass

from cutoutd.errors import ConfigurationError
from cutoutd.segmentation.options import ProviderName


@dataclass(frozen=True, slots=True)
class Provider:
    """One row: what it is, and how to get it."""

    name: ProviderName
    execution_provider: str
    """ONNX Runtime's name; of a runtime of its own, that one's."""
    remedy: str
    runtime: str = "onnx"
    """The file in `runtimes/` that opens its runners."""
    package: str | None = None
    """What is imported, if that is not ONNX Runtime."""


GPU = "install the NVIDIA driver and `onnxruntime-gpu` in place of `onnxruntime`"
PROVIDERS = {
    row.name: row
    for row in (
        Provider(ProviderName.CPU, "CPUExecutionProvider", "reinstall `onnxruntime`"),
        Provider(ProviderName.CUDA, "CUDAExecutionProvider", GPU),
        Provider(ProviderName.TENSORRT, "TensorrtExecutionProvider", f"{GPU}, and TensorRT"),
        Provider(ProviderName.COREML, "CoreMLExecutionProvider", "run on macOS"),
        Provider(
            ProviderName.DIRECTML,
            "DmlExecutionProvider",
            "install `onnxruntime-directml` in place of `onnxruntime` on Windows",
        ),
        *(
            Provider(
                name,
                "OpenVINO",
                "install `cutoutd[openvino]`",
                runtime="openvino",
                package="openvino",
            )
            for name in (ProviderName.OPENVINO, ProviderName.OPENVINO_BF16)
        ),
        Provider(ProviderName.MNN, "MNN", "install `cutoutd[mnn]`", runtime="mnn", package="MNN"),
    )
}
AUTOMATIC = (ProviderName.CUDA, ProviderName.COREML, ProviderName.DIRECTML, ProviderName.CPU)


def missing(name: ProviderName, usable: Collection[ProviderName]) -> ConfigurationError:
    """The one sentence for a provider that was asked for and cannot be used."""
    here = ", ".join(usable) or "none"
    return ConfigurationError(
        f"CUTOUTD_PROVIDER={name} cannot be used on this machine (it has: {here}); "
        f"{PROVIDERS[name].remedy}, or set CUTOUTD_PROVIDER=cpu."
    )


def choose(name: ProviderName, usable: Collection[ProviderName]) -> ProviderName:
    """The provider to open models with. Raises ConfigurationError if it is missing."""
    if name is ProviderName.AUTO:
        return next(candidate for candidate in AUTOMATIC if candidate in usable)
    if name not in usable:
        raise missing(name, usable)
    return name
