"""How far our sessions' masks are from rembg's own, with the same file and the same photos.

    python benchmarks/sessions.py FOLDER PHOTO [PHOTO ...] [--providers cpu mnn openvino]

FOLDER has `u2netp.onnx` and `isnet-general-use.onnx`. rembg's mask is taken at the network's size,
before it is enlarged; ours is what `Session.predict` gives, of the same upright pixels.
"""

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import rembg
from numpy.typing import NDArray
from PIL import Image, ImageOps

from cutoutd.segmentation.options import ProviderName
from cutoutd.segmentation.published import PUBLISHED
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import open_session

NAMES = ("u2netp", "isnet-general-use")
LEVEL = 255
Mask = NDArray[np.float64]


def rembg_masks(name: str) -> Callable[[Image.Image], Mask]:
    """What rembg's session of that name makes of a photo, 0..1, at the network's size."""
    session = rembg.new_session(name)

    def predict(photo: Image.Image) -> Mask:
        (spec,) = (spec for spec in PUBLISHED if spec.name == name)
        size = (spec.size, spec.size)
        fed = session.normalize(photo, spec.mean, spec.std, size)
        found = session.inner_session.run(None, fed)[0][0, 0].astype(np.float64)
        return (found - found.min()) / (found.max() - found.min())

    return predict


def photos(paths: list[Path]) -> Iterator[tuple[str, Image.Image]]:
    """Upright, RGB."""
    for path in paths:
        with Image.open(path) as opened:
            yield path.name, ImageOps.exif_transpose(opened).convert("RGB")


def main() -> None:
    """Print one line for each network, provider and photo: largest and mean distance, in levels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--providers", nargs="+", type=ProviderName, default=[ProviderName.CPU])
    asked = parser.parse_args()
    os.environ["U2NET_HOME"] = str(asked.folder)
    os.environ["MODEL_CHECKSUM_DISABLED"] = "1"
    print("| network | provider | photo | most, levels | mean, levels |\n|---|---|---|---|---|")
    for name in NAMES:
        theirs = rembg_masks(name)
        (spec,) = (spec for spec in PUBLISHED if spec.name == name)
        for provider in asked.providers:
            ours = open_session(spec, asked.folder / spec.file, RunnerOptions(provider=provider))
            for photo_name, photo in photos(asked.photos):
                apart = LEVEL * np.abs(ours.predict(np.asarray(photo)) - theirs(photo))
                print(
                    f"| {name} | {provider} | {photo_name} | {apart.max():.3f} "
                    f"| {apart.mean():.4f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
