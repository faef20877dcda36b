import numpy as np
import pytest

from cutoutd.segmentation.bench import max_f, overlap, resize_mask


def test_a_perfect_mask_has_an_f_of_one_and_its_inverse_does_not() -> None:
    truth = np.zeros((40, 40), np.bool_)
    truth[10:30, 5:35] = True
    perfect = truth.astype(np.float32)
    assert max_f([(perfect, truth)]) == pytest.approx(1.0)
    # Everything called subject is the best that an inverted mask can do: recall 1.
    precision = truth.mean()
    assert max_f([(1 - perfect, truth)]) == pytest.approx(1.3 * precision / (0.3 * precision + 1))


def test_f_is_the_largest_of_the_averaged_curve() -> None:
    truth = np.array([[True, True, False, False]])
    one = np.array([[0.9, 0.9, 0.5, 0.1]], np.float32)
    other = np.array([[0.4, 0.4, 0.1, 0.1]], np.float32)
    # Above 0.5 `one` is perfect but `other` empty; at 0.4 it is the other way round.
    first = 1.3 * (2 / 3) / (0.3 * (2 / 3) + 1)
    assert max_f([(one, truth), (other, truth)]) == pytest.approx((first + 1) / 2)


def test_overlap_counts_what_is_above_one_half() -> None:
    a = np.array([[0.9, 0.6, 0.2, 0.0]], np.float32)
    b = np.array([[0.9, 0.4, 0.7, 0.0]], np.float32)
    assert overlap(a, b) == pytest.approx(1 / 3)
    assert overlap(a * 0, b * 0) == 1.0


def test_masks_of_another_size_are_compared_at_the_first_ones() -> None:
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (8, 1))
    small = resize_mask(ramp, (4, 32))
    assert small.shape == (4, 32)
    assert np.abs(resize_mask(small, (8, 64)) - ramp).max() < 0.02
