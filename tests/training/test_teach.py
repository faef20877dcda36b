import math
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PIL import Image
from training.drawn import draw_shards
from training.teach import Mask, drawn, drawn_over, overlap, teach

PHOTO = Image.fromarray(np.arange(32 * 48 * 3, dtype=np.uint32).astype(np.uint8).reshape(32, 48, 3))


def box(left: int, right: int) -> Mask:
    mask = np.zeros((32, 48), np.float32)
    mask[4:28, left:right] = 1
    return mask


def test_overlap_is_the_common_part_of_both() -> None:
    assert overlap(box(0, 20), box(10, 30)) == pytest.approx(1 / 3)
    assert overlap(box(0, 0), box(0, 0)) == 0


def test_a_mask_that_a_second_network_confirms_is_kept() -> None:
    mask = drawn(PHOTO, lambda _: box(10, 30), lambda _: box(10, 31))

    assert mask is not None
    assert np.array_equal(mask, box(10, 30))


def test_a_disputed_mask_is_averaged_with_that_of_the_mirror_image_if_they_agree() -> None:
    answers = iter([box(10, 30), box(16, 38)[:, ::-1]])

    mask = drawn(PHOTO, lambda _: next(answers), lambda _: box(0, 5))
    assert mask is None

    answers = iter([box(10, 30), box(11, 30)[:, ::-1]])
    mask = drawn(PHOTO, lambda _: next(answers), lambda _: box(0, 5))
    assert mask is not None
    assert mask[10, 10] == 0.5


def test_nothing_and_everything_are_no_subjects() -> None:
    for mask in (box(0, 0), np.ones((32, 48), np.float32)):
        assert drawn(PHOTO, lambda _, mask=mask: mask, lambda _: box(0, 5)) is None


def test_a_truth_is_drawn_over_only_where_both_mean_the_same() -> None:
    truth = Image.fromarray((255 * box(10, 30)).astype(np.uint8))

    assert drawn_over(PHOTO, truth, lambda _: box(10, 31)) is not None
    assert drawn_over(PHOTO, truth, lambda _: box(20, 40)) is None


def test_teaching_leaves_held_out_photos_alone_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    pictures = draw_shards(tmp_path / "shards")[0]
    asked = []

    def draw(example: object, photo: Image.Image) -> Mask | None:
        asked.append(example)
        return None if len(asked) % 4 == 0 else np.ones((8, 8), np.float32)

    for _ in range(2):
        counts = teach(
            pictures, tmp_path / "shards", tmp_path / "masks", draw, minutes=math.inf, stop=Event()
        )

    assert counts == (24, 8)
    assert len(asked) == 32
