"""What an operator may choose about models, as plain values."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cutoutd.segmentation.models import EMBEDDED


class ProviderName(StrEnum):
    """Who does the arithmetic."""

    AUTO = "auto"
    """The first of cuda, coreml, directml and cpu that works here."""
    CPU = "cpu"
    CUDA = "cuda"
    TENSORRT = "tensorrt"
    OPENVINO = "openvino"
    OPENVINO_BF16 = "openvino-bf16"
    """Twice as fast where the CPU has bf16; masks of some networks change visibly."""
    MNN = "mnn"
    COREML = "coreml"
    DIRECTML = "directml"


class OnProviderFailure(StrEnum):
    """What happens when a provider fails in the middle of its work."""

    FAIL = "fail"
    """The job fails and says so."""
    CPU = "cpu"
    """The model is opened again on the CPU, and stays there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentationOptions:
    """The defaults run the embedded model on the CPU, offline."""

    default: str = EMBEDDED.name
    """The model used when a request names none."""
    preload: tuple[str, ...] = ()
    """Further models that are loaded and warmed before the server is ready."""
    folder: Path | None = None
    """Pulled weights and own models; it may be read-only and shared. None: no such folder."""
    cache: Path | None = None
    """Optimised graphs, which hold for this machine only. None: they are not kept."""
    allow_non_commercial: bool = False
    """Offer models whose licence forbids commercial use."""
    auto_pull: bool = False
    """Download missing weights when a request first names them."""
    mirrors: tuple[str, ...] = ()
    """Base URLs tried before the published one; the file's published name is appended."""
    provider: ProviderName = ProviderName.CPU
    int8: bool = True
    """Run the embedded model in eight bits where the CPU has VNNI."""
    on_provider_failure: OnProviderFailure = OnProviderFailure.FAIL
    slots: int = 0
    """Images in the network at once; 0: one for every four cores."""
    threads: int = 0
    """Threads of each slot; 0: the cores shared evenly."""
    callers: int = 0
    """Images that are always worked on at the same time, if that is known; 0: it is not."""
    batch: int = 1
    """Most images in one run of the network, each of another caller; 1: no batches."""
    batch_wait_s: float = 0.005
    """How long the first image of a batch waits for others."""
    memory_budget_mb: int = 0
    """Loaded models beyond it are dropped, least recently used first; 0: no limit."""


DEFAULTS = SegmentationOptions()
