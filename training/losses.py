"""What a wrong mask costs."""

import torch
from torch import Tensor
from torch.nn import functional

STRUCTURE_WINDOW = 11


def mask_loss(logits: Tensor, truth: Tensor, *, boundary: float) -> Tensor:
    """(N, 1, h, w) logits and truth 0..1 -> (N,): cross-entropy, IoU and gradient terms.

    The first two weigh a pixel by how much it differs from its surroundings (F3Net, Wei et
    al., AAAI 2020): edges, thin parts and small subjects count most. `boundary` scales the
    third, the mean distance between the two masks' gradients.
    """
    window = max(3, logits.shape[-1] // 8 | 1)
    around = surroundings(truth, window)
    weight = 1 + 5 * (around - truth).abs()
    entropy = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    entropy = (weight * entropy).sum((1, 2, 3)) / weight.sum((1, 2, 3))
    guess = torch.sigmoid(logits)
    common = (guess * truth * weight).sum((1, 2, 3))
    union = ((guess + truth - guess * truth) * weight).sum((1, 2, 3))
    overlap = 1 - (common + 1) / (union + 1)
    return entropy + overlap + boundary * gradient_distance(guess, truth)


def surroundings(x: Tensor, window: int) -> Tensor:
    """Mean over the odd window around each pixel, (N, 1, h, w): rows first, then columns.

    Beyond the frame there is nothing to count.
    """
    half = window // 2
    rows = functional.avg_pool2d(x, (1, window), 1, (0, half), count_include_pad=False)
    return functional.avg_pool2d(rows, (window, 1), 1, (half, 0), count_include_pad=False)


def gradient_distance(guess: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute difference of horizontal and vertical steps, (N,), per edge pixel of truth."""
    across = (guess.diff(dim=3) - truth.diff(dim=3)).abs().sum((1, 2, 3))
    down = (guess.diff(dim=2) - truth.diff(dim=2)).abs().sum((1, 2, 3))
    edges = truth.diff(dim=3).abs().sum((1, 2, 3)) + truth.diff(dim=2).abs().sum((1, 2, 3))
    return (across + down) / (edges + truth.shape[-1])


def structure_loss(guess: Tensor, truth: Tensor) -> Tensor:
    """One minus structural similarity in windows of 11 px, (N,), for masks of 0..1.

    Source: Wang et al., Image Quality Assessment, 2004; as a loss for masks BASNet, Qin et al.,
    CVPR 2019. Windows are plain squares.
    """

    def mean(x: Tensor) -> Tensor:
        rows = functional.avg_pool2d(x, (1, STRUCTURE_WINDOW), 1)
        return functional.avg_pool2d(rows, (STRUCTURE_WINDOW, 1), 1)

    here, there = mean(guess), mean(truth)
    spread = mean(guess * guess) - here * here + mean(truth * truth) - there * there
    common = mean(guess * truth) - here * there
    luminance = (2 * here * there + 1e-4) / (here * here + there * there + 1e-4)
    return 1 - (luminance * (2 * common + 9e-4) / (spread + 9e-4)).mean((1, 2, 3))


def supervised_loss(
    outputs: list[Tensor],
    truth: Tensor,
    *,
    boundary: float,
    deep: float,
    hard: float,
    structure: float = 0.0,
    taught: Tensor | None = None,
) -> Tensor:
    """The finest output's loss plus `deep` times that of each coarser one.

    Examples are weighted by their own loss over the batch's mean to the power `hard`, at most
    threefold: 0 treats all alike. taught: (N,) bool, whose truth is a teacher's: their weight
    is at most 1, since what is hard about them may be that it is wrong.
    """
    finest = shrunk(truth, outputs[0])
    total = mask_loss(outputs[0], finest, boundary=boundary)
    if structure:
        total = total + structure * structure_loss(torch.sigmoid(outputs[0]), finest)
    weight = (total.detach() / total.detach().mean()).pow(hard).clamp(max=3)
    if taught is not None:
        weight = torch.where(taught, weight.clamp(max=1), weight)
    for coarse in outputs[1:]:
        total = total + deep * mask_loss(coarse, shrunk(truth, coarse), boundary=0.0)
    return (weight * total).sum() / weight.sum()


def shrunk(truth: Tensor, like: Tensor) -> Tensor:
    """Averaged down to the height and width of `like`."""
    return functional.interpolate(truth, size=like.shape[-2:], mode="area")
