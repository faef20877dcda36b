from dataclasses import replace

import pytest
import torch
from training.layers import Convolution, Inverted, Normalised
from training.model import Network
from training.settings import read_design


def settled(module: torch.nn.Module) -> torch.nn.Module:
    """With batch statistics that are not those of a fresh network."""
    torch.manual_seed(0)
    for norm in module.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(norm.weight, 1, 0.2)
            torch.nn.init.normal_(norm.bias, 0, 0.2)
            assert norm.running_mean is not None
            assert norm.running_var is not None
            norm.running_mean.normal_(0, 0.2)
            norm.running_var.uniform_(0.5, 1.5)
    return module.eval()


@pytest.mark.parametrize("branches", [1, 3])
@pytest.mark.parametrize(
    ("inputs", "stride", "dilation"), [(6, 1, 1), (4, 1, 1), (6, 1, 2), (4, 2, 1)]
)
@torch.no_grad()
def test_a_folded_convolution_computes_what_its_branches_did(
    inputs: int, stride: int, dilation: int, branches: int
) -> None:
    convolution = Convolution(inputs, 6, stride=stride, dilation=dilation, branches=branches)
    settled(convolution)
    pictures = torch.randn(2, inputs, 12, 12)
    before = convolution(pictures)

    convolution.fold()

    assert len(list(convolution.children())) == 1
    assert torch.allclose(convolution(pictures), before, atol=1e-5)


@pytest.mark.parametrize("stride", [1, 2])
@torch.no_grad()
def test_a_folded_inverted_residual_has_no_normalisation_left(stride: int) -> None:
    block = Inverted(8, 8, size=5, stride=stride)
    settled(block)
    pictures = torch.randn(2, 8, 12, 12)
    before = block(pictures)

    for part in block.parts:
        part.fold()  # type: ignore[operator]

    assert not [m for m in block.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert torch.allclose(block(pictures), before, atol=1e-4)


@pytest.mark.parametrize("design", ["small", "small-5", "tiny"])
@torch.no_grad()
def test_a_folded_network_gives_the_same_mask(design: str) -> None:
    network = Network(read_design(design))
    settled(network)
    pictures = torch.randn(2, 3, 64, 96)
    before = network(pictures)

    assert torch.allclose(network.fold()(pictures), before, atol=1e-5)


@pytest.mark.parametrize("design", ["small", "small-5", "base", "tiny"])
@torch.no_grad()
def test_the_mask_is_a_probability_at_the_size_of_the_picture(design: str) -> None:
    network = Network(read_design(design)).eval()

    mask = network(torch.randn(1, 3, 96, 64))

    assert mask.shape == (1, 1, 96, 64)
    assert 0 <= float(mask.min()) <= float(mask.max()) <= 1


@torch.no_grad()
def test_guides_begin_as_if_they_were_not_there_and_then_reach_every_pixel() -> None:
    torch.manual_seed(0)
    guided = Network(replace(read_design("tiny"), guided=2)).eval()
    plain = Network(read_design("tiny")).eval()
    plain.load_state_dict(guided.state_dict(), strict=False)
    pictures = torch.randn(1, 3, 64, 64)
    assert torch.equal(guided(pictures), plain(pictures))

    torch.nn.init.normal_(guided.guides[1].weight)

    assert (guided(pictures) != plain(pictures)).all()


@torch.no_grad()
def test_frozen_statistics_give_what_normalising_afterwards_gives() -> None:
    layer = Normalised(6, 8, 3)
    settled(layer)
    pictures = torch.randn(2, 6, 12, 12)

    expected = torch.nn.functional.relu6(layer.norm(layer.kernel(pictures)))

    assert torch.allclose(layer(pictures), expected, atol=1e-5)


def test_in_training_every_level_answers_from_half_to_a_thirty_second() -> None:
    network = Network(read_design("tiny")).train()

    outputs = network(torch.randn(2, 3, 64, 64))

    assert [tuple(output.shape) for output in outputs] == [
        (2, 1, side, side) for side in (32, 16, 8, 4, 2)
    ]


def test_with_detail_the_finest_answer_has_the_size_of_the_picture() -> None:
    network = Network(replace(read_design("tiny"), detail=6)).train()

    outputs = network(torch.randn(2, 3, 64, 64))

    assert [output.shape[-1] for output in outputs] == [64, 16, 8, 4, 2]


def test_with_detail_neighbouring_pixels_learn_to_differ() -> None:
    torch.manual_seed(0)
    network = Network(replace(read_design("tiny"), detail=6)).train()
    stripes = torch.arange(64).remainder(2).float().expand(2, 1, 64, 64)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)

    for _ in range(30):
        cost = (torch.sigmoid(network(stripes.expand(2, 3, 64, 64))[0]) - stripes).abs().mean()
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()

    assert float(cost.detach()) < 0.1
