from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
import torch
from training.augment import Augmentation
from training.data import SETS
from training.drawn import draw_shards
from training.pack import pack
from training.settings import read_design, read_run
from training.supply import Batch, Supply, whole
from training.train import Training, learning_rate_at, side_at, train

from training import checkpoint

CPU = torch.device("cpu")


@pytest.mark.parametrize("name", ["small", "small-5", "small-7", "base"])
def test_every_run_names_a_design_and_sets_that_exist(name: str) -> None:
    run = read_run(name)

    assert read_design(run.design).decoders
    known = {pictures.name for pictures in SETS}
    assert {*run.sets, *run.cutouts, *run.backgrounds} <= known
    assert all(side % 32 == 0 for _, *sides in run.sides for side in sides)


def test_pictures_grow_and_the_learning_rate_rises_then_falls() -> None:
    run = read_run("smoke")

    assert [side_at(run, step) for step in (0, run.steps // 2, run.steps - 1)] == [32, 64, 64]
    rates = [learning_rate_at(run, step, 0) for step in range(run.steps)]
    assert max(rates) == rates[run.warm_up - 1] <= run.learning_rate
    assert rates[-1] < 0.01 * run.learning_rate


def test_a_phase_of_several_sides_takes_each_of_them_and_all_processes_the_same() -> None:
    run = replace(read_run("smoke"), sides=((0.0, 32, 64, 96),))

    sides = [side_at(run, step) for step in range(60)]

    assert set(sides) == {32, 64, 96}
    assert sides == [side_at(run, step) for step in range(60)]


def test_a_part_of_a_picture_is_one_in_so_many_batches() -> None:
    torch.manual_seed(0)

    assert {whole(3.0) for _ in range(100)} == {3}
    counts = [whole(1.25) for _ in range(1000)]
    assert set(counts) == {1, 2}
    assert abs(sum(counts) / 1000 - 1.25) < 0.05


def test_a_batch_says_whose_truth_a_teacher_drew(tmp_path: Path) -> None:
    sets = draw_shards(tmp_path / "shards")
    taught = (replace(sets[0], taught=True), *sets[1:])
    pack(tmp_path / "shards", tmp_path / "packed", side=32, sets=sets)
    run = replace(read_run("smoke"), augmentation=Augmentation(composites=0.5))

    batch = Supply.open(run, tmp_path / "packed", taught, CPU).batch(32)

    assert batch.taught is not None
    over_backgrounds = run.batch // 4
    assert batch.taught.tolist() == [False] * over_backgrounds + [True] * (
        run.batch - over_backgrounds
    )


def test_the_learning_rate_may_stay_and_fall_only_in_the_end() -> None:
    run = replace(read_run("smoke"), fall=0.25)

    rates = [learning_rate_at(run, step, 0) for step in range(run.steps)]

    assert set(rates[run.warm_up : 3 * run.steps // 4]) == {run.learning_rate}
    assert rates[-1] < 0.01 * run.learning_rate


def test_frozen_stages_and_their_statistics_stay_and_the_rest_learns() -> None:
    torch.manual_seed(0)
    run = replace(read_run("small"), pretrained=True, frozen=2)
    training = Training(run, CPU)
    before = {name: value.clone() for name, value in training.network.state_dict().items()}

    training.learn(Batch(torch.randn(2, 3, 64, 64), torch.rand(2, 1, 64, 64)))

    changed = {
        name
        for name, value in training.network.state_dict().items()
        if (value != before[name]).any()
    }
    frozen = ("encoder.stem.", "encoder.stages.0.", "encoder.stages.1.")
    assert not [name for name in changed if name.startswith(frozen)]
    assert not [name for name in changed if name.startswith("encoder.") and "running" in name]
    assert [name for name in changed if name.startswith("encoder.stages.6.")]
    assert [name for name in changed if name.startswith("decoders.") and "running" in name]


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


def test_a_run_that_is_told_to_stop_saves_what_it_has(tmp_path: Path) -> None:
    sets = draw_shards(tmp_path / "shards")
    pack(tmp_path / "shards", tmp_path / "packed", side=32, sets=sets)
    run = read_run("smoke")
    stop = Event()
    stop.set()

    supply = Supply.open(run, tmp_path / "packed", sets, CPU)
    train(Training(run, CPU), supply, tmp_path, minutes=1, stop=stop)

    assert checkpoint.load(tmp_path / "checkpoint.pt", CPU)["step"] == 0
