"""Costs for tests: everything is free but what a test names."""

from dataclasses import replace

from benchmarks.scale.simulation.costs import Costs, Growth, Stage

FREE = Stage(
    own_s=0,
    database_s=0,
    commits=1,
    statements=0,
    wal=0,
    puts=0,
    gets=0,
    deletes=0,
    store_in=0,
    store_out=0,
)
NO_GROWTH = Growth(base_s=0, per_row_s=0)


def costs(**more: Stage | Growth) -> Costs:
    """Free, but for these."""
    free = Costs(
        submit=FREE,
        submit_by_url=FREE,
        poll_waiting=FREE,
        poll_ended=FREE,
        work=replace(FREE, commits=3),
        webhook=FREE,
        missed_fetch=FREE,
        idle_web=FREE,
        idle_worker=FREE,
        admission=NO_GROWTH,
        estimate=NO_GROWTH,
        maintenance=NO_GROWTH,
        census=NO_GROWTH,
        connections_web=3,
        connections_worker=8,
    )
    return replace(free, **more)
