"""What pictures cost in memory, and what the allocator gives back.

    python benchmarks/memory.py pixels       bytes a pixel: formats, depths, outputs, matting
    python benchmarks/memory.py allocator    resident memory after many pictures, by allocator

`pixels` does each case in a process of its own, as a picture process does it, and prints the peak
above the warm process, divided by the picture's pixels. `capacity.PIXEL_BYTES` must not be less
than the largest of a kind that is admitted; the script ends with an error if it is.

`allocator` sends the same mixture of sizes through one process under each policy: glibc as it
comes, with few arenas, with a low trim threshold, jemalloc (Debian: libjemalloc2), and ONNX
Runtime without its arena.
"""

import argparse
import io
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]

from cutoutd.capacity import PIXEL_BYTES, PROCESS_BYTES  # noqa: E402
from cutoutd.command import (  # noqa: E402
    Background,
    ImageFormat,
    ImageKind,
    Matting,
    MattingMode,
    Output,
    RemoveBackground,
    Shadow,
    Source,
)
from cutoutd.isolation import Inside  # noqa: E402
from cutoutd.pipeline import ImagingLimits  # noqa: E402
from cutoutd.segmentation.options import DEFAULTS  # noqa: E402
from cutoutd.segmentation.sessions import Sessions  # noqa: E402
from machine import facts, peak_megabytes  # noqa: E402 - The path comes first.

SIZE = (4000, 3000)
MB = 1_000_000
PICTURE = Source(artifact="inputs/1")
EVERYTHING = tuple(Output(kind=kind) for kind in ImageKind)


