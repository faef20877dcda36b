"""The machines of a deployment: processes, the database, the object store."""

import simpy
from benchmarks.scale.simulation.costs import Stage
from benchmarks.scale.simulation.design import Design
from benchmarks.scale.simulation.stations import Log, Station, Steps


class Process:
    """A Python process: one thread of it computes at a time, on its own core or on shared ones."""

    def __init__(self, env: simpy.Environment, design: Design, shared: Station | None) -> None:
        self._turn = Station(env, 1, slice_s=design.slice_s)
        self._interpreter = simpy.Resource(env, capacity=1)
        self._shared = shared
        self.work_s = 0.0

    def compute(self, seconds: float) -> Steps:
        """So much CPU."""
        self.work_s += seconds
        if self._shared is None:
            yield from self._turn.serve(seconds)
            return
        with self._interpreter.request() as turn:
            yield turn
            yield from self._shared.serve(seconds)


class Database:
    """PostgreSQL: its cores, its log, and the lock that transactions with a NOTIFY take in turn."""

    def __init__(self, env: simpy.Environment, design: Design, shared: Station | None) -> None:
        self._env = env
        self._design = design
        first, *copies = (
            Station(env, design.database_cores, slice_s=design.slice_s)
            for _ in range(1 + design.replicas)
        )
        self.cores, self.replicas = shared or first, copies
        self.log = Log(env, design.sync_s)
        self._notifying = simpy.Resource(env, capacity=1)
        self.notifying_s = 0.0
        """How long, all in all, a transaction with a NOTIFY kept the others waiting."""
        self.work_s = 0.0
        self.commits = 0
        self.reads = 0

    def query(self, seconds: float, statements: float = 1) -> Steps:
        """Statements that write nothing."""
        self.work_s += seconds
        yield self._env.timeout(self._design.round_trip_s * statements)
        yield from self.cores.serve(seconds)

    def look(self, seconds: float, statements: float = 1) -> Steps:
        """Likewise, for callers who look: of a copy, where there are copies."""
        if not self.replicas:
            yield from self.query(seconds, statements)
            return
        self.reads += 1
        copy = self.replicas[self.reads % len(self.replicas)]
        yield self._env.timeout(self._design.round_trip_s * statements)
        yield from copy.serve(seconds)

    def commit(self, seconds: float, *, statements: float = 1, notifies: bool = False) -> Steps:
        """A transaction that writes. PostgreSQL lets no two that notify commit at one time."""
        self.commits += 1
        yield from self.query(seconds, statements + 1)
        if not notifies:
            yield self.log.commit()
            return
        with self._notifying.request() as turn:
            yield turn
            began = self._env.now
            yield self.log.commit()
            self.notifying_s += self._env.now - began


class ObjectStore:
    """Answers any number of requests at a time; on one machine each takes CPU as well."""

    def __init__(self, env: simpy.Environment, design: Design, shared: Station | None) -> None:
        self._env = env
        self._design = design
        self._shared = shared
        self.requests = 0

    def ask(self, stage: Stage, requests: int) -> Steps:
        """So many requests of a stage, one after the other."""
        self.requests += requests
        for _ in range(requests):
            if self._shared is None:
                yield self._env.timeout(self._design.store_s)
            else:
                yield from self._shared.serve(stage.store_s / max(1, stage.requests))
