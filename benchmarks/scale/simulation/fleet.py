"""The life of a job, from its caller's first byte to its caller's answer.

accept: web process -> object store -> database, which wakes workers
work:   a worker fetches the ticket, starts the job, works, stores the image, ends the job
look:   the caller asks until the job has ended, or is called back
"""

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import simpy
from benchmarks.scale.simulation.costs import Costs
from benchmarks.scale.simulation.design import Design
from benchmarks.scale.simulation.machines import Database, ObjectStore, Process
from benchmarks.scale.simulation.stations import Bell, Station, Steps

COMMITS_BEFORE = 2
"""Of a job's work: fetching its ticket, and its start; one more ends it, the rest come after."""
NOTIFICATION_EVERY_S = 0.05
"""Where notifying is not part of accepting: each web process tells of all that came meanwhile."""


@dataclass(slots=True)
class Job:
    """One image."""

    service_s: float
    """What a worker spends on the image itself."""
    partition: int
    submitted_at: float
    ended: simpy.Event
    accepted_at: float = 0.0


class Fleet:
    """Everything, working. `latencies` are seconds from submission to the caller's answer."""

    def __init__(
        self, env: simpy.Environment, design: Design, costs: Costs, *, seed: int = 1
    ) -> None:
        self.env, self.design, self.costs = env, design, costs
        cores = design.one_machine_cores
        shared = Station(env, cores, slice_s=design.slice_s) if cores else None
        self.shared = shared
        self.databases = [Database(env, design, shared) for _ in range(design.databases)]
        self.store = ObjectStore(env, design, shared)
        self.web = [Process(env, design, shared) for _ in range(design.web_processes)]
        self.workers = [Process(env, design, shared) for _ in range(design.worker_processes)]
        self.queues: list[deque[Job]] = [deque() for _ in range(design.partitions)]
        self.bells = [Bell(env) for _ in range(design.partitions)]
        self.unfinished = 0
        self.missed = 0
        self.latencies: list[float] = []
        self.turnarounds: list[float] = []
        """Seconds from acceptance to the end, as the jobs table says."""
        self.waits: list[float] = []
        """Seconds from submission to start."""
        self._random = random.Random(seed)
        self._untold = [False] * design.partitions
        for number, worker in enumerate(self.workers):
            slots = simpy.Resource(env, capacity=design.slots)
            env.process(self._fetch(worker, number % design.partitions, slots))
        self._begin_background()

    def submit_all(self, arrivals: Sequence[tuple[float, float]]) -> Steps:
        """Callers, each at its time. arrivals: (second, service seconds), in order."""
        for at, service_s in arrivals:
            yield self.env.timeout(max(0.0, at - self.env.now))
            self.env.process(self._call(service_s))

    def forget(self) -> None:
        """Count from now on: until now the machines were filling."""
        self.latencies, self.turnarounds, self.waits, self.missed = [], [], [], 0
        for database in self.databases:
            database.work_s = database.notifying_s = 0.0
        for one in (*self.web, *self.workers):
            one.work_s = 0.0

    def _database(self, partition: int) -> Database:
        """The one that holds this part of the queue."""
        return self.databases[partition % len(self.databases)]

    def _call(self, service_s: float) -> Steps:
        """A caller, from its first byte to its answer."""
        partition = self._random.randrange(self.design.partitions)
        job = Job(service_s, partition, self.env.now, self.env.event())
        web = self.web[self._random.randrange(len(self.web))]
        yield from self._accept(web, job)
        if self._random.random() < self.design.webhooks:
            yield job.ended
            yield from self._call_back(job)
        else:
            yield from self._look_until_ended(web, job)
        self.latencies.append(self.env.now - job.submitted_at)

    def _accept(self, web: Process, job: Job) -> Steps:
        design = self.design
        cost = self.costs.submit_by_url if design.direct_uploads else self.costs.submit
        yield from self._caller(cost.caller_s)
        yield from web.compute(cost.own_s)
        yield from self.store.ask(cost, cost.requests)
        database = self._database(job.partition)
        share, statements = cost.database_s / cost.commits, cost.statements / cost.commits
        for _ in range(cost.commits - 1):
            yield from database.commit(share, statements=statements)
        job.accepted_at = self.env.now
        counting = self.costs.admission.per_row_s if design.admission_counts else 0.0
        counting *= self.unfinished / design.databases
        notifies = design.notify_in_commit
        yield from database.commit(share + counting, statements=statements, notifies=notifies)
        self.unfinished += 1
        self.queues[job.partition].append(job)
        self._notify(job.partition)

    def _notify(self, partition: int) -> None:
        if self.design.notify_in_commit:
            self.bells[partition].ring(one=self.design.wake_one)
        elif not self._untold[partition]:
            self._untold[partition] = True
            self.env.process(self._notify_later(partition))

    def _notify_later(self, partition: int) -> Steps:
        yield self.env.timeout(NOTIFICATION_EVERY_S)
        self._untold[partition] = False
        yield from self._database(partition).query(self.costs.missed_fetch.database_s)
        for _ in range(len(self.queues[partition]) if self.design.wake_one else 1):
            self.bells[partition].ring(one=self.design.wake_one)

    def _fetch(self, worker: Process, partition: int, slots: simpy.Resource) -> Steps:
        """A worker's loop: fetch while there are slots and tickets, else wait to be woken."""
        bell, queue, cost = self.bells[partition], self.queues[partition], self.costs
        poll_s = self._random.uniform(0, self.design.fetch_poll_s)  # Not all in step.
        while True:
            slot = slots.request()
            yield slot
            seconds = cost.work.database_s / cost.work.commits
            if queue:
                job = queue.popleft()  # Its row is locked: others skip it.
                yield from self._database(partition).commit(seconds)
                self.env.process(self._work(worker, job, slots, slot))
                continue
            self.missed += 1
            yield from worker.compute(cost.missed_fetch.own_s)
            yield from self._database(partition).query(cost.missed_fetch.database_s)
            slots.release(slot)
            if not queue:
                ring = bell.wait()
                yield ring | self.env.timeout(poll_s)
                poll_s = self.design.fetch_poll_s
                bell.forget(ring)

    def _work(self, worker: Process, job: Job, slots: simpy.Resource, slot: simpy.Event) -> Steps:
        cost, commits = self.costs.work, self.costs.work.commits
        yield from self._step(job)
        self.waits.append(self.env.now - job.submitted_at)
        yield from self.store.ask(cost, cost.gets)
        yield from worker.compute(cost.own_s)
        yield self.env.timeout(job.service_s)
        yield from self.store.ask(cost, cost.puts)
        yield from self._step(job)
        self.unfinished -= 1
        self.turnarounds.append(self.env.now - job.accepted_at)
        job.ended.succeed()
        yield from self.store.ask(cost, cost.deletes)
        for _ in range(COMMITS_BEFORE + 1, commits):
            yield from self._step(job)
        slots.release(slot)  # type: ignore[arg-type]

    def _step(self, job: Job) -> Steps:
        """One of the transactions of a job's work."""
        cost = self.costs.work
        each, statements = cost.database_s / cost.commits, cost.statements / cost.commits
        yield from self._database(job.partition).commit(each, statements=statements)

    def _look_until_ended(self, web: Process, job: Job) -> Steps:
        design, together = self.design, self.design.polls_together
        while True:
            yield self.env.timeout(design.poll_s)
            ended = job.ended.triggered
            cost = self.costs.poll_ended if ended else self.costs.poll_waiting
            ahead = 0.0 if ended else self.costs.estimate.per_row_s * self.unfinished
            yield from self._caller(cost.caller_s)
            yield from web.compute(cost.own_s / together)
            seconds = cost.database_s / together + ahead / design.databases
            yield from self._database(job.partition).look(seconds, cost.statements)
            if ended:
                return

    def _call_back(self, job: Job) -> Steps:
        cost = self.costs.webhook
        for _ in range(cost.commits):
            yield from self._database(job.partition).commit(cost.database_s / cost.commits)

    def _caller(self, seconds: float) -> Steps:
        """The caller's own CPU counts where it shares the machine."""
        if self.shared is not None:
            yield from self.shared.serve(seconds)

    def _begin_background(self) -> None:
        costs, design = self.costs, self.design
        both = ((costs.idle_web, len(self.web)), (costs.idle_worker, len(self.workers)))
        for idle, count in both:
            if count and idle.database_s:
                self.env.process(self._repeat(1 / count, partial(float, idle.database_s)))
        if design.census_every_s:
            each = design.census_every_s / (design.web_processes + design.worker_processes)
            self.env.process(self._repeat(each, self._census_s))
        each = design.maintain_s / max(1, design.worker_processes)
        self.env.process(self._repeat(each, self._maintenance_s, alone=True))

    def _census_s(self) -> float:
        return self.costs.census.at(self.unfinished / self.design.databases)

    def _maintenance_s(self) -> float:
        return self.costs.maintenance.at(self.unfinished / self.design.databases)

    def _repeat(
        self, every_s: float, seconds: Callable[[], float], *, alone: bool = False
    ) -> Steps:
        """What all processes together do at an interval. alone: never two at a time."""
        while True:
            yield self.env.timeout(every_s)
            database = self._random.choice(self.databases)
            query = self.env.process(database.query(seconds()))
            if alone:
                yield query
