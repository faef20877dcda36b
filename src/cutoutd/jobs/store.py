"""The jobs table: the one truth about accepted work.

Who runs a job next is decided by `claim` (or by a ticket that names the job, `start`); what it
came to by `finish`, which also writes the webhook that is owed, in the same transaction.

Order: higher priority first; within one priority the clients take turns (`turns.py`).
"""

from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from sqlalchemy import Connection, Update, select, update

from cutoutd.errors import AttemptLost, NotFound
from cutoutd.jobs.database import Database
from cutoutd.jobs.ending import (
    CANCELLED,
    POISONED,
    TORN,
    UNREADABLE_OUTCOME,
    RenderWebhook,
    end_values,
    ended,
    settle,
)
from cutoutd.jobs.files import delete_files, take_files
from cutoutd.jobs.idempotency import find_earlier
from cutoutd.jobs.model import Job, JobStatus, Outcome, Submission, now_ms
from cutoutd.jobs.prepared import Prepared
from cutoutd.jobs.rows import accepted_job, is_readable, job_from_row, submission_to_row
from cutoutd.jobs.schema import jobs
from cutoutd.jobs.statements import (
    BY_ID,
    CLAIM_ANY,
    CLAIM_FETCHING,
    CLAIM_FETCHING_OTHERS,
    CLAIM_STORED,
    CRASHED,
    END,
    END_OWNED,
    GIVEN_BACK,
    INSERT,
    OWNED,
    START,
    STILL_OWNED,
    Claim,
    ownership,
)
from cutoutd.jobs.turns import FINAL, QUEUED, UNFINISHED, situation, unfinished
from cutoutd.jobs.watchers import Watchers

Clock: TypeAlias = Callable[[], int]
Enlist: TypeAlias = Callable[[Connection, Job], None]
"""Tells a dispatcher about a job within the transaction that accepts it."""

_SOONEST_MS, _LATEST_MS = 5_000, 300_000
"""How long a job that was put back waits: as long as it has existed, within these."""


