from dataclasses import replace

import torch
from training.model import Network
from training.settings import read_design
from training.supply import Batch
from training.warm import fit_heads, unfold

DESIGN = read_design("small-4")
LARGER = read_design("small-5")


def batches(count: int) -> list[torch.Tensor]:
    torch.manual_seed(1)
    return [torch.randn(2, 3, 64, 64) for _ in range(count)]


def settled(guided: int = 0) -> Network:
    """A network whose statistics are those of some images, as training leaves them."""
    torch.manual_seed(0)
    network = Network(replace(DESIGN, guided=guided)).train()
    network.encoder.eval()
    with torch.no_grad():
        for pictures in batches(20):
            network(pictures)
    return network.eval()


@torch.no_grad()
def test_an_unfolded_network_computes_what_the_folded_one_does() -> None:
    known = settled()
    network = Network(DESIGN).eval()
    network.encoder.load_state_dict(known.encoder.state_dict())

    unfold(network, known.fold(), batches(4))

    for pictures in batches(2):
        assert torch.allclose(network(pictures), known(pictures), atol=1e-4)


@torch.no_grad()
def test_one_with_more_channels_and_finer_answers_starts_with_what_the_folded_one_says() -> None:
    known = settled(guided=2)
    torch.nn.init.normal_(known.guides[1].weight, 0, 0.1)
    network = Network(LARGER).eval()
    network.encoder.load_state_dict(known.encoder.state_dict())

    unfold(network, known.fold(), batches(4))

    for pictures in batches(2):
        finer = network.finest(network.features(pictures)[0])
        coarser = known.finest(known.features(pictures)[0])
        expected = torch.nn.functional.interpolate(coarser, scale_factor=2, mode="nearest")
        assert torch.allclose(finer, expected, atol=1e-3)


@torch.no_grad()
def test_its_statistics_are_those_of_the_pictures_that_it_was_shown() -> None:
    known = settled()
    network = Network(DESIGN).eval()
    network.encoder.load_state_dict(known.encoder.state_dict())
    shown = batches(1)

    unfold(network, known.fold(), shown)

    before = network(shown[0])
    network.train()
    network.encoder.eval()
    after = torch.sigmoid(network(shown[0])[0])
    assert torch.allclose(
        torch.nn.functional.interpolate(after, before.shape[-2:], mode="bilinear"), before, atol=0.1
    )


def test_fitting_coarse_heads_leaves_the_finest_and_all_else_alone() -> None:
    network = settled()
    before = {name: value.clone() for name, value in network.state_dict().items()}

    fit_heads(network, [Batch(batches(1)[0], torch.ones(2, 1, 64, 64))])

    changed = {
        name for name, value in network.state_dict().items() if (value != before[name]).any()
    }
    assert {name.split(".")[1] for name in changed} == {"1", "2", "3", "4"}
    assert all(name.startswith("heads.") for name in changed)
