"""Halo and fringe on held-out cut-outs with true alpha: ours beside rembg's, from one mask.

Every picture is a composite that is never trained on (`training.validation`); the embedded network
looks at it once, and its mask is given to both products. Writes results/halo.json.

    PYTHONPATH=src:. python benchmarks/halo.py DATA [--every 1]

halo: pixels whose true alpha is 0 and ours is not, as a percentage of the subject's area; and how
much alpha they have, likewise. fringe: how far the colour of such a pixel is from that of the
subject's nearest pixel, weighted by its alpha: levels 0..255, mean over the channels.
"""

import argparse
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import rembg
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from training.alpha import alpha_errors
from training.validation import Layers, layers, soft_alpha

from cutoutd.command import Matting, MattingMode, RemoveBackground, Source
from cutoutd.removal.model import ImagingLimits
from cutoutd.removal.pipeline import remove_background
from cutoutd.segmentation.models import EMBEDDED
from cutoutd.segmentation.session import open_session

HERE = Path(__file__).parent
LIMITS = ImagingLimits(matting_seconds=600, matting_bytes=8_000_000_000)
SOURCES = (Source(artifact="composite"),)
Levels = NDArray[np.uint8]


@dataclass(frozen=True)
class OneMask:
    """A network that has already answered: both products' idea of a session."""

    probability: NDArray[np.float32]
    """(h, w), 0..1."""
    name: str = "one-mask"
    provider: str = "one-mask"
    sees: int = EMBEDDED.sees

    def predict(self, picture: object, *_: object) -> object:
        """Ours: an array in, probabilities out. rembg's: an image in, a list of masks out."""
        if isinstance(picture, np.ndarray):
            return self.probability
        assert isinstance(picture, Image.Image)
        mask = Image.fromarray((self.probability * 255).astype(np.uint8))
        return [mask.resize(picture.size, Image.Resampling.LANCZOS)]


Cut = Callable[[Image.Image, OneMask], Levels]


def ours(matting: Matting | None) -> Cut:
    command = RemoveBackground(sources=SOURCES, matting=matting)

    def cut(shown: Image.Image, network: OneMask) -> Levels:
        file = io.BytesIO()
        shown.save(file, "PNG")
        removal = remove_background(file.getvalue(), command, network, limits=LIMITS)
        return np.asarray(Image.open(io.BytesIO(removal.images[0].data)).convert("RGBA"))

    return cut


def theirs(**options: bool) -> Cut:
    return lambda shown, network: np.asarray(rembg.remove(shown, session=network, **options))


METHODS = {
    "rembg": theirs(),
    "rembg, alpha_matting": theirs(alpha_matting=True),
    "rembg, decontaminate": theirs(decontaminate=True),
    "cutoutd": ours(None),
    "cutoutd, matting fast": ours(Matting()),
    "cutoutd, matting exact": ours(Matting(mode=MattingMode.EXACT)),
}


def measure(made: Layers, cutout: Levels) -> dict[str, float]:
    """Halo, fringe and the soft edge's own error of one cutout, (H, W, 4)."""
    front = np.asarray(made.front)
    truth, alpha = front[..., 3], cutout[..., 3]
    nearest = ndimage.distance_transform_edt(
        truth == 0, return_distances=False, return_indices=True
    )
    color = front[nearest[0], nearest[1], :3].astype(np.float32)
    apart = np.abs(cutout[..., :3].astype(np.float32) - color).mean(axis=-1)
    halo = (truth == 0) & (alpha > 0)
    weight, area = alpha[halo].astype(np.float64), truth.sum() / 255
    return {
        "halo_percent": 100 * float(halo.sum() / area),
        "halo_alpha_percent": 100 * float(weight.sum() / 255 / area),
        "fringe": float((apart[halo] * weight).sum() / max(weight.sum(), 1)),
        "SAD": alpha_errors(alpha, truth)["SAD"],
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("data", type=Path, help="where the tar shards are")
    options.add_argument("--every", type=int, default=1, help="take one composite in so many")
    options.add_argument("--out", type=Path, default=HERE / "results" / "halo.json")
    chosen = options.parse_args()
    assert EMBEDDED.folder is not None
    session = open_session(EMBEDDED, EMBEDDED.folder / EMBEDDED.file)
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in METHODS}
    for one in islice(soft_alpha(chosen.data).chosen(), 0, None, chosen.every):
        made = layers(*one)
        shown = made.scene.copy()
        shown.paste(made.front, (0, 0), made.front)
        network = OneMask(session.predict(np.asarray(shown)))
        for name, cut in METHODS.items():
            figures[name].append(measure(made, cut(shown, network)))
    means = {
        name: {metric: float(np.mean([row[metric] for row in rows])) for metric in rows[0]}
        for name, rows in figures.items()
    }
    for name, row in means.items():
        print(f"{name:24}", *(f"{metric} {value:7.2f}" for metric, value in row.items()))
    count = len(figures["cutoutd"])
    record = {"pictures": count, "rembg": rembg.__version__, "mean": means}
    chosen.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
