"""Where simulated work waits: servers, the log, the bell."""

import simpy
from benchmarks.scale.simulation.stations import Bell, Log, Station, Steps


def ends_of(station: Station, env: simpy.Environment, *work: float) -> list[float]:
    ends: list[float] = []

    def one(seconds: float) -> Steps:
        yield from station.serve(seconds)
        ends.append(env.now)

    for seconds in work:
        env.process(one(seconds))
    env.run()
    return ends


def test_who_finds_all_servers_busy_waits_for_the_first_that_is_free() -> None:
    env = simpy.Environment()
    station = Station(env, 2)
    assert ends_of(station, env, 3, 1, 1) == [1, 2, 3]
    assert station.busy_s == 5


def test_long_work_lets_short_work_through_when_cores_are_sliced() -> None:
    env = simpy.Environment()
    assert ends_of(Station(env, 1, slice_s=1), env, 3, 1) == [2, 4]


def test_who_commits_during_a_sync_shares_the_next_one() -> None:
    env = simpy.Environment()
    log, ends = Log(env, 2), list[float]()

    def one(at: float) -> Steps:
        yield env.timeout(at)
        yield log.commit()
        ends.append(env.now)

    for at in (0, 1, 1.5, 9):
        env.process(one(at))
    env.run()
    assert ends == [2, 4, 4, 11]
    assert log.syncs == 3


def test_a_bell_wakes_all_or_the_one_who_has_waited_longest() -> None:
    bell = Bell(simpy.Environment())
    first, second, third = (bell.wait() for _ in range(3))
    bell.ring(one=True)
    assert (first.triggered, second.triggered) == (True, False)
    bell.forget(second)
    bell.ring()
    assert (second.triggered, third.triggered) == (False, True)
