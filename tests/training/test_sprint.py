from dataclasses import replace
from pathlib import Path

import pytest
import torch
from training.drawn import draw_shards
from training.pack import pack
from training.settings import read_run
from training.sprint import sprint, steps_within
from training.supply import Supply
from training.train import Training

from training import checkpoint

CPU = torch.device("cpu")
RUN = read_run("smoke")


def test_steps_fill_the_time_at_what_each_phase_costs() -> None:
    run = replace(RUN, sides=((0.0, 32), (0.5, 64, 96)))

    steps = steps_within(run, 100, {32: 1.0, 64: 2.0, 96: 4.0})

    assert steps == int(0.94 * 100 / (0.5 * 1 + 0.5 * 3))


def test_a_sprint_trains_what_it_planned_or_less_and_leaves_parts_to_carry(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    sets = draw_shards(tmp_path / "shards")
    pack(tmp_path / "shards", tmp_path / "packed", side=32, sets=sets)
    supply = Supply.open(RUN, tmp_path / "packed", sets, CPU)
    training = Training(RUN, CPU)

    run = sprint(RUN, supply, training, tmp_path, minutes=0.15)

    assert training.step <= run.steps
    assert checkpoint.load(tmp_path / "portable.pt", CPU)["step"] == training.step


def test_the_sprint_of_the_configuration_has_sides_that_the_network_takes() -> None:
    run = read_run("sprint")

    assert all(side % 32 == 0 for _, *sides in run.sides for side in sides)
    assert run.batch >= 64
    assert pytest.approx(1) == sum(run.sets.values())
