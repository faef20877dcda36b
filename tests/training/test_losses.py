import torch
from training.losses import (
    gradient_distance,
    mask_loss,
    structure_loss,
    supervised_loss,
    surroundings,
)

SURE = 20.0


def square() -> torch.Tensor:
    truth = torch.zeros(1, 1, 32, 32)
    truth[..., 8:24, 8:24] = 1
    return truth


def logits_of(mask: torch.Tensor) -> torch.Tensor:
    return SURE * (2 * mask - 1)


def test_the_right_mask_costs_nothing() -> None:
    assert float(mask_loss(logits_of(square()), square(), boundary=0.3)) < 1e-3


def test_a_wrong_edge_costs_more_than_the_same_error_far_inside() -> None:
    at_edge, inside = square(), square()
    at_edge[..., 8, 8:24] = 0
    inside[..., 16, 8:24] = 0

    costs = [
        float(mask_loss(logits_of(mask), square(), boundary=0.0)) for mask in (at_edge, inside)
    ]

    assert costs[0] > costs[1]


def test_rows_and_columns_average_what_a_square_window_does() -> None:
    torch.manual_seed(0)
    x = torch.rand(2, 1, 20, 24)
    square_window = torch.nn.functional.avg_pool2d(x, 7, 1, 3, count_include_pad=False)

    assert torch.allclose(surroundings(x, 7), square_window, atol=1e-6)


def test_gradients_of_equal_masks_have_no_distance() -> None:
    assert float(gradient_distance(square(), square())) == 0


def test_hard_examples_weigh_more() -> None:
    truth = square().repeat(2, 1, 1, 1)
    logits = torch.cat([logits_of(square()), logits_of(1 - square())])
    alike, weighted = (
        float(supervised_loss([logits], truth, boundary=0.0, deep=0.0, hard=hard))
        for hard in (0.0, 0.5)
    )

    assert weighted > alike


def test_what_a_teacher_drew_never_weighs_more_for_being_hard() -> None:
    truth = square().repeat(2, 1, 1, 1)
    logits = torch.cat([logits_of(square()) / SURE, logits_of(1 - square())])
    trusted, doubted = (
        float(
            supervised_loss(
                [logits],
                truth,
                boundary=0.0,
                deep=0.0,
                hard=1.0,
                taught=torch.tensor([False, wrong_is_taught]),
            )
        )
        for wrong_is_taught in (False, True)
    )

    assert doubted < trusted


def test_equal_masks_have_equal_structure_and_shifted_ones_do_not() -> None:
    shifted = square().roll(4, dims=3)

    assert float(structure_loss(square(), square())) < 1e-6
    assert 0.1 < float(structure_loss(shifted, square())) <= 2


def test_coarser_outputs_count_by_their_share() -> None:
    right, wrong = logits_of(square()), logits_of(1 - square())[..., ::2, ::2]
    costs = [
        float(supervised_loss([right, wrong], square(), boundary=0.0, deep=deep, hard=0.0))
        for deep in (0.0, 0.5)
    ]

    assert costs[0] < 1e-3 < costs[1]
