"""Who does the arithmetic, and what to do where the one that was asked for is missing."""

from collections.abc import Collection
from dataclasses import dataclass

from cutoutd.errors import ConfigurationError
from cutoutd.segmentation.options import ProviderName


@dataclass(frozen=True, slots=True)
class Provider:
    """One row: our word, ONNX Runtime's word, and how to get it."""

    name: ProviderName
    execution_provider: str
    remedy: str


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
        Provider(ProviderName.OPENVINO, "OpenVINO", "install `cutoutd[openvino]`"),
        Provider(ProviderName.MNN, "MNN", "install `cutoutd[mnn]`"),
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


def chosen(name: ProviderName, usable: Collection[ProviderName]) -> ProviderName:
    """The provider to open models with. Raises ConfigurationError if it is missing."""
    if name is ProviderName.AUTO:
        return next(candidate for candidate in AUTOMATIC if candidate in usable)
    if name not in usable:
        raise missing(name, usable)
    return name
