import torch
from training.losses import gradient_distance, mask_loss, supervised_loss

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


def test_coarser_outputs_count_by_their_share() -> None:
    right, wrong = logits_of(square()), logits_of(1 - square())[..., ::2, ::2]
    costs = [
        float(supervised_loss([right, wrong], square(), boundary=0.0, deep=deep, hard=0.0))
        for deep in (0.0, 0.5)
    ]

    assert costs[0] < 1e-3 < costs[1]
