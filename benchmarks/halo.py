"""Halo and fringe on held-out cut-outs with true alpha: ours beside rembg's, from one mask.

Every picture is a composite that is never trained on (`training.validation`); the embedded network
looks at it once, and its mask is given to both products. Writes results/halo.json, with how often
ours had which note.

    PYTHONPATH=src:. python benchmarks/halo.py DATA [--every 1]

halo: pixels whose true alpha is 0 and ours is not, as a percentage of the subject's area; and how
much alpha they have, likewise. fringe: how far the colour of such a pixel is from that of the
subject's nearest pixel, weighted by its alpha: levels 0..255, mean over the channels.
"""

import argparse
import json
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import rembg
from benchmarks.methods import METHODS, Levels, OneMask
from scipy import ndimage
from training.alpha import alpha_errors
from training.validation import Layers, layers, soft_alpha

from cutoutd.segmentation.models import EMBEDDED, WEIGHTS_IN_PACKAGE
from cutoutd.segmentation.opening import for_this_cpu
from cutoutd.segmentation.session import open_session

HERE = Path(__file__).parent


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
    spec = for_this_cpu(EMBEDDED)
    session = open_session(spec, WEIGHTS_IN_PACKAGE / spec.file)
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in METHODS}
    notes: dict[str, Counter[str]] = {name: Counter() for name in METHODS}
    for one in islice(soft_alpha(chosen.data).chosen(), 0, None, chosen.every):
        made = layers(*one)
        shown = made.scene.copy()
        shown.paste(made.front, (0, 0), made.front)
        network = OneMask(session.predict(np.asarray(shown)), sees=EMBEDDED.sees)
        for name, method in METHODS.items():
            cut = method(shown, network)
            figures[name].append(measure(made, cut.pixels))
            notes[name].update(cut.notes)
    means = {
        name: {metric: float(np.mean([row[metric] for row in rows])) for metric in rows[0]}
        for name, rows in figures.items()
    }
    for name, row in means.items():
        print(f"{name:24}", *(f"{metric} {value:7.2f}" for metric, value in row.items()))
    count = len(figures["cutoutd"])
    record = {"pictures": count, "rembg": rembg.__version__, "mean": means, "notes": notes}
    chosen.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
