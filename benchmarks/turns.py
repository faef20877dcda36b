"""Sides that take turns: every case once by each side, then all over again.

So a bad minute of a shared machine meets a pair or two of each case, and memory is as mixed as a
server's. The order of the sides changes from round to round.
"""

import statistics
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

Work = Callable[[], object]
REST_S = 0.05
"""Between two runs: rembg's threads spin for more work after the last, and would take a core from
whoever comes next, whose CPU time would have theirs in it."""


class Spent(NamedTuple):
    """What one run took."""

    wall_s: float
    cpu_s: float
    """Of all cores together: other load on the machine hardly changes it."""


Side = Callable[[], Spent]


def timed(work: Work) -> Side:
    """Work of this process, and what each run of it takes."""

    def run() -> Spent:
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        return Spent(time.perf_counter() - wall, time.process_time() - cpu)

    return run


def in_two_threads(work: Work) -> Work:
    """Two callers at once, two pictures each."""

    def run() -> None:
        callers = [threading.Thread(target=lambda: (work(), work())) for _ in range(2)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()

    return run


def taken(
    cases: Mapping[str, Mapping[str, Side]], rounds: int, *, warm: bool = True
) -> dict[str, dict[str, list[Spent]]]:
    """By case and side, what each of the rounds took. warm: one more before, not counted."""
    found: dict[str, dict[str, list[Spent]]] = {
        case: {name: [] for name in sides} for case, sides in cases.items()
    }
    for number in range(-1 if warm else 0, rounds):
        for case, sides in cases.items():
            for name in sides if number % 2 else reversed(sides):
                time.sleep(REST_S)
                spent = sides[name]()
                if number >= 0:
                    found[case][name].append(spent)
    return found


def row(ours: list[Spent], theirs: list[Spent]) -> dict[str, float]:
    """Medians of ours and theirs, in seconds, and of the pairs' ratios, theirs over ours."""
    pairs = list(zip(ours, theirs, strict=True))
    return {
        "pairs": len(pairs),
        "ours_s": statistics.median(mine.wall_s for mine in ours),
        "theirs_s": statistics.median(yours.wall_s for yours in theirs),
        "ratio": statistics.median(yours.wall_s / mine.wall_s for mine, yours in pairs),
        "cpu_ratio": statistics.median(yours.cpu_s / mine.cpu_s for mine, yours in pairs),
    }


def limit(bare_s: float, found: Mapping[str, float]) -> dict[str, float]:
    """What the network allows at most, and the ratio of all that is not the network.

    bare_s: the network alone.
    """
    ours, theirs = found["ours_s"], found["theirs_s"]
    allowed = {"network_s": bare_s, "limit": theirs / bare_s}
    if min(ours, theirs) > bare_s:
        allowed["rest_ratio"] = (theirs - bare_s) / (ours - bare_s)
    return allowed
