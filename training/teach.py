"""Draw masks with a published network: for photos that have none, and over coarse ones.

    python -m training.teach DATA isnet.onnx unlabelled MASKS
    python -m training.teach DATA isnet.onnx duts_tr MASKS

Writes MASKS/SET/NAME.webp, 8 bits, soft, at the photo's size, and goes on where it stopped; what
is not worth learning from is an empty file. `training.pack --masks MASKS` packs them.

A photo without a mask keeps the teacher's if the embedded network finds the same subject, or
else if the teacher itself finds it again in the mirror image: where neither holds there is no
clear subject, and a wrong label costs more than a missing one. A photo that has a mask keeps the
teacher's only if both are of the same subject: then the edge is the better one.
"""

import argparse
import io
import math
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import monotonic

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from training.data import SETS, Example, PictureSet, examples, held_out
from training.evaluate import session_of
from training.graph import Graph
from training.train import has_bf16

SIDE = 1024
"""Of IS-Net's input, px. At half of it, it is no better than our own network."""
SAME_SUBJECT = 0.8
"""Intersection over union from which two networks mean the same."""
SAME_AGAIN = 0.8
"""From which one network means the same as in the mirror image."""
SAME_AS_TRUTH = 0.9
LEAST, MOST = 0.003, 0.97
"""Parts of the frame that a subject takes."""

Mask = NDArray[np.float32]
"""(H, W), 0..1."""


class Teacher:
    """IS-Net at 1024 px (Qin et al., ECCV 2022)."""

    def __init__(self, path: Path, device: torch.device) -> None:
        self._graph = Graph(path).to(device)
        self._device = device
        self._half = has_bf16(device)

    def __call__(self, photo: Image.Image) -> Mask:
        """(1024, 1024): of the photo squeezed to the square."""
        square = photo.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        levels = torch.from_numpy(np.array(square)).permute(2, 0, 1)[None].to(self._device)
        pictures = (levels.float() - 128) / 256
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._half):
            mask = self._graph(pictures.contiguous(memory_format=torch.channels_last))
        return mask[0, 0].float().clamp(0, 1).cpu().numpy()


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union of two soft masks of one size."""
    union = float(np.maximum(one, other).sum())
    return float(np.minimum(one, other).sum()) / union if union else 0.0


def resized(mask: Mask, size: tuple[int, int]) -> Mask:
    """To (width, height)."""
    picture = Image.fromarray(mask).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(picture)


def drawn(
    photo: Image.Image,
    teacher: Callable[[Image.Image], Mask],
    second: Callable[[NDArray[np.uint8]], Mask],
) -> Mask | None:
    """The teacher's mask of a photo that has none, or None: no clear subject.

    second: what another network says of (H, W, 3) levels, at a size of its own.
    """
    mask = teacher(photo)
    if not LEAST <= mask.mean() <= MOST:
        return None
    ours = second(np.asarray(photo))
    if overlap(resized(mask, ours.shape[::-1]), ours) >= SAME_SUBJECT:
        return mask
    again = teacher(photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT))[:, ::-1]
    return (mask + again) / 2 if overlap(mask, again) >= SAME_AGAIN else None


def drawn_over(
    photo: Image.Image, truth: Image.Image, teacher: Callable[[Image.Image], Mask]
) -> Mask | None:
    """The teacher's mask if it means what the truth means, or None."""
    mask = teacher(photo)
    size = mask.shape[::-1]
    known = np.asarray(truth.convert("L").resize(size, Image.Resampling.BILINEAR))
    return mask if overlap(mask, known.astype(np.float32) / 255) >= SAME_AS_TRUTH else None


def as_webp(mask: Mask, size: tuple[int, int]) -> bytes:
    """Lossless, 8 bits, (width, height)."""
    levels = np.clip(255 * resized(mask, size), 0, 255).round().astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, "WEBP", lossless=True)
    return stream.getvalue()


def teach(
    pictures: PictureSet,
    data: Path,
    out: Path,
    draw: Callable[[Example, Image.Image], Mask | None],
    *,
    minutes: float,
    stop: Event,
    workers: int = 1,
) -> tuple[int, int]:
    """Draw what is missing. Returns how many masks there are, and how many photos were dropped."""
    out.mkdir(parents=True, exist_ok=True)
    ends = monotonic() + 60 * minutes
    everything = list(examples(pictures, data))
    kept_back = held_out(pictures, [example.name for example in everything])

    def draw_one(example: Example) -> None:
        path = out / f"{example.name}.webp"
        if path.exists() or stop.is_set() or monotonic() > ends:
            return
        photo = Image.open(io.BytesIO(example.picture)).convert("RGB")
        mask = draw(example, photo)
        unfinished = path.with_suffix(".tmp")
        unfinished.write_bytes(b"" if mask is None else as_webp(mask, photo.size))
        unfinished.replace(path)

    trained = (example for example in everything if example.name not in kept_back)
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(draw_one, trained))  # Raises what any of them raised.
    sizes = [path.stat().st_size for path in out.glob("*.webp")]
    return sum(size > 0 for size in sizes), sum(size == 0 for size in sizes)


def main() -> None:
    """Draw masks for one set until all are there, the minutes are over or SIGTERM comes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="where the tar shards are")
    parser.add_argument("teacher", type=Path, help="IS-Net's ONNX file, in single precision")
    parser.add_argument("set")
    parser.add_argument("masks", type=Path)
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--threads", type=int, default=1, help="of the networks' arithmetic")
    parser.add_argument(
        "--workers", type=int, default=1, help="photos at a time: on a GPU 12 or so"
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    pictures = next(known for known in SETS if known.name == arguments.set)
    teacher = Teacher(arguments.teacher, torch.device(arguments.device))
    second = session_of("cutoutd-small", threads=arguments.threads)

    def draw(example: Example, photo: Image.Image) -> Mask | None:
        if example.mask is None:
            return drawn(photo, teacher, second.predict)
        return drawn_over(photo, Image.open(io.BytesIO(example.mask)), teacher)

    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    counts = teach(
        pictures,
        arguments.data,
        arguments.masks / pictures.name,
        draw,
        minutes=arguments.minutes,
        stop=stop,
        workers=arguments.workers,
    )
    print(f"{pictures.name}: {counts[0]} masks, {counts[1]} photos without a clear subject")


if __name__ == "__main__":
    main()
