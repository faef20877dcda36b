"""One run of the simulation: a design, its costs and arrivals in, what callers saw out."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import simpy
from benchmarks.scale.simulation.costs import Costs
from benchmarks.scale.simulation.design import Design
from benchmarks.scale.simulation.fleet import Fleet

Arrivals = Sequence[tuple[float, float]]
"""(second, seconds of a worker's time), in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of a run. Times are seconds, utilisations 0 to 1."""

    latencies: tuple[float, ...]
    """From submission to the caller's answer."""
    turnarounds: tuple[float, ...]
    """From acceptance to the job's end."""
    waits: tuple[float, ...]
    """From submission to the start of the work."""
    ended: int
    """Callers who have their answer."""
    database_cores: float
    """Cores of the database that were asked for, whether it has them or not."""
    notifying: float
    """The share of the time that a transaction with a NOTIFY kept others from committing."""
    web: float
    """Utilisation of the busiest web process."""
    missed_fetches: float
    """Of workers that were woken for nothing, each second."""

    def latency(self, share: float) -> float:
        """The latency that this share of the callers stayed below."""
        return percentile(self.latencies, share)


def simulate(
    design: Design,
    costs: Costs,
    arrivals: Arrivals,
    *,
    warm_s: float = 0.0,
    drain: bool = True,
) -> Seen:
    """Run until every caller has its answer, or until the last one has come (drain=False).

    warm_s: what came before is not counted.
    """
    env = simpy.Environment()
    fleet = Fleet(env, design, costs)
    submitting = env.process(fleet.submit_all(arrivals))
    if warm_s:
        env.run(warm_s)
        fleet.forget()
    env.run(submitting)
    while drain and len(fleet.latencies) < len(arrivals):
        env.run(env.now + design.poll_s)
    seconds = env.now - warm_s
    return Seen(
        latencies=tuple(fleet.latencies),
        turnarounds=tuple(fleet.turnarounds),
        waits=tuple(fleet.waits),
        ended=len(fleet.latencies),
        database_cores=sum(one.work_s for one in fleet.databases) / seconds,
        notifying=max(one.notifying_s for one in fleet.databases) / seconds,
        web=max(one.work_s for one in fleet.web) / seconds,
        missed_fetches=fleet.missed / seconds,
    )


def poisson(
    jobs: int, *, per_second: float, service_s: Sequence[float], seed: int
) -> list[tuple[float, float]]:
    """Arrivals that know nothing of each other, with service times drawn from those given."""
    luck = random.Random(seed)
    arrivals, now = [], 0.0
    for _ in range(jobs):
        now += luck.expovariate(per_second)
        arrivals.append((now, luck.choice(service_s)))
    return arrivals


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share lies: the next one above, as a caller counts."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
