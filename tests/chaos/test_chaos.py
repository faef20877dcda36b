"""A small version of `make chaos`: real processes, real kills, nothing lost."""

from pathlib import Path

from tests.chaos.play import embedded, scaled
from tests.postgres import cluster


def test_nothing_is_lost_when_the_serving_process_is_killed(tmp_path: Path) -> None:
    report = embedded(tmp_path, jobs=10, kills=2, seed=3)
    assert report.good, report
    assert report.kills == 2


def test_nothing_is_lost_when_workers_and_the_database_are_killed(tmp_path: Path) -> None:
    with cluster(durable=True) as server:
        report = scaled(tmp_path, server, jobs=8, kills=2, stops=1, seed=3)
    assert report.good, report
    assert (report.kills, report.database_stops) == (2, 1)
