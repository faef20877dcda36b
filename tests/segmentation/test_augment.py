"""Test-time augmentation: what a network is shown beside the image, and how its answers meet."""

import numpy as np
import pytest
from numpy.typing import NDArray

from cutoutd.imaging.kernels import Plane
from cutoutd.segmentation.augment import FINER, predict_augmented
from cutoutd.segmentation.models import Augmentation

SIDE = 32
"""Of the network's masks, px."""
FLIP, ZOOM = Augmentation(flip=True), Augmentation(zoom=True)


def a_photo(*, top: int, left: int, side: int, frame: tuple[int, int] = (128, 192)) -> Plane:
    """Grey, with a white square."""
    photo = np.full((*frame, 3), 90, np.uint8)
    photo[top : top + side, left : left + side] = 255
    return photo


class Network:
    """Says "subject" where the image is white, each cell by its mean."""

    def __init__(self) -> None:
        self.shown: list[tuple[int, ...]] = []

    def __call__(self, pixels: NDArray[np.uint8]) -> Plane:
        self.shown.append(pixels.shape[:2])
        rows, columns = (np.arange(SIDE + 1) * side // SIDE for side in pixels.shape[:2])
        white = (pixels[..., 0] == 255).astype(np.float32)
        sums = np.add.reduceat(np.add.reduceat(white, rows[:-1], 0), columns[:-1], 1)
        return sums / np.outer(np.diff(rows), np.diff(columns)).astype(np.float32)


def test_without_augmentation_the_image_is_shown_once() -> None:
    network = Network()
    photo = a_photo(top=30, left=40, side=40)
    found = predict_augmented(network, photo, Augmentation())
    assert np.array_equal(found, Network()(photo))
    assert network.shown == [(128, 192)]


def test_the_mirror_image_counts_as_much_as_the_image() -> None:
    def leans_left(pixels: NDArray[np.uint8]) -> Plane:
        return np.tile(np.linspace(1, 0, SIDE, dtype=np.float32), (SIDE, 1))

    found = predict_augmented(leans_left, a_photo(top=0, left=0, side=9), FLIP)
    assert np.allclose(found, 0.5)


def test_a_small_subject_is_looked_at_again_and_found_finer() -> None:
    network, photo = Network(), a_photo(top=30, left=40, side=33)
    found = predict_augmented(network, photo, ZOOM)
    assert found.shape == (FINER * SIDE, FINER * SIDE)
    near = network.shown[1]
    assert near[0] < 128 / 2
    assert near[1] < 192 / 2
    truth = predict_augmented(
        Network(), np.kron(photo, np.ones((1, 1, 1), np.uint8)), Augmentation()
    )
    coarse = np.kron(truth, np.ones((FINER, FINER), np.float32))
    rows, columns = (np.arange(FINER * SIDE + 1) * side / FINER / SIDE for side in (128, 192))
    exact = np.outer(_cover(rows, 30, 63), _cover(columns, 40, 73))
    assert np.abs(found - exact).mean() < np.abs(coarse - exact).mean()


def _cover(edges: NDArray[np.float64], start: float, stop: float) -> NDArray[np.float64]:
    """What part of each cell between edges lies between start and stop."""
    inside = np.minimum(edges[1:], stop) - np.maximum(edges[:-1], start)
    return np.clip(inside, 0, None) / np.diff(edges)


@pytest.mark.parametrize(
    "photo",
    [a_photo(top=4, left=4, side=120), a_photo(top=0, left=0, side=0)],
    ids=["large", "nothing"],
)
def test_what_is_large_or_not_there_is_looked_at_once(photo: NDArray[np.uint8]) -> None:
    network = Network()
    assert predict_augmented(network, photo, ZOOM).shape == (SIDE, SIDE)
    assert len(network.shown) == 1


@pytest.mark.parametrize("place", [(0, 0), (0, 160), (96, 0), (96, 160)])
def test_a_subject_at_the_edge_of_the_frame_stays_there(place: tuple[int, int]) -> None:
    top, left = place
    found = predict_augmented(Network(), a_photo(top=top, left=left, side=32), ZOOM)
    row, column = (-1 if part else 0 for part in place)
    assert found[row, column] > 0.9
    assert found[-1 - row, -1 - column] < 0.1


def test_no_number_from_the_network_is_no_subject_to_look_at() -> None:
    def lost(_pixels: NDArray[np.uint8]) -> Plane:
        return np.full((SIDE, SIDE), np.nan, np.float32)

    found = predict_augmented(
        lost, a_photo(top=0, left=0, side=9), Augmentation(flip=True, zoom=True)
    )
    assert found.shape == (SIDE, SIDE)
    assert np.isnan(found).all()
