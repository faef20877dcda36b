import torch
from training.augment import (
    Augmentation,
    augmented,
    compressed,
    cropped,
    greyed,
    in_rows,
    pasted,
)

NOTHING = Augmentation(
    composites=0, smallest_crop=1.0, turn_degrees=0, colour=0, grey=0, blur=0, noise=0, jpeg=0
)


def pictures(count: int = 4, side: int = 64) -> torch.Tensor:
    """Smooth, with the truth equal to the red plane."""
    torch.manual_seed(3)
    coarse = torch.rand(count, 4, 5, 5)
    smooth = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bicubic").clamp(0, 1)
    smooth[:, 3] = smooth[:, 0]
    return smooth


def test_picture_and_truth_are_cropped_turned_and_mirrored_together() -> None:
    changed = cropped(pictures(), Augmentation(smallest_crop=0.5, turn_degrees=20), 64)

    assert not torch.allclose(changed, pictures(), atol=0.05)
    assert torch.allclose(changed[:, 0], changed[:, 3], atol=1e-6)


def test_a_wide_view_makes_the_subject_smaller() -> None:
    disc = torch.zeros(64, 4, 64, 64)
    disc[:, :, 24:40, 24:40] = 1
    near, far = (
        cropped(disc, Augmentation(smallest_crop=1.0, turn_degrees=0, wide=wide), 64).mean()
        for wide in (0.0, 1.0)
    )

    assert far < 0.8 * near


def test_a_pasted_cutout_covers_the_picture_and_joins_the_truth() -> None:
    below = torch.zeros(3, 4, 64, 64)
    below[:, 3, :, :32] = 1
    white = torch.ones(3, 4, 32, 32)

    above = pasted(below, white, 0.25)

    covered = above[:, 0] > 0.99
    assert 0.1 < covered.float().mean() < 0.95
    assert (above[:, 3][covered] > 0.99).all()
    assert (above[:, 3, :, :32] > 0.99).all()


def test_a_soft_alpha_stays_soft_in_the_truth() -> None:
    above = pasted(torch.zeros(1, 4, 64, 64), torch.full((1, 4, 32, 32), 0.5), 0.25)

    assert abs(float(above[:, 3].max()) - 0.5) < 1e-3


def test_a_cutout_in_rows_is_there_several_times_and_smaller() -> None:
    torch.manual_seed(0)
    disc = torch.zeros(8, 4, 60, 60)
    disc[:, :, 20:40, 20:40] = 1

    rows = in_rows(disc, 1.0)

    across = (rows[:, 0].amax(1).round().diff(dim=1) > 0).sum(1)
    assert set(across.tolist()) == {2, 3}
    assert (rows[:, 0].sum((1, 2)) <= disc[:, 0].sum((1, 2)) + 1e-3).all()
    assert torch.equal(in_rows(disc, 0.0), disc)


def test_a_grey_picture_has_three_equal_planes() -> None:
    rgb = greyed(pictures()[:, :3], 1.0)

    assert torch.allclose(rgb[:, 0], rgb[:, 2])


def test_compression_loses_a_little_and_leaves_what_it_was_not_asked_for() -> None:
    rgb = pictures()[:, :3]

    assert torch.equal(compressed(rgb, 0.0), rgb)
    assert 0 < float((compressed(rgb, 1.0) - rgb).abs().mean()) < 0.03


def test_the_whole_sequence_stays_in_range_and_resizes() -> None:
    how = Augmentation(grey=0.5, blur=0.5, noise=0.5, jpeg=0.5)

    changed = augmented(pictures(), pictures(2, 32), how, 96)

    assert changed.shape == (4, 4, 96, 96)
    assert 0 <= float(changed.min()) <= float(changed.max()) <= 1


def test_without_augmentation_only_mirroring_is_left() -> None:
    before = pictures()

    after = augmented(before, torch.zeros(0, 4, 1, 1), NOTHING, 64)

    for old, new in zip(before, after, strict=True):
        distance = min(float((old - new).abs().mean()), float((old.flip(2) - new).abs().mean()))
        assert distance < 0.06  # Up to a seventh narrower or wider.
