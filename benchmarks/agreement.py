"""How far `exact` matting is from pymatting's, and both from the solution of their equations.

Conjugate gradients go on from pymatting's answer to a tolerance of 1e-10; that is the solution.

    python benchmarks/agreement.py [--megapixels 2] [--photo photo.jpg]
"""

import argparse
import io

import numpy as np
from benchmarks.photos import photo
from numpy.typing import NDArray
from PIL import Image
from pymatting import cf_laplacian, cg, estimate_alpha_cf, ichol, make_linear_system

from cutoutd.imaging.budget import Budget
from cutoutd.imaging.dissection import solve_closed_form
from cutoutd.imaging.trimap import UNKNOWN, trimap_from_mask

EPSILON = 1e-7
LEVEL = 1 / 255

Floats = NDArray[np.float64]


def refined(rgb: Floats, trimap: Floats, start: Floats) -> Floats:
    matrix, right = make_linear_system(cf_laplacian(rgb, EPSILON, 1), trimap)
    preconditioner = ichol(matrix, discard_threshold=1e-4)
    alpha = cg(matrix, right, x0=start.ravel(), M=preconditioner, rtol=1e-10, maxiter=20_000)
    return np.clip(alpha.reshape(start.shape), 0, 1)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megapixels", type=float, default=2)
    options.add_argument("--photo", default=None)
    chosen = options.parse_args()
    data, probability = photo(chosen.megapixels, chosen.photo)
    rgb = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    small = Image.fromarray((probability * 255).astype(np.uint8))
    mask = np.asarray(small.resize(rgb.shape[1::-1], Image.Resampling.LANCZOS))
    trimap = trimap_from_mask(mask, foreground_above=240, background_below=10, erode_px=10)
    unknown = trimap == UNKNOWN
    theirs = estimate_alpha_cf(rgb / 255.0, trimap / 255.0)
    budget = Budget(seconds=600, memory_bytes=16_000_000_000)
    ours = solve_closed_form(rgb, trimap, budget=budget).astype(np.float64)
    solution = refined(rgb / 255.0, trimap / 255.0, theirs)
    pairs = {
        "ours beside pymatting's": (ours, theirs),
        "ours beside the solution": (ours, solution),
        "pymatting's beside the solution": (theirs, solution),
    }
    print(f"{int(unknown.sum())} open pixels")
    for name, (one, other) in pairs.items():
        apart = np.abs(one - other)[unknown]
        print(f"{name}: {np.mean(apart <= LEVEL):.2%} within 1/255, at most {apart.max():.4f}")


if __name__ == "__main__":
    main()
