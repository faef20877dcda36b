"""What the weights in the package answer. New weights change the numbers below on purpose."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from tests.scenes import ball

from cutoutd.segmentation.cpu import has_vnni
from cutoutd.segmentation.models import EMBEDDED, ModelSpec, Precision
from cutoutd.segmentation.own import self_described
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import Session, open_session

CELLS = 8
LARGEST = {Precision.FP32: 10_000_000, Precision.INT8: 7_000_000}
"""Bytes: compressed, both take less than 14 MB in the wheel."""
TOLERANCE = {Precision.FP32: 2, Precision.INT8: 6}
"""Per cent. Runtimes and processors round differently, and eight bits more than floats; other
weights are much further away."""

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


@pytest.fixture(scope="module", params=[EMBEDDED, EMBEDDED.in_int8()], ids=["fp32", "int8"])
def spec(request: pytest.FixtureRequest) -> ModelSpec:
    found: ModelSpec = request.param
    return found


@pytest.fixture(scope="module")
def weights(spec: ModelSpec) -> Path:
    assert spec.folder is not None
    return spec.folder / spec.file


@pytest.fixture(scope="module")
def session(spec: ModelSpec, weights: Path) -> Session:
    if spec.precision is Precision.INT8 and not has_vnni():
        pytest.skip("a CPU without VNNI never runs this file, and its sums could overflow")
    return open_session(spec, weights, RunnerOptions(threads=1))


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
    spec: ModelSpec, session: Session, picture: NDArray[np.uint8], pinned: str
) -> None:
    expected = np.loadtxt(pinned.splitlines())

    assert np.abs(in_cells(session.predict(picture)) - expected).max() <= TOLERANCE[spec.precision]


def test_the_file_describes_itself_as_the_registry_does(spec: ModelSpec, weights: Path) -> None:
    metadata = {item.key: item.value for item in onnx.load(weights).metadata_props}

    described = self_described(weights, metadata)

    assert described is not None
    facts = ("precision", "size", "fast_size", "mean", "std", "scale", "reducing_gap", "resampling")
    for fact in (*facts, "licence", "source"):
        assert getattr(described, fact) == getattr(spec, fact), fact


def test_the_weights_fit_in_the_wheel_and_are_the_ones_that_were_measured(
    spec: ModelSpec, weights: Path
) -> None:
    data = weights.read_bytes()
    card = weights.with_name("MODEL_CARD.md").read_text(encoding="utf-8")
    sha256 = hashlib.sha256(data).hexdigest()

    assert len(data) <= LARGEST[spec.precision]
    assert f"sha256:{sha256}" == spec.checksum
    assert sha256 in card
