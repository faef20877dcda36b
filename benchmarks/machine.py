"""What a figure was measured on, in words that can be published."""

import os
import platform
import sys
import time
from importlib import metadata
from pathlib import Path

BUSY = 0.25
"""Of the cores that others use, beyond which figures are not worth keeping."""
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


def refuse_busy(*, unless: bool = False) -> float:
    """How many cores others use now; ends with a sentence where that is a quarter of them.

    Not the load: that stays high for minutes after a benchmark that was run before this one.
    unless: measure all the same.
    """
    used, cores = cores_in_use(), len(os.sched_getaffinity(0))
    if used > BUSY * cores and not unless:
        sys.exit(f"This machine is busy ({used:.1f} of {cores} cores in use): wait, or say --busy.")
    return round(used, 2)


def cores_in_use(seconds: float = 2.0) -> float:
    """Cores that all processes together keep busy while this one waits so long."""
    before = _ticks()
    time.sleep(seconds)
    busy, idle = (after - first for after, first in zip(_ticks(), before, strict=True))
    return (os.cpu_count() or 1) * busy / max(busy + idle, 1)


def _ticks() -> tuple[int, int]:
    """Of all cores since the start: with work (another guest's included), and without."""
    fields = [int(one) for one in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return sum(fields) - idle, idle


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
