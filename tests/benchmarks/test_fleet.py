"""The simulated life of a job, beside what can be computed by hand."""

from dataclasses import replace

import pytest
from benchmarks.scale.simulation.design import Design
from benchmarks.scale.simulation.run import poisson, simulate
from tests.benchmarks.costs import FREE, costs

QUICK = Design(
    worker_processes=1,
    slots=1,
    sync_s=0,
    round_trip_s=0,
    store_s=0,
    poll_s=0.05,
    fetch_poll_s=0.01,
    census_every_s=0,
    maintain_s=1e9,
)


def test_a_jobs_latency_is_the_sum_of_its_parts() -> None:
    design = replace(QUICK, sync_s=0.1, store_s=1, poll_s=0.01, fetch_poll_s=0.05)
    parts = costs(
        submit=replace(FREE, own_s=0.2, commits=2, puts=1),
        work=replace(FREE, own_s=0.3, commits=4, gets=1, puts=1, deletes=1),
    )
    (latency,) = simulate(design, parts, [(0.5, 5.0)]).latencies
    accepted, before, worked = 0.2 + 1 + 2 * 0.1, 2 * 0.1, 1 + 0.3 + 5 + 1 + 0.1
    assert latency == pytest.approx(accepted + before + worked, abs=0.03)


def test_jobs_wait_as_long_as_queueing_theory_says() -> None:
    """Pollaczek and Khinchine: one server, equal service times s, load r: r s / (2 (1 - r))."""
    arrivals = poisson(1500, per_second=0.7, service_s=[1.0], seed=5)
    waits = simulate(replace(QUICK, poll_s=5.0, fetch_poll_s=5.0), costs(), arrivals).waits
    assert sum(waits) / len(waits) == pytest.approx(0.7 / (2 * 0.3), rel=0.2)


def test_transactions_that_notify_commit_one_at_a_time() -> None:
    design = replace(QUICK, worker_processes=50, sync_s=0.1, fetch_poll_s=0.1, poll_s=1)
    at_once = [(0.0, 0.0)] * 50
    in_turn = max(simulate(design, costs(), at_once).waits)
    together = max(simulate(replace(design, notify_in_commit=False), costs(), at_once).waits)
    assert in_turn > 50 * 0.1
    assert together < 10 * 0.1


def test_a_new_job_wakes_every_idle_worker_or_one() -> None:
    design = replace(QUICK, worker_processes=20, fetch_poll_s=30)
    arrivals = [(31 + second, 0.1) for second in range(20)]
    all_woken = simulate(design, costs(), arrivals).missed_fetches
    one_woken = simulate(replace(design, wake_one=True), costs(), arrivals).missed_fetches
    assert all_woken > 5 * one_woken


def test_with_replicas_callers_who_look_cost_the_database_nothing() -> None:
    looking = costs(poll_waiting=replace(FREE, database_s=0.001))
    design = replace(QUICK, poll_s=0.1)
    with_copies = simulate(replace(design, replicas=2), looking, [(0.0, 10.0)]).database_cores
    assert simulate(design, looking, [(0.0, 10.0)]).database_cores > 0.005 > with_copies


def test_everything_on_one_machine_shares_its_cores() -> None:
    busy = costs(submit=replace(FREE, own_s=1.0))
    arrivals = [(0.0, 0.0), (0.0, 0.0)]
    design = replace(QUICK, web_processes=8)
    alone = max(simulate(design, busy, arrivals).latencies)
    shared = max(simulate(replace(design, one_machine_cores=1), busy, arrivals).latencies)
    assert shared == pytest.approx(alone + 1.0, abs=0.1)


def test_what_came_while_the_machines_were_filling_is_not_counted() -> None:
    arrivals = [(float(second), 0.1) for second in range(20)]
    seen = simulate(QUICK, costs(), arrivals, warm_s=10.5, drain=False)
    assert seen.ended == 8
