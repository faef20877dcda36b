from pathlib import Path

import pytest
import torch
from training.data import SETS, pack
from training.drawn import draw_shards
from training.settings import read_design, read_run
from training.train import Supply, Training, learning_rate_at, side_at, train

CPU = torch.device("cpu")


@pytest.mark.parametrize("name", ["prototype", "small", "base"])
def test_every_run_names_a_design_and_sets_that_exist(name: str) -> None:
    run = read_run(name)

    assert read_design(run.design).stem > 0
    known = {pictures.name for pictures in SETS}
    assert {*run.sets, *run.cutouts, *run.backgrounds} <= known
    assert all(side % 32 == 0 for _, side in run.sides)


def test_pictures_grow_and_the_learning_rate_rises_then_falls() -> None:
    run = read_run("smoke")

    assert [side_at(run, step) for step in (0, run.steps // 2, run.steps - 1)] == [32, 64, 64]
    rates = [learning_rate_at(run, step, 0) for step in range(run.steps)]
    assert max(rates) == rates[run.warm_up - 1] <= run.learning_rate
    assert rates[-1] < 0.01 * run.learning_rate


def test_a_run_stops_in_time_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    sets = draw_shards(tmp_path / "shards")
    pack(tmp_path / "shards", tmp_path / "packed", side=32, sets=sets)
    run = read_run("smoke")
    supply = Supply.open(run, tmp_path / "packed", sets, CPU)
    training = Training(run, CPU)

    train(training, supply, tmp_path, minutes=0.02)
    stopped = training.step
    train(training, supply, tmp_path, minutes=0.02)

    assert 0 < stopped < training.step
    assert (tmp_path / "checkpoint.pt").exists()
