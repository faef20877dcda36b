from pathlib import Path

import pytest
import torch
from training.model import Network
from training.settings import read_design, read_run
from training.supply import Batch
from training.train import Training

from cutoutd.segmentation.models import EMBEDDED
from training import checkpoint

CPU = torch.device("cpu")


def test_a_checkpoint_restores_everything(tmp_path: Path) -> None:
    before = Training(read_run("smoke"), CPU)
    before.learn(Batch(torch.randn(2, 3, 32, 32), torch.rand(2, 1, 32, 32)))
    checkpoint.save(before.state(), tmp_path / "checkpoint.pt")

    after = Training(read_run("smoke"), CPU)
    after.resume(checkpoint.load(tmp_path / "checkpoint.pt", CPU))

    assert after.step == 1
    for old, new in zip(before.network.parameters(), after.network.parameters(), strict=True):
        assert torch.equal(old, new)
    moments = [len(training.optimiser.state) for training in (before, after)]
    assert moments[0] == moments[1] > 0


def test_parts_are_small_enough_to_carry_and_join_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "PART_BYTES", 200_000)
    training = Training(read_run("smoke"), CPU)

    checkpoint.save_parts(training.state(), tmp_path / "portable.pt")

    parts = list(tmp_path.iterdir())
    assert len(parts) > 2
    assert all(part.stat().st_size <= 200_000 for part in parts)
    state = checkpoint.load(tmp_path / "portable.pt", CPU)
    weights = checkpoint.averaged_weights(state)
    for name, value in training.network.state_dict().items():
        assert torch.allclose(weights[name].float(), value.float(), atol=1e-3)


def test_going_on_from_parts_warms_up_again() -> None:
    training = Training(read_run("smoke"), CPU)
    training.resume({key: training.state()[key] for key in ("network", "average")} | {"step": 40})

    assert (training.step, training.first) == (40, 40)


def test_weights_of_another_design_are_refused() -> None:
    network = Network(read_design("tiny"))
    assert EMBEDDED.folder is not None

    with pytest.raises(ValueError, match=r"has \d+ convolutions, the network \d+"):
        checkpoint.copy_from_onnx(network, EMBEDDED.folder / EMBEDDED.file)
