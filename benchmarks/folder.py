"""`cutoutd remove` of a folder of small product photos, beside a plain loop over the bare session.

    python benchmarks/folder.py [--images 1000] [--side 300] [--photos FOLDER] [--rounds 3]

The loop does what any program would: decode by Pillow, resize to the network's input, run ONNX
Runtime with all cores, enlarge the mask by Pillow, write a PNG; no edges, no colours. The command
is a process of its own, from its start to its end. `network` is that of the loop alone: nothing
around the same network in one process can be faster. `int8` is the network as the command runs it
on a CPU with VNNI, alone too. All take turns. Printed: images a second, and of the network's.
"""

import argparse
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from benchmarks.machine import facts, refuse_busy  # noqa: E402 - The path comes first.
from benchmarks.pictures import KINDS, draw  # noqa: E402

from cutoutd.segmentation.models import (  # noqa: E402
    EMBEDDED,
    IMAGENET_MEAN,
    IMAGENET_STD,
    WEIGHTS_IN_PACKAGE,
)
from cutoutd.segmentation.opening import for_this_cpu  # noqa: E402

RESULT = Path(__file__).parent / "results" / "folder.json"
WEIGHTS = WEIGHTS_IN_PACKAGE / EMBEDDED.file
SIZE = (EMBEDDED.size, EMBEDDED.size)
DIFFERENT = 20
"""Photos; the folder holds each of them many times."""


def fill(folder: Path, count: int, side: int, photos: Path | None) -> None:
    """JPEG files of that longer side."""
    if photos is None:
        drawn = (draw(KINDS[n % len(KINDS)], n, 400, 300).shown for n in range(DIFFERENT))
        pictures = [Image.fromarray(one) for one in drawn]
    else:
        pictures = [Image.open(one).convert("RGB") for one in sorted(photos.glob("*.jpg"))]
    made = []
    for picture in pictures:
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=90)
        made.append(file.getvalue())
    for number in range(count):
        (folder / f"{number:05}.jpg").write_bytes(made[number % len(made)])


def loop(source: Path, target: Path) -> None:
    """One image after the other."""
    session = onnxruntime.InferenceSession(WEIGHTS)
    name = session.get_inputs()[0].name
    for file in sorted(source.iterdir()):
        picture = Image.open(file).convert("RGB")
        small = np.asarray(picture.resize(SIZE, Image.Resampling.BILINEAR), np.float32) / 255
        tensor = ((small - IMAGENET_MEAN) / IMAGENET_STD).transpose(2, 0, 1)[np.newaxis]
        mask = session.run(None, {name: tensor.astype(np.float32)})[0].squeeze()
        picture.putalpha(_levels(mask).resize(picture.size, Image.Resampling.BILINEAR))
        picture.save(target / f"{file.stem}.png")


def _levels(mask: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray((np.clip(mask, 0, 1) * 255).astype(np.uint8))


def network(source: Path, _: Path, *, weights: Path = WEIGHTS) -> None:
    """As many runs of the network as there are images."""
    session = onnxruntime.InferenceSession(weights)
    feed = {session.get_inputs()[0].name: np.zeros((1, 3, *SIZE), np.float32)}
    for _file in source.iterdir():
        session.run(None, feed)


def command(source: Path, target: Path) -> None:
    """`cutoutd remove source -o target/`."""
    words = [sys.executable, "-m", "cutoutd", "remove", str(source), "-o", f"{target}/"]
    state = str(target.parent / "state")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "XDG_STATE_HOME": state}
    subprocess.run(words, check=True, stderr=subprocess.DEVNULL, env=environment)
    assert len(list(target.iterdir())) == len(list(source.iterdir()))


RUN = WEIGHTS_IN_PACKAGE / for_this_cpu(EMBEDDED).file
"""What the command opens."""
SIDES: dict[str, Callable[[Path, Path], None]] = {
    "network": network,
    **({"int8": partial(network, weights=RUN)} if RUN != WEIGHTS else {}),
    "loop": loop,
    "cutoutd": command,
}


def main() -> None:
    """Measure, print and keep."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--images", type=int, default=1000)
    options.add_argument("--side", type=int, default=300)
    options.add_argument("--photos", type=Path, help="a folder of JPEG files; default: drawn ones")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--busy", action="store_true", help="measure whatever the load")
    chosen = options.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # What is installed has its bytecode.
    if not chosen.busy:
        refuse_busy()
    rates: dict[str, list[float]] = {name: [] for name in SIDES}
    with tempfile.TemporaryDirectory() as place:
        source, target = Path(place, "source"), Path(place, "target")
        source.mkdir()
        fill(source, chosen.images, chosen.side, chosen.photos)
        for _ in range(chosen.rounds):
            for name, side in SIDES.items():
                shutil.rmtree(target, ignore_errors=True)
                target.mkdir()
                began = time.perf_counter()
                side(source, target)
                rates[name].append(chosen.images / (time.perf_counter() - began))
    found = {name: statistics.median(of_side) for name, of_side in rates.items()}
    for name, rate in found.items():
        print(f"{name}: {rate:.1f} images a second, {rate / found['network']:.2f} of the network's")
    record = {**facts(), "images": chosen.images, "side": chosen.side, "per_second": found}
    RESULT.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
