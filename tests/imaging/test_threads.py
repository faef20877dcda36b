"""The threads that imaging shares."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from cutoutd.imaging import threads as imaging_threads
from cutoutd.imaging.threads import each, get_num_threads, strips

UseThreads = Callable[[int], None]


def test_answers_come_in_the_order_of_the_items(use_threads: UseThreads) -> None:
    use_threads(3)

    def slow_first(item: int) -> int:
        time.sleep(0.01 if item == 0 else 0)
        return item * item

    assert each(slow_first, range(20)) == [item * item for item in range(20)]


def test_the_first_failure_is_raised_after_all_calls_have_ended() -> None:
    ended = []

    def work(item: int) -> None:
        if item in {1, 3}:
            raise ValueError(item)
        ended.append(item)

    with pytest.raises(ValueError, match="1"):
        each(work, range(6))
    assert sorted(ended) == [0, 2, 4, 5]


def test_callers_together_never_use_more_threads_than_there_are(use_threads: UseThreads) -> None:
    use_threads(3)
    now, most, lock = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.002)
        with lock:
            now -= 1

    callers = [threading.Thread(target=each, args=(work, range(20))) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert 1 < most <= 3


def test_who_has_work_does_it_where_nobody_comes_to_help() -> None:
    over = threading.Event()
    busy = imaging_threads._threads.helpers.submit(over.wait, 10)
    assert set(each(lambda _: threading.get_ident(), range(5))) == {threading.get_ident()}
    over.set()
    busy.result()


@pytest.mark.parametrize("rows", [1, 7, 64, 1000])
@pytest.mark.parametrize("threads", [1, 2, 8])
def test_strips_cover_all_rows_once(rows: int, threads: int, use_threads: UseThreads) -> None:
    use_threads(threads)

    def covered() -> Iterator[int]:
        for strip in strips(rows, least=16):
            assert strip.stop - strip.start >= min(rows, 16)
            yield from range(strip.start, strip.stop)

    assert list(covered()) == list(range(rows))


def test_it_is_one_number_for_the_process(use_threads: UseThreads) -> None:
    use_threads(5)
    assert get_num_threads() == 5
    assert len(strips(10_000, least=1)) == 4 * 5
