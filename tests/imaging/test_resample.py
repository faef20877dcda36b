"""Pictures on another grid."""

import tracemalloc

import numpy as np
import pytest

from cutoutd.imaging.resample import LANCZOS, resampled


@pytest.mark.parametrize(
    ("shape", "to"),
    [
        ((1, 3_000_000), (64, 64)),
        ((3_000_000, 1), (64, 64)),
        ((1, 3_000_000), (1, 1_000_000)),
        ((3_000_000, 1), (1_000_000, 1)),
    ],
)
def test_long_pictures_need_little_memory(shape: tuple[int, int], to: tuple[int, int]) -> None:
    pixels = np.full(shape, 90, dtype=np.uint8)
    tracemalloc.start()
    small = resampled(pixels, to, LANCZOS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (small == 90).all()
    assert peak < 4 * (pixels.nbytes + small.nbytes)
