"""What became of one file of the corpus."""

import numpy as np
from tests.imaging.corpus.files import File

from cutoutd.errors import SourceRejected
from cutoutd.imaging.decode import decode


def verdict(file: File) -> str:
    """`right`, `refused: REASON` as it has to be, or what is wrong."""
    try:
        pixels = decode(file.data, max_pixels=1_000_000).pixels.astype(np.float64)
    except SourceRejected as refusal:
        right = refusal.reason == file.reason
        return f"{'refused' if right else 'WRONGLY refused'}: {refusal.reason}"
    if file.expected is None:
        return "NOT refused"
    if pixels.shape != file.expected.shape:
        return f"DIFFERS: {pixels.shape} instead of {file.expected.shape}"
    seen = file.expected[..., 3:] > 0
    difference = np.abs(np.where(seen, pixels - file.expected, 0)[..., :3]).mean()
    alpha = np.abs(pixels[..., 3] - file.expected[..., 3]).mean()
    if max(difference, alpha) > file.tolerance:
        return f"DIFFERS: by {difference:.1f} levels, alpha by {alpha:.1f}"
    return "right"
