import io

import numpy as np
from PIL import Image
from training.data import Example
from training.white import cut_out, cutouts_of, on_white


def alpha() -> np.ndarray:
    columns = np.clip((np.arange(60) - 10) * 25, 0, 255)
    mask = np.zeros((40, 60), np.uint8)
    mask[10:30] = np.where(columns < 200, columns, 255).astype(np.uint8)
    mask[:, 50:] = 0
    return mask


def photographed(mask: np.ndarray, *, behind: int = 255) -> np.ndarray:
    share = mask[..., None] / 255
    return (share * np.array((180, 60, 20)) + (1 - share) * behind).round().astype(np.uint8)


def lossless(levels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, "PNG")
    return stream.getvalue()


def test_white_behind_a_subject_is_recognised_and_grey_is_not() -> None:
    assert on_white(photographed(alpha()), alpha())
    assert not on_white(photographed(alpha(), behind=240), alpha())


def test_colours_are_freed_of_the_white_behind_them() -> None:
    cutout = cut_out(photographed(alpha()), alpha())

    soft = (cutout[..., 3] > 60) & (cutout[..., 3] < 255)
    assert soft.any()
    assert np.abs(cutout[soft][:, :3].astype(int) - (180, 60, 20)).max() <= 5
    assert np.array_equal(cutout[..., 3], alpha())


def test_only_photos_on_white_whose_masks_are_sure_become_cut_outs() -> None:
    photos = [photographed(alpha()), photographed(alpha(), behind=90)]
    found = [Example(str(n), lossless(p), lossless(alpha())) for n, p in enumerate(photos)]
    ghost = np.where(alpha() > 0, 128, 0).astype(np.uint8)
    found.append(Example("ghost", lossless(photographed(ghost)), lossless(ghost)))

    assert [name for name, _ in cutouts_of(iter(found))] == ["0"]
