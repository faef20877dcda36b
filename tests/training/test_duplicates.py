import numpy as np
from PIL import Image
from training.duplicates import both_hashes, difference_hash, near


def photo(seed: int) -> Image.Image:
    grid = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), np.uint8)
    return Image.fromarray(grid).resize((240, 180), Image.Resampling.BICUBIC)


def test_a_smaller_darker_mirrored_copy_is_found_and_another_photo_is_not() -> None:
    copy = (
        photo(1)
        .resize((100, 90))
        .transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        .point(lambda v: v // 2)
    )
    trained = {"copy": difference_hash(copy), "other": difference_hash(photo(2))}

    assert set(near(trained, [both_hashes(photo(1))])) == {"copy"}
