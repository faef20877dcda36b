"""Our session against rembg's own session classes: the same file, the same mask.

    python tests/runtimes/check_rembg.py [FOLDER OF PHOTOS]

Every published row is tried with a network of ours under the file name rembg looks for. Without
a folder, twenty drawn images are used.
"""

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tests.segmentation.networks import write_network
from tests.segmentation.pictures import drawn_pictures

from cutoutd.segmentation.bench import photos_in
from cutoutd.segmentation.models import Activation
from cutoutd.segmentation.published import PUBLISHED
from cutoutd.segmentation.session import open_session


def as_rembg_writes_it(mask: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.int_]:
    """Quantised first and resized with Lanczos afterwards."""
    small = Image.fromarray((mask * 255).astype(np.uint8))
    return np.asarray(small.resize(size, Image.Resampling.LANCZOS)).astype(np.int_)


def main() -> int:
    photos = list(photos_in(Path(sys.argv[1])).values()) if sys.argv[1:] else drawn_pictures(20)
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["U2NET_HOME"] = folder
        import rembg

        for number, spec in enumerate(row for row in PUBLISHED if not (row.classes or row.prompts)):
            path = write_network(
                Path(folder) / spec.file,
                side=spec.size,
                sigmoid=spec.activation is Activation.NONE,
                seed=number,
            )
            ours, theirs = open_session(spec, path), rembg.new_session(spec.name)
            worst = 0
            for rgb in photos:
                photo = Image.fromarray(rgb)
                expected = np.asarray(theirs.predict(photo)[0]).astype(np.int_)
                found = as_rembg_writes_it(ours.predict(rgb), photo.size)
                worst = max(worst, int(np.abs(found - expected).max()))
            failures += worst > 1
            print(f"{spec.name}: {len(photos)} images, largest difference {worst}/255")
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main())
