"""Images that the imaging tests share."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from cutoutd.imaging.threads import DEFAULT, set_num_threads


@pytest.fixture
def use_threads() -> Iterator[Callable[[int], None]]:
    """Says how many threads imaging may use; after the test it is as many as before."""
    yield set_num_threads
    set_num_threads(DEFAULT)


@pytest.fixture
def soft_disc() -> NDArray[np.uint8]:
    """(120, 160) a disc with an edge eight pixels wide."""
    rows, columns = np.mgrid[:120, :160]
    distance = np.hypot(rows - 60, columns - 80)
    return np.clip((44 - distance) * 32, 0, 255).astype(np.uint8)


@pytest.fixture
def photo() -> NDArray[np.uint8]:
    """(120, 160, 3) smooth colours with grain."""
    random = np.random.default_rng(11)
    noise = Image.fromarray(random.integers(0, 256, (120, 160, 3), dtype=np.uint8))
    soft = np.asarray(noise.filter(ImageFilter.GaussianBlur(9)), dtype=np.float64)
    soft = (soft - soft.mean()) * 6 + 128 + random.normal(0, 2, soft.shape)
    return np.clip(soft, 0, 255).astype(np.uint8)
