import numpy as np
import pytest
from training.alpha import ALPHA_ERRORS, alpha_errors, band_of


def soft_disc(radius: float = 30) -> np.ndarray:
    rows, columns = np.mgrid[:100, :100]
    distance = np.hypot(columns - 50, rows - 50)
    return np.clip(128 + 25 * (radius - distance), 0, 255).astype(np.uint8)


def test_the_true_alpha_has_no_error() -> None:
    errors = alpha_errors(soft_disc(), soft_disc())

    assert tuple(errors) == ALPHA_ERRORS
    assert max(errors.values()) == 0


def test_a_harder_edge_has_every_error() -> None:
    hard = np.where(soft_disc() > 127, 255, 0).astype(np.uint8)

    errors = alpha_errors(hard, soft_disc())

    assert min(errors["SAD"], errors["MSE"], errors["gradient"]) > 0


def test_a_piece_that_hangs_together_with_nothing_is_disconnected() -> None:
    truth = soft_disc(20)
    stray = truth.copy()
    stray[48:53, 76:79] = 200

    assert alpha_errors(stray, truth)["connectivity"] > 0


def test_what_is_wrong_far_from_the_edge_is_not_an_edge_error() -> None:
    stray = soft_disc(20)
    stray[:8, :8] = 255

    assert max(alpha_errors(stray, soft_disc(20)).values()) == pytest.approx(0)


def test_the_band_is_where_alpha_is_soft_and_a_little_around() -> None:
    alpha = np.zeros((40, 40), np.float32)
    alpha[:, 20:] = 1
    alpha[:, 19:21] = 0.5

    band = band_of(alpha)

    assert band[20].nonzero()[0].tolist() == list(range(14, 26))