def photo(size: tuple[int, int], kind: str = "JPEG", *, deep: bool = False, **how: Any) -> bytes:
    """A bright disc before a gradient, with grain; deep: 16 bits a channel, in grey."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    disc = np.hypot(x - width / 2, y - height / 2) < height / 3
    grain = np.random.default_rng(1).integers(0, 12, (height, width), dtype=np.uint8)
    red = (x * 200 / width + grain).astype(np.uint8)
    pixels = np.dstack([red, (y * 200 / height + grain).astype(np.uint8), disc * 180 + grain])
    image = Image.fromarray(pixels.astype(np.uint8))
    if deep:
        image = Image.fromarray(red.astype(np.uint16) * 256)
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def command(**more: Any) -> RemoveBackground:
    """Remove the background of one upload."""
    return RemoveBackground(sources=(PICTURE,), **more)


CASES: dict[str, tuple[dict[str, Any], RemoveBackground]] = {
    "JPEG": ({}, command()),
    "JPEG, progressive": ({"progressive": True}, command()),
    "PNG": ({"kind": "PNG", "compress_level": 1}, command()),
    "PNG, 16 bit": ({"kind": "PNG", "deep": True, "compress_level": 1}, command()),
    "TIFF, 16 bit": ({"kind": "TIFF", "deep": True}, command()),
    "WebP": ({"kind": "WEBP", "method": 0}, command()),
    "WebP, lossless": ({"kind": "WEBP", "lossless": True, "method": 0}, command()),
    "AVIF": ({"kind": "AVIF", "speed": 10}, command()),
    "BMP": ({"kind": "BMP"}, command()),
    "GIF": ({"kind": "GIF"}, command()),
    "to WebP": ({}, command(outputs=(Output(format=ImageFormat.WEBP),))),
    "to AVIF": ({}, command(outputs=(Output(format=ImageFormat.AVIF),))),
    "every output": ({}, command(outputs=EVERYTHING)),
    "every output as base64": (
        {},
        command(outputs=tuple(Output(kind=kind, base64=True) for kind in ImageKind)),
    ),
    "matting": ({}, command(matting=Matting())),
    "matting, exact": ({}, command(matting=Matting(mode=MattingMode.EXACT))),
    "background, shadow": (
        {},
        command(background=Background(picture=PICTURE), shadow=Shadow(), linear_light=True),
    ),
}


def opened(threads: int = 2) -> Inside:
    """A warm picture process."""
    sessions = Sessions(DEFAULTS)
    sessions.warm()
    # As planned for a process whose largest picture has this size.
    matting_bytes = SIZE[0] * SIZE[1] * PIXEL_BYTES // 2
    limits = ImagingLimits(threads=threads, matting_bytes=matting_bytes)
    return Inside(sessions=sessions, limits=limits)


def one_case(name: str) -> None:
    """In a process of its own: the peak above the warm process, in bytes a pixel."""
    how, asked = CASES[name]
    data = photo(SIZE, **how)
    remover = opened()
    remover.remove(photo((400, 300)), asked, backdrop=photo((400, 300)))
    backdrop = photo(SIZE) if asked.background else None
    Path("/proc/self/clear_refs").write_text("5")  # The peak begins anew.
    warm = peak_megabytes()
    began = time.perf_counter()
    removal = remover.remove(data, asked, backdrop=backdrop)
    print(
        json.dumps(
            {
                "bytes_per_pixel": round((peak_megabytes() - warm) * 2**20 / SIZE[0] / SIZE[1], 1),
                "warm_mb": round(warm),
                "seconds": round(time.perf_counter() - began, 1),
                "notes": list(removal.notes),
            }
        )
    )


def pixels() -> tuple[dict[str, Any], list[str]]:
    """Every case; broken is what needs more than is planned for."""
    found = {name: _child("case", name) for name in CASES}
    broken = [name for name, one in found.items() if one["bytes_per_pixel"] > PIXEL_BYTES]
    if any(one["warm_mb"] * 2**20 > PROCESS_BYTES for one in found.values()):
        broken.append("PROCESS_BYTES")
    return {"planned": PIXEL_BYTES, "size": SIZE, "cases": found}, broken


JEMALLOC = next(Path("/usr/lib").glob("*/libjemalloc.so.2"), None)
POLICIES: dict[str, dict[str, str]] = {
    "glibc": {},
    "glibc, 2 arenas": {"MALLOC_ARENA_MAX": "2"},
    "glibc, 2 arenas, trimmed": {"MALLOC_ARENA_MAX": "2", "TRIM": "1"},
    "glibc, 2 arenas, mapped from 1 MB": {
        "MALLOC_ARENA_MAX": "2",
        "MALLOC_MMAP_THRESHOLD_": "1000000",
        "MALLOC_TRIM_THRESHOLD_": "1000000",
    },
    "ONNX Runtime without its arena": {"MALLOC_ARENA_MAX": "2", "NO_ARENA": "1"},
    "jemalloc": {"LD_PRELOAD": str(JEMALLOC)},
}


def one_policy(rounds: int) -> None:
    """In a process of its own: pictures of mixed sizes, then what is still resident."""
    if os.environ.get("NO_ARENA"):
        _switch_off_the_arena()
    remover = opened()
    chance = random.Random(3)
    files = [photo(size) for size in ((400, 300), (1600, 1200), (2400, 1800), (4000, 3000))]
    resident: list[float] = []
    began = time.process_time()
    for number in range(rounds):
        remover.remove(chance.choices(files, (60, 25, 10, 5))[0], command())
        if os.environ.get("TRIM"):
            _trim()
        if number >= rounds // 2:
            resident.append(_resident_mb())
    print(
        json.dumps(
            {
                "resident_mb": round(sum(resident) / len(resident)),
                "at_the_end_mb": round(_resident_mb()),
                "peak_mb": round(peak_megabytes()),
                "cpu_seconds": round(time.process_time() - began, 1),
            }
        )
    )


def _trim() -> None:
    import ctypes

    ctypes.CDLL("libc.so.6").malloc_trim(0)


def _switch_off_the_arena() -> None:
    import onnxruntime

    made = onnxruntime.SessionOptions

    def without() -> Any:
        options = made()
        options.enable_cpu_mem_arena = False
        return options

    onnxruntime.SessionOptions = without


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def allocator(rounds: int) -> dict[str, Any]:
    """Every policy that this machine has."""
    return {
        name: _child("policy", str(rounds), **environment)
        for name, environment in POLICIES.items()
        if environment.get("LD_PRELOAD") != "None"
    }


def _child(*words: str, **environment: str) -> dict[str, Any]:
    said = subprocess.run(
        [sys.executable, __file__, *words],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def main() -> int:
    """Run one measurement, print it, and keep it in results/."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("measurement", choices=("pixels", "allocator", "case", "policy"))
    parser.add_argument("which", nargs="?", default="200", help="rounds of `allocator`")
    asked = parser.parse_args()
    broken: list[str] = []
    if asked.measurement == "case":
        one_case(asked.which)
        return 0
    if asked.measurement == "policy":
        one_policy(int(asked.which))
        return 0
    if asked.measurement == "pixels":
        found, broken = pixels()
    else:
        found = allocator(int(asked.which))
    text = json.dumps({"machine": facts(), **found, "broken": broken}, indent=2)
    print(text)
    (ROOT / "benchmarks" / "results" / f"memory-{asked.measurement}.json").write_text(text + "\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
