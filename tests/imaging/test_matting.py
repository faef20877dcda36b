"""Matting against pymatting, and where there is nothing to solve."""

from collections.abc import Callable

import numpy as np
import pymatting
import pytest
from numpy.typing import NDArray

from cutoutd.command import Matting, MattingMode
from cutoutd.imaging import dissection, matting
from cutoutd.imaging.budget import Budget, OverBudget
from cutoutd.imaging.dissection import solve_closed_form
from cutoutd.imaging.matting import MattingBudget, matte
from cutoutd.imaging.trimap import trimap_from_mask

ENOUGH = MattingBudget(seconds=60, memory_bytes=2_000_000_000)
UNSURE = np.full((12, 16), 0.004, dtype=np.float32)
EXACT = Matting(mode=MattingMode.EXACT, erode_px=6)

Pixels = NDArray[np.uint8]


def opaque(rgb: Pixels) -> Pixels:
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, dtype=np.uint8)])


def composite(photo: Pixels, soft_disc: Pixels) -> Pixels:
    share = soft_disc[..., np.newaxis] / 255
    behind = 255 - photo[::-1, ::-1]
    return np.rint(photo * share + behind * (1 - share)).astype(np.uint8)


@pytest.mark.parametrize("threads", [1, 2])
def test_exact_agrees_with_pymatting(
    photo: Pixels, soft_disc: Pixels, threads: int, use_threads: Callable[[int], None]
) -> None:
    use_threads(threads)
    shown = composite(photo, soft_disc)
    trimap = trimap_from_mask(soft_disc, foreground_above=240, background_below=10, erode_px=6)
    unknown = trimap == 128
    expected = pymatting.estimate_alpha_cf(shown / 255.0, trimap / 255.0)
    alpha, notes = matte(opaque(shown), soft_disc, EXACT, variance=UNSURE, budget=ENOUGH)
    apart = np.abs(alpha / 255 - expected)[unknown]
    assert notes == ()
    assert np.mean(apart <= 1 / 255) >= 0.995
    assert set(np.unique(alpha[~unknown])) == {0, 255}


def test_the_number_of_threads_does_not_change_the_answer(
    photo: Pixels, soft_disc: Pixels, use_threads: Callable[[int], None]
) -> None:
    trimap = trimap_from_mask(soft_disc, foreground_above=250, background_below=5, erode_px=12)
    found = []
    for threads in (1, 4):
        use_threads(threads)
        budget = Budget(seconds=60, memory_bytes=1 << 30)
        found.append(solve_closed_form(photo, trimap, budget=budget))
    one, four = found
    np.testing.assert_allclose(one, four, atol=1e-5)


def test_where_the_mask_holds_single_precision_is_enough(
    photo: Pixels, soft_disc: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = opaque(composite(photo, soft_disc))
    single, _ = matte(shown, soft_disc, Matting(erode_px=20), variance=UNSURE, budget=ENOUGH)
    monkeypatch.setattr(dissection._Band, "dtype", np.float64)
    double, _ = matte(shown, soft_disc, Matting(erode_px=20), variance=UNSURE, budget=ENOUGH)
    assert np.abs(single.astype(int) - double).max() <= 1


def test_fast_is_as_near_to_the_truth_as_pymatting(
    photo: Pixels, soft_disc: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matting, "FAST_PIXELS", 1500)  # A quarter of this band.
    shown = composite(photo, soft_disc)
    trimap = trimap_from_mask(soft_disc, foreground_above=240, background_below=10, erode_px=6)
    unknown, truth = trimap == 128, soft_disc / 255
    reference = pymatting.estimate_alpha_cf(shown / 255.0, trimap / 255.0)
    alpha, notes = matte(
        opaque(shown), soft_disc, Matting(erode_px=6), variance=UNSURE, budget=ENOUGH
    )
    assert notes == ()
    ours, theirs = (np.abs(a - truth)[unknown].mean() for a in (alpha / 255, reference))
    assert ours <= theirs * 1.1 + 1 / 255


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_flat_mask_stays_as_it_is(photo: Pixels, level: int) -> None:
    flat = np.full(photo.shape[:2], level, dtype=np.uint8)
    alpha, notes = matte(opaque(photo), flat, Matting(), variance=UNSURE, budget=ENOUGH)
    np.testing.assert_array_equal(alpha, flat)
    assert notes == ((matting.NOTHING_SURE,) if level == 90 else notes)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (2, 2), (2, 50), (3, 3), (4, 90), (13, 15)])
def test_tiny_pictures_have_an_answer(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(3)
    rgba = random.integers(0, 256, (*shape, 4), dtype=np.uint8)
    mask = random.choice(np.array([0, 128, 255], dtype=np.uint8), shape)
    for mode in MattingMode:
        alpha, _ = matte(rgba, mask, Matting(erode_px=0, mode=mode), variance=UNSURE, budget=ENOUGH)
        assert alpha.shape == shape
        assert alpha.dtype == np.uint8
        np.testing.assert_array_equal(alpha[mask == 255], 255)


def test_without_open_pixels_the_trimap_is_the_answer(photo: Pixels) -> None:
    mask = np.zeros(photo.shape[:2], dtype=np.uint8)
    mask[30:80, 40:90] = 255
    alpha, notes = matte(opaque(photo), mask, Matting(erode_px=0), variance=UNSURE, budget=ENOUGH)
    np.testing.assert_array_equal(alpha, mask)
    assert notes == ()


def test_one_colour_everywhere_gives_finite_alpha(soft_disc: Pixels) -> None:
    grey = np.full((*soft_disc.shape, 4), 127, dtype=np.uint8)
    alpha, _ = matte(grey, soft_disc, EXACT, variance=UNSURE, budget=ENOUGH)
    assert 0 < alpha.mean() < 255


@pytest.mark.parametrize(
    "budget",
    [
        MattingBudget(seconds=0, memory_bytes=1 << 30),
        MattingBudget(seconds=60, memory_bytes=1000),
    ],
)
@pytest.mark.parametrize("mode", list(MattingMode))
def test_over_budget_falls_back_to_the_mask_and_says_so(
    photo: Pixels, soft_disc: Pixels, budget: MattingBudget, mode: MattingMode
) -> None:
    alpha, notes = matte(
        opaque(photo), soft_disc, Matting(mode=mode), variance=UNSURE, budget=budget
    )
    np.testing.assert_array_equal(alpha, soft_disc)
    assert notes == (matting.FELL_BACK_TO_MASK,)


def test_exact_over_budget_falls_back_to_fast_first(
    photo: Pixels, soft_disc: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matting, "FAST_PIXELS", 400)
    small = MattingBudget(seconds=60, memory_bytes=2_000_000)
    alpha, notes = matte(opaque(photo), soft_disc, EXACT, variance=UNSURE, budget=small)
    assert notes == (matting.FELL_BACK_TO_FAST,)
    assert (alpha != soft_disc).any()


def test_a_budget_runs_out() -> None:
    budget = Budget(seconds=60, memory_bytes=100)
    budget.spend(100)
    with pytest.raises(OverBudget):
        budget.spend(1)
