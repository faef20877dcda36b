"""What pictures cost in memory, and what the allocator gives back.

    python benchmarks/memory.py pixels       bytes a pixel: formats, depths, outputs, matting
    python benchmarks/memory.py allocator    resident memory after many pictures, by allocator
    python benchmarks/memory.py reuse        decoding with the last picture's memory, and without

`pixels` does each case in a process of its own, as a picture process does it, and prints the peak
above the warm process, divided by the picture's pixels. `capacity.PIXEL_BYTES` must not be less
than the largest of a kind that is admitted; the script ends with an error if it is.

`allocator` sends the same mixture of sizes through one process under each policy: glibc as it
comes, with few arenas, with a low trim threshold, jemalloc (Debian: libjemalloc2), and ONNX
Runtime without its arena.

`reuse` decodes a photo of 12 megapixels, each time after 1.5 GB have been used, given back and left
alone for three seconds, as by another job: once into the memory of the photo before, once into new.
"""

import argparse
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]

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
from cutoutd.imaging import memory  # noqa: E402
from cutoutd.imaging.decode import decode  # noqa: E402
from cutoutd.removal.capacity import PIXEL_BYTES, PROCESS_BYTES  # noqa: E402
from cutoutd.removal.inprocess import InProcessRemover  # noqa: E402
from cutoutd.removal.model import ExtraImages, ImagingLimits  # noqa: E402
from cutoutd.segmentation.options import DEFAULTS  # noqa: E402
from cutoutd.segmentation.sessions import Sessions  # noqa: E402
from machine import facts, peak_megabytes  # noqa: E402 - The path comes first.

MEASUREMENTS = ("pixels", "allocator", "reuse", "case", "policy")
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
    "soft everywhere": ({}, command()),
    "soft everywhere, exact matting": ({}, command(matting=Matting(mode=MattingMode.EXACT))),
    "soft everywhere, to AVIF": ({}, command(outputs=(Output(format=ImageFormat.AVIF),))),
    "soft everywhere, 16 bit": ({"kind": "TIFF", "deep": True}, command()),
    "background, shadow": (
        {},
        command(background=Background(picture=PICTURE), shadow=Shadow(), linear_light=True),
    ),
}


def opened() -> InProcessRemover:
    """A warm picture process, with the limits of one whose largest picture has this size."""
    sessions = Sessions(DEFAULTS)
    sessions.warm()
    return InProcessRemover(sessions=sessions, limits=_limits())


def _limits() -> ImagingLimits:
    return ImagingLimits(matting_bytes=SIZE[0] * SIZE[1] * PIXEL_BYTES // 2)


class SoftEverywhere:
    """A network that is unsure of every pixel, which makes the most work of what follows."""

    name = "soft"
    provider = "analytic"
    sees = 1024

    def grid(self, _quality: object) -> None:
        """It wants the pixels."""

    def predict(self, _rgb: NDArray[np.uint8], *_: object) -> NDArray[np.float32]:
        """A ramp from 0.1 to 0.9."""
        return np.tile(np.linspace(0.1, 0.9, 320, dtype=np.float32), (320, 1))

    @contextmanager
    def get(self, _name: str | None) -> Iterator["SoftEverywhere"]:
        """Lends itself."""
        yield self

    def models(self) -> list[Any]:
        """None that need loading."""
        return []


def one_case(name: str, folder: Path) -> None:
    """In a process of its own: the peak above the warm process, in bytes a pixel."""
    _, asked = CASES[name]
    data, small = (folder / "picture").read_bytes(), (folder / "small").read_bytes()
    backdrop = (folder / "backdrop").read_bytes() if asked.background else None
    remover = opened()
    if name.startswith("soft"):
        remover = InProcessRemover(sessions=SoftEverywhere(), limits=_limits())
    for _ in range(2):
        remover.remove(small, asked, extra=ExtraImages(background=small if backdrop else None))
    warm = _resident_mb()
    began = time.perf_counter()
    removal = remover.remove(data, asked, extra=ExtraImages(background=backdrop))
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
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "small").write_bytes(photo((400, 300)))
        (folder / "backdrop").write_bytes(photo(SIZE))
        for case, (how, _) in CASES.items():  # Made here: the making must not count there.
            (folder / "picture").write_bytes(photo(SIZE, **how))
            found[case] = _child("case", case, name)
    broken = [name for name, one in found.items() if one["bytes_per_pixel"] > PIXEL_BYTES]
    if found["JPEG"]["warm_mb"] * 2**20 > PROCESS_BYTES:
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
    chance = random.Random(3)
    files = [photo(size) for size in ((400, 300), (1600, 1200), (2400, 1800), (4000, 3000))]
    remover = opened()
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


def reuse(rounds: int) -> dict[str, Any]:
    """Median milliseconds, taking turns."""
    data = photo(SIZE, quality=90)
    spent: dict[str, list[float]] = {"kept": [], "new": []}
    for number in range(2 * rounds):
        way = "new" if number % 2 else "kept"
        most = 0 if way == "new" else memory.KEPT_BYTES
        with mock.patch.object(memory, "KEPT_BYTES", most):
            decode(data, max_pixels=SIZE[0] * SIZE[1])
        other = np.ones(1_500_000_000, dtype=np.uint8)
        del other
        time.sleep(3)
        started = time.perf_counter()
        decode(data, max_pixels=SIZE[0] * SIZE[1])
        spent[way].append((time.perf_counter() - started) * 1e3)
    medians = {way: round(statistics.median(times), 1) for way, times in spent.items()}
    return {"rounds": rounds, "decode_ms": medians}


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
    parser.add_argument("measurement", choices=MEASUREMENTS)
    parser.add_argument("which", nargs="?", default="200", help="rounds")
    parser.add_argument("folder", nargs="?", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    broken: list[str] = []
    if asked.measurement == "case":
        one_case(asked.which, asked.folder)
        return 0
    if asked.measurement == "policy":
        one_policy(int(asked.which))
        return 0
    if asked.measurement == "pixels":
        found, broken = pixels()
    elif asked.measurement == "reuse":
        found = reuse(int(asked.which))
    else:
        found = allocator(int(asked.which))
    text = json.dumps({"machine": facts(), **found, "broken": broken}, indent=2)
    print(text)
    (ROOT / "benchmarks" / "results" / f"memory-{asked.measurement}.json").write_text(text + "\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
