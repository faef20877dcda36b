"""What a figure was measured on, in words that can be published."""

import os
import platform
import sys
import time
from importlib import metadata
from pathlib import Path

BUSY = 0.25
"""Load for each core, the mean of a minute, beyond which figures are not worth keeping."""
PACKAGES = ("onnxruntime", "mnn", "numpy", "pillow", "rembg")


def facts() -> dict[str, object]:
    """The processor, its usable cores, versions, the load before, and the date."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "load_before": round(os.getloadavg()[0], 2),
        "date": time.strftime("%Y-%m-%d"),
    }


def refuse_busy() -> None:
    """End with a sentence where something else takes a quarter of the cores."""
    load, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    if load > BUSY * cores:
        sys.exit(f"This machine is busy (load {load:.1f}, {cores} cores): wait, or say --busy.")


def peak_megabytes() -> float:
    """The most memory that this process ever held since its program began.

    Not `getrusage`: its peak includes what the parent held when it started this process.
    """
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _cpu() -> str:
    """Its name, and the widest of its vector instructions that networks gain from."""
    text = Path("/proc/cpuinfo").read_text()
    name = next(line for line in text.splitlines() if line.startswith("model name"))
    widest = next((one for one in ("avx512_bf16", "avx512f", "avx2") if f" {one}" in text), "")
    return f"{name.partition(': ')[2]} {widest}".strip()


def version(package: str) -> str | None:
    """Of an installed package, None without it."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
