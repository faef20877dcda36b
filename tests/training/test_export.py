from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from training.evaluate import session_of, spec_of
from training.export import Mirrored, difference, export, mean_with, sharpen
from training.layers import grown
from training.model import Network
from training.settings import read_design

from cutoutd.segmentation.models import EMBEDDED, IMAGENET_MEAN, IMAGENET_STD
from cutoutd.segmentation.session import open_session
from training import checkpoint

pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("exported") / "tiny.onnx"
    export(Network(read_design("tiny")), path, size=64, version="7", half=True, mirrored=True)
    return path


def test_the_product_runs_an_exported_file_by_its_own_description(exported: Path) -> None:
    spec = spec_of(exported)

    mask = session_of(str(exported)).predict(np.full((50, 70, 3), 90, np.uint8))

    assert (spec.size, spec.mean, spec.std) == (64, IMAGENET_MEAN, IMAGENET_STD)
    assert spec.licence == "Apache-2.0"
    assert mask.shape == (64, 64)


def test_a_mirrored_network_gives_a_mirrored_mask_for_a_mirrored_picture(exported: Path) -> None:
    photo = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    session = session_of(str(exported))

    mask, mirrored = session.predict(photo), session.predict(np.ascontiguousarray(photo[:, ::-1]))

    assert np.abs(mask - mirrored[:, ::-1]).max() < 1e-4


def test_an_exported_file_runs_at_any_side_that_halves_five_times(exported: Path) -> None:
    larger = replace(spec_of(exported), size=96)

    session = open_session(larger, exported)

    assert session.predict(np.full((50, 70, 3), 90, np.uint8)).shape == (96, 96)


def test_the_mean_of_two_networks_lies_between_their_weights() -> None:
    one, other = (Network(read_design("tiny")).fold() for _ in range(2))
    theirs = [weight.clone() for weight in other.parameters()]
    before = [weight.clone() for weight in one.parameters()]

    mean_with(one, other, 0.25)

    for weight, mine, its in zip(one.parameters(), before, theirs, strict=True):
        torch.testing.assert_close(weight, 0.75 * mine + 0.25 * its)


def test_an_exported_file_tells_nothing_about_the_machine(exported: Path) -> None:
    assert str(Path(__file__).parents[2]).encode() not in exported.read_bytes()


def test_large_weights_are_stored_in_half(exported: Path) -> None:
    weights = onnx.load(exported).graph.initializer
    large = [weight for weight in weights if np.prod(weight.dims) >= 1024]

    assert {weight.data_type for weight in large} == {onnx.TensorProto.FLOAT16}


@torch.no_grad()
def test_the_embedded_file_is_the_small_design_to_the_last_weight() -> None:
    assert EMBEDDED.folder is not None
    network = Network(read_design("small-5")).fold()
    checkpoint.copy_from_onnx(network, EMBEDDED.folder / EMBEDDED.file)

    pictures = torch.randn(1, 3, EMBEDDED.size, EMBEDDED.size)

    assert difference(network, EMBEDDED.folder / EMBEDDED.file, pictures) < 1e-4


@pytest.mark.parametrize("detail", [0, 6])
@torch.no_grad()
def test_an_exported_network_with_guides_can_be_read_back(tmp_path: Path, detail: int) -> None:
    design = replace(read_design("tiny"), guided=2, detail=detail)
    network = Network(design)
    for guide in network.guides:
        torch.nn.init.normal_(guide.weight)
    export(network, tmp_path / "guided.onnx", size=64, version="0")

    again = Network(design).fold()
    checkpoint.copy_from_onnx(again, tmp_path / "guided.onnx")

    pictures = torch.randn(1, 3, 64, 64)
    assert difference(again, tmp_path / "guided.onnx", pictures) < 1e-4


@torch.no_grad()
def test_mirroring_averages_both_views() -> None:
    network = Network(read_design("tiny")).eval()
    pictures = torch.randn(1, 3, 64, 64)

    both = [network.finest(network.features(p)[0]) for p in (pictures, pictures.flip(3))]
    mean = torch.sigmoid(grown((both[0] + both[1].flip(3)) / 2, pictures))

    assert torch.allclose(Mirrored(network)(pictures), mean, atol=1e-6)


@torch.no_grad()
def test_a_sharpened_network_is_surer_and_changes_its_mind_nowhere() -> None:
    network = Network(read_design("tiny")).eval()
    pictures = torch.randn(1, 3, 64, 64)
    before = network(pictures)

    sharpen(network, 1.5)

    after = network(pictures)
    assert torch.equal(after > 0.5, before > 0.5)
    assert ((after - 0.5).abs() >= (before - 0.5).abs() - 1e-6).all()
