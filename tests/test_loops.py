"""What runs in the background fails aloud, goes on, and is said to be behind."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from cutoutd.errors import Overloaded
from cutoutd.loops import LONGEST_BACK_OFF_S, Loop, LoopThread, repeat


class Clock:
    """Seconds that pass only when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def loop(clock: Clock) -> Loop:
    loop = Loop("sweeper", every_s=1.0, clock=clock)
    loop.begin()
    return loop


def fail(loop: Loop, error: Exception | None = None) -> None:
    with loop.round():
        raise error or ZeroDivisionError


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), Overloaded("away", retry_after_s=1)])
def test_a_failure_is_logged_and_counted_and_goes_no_further(
    loop: Loop, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        fail(loop, error)
    assert "the loop 'sweeper' failed" in caplog.text
    assert loop.failures == 1


def test_failures_in_a_row_make_the_rounds_rarer_up_to_a_limit(loop: Loop) -> None:
    waits = []
    for _ in range(20):
        fail(loop)
        waits.append(loop.wait_s)
    assert waits[:3] == [2.0, 4.0, 8.0]
    assert waits[-1] == LONGEST_BACK_OFF_S
    with loop.round():
        pass
    assert loop.wait_s == 1.0


def test_a_loop_that_fails_for_long_is_behind(loop: Loop, clock: Clock) -> None:
    clock.now = 61
    fail(loop)
    assert loop.behind
    with loop.round():
        pass
    assert not loop.behind
    assert loop.succeeded_at is not None


def test_a_loop_that_hangs_is_behind(loop: Loop, clock: Clock) -> None:
    clock.now = 59
    assert not loop.behind
    clock.now = 61
    assert loop.behind


def test_a_slow_loop_has_three_intervals(clock: Clock) -> None:
    slow = Loop("sweeper", every_s=300, clock=clock)
    slow.begin()
    clock.now = 900
    assert not slow.behind
    clock.now = 901
    assert slow.behind


def test_a_loop_that_may_rest_is_behind_only_when_it_failed(clock: Clock) -> None:
    rests = Loop("workers", every_s=1, may_rest=True, clock=clock)
    rests.begin()
    clock.now = 1000
    assert not rests.behind
    fail(rests)
    assert rests.behind


def test_a_loop_that_ended_is_not_behind(loop: Loop, clock: Clock) -> None:
    loop.end()
    clock.now = 1000
    assert not loop.behind


@pytest.fixture
def thread() -> Iterator[Callable[[Callable[[], object]], LoopThread]]:
    made: list[LoopThread] = []

    def make(action: Callable[[], object]) -> LoopThread:
        made.append(LoopThread(Loop("x", every_s=0.001), action))
        made[-1].start()
        return made[-1]

    yield make
    for one in made:
        one.stop()


def test_a_thread_outlives_whatever_its_rounds_raise(
    thread: Callable[[Callable[[], object]], LoopThread],
) -> None:
    rounds = threading.Semaphore(0)

    def broken() -> None:
        rounds.release()
        raise ZeroDivisionError

    running = thread(broken)
    assert all(rounds.acquire(timeout=20) for _ in range(4))
    running.stop()
    assert running.loop.failures >= 4


def test_a_coroutine_outlives_whatever_its_rounds_raise() -> None:
    async def play() -> int:
        loop = Loop("x", every_s=0.001)
        done = asyncio.Event()

        async def broken() -> None:
            if loop.failures == 3:
                done.set()
            raise ZeroDivisionError

        task = asyncio.create_task(repeat(loop, broken))
        await asyncio.wait_for(done.wait(), 20)
        task.cancel()
        return loop.failures

    assert asyncio.run(play()) >= 3
