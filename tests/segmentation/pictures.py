"""Images drawn from a seed: gradients, shapes and noise, dark and bright, odd sizes."""

import numpy as np
from numpy.typing import NDArray


def drawn_pictures(count: int) -> list[NDArray[np.uint8]]:
    """(H, W, 3) each, no two of one size."""
    random = np.random.default_rng(2026)
    pictures = []
    for number in range(count):
        height, width = 60 + 7 * number, 150 - 5 * number
        y, x = np.mgrid[:height, :width]
        ground = random.integers(0, 200, 3) + (x / width * 50)[..., None]
        distance = ((x - width / 2) / width) ** 2 + ((y - height / 2) / height) ** 2
        subject = random.integers(0, 256, 3) * np.ones_like(ground)
        picture = np.where((distance < 0.08)[..., None], subject, ground)
        picture = picture * random.uniform(0.4, 1.0) + random.normal(0, 6, picture.shape)
        pictures.append(np.clip(picture, 0, 255).astype(np.uint8))
    return pictures