class JobStore:
    """Jobs in a database. Thread-safe; every method is one transaction."""

    def __init__(
        self,
        database: Database,
        *,
        render_webhook: RenderWebhook,
        clock: Clock = now_ms,
        max_crashes: int = 2,
    ) -> None:
        """`render_webhook` gives the exact body for a final job; `clock` gives milliseconds.

        max_crashes: a job that was running when its worker died this often fails for good.
        """
        self._database = database
        self._render_webhook = render_webhook
        self._clock = clock
        self._max_crashes = max_crashes
        self._watchers = Watchers()

    def watch(self, watcher: Callable[[Job], None]) -> None:
        """Call `watcher` with every job that this process ends, as `Watchers` says."""
        self._watchers.jobs.append(watcher)

    def watch_files(self, watcher: Callable[[int], None]) -> None:
        """Call `watcher` with the id of every job some of whose files are gone.

        Also when a late attempt may have written what was gone already.
        """
        self._watchers.files.append(watcher)

    def insert(
        self,
        submission: Submission,
        *,
        max_waiting: int | None = None,
        max_unfinished: int | None = None,
        enlist: Enlist | None = None,
        durable: bool = True,
    ) -> Job:
        """Accept a job, or give back the one that the same idempotency key made before.

        Raises Overloaded with `max_waiting` jobs waiting already, RateLimited with
        `max_unfinished` of this client not ended, RequestConflict if the key belongs to another
        request. The job survives a crash from here on, and a power cut if durable, or
        else from the next `sync` on.
        """
        with self._database.write(durable=durable) as tx:
            earlier = find_earlier(tx, submission, self._clock())
            if earlier is not None:
                return earlier
            now = situation(tx, submission)
            now.refuse_from(max_waiting, max_unfinished)
            turn, at = now.turn, self._clock()
            row = submission_to_row(submission, turn=turn, now=at)
            job = accepted_job(submission, INSERT.first(tx, **row).id, turn=turn, now=at)
            take_files(tx, submission, job.id, job.created_at)
            if enlist is not None:
                enlist(tx, job)
        return job

    def sync(self) -> None:
        """Return when everything that this thread has written survives a power cut."""
        self._database.sync()

    def get(self, job_id: int) -> Job:
        """Raises NotFound. Whose job it is, the caller must check."""
        with self._database.read() as connection:
            row = BY_ID.first(connection, job_id=job_id)
        if row is None:
            raise NotFound("There is no such job.")
        return job_from_row(row)

    def owns(self, job: Job) -> bool:
        """Whether this attempt still has the job, so that `finish` would take its outcome now."""
        with self._database.read() as connection:
            return STILL_OWNED.first(connection, **ownership(job)) is not None

    def final_among(self, job_ids: Sequence[int]) -> list[Job]:
        """Those of the given jobs that have ended."""
        ended = jobs.c.id.in_(job_ids) & jobs.c.status.not_in(UNFINISHED)
        with self._database.read() as connection:
            return [job_from_row(row) for row in connection.execute(select(jobs).where(ended))]

    def claim(self, worker: str) -> Job | None:
        """Start the job whose turn it is; None if none waits. No two workers get the same one."""
        return self._claim(CLAIM_ANY, worker)

    def claim_stored(self, worker: str) -> Job | None:
        """Likewise, but only a job all of whose images are here."""
        return self._claim(CLAIM_STORED, worker)

    def claim_fetching(self, worker: str, *, busy_clients: Collection[str] = ()) -> Job | None:
        """Likewise, but only a job that must fetch an image first, and none of these clients'."""
        if not busy_clients:
            return self._claim(CLAIM_FETCHING, worker)
        return self._claim(CLAIM_FETCHING_OTHERS, worker, busy=list(busy_clients))

    def _claim(self, claim: Claim, worker: str, **which: object) -> Job | None:
        with self._database.read() as connection:  # An idle worker keeps no writer waiting.
            if claim.any_waiting.first(connection, at=self._clock(), **which) is None:
                return None
        return self._start(claim.start_next, worker=worker, **which)

    def _fail_unreadable(self, job: Job) -> None:
        """End a job whose row cannot be read, so that nobody meets it again."""
        not_final = (jobs.c.id == job.id) & jobs.c.status.not_in(FINAL)
        self._end_alone(END.where(not_final), UNREADABLE_OUTCOME)

    def start(self, job_id: int, worker: str) -> Job | None:
        """Start this very job; None if it does not wait any more."""
        return self._start(START, worker=worker, job_id=job_id)

    def finish(self, job: Job, outcome: Outcome) -> Job:
        """Move a running job to its final state and record the webhook it owes.

        One transaction, so no crash keeps the one and loses the other. Raises AttemptLost
        if another attempt has taken the job over: its outcome stands, this one is dropped.
        """
        now = self._clock()
        with self._database.write() as tx:
            row = END_OWNED.first(tx, **end_values(outcome, now), **ownership(job))
            if row is not None:
                final = ended(job, outcome, now, row.expires_at)
                settle(tx, final, row.callback, now, render_webhook=self._render_webhook)
        if row is None:
            self._watchers.clear(job.id)
            raise AttemptLost(job.id, job.attempt)
        self._watchers.tell(final)
        return final

    def put_back(self, job: Job, *, enlist: Enlist | None = None) -> None:
        """Give a running job back until later: what it needs is not to be had now.

        It waits as long as it has existed, so that each try comes twice as late as the one
        before, five minutes at most. Raises AttemptLost.
        """
        now = self._clock()
        age = min(max(now - job.created_at, _SOONEST_MS), _LATEST_MS)
        self.requeue(job, enlist=enlist, due_at=now + age)

    def requeue(self, job: Job, *, enlist: Enlist | None = None, due_at: int | None = None) -> None:
        """Give a running job back, as if it had not been started. Raises AttemptLost."""
        with self._database.write() as tx:
            values = {**GIVEN_BACK, "due_at": due_at}
            waiting = update(jobs).where(OWNED).values(values).returning(jobs)
            row = tx.execute(waiting, ownership(job)).one_or_none()
            if row is None:
                raise AttemptLost(job.id, job.attempt)
            if enlist is not None:
                enlist(tx, job_from_row(row))

    def recover(self, job_id: int | None = None) -> list[Job]:
        """Take running jobs from workers that are dead: all of them, or one job.

        Each counts a crash; one that has crashed too often fails. Returns the jobs as they are
        now. Only for a caller who knows that the workers are dead.
        """
        running = jobs.c.status == JobStatus.RUNNING
        if job_id is not None:
            running &= jobs.c.id == job_id
        poison = jobs.c.crashes + 1 >= self._max_crashes
        with self._database.write() as tx:
            failed = [
                self._end(tx, END.where((jobs.c.id == found) & running).values(CRASHED), POISONED)
                for found in tx.scalars(select(jobs.c.id).where(running & poison)).all()
            ]
            again = update(jobs).where(running & ~poison).values(GIVEN_BACK | CRASHED)
            waiting = [job_from_row(row) for row in tx.execute(again.returning(jobs))]
        ended = [job for job in failed if job is not None]
        self._watchers.tell(*ended)
        for job in waiting:
            if not is_readable(job):
                self._fail_unreadable(job)
        return ended + waiting

    def cancel(self, job_id: int) -> Job:
        """End a job that has not ended yet; one that has stays as it is. Raises NotFound.

        What a worker is still doing for it is dropped when it comes back.
        """
        return self._end_alone(END.where(unfinished(job_id)), CANCELLED) or self.get(job_id)

    def end_torn(self, job_id: int) -> None:
        """End a job whose upload was lost before the job was accepted.

        Its idempotency key is free again: the caller, who was never told of it, sends it anew.
        """
        self._end_alone(END.where(unfinished(job_id)).values(idempotency_key=None), TORN)

    def abandon(self, job_id: int) -> bool:
        """Cancel a job whose caller hung up, if no work has begun and nobody else expects it.

        A webhook or an idempotency key is another. True if it was cancelled.
        """
        unwanted = jobs.c.callback.is_(None) & jobs.c.idempotency_key.is_(None)
        ended = self._end_alone(END.where((jobs.c.id == job_id) & QUEUED & unwanted), CANCELLED)
        return ended is not None

    def delete(self, job_id: int) -> Job:
        """End a job if it has not ended, and let all its files go. Raises NotFound."""
        now = self._clock()
        gone = update(jobs).where(jobs.c.id == job_id, jobs.c.gone_at.is_(None))
        with self._database.write() as tx:
            final = self._end(tx, END.where(unfinished(job_id)), CANCELLED)
            tx.execute(gone.values(gone_at=now))
            delete_files(tx, [job_id], now)
        if final is not None:
            self._watchers.tell(final)
        else:
            self._watchers.clear(job_id)
        return self.get(job_id)

    def _start(self, statement: Prepared, *, worker: str, **which: object) -> Job | None:
        """Not synced: a start that a power cut forgets is the start of a worker that died too."""
        with self._database.write(durable=False) as tx:
            row = statement.first(tx, by=worker, at=self._clock(), **which)
        job = None if row is None else job_from_row(row)
        if job is not None and not is_readable(job):
            self._fail_unreadable(job)
            return None
        return job

    def _end_alone(self, statement: Update, outcome: Outcome) -> Job | None:
        """In a transaction of its own."""
        with self._database.write() as tx:
            final = self._end(tx, statement, outcome)
        if final is not None:
            self._watchers.tell(final)
        return final

    def _end(self, tx: Connection, statement: Update, outcome: Outcome) -> Job | None:
        """End the job that the statement finds; None if it finds none."""
        now = self._clock()
        row = tx.execute(statement, end_values(outcome, now)).one_or_none()
        if row is None:
            return None
        job = job_from_row(row)
        settle(tx, job, row.callback, now, render_webhook=self._render_webhook)
        return job
