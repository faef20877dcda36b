"""What the weights in the package answer. New weights change the numbers below on purpose."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from tests.scenes import ball

from cutoutd.segmentation.models import EMBEDDED
from cutoutd.segmentation.own import self_described
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import Session, open_session

CELLS = 8
TOLERANCE = 2
"""Per cent. Runtimes and processors round differently; other weights are much further away."""

BALL = """
  0   0   0   0   0   0   0   0
  0   0   0  28  30   0   0   0
  0   0  38 100 100  39   0   0
  0   0  75 100 100  76   0   0
  0   0  75 100 100  77   0   0
  0   0  40 100 100  41   0   0
  0   0   0  31  30   0   0   0
  0   0   0   0   0   0   0   0
"""
FIGURE = """
  0   0   0   0   0   0   0   0
  0   0   0  75  78   1   0   0
  0   0  13  85  87  15   0   0
  0   0  40 100 100  44   0   0
  0   0  40 100 100  44   0   0
  0   0  22  85  81  27   0   0
  0   0  21  83  79  25   0   0
  0   0   7  29  28   9   0   0
"""


@pytest.fixture(scope="module")
def weights() -> Path:
    assert EMBEDDED.folder is not None
    return EMBEDDED.folder / EMBEDDED.file


@pytest.fixture(scope="module")
def session(weights: Path) -> Session:
    return open_session(EMBEDDED, weights, RunnerOptions(threads=1))


def figure() -> NDArray[np.uint8]:
    """(300, 200, 3): a person as a child draws one, on a lawn."""
    picture = Image.new("RGB", (200, 300), (180, 215, 240))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 200, 200, 300), fill=(90, 150, 70))
    pen.ellipse((75, 40, 125, 100), fill=(225, 180, 150))
    pen.rectangle((65, 100, 135, 190), fill=(170, 30, 50))
    pen.rectangle((70, 190, 95, 275), fill=(30, 40, 90))
    pen.rectangle((105, 190, 130, 275), fill=(30, 40, 90))
    return np.asarray(picture)


def in_cells(mask: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean of each cell, per cent."""
    side = mask.shape[0] // CELLS
    means: NDArray[np.float64] = mask.reshape(CELLS, side, CELLS, side).mean((1, 3)) * 100
    return means


@pytest.mark.parametrize(("picture", "pinned"), [(ball(), BALL), (figure(), FIGURE)])
def test_the_mask_of_a_drawn_picture_is_the_one_these_weights_give(
    session: Session, picture: NDArray[np.uint8], pinned: str
) -> None:
    expected = np.loadtxt(pinned.splitlines())

    assert np.abs(in_cells(session.predict(picture)) - expected).max() <= TOLERANCE


def test_the_file_describes_itself_as_the_registry_does(weights: Path) -> None:
    metadata = {item.key: item.value for item in onnx.load(weights).metadata_props}

    described = self_described(weights, metadata)

    assert described is not None
    facts = ("name", "size", "fast_size", "mean", "std", "scale", "reducing_gap", "resampling")
    for fact in (*facts, "licence", "source"):
        assert getattr(described, fact) == getattr(EMBEDDED, fact), fact


def test_the_weights_fit_in_the_wheel_and_are_the_ones_that_were_measured(weights: Path) -> None:
    data = weights.read_bytes()
    card = weights.with_name("MODEL_CARD.md").read_text(encoding="utf-8")
    sha256 = hashlib.sha256(data).hexdigest()

    assert len(data) <= 12_000_000
    assert f"sha256:{sha256}" == EMBEDDED.checksum
    assert sha256 in card
