"""The promises of the jobs table; they hold on every database."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.jobs.samples import START_MS, FakeClock, a_submission, succeeded

from cutoutd.errors import AttemptLost, NotFound, Overloaded, RequestConflict
from cutoutd.jobs.deliveries import DeliveryState, DeliveryStore
from cutoutd.jobs.model import Job, JobStatus, Outcome
from cutoutd.jobs.store import JobStore


def claimed(store: JobStore, worker: str = "ann") -> Job:
    job = store.claim(worker)
    assert job is not None
    return job


def test_an_accepted_job_comes_back_as_it_was_submitted(store: JobStore) -> None:
    submission = a_submission(pictures=2, webhook="http://receiver/hook?secret=1", model="u2net")
    job = store.get(store.insert(submission).id)
    assert job.command == submission.command
    assert job.artifact_keys == submission.artifact_keys
    assert job.echo == {"track_id": 7}
    assert (job.status, job.attempt, job.worker) == (JobStatus.QUEUED, 0, None)
    assert (job.created_at, job.started_at, job.finished_at) == (START_MS, None, None)


def test_a_job_moves_from_queued_through_running_to_its_end(
    store: JobStore, clock: FakeClock
) -> None:
    store.insert(a_submission())
    clock.advance(1)
    job = claimed(store)
    assert (job.status, job.attempt, job.worker) == (JobStatus.RUNNING, 1, "ann")
    assert job.started_at == START_MS + 1000
    clock.advance(2)
    store.finish(job, succeeded())
    final = store.get(job.id)
    assert final.status is JobStatus.SUCCEEDED
    assert final.outcome == succeeded()
    assert final.finished_at == START_MS + 3000


def test_what_ended_is_kept_for_as_long_as_was_asked(store: JobStore, clock: FakeClock) -> None:
    store.insert(a_submission())
    clock.advance(10)
    final = store.finish(claimed(store), succeeded())
    assert final.expires_at == clock() + 86_400_000


def test_an_unknown_job_is_not_found(store: JobStore) -> None:
    with pytest.raises(NotFound):
        store.get(404)


def test_no_two_workers_get_the_same_job(store: JobStore) -> None:
    submitted = {store.insert(a_submission(client=f"c{n % 3}")).id for n in range(40)}
    with ThreadPoolExecutor(8) as pool:
        taken = [job.id for job in pool.map(store.claim, map(str, range(48))) if job is not None]
    assert sorted(taken) == sorted(submitted)


def test_a_ticket_starts_only_a_job_that_still_waits(store: JobStore) -> None:
    job = store.insert(a_submission())
    assert store.start(job.id, "ann") is not None
    assert store.start(job.id, "bob") is None
    assert store.start(404, "bob") is None


def test_the_higher_priority_goes_first(store: JobStore) -> None:
    low, high = (store.insert(a_submission(priority=p)).id for p in (0, 5))
    assert [claimed(store).id, claimed(store).id] == [high, low]


def test_one_client_with_many_jobs_does_not_starve_another(store: JobStore) -> None:
    for _ in range(20):
        store.insert(a_submission(client="many"))
    for _ in range(3):
        claimed(store)
    one = store.insert(a_submission(client="one"))
    order = [claimed(store).id for _ in range(3)]
    assert one.id in order[:2]


def test_clients_take_turns(store: JobStore) -> None:
    for client in "aaaabbbb":
        store.insert(a_submission(client=client))
    order = "".join(claimed(store).client for _ in range(8))
    assert order == "abababab"


def test_a_job_of_many_pictures_counts_as_many_turns(store: JobStore) -> None:
    for client, pictures in (("a", 3), ("a", 3), ("b", 1), ("b", 1), ("b", 1)):
        store.insert(a_submission(client=client, pictures=pictures))
    order = "".join(claimed(store).client for _ in range(5))
    assert order == "abbba"


def test_a_late_worker_cannot_overwrite_the_one_that_took_over(store: JobStore) -> None:
    store.insert(a_submission())
    late = claimed(store, "ann")
    store.recover(late.id)
    current = claimed(store, "bob")
    with pytest.raises(AttemptLost):
        store.finish(late, succeeded())
    with pytest.raises(AttemptLost):
        store.requeue(late)
    store.finish(current, succeeded())
    assert store.get(late.id).status is JobStatus.SUCCEEDED


def test_a_job_has_one_outcome(store: JobStore) -> None:
    store.insert(a_submission())
    job = claimed(store)
    store.finish(job, succeeded())
    with pytest.raises(AttemptLost):
        store.finish(job, Outcome(status=JobStatus.FAILED))
    assert store.get(job.id).outcome == succeeded()


def test_a_job_given_back_waits_as_if_it_had_not_been_started(store: JobStore) -> None:
    first = store.insert(a_submission())
    store.insert(a_submission())
    for _ in range(5):
        store.requeue(claimed(store))
    again = claimed(store)
    assert (again.id, again.attempt) == (first.id, 6)


def test_what_ran_when_its_worker_died_runs_again(store: JobStore) -> None:
    job = store.insert(a_submission())
    claimed(store)
    (recovered,) = store.recover()
    assert (recovered.id, recovered.status) == (job.id, JobStatus.QUEUED)
    assert claimed(store, "bob").attempt == 2


def test_a_job_that_killed_its_worker_twice_fails_with_a_clear_message(
    store: JobStore, delivery_store: DeliveryStore
) -> None:
    job = store.insert(a_submission(webhook="http://receiver/"))
    claimed(store)
    store.recover()
    claimed(store)
    (failed,) = store.recover()
    assert failed.status is JobStatus.FAILED
    assert failed.outcome is not None
    assert failed.outcome.failure is not None
    assert "more than once" in failed.outcome.failure.message
    assert store.claim("ann") is None
    assert [owed.job_id for owed in delivery_store.find()] == [job.id]


def test_an_end_and_the_webhook_it_owes_are_written_together(
    store: JobStore, delivery_store: DeliveryStore
) -> None:
    store.insert(a_submission(webhook="http://receiver:81/hook?secret=1"))
    store.insert(a_submission())
    final = store.finish(claimed(store), succeeded())
    store.finish(claimed(store), succeeded())
    (owed,) = delivery_store.find()
    assert (owed.job_id, owed.url, owed.host) == (
        final.id,
        "http://receiver:81/hook?secret=1",
        "receiver",
    )
    assert owed.body == b'{"id":%d,"status":"succeeded"}' % final.id
    assert (owed.state, owed.attempts) == (DeliveryState.PENDING, 0)


def test_a_dialect_that_cannot_render_its_webhook_does_not_keep_the_job_from_ending(
    database: object, delivery_store: DeliveryStore, store: JobStore
) -> None:
    def broken(job: Job) -> bytes:
        raise ZeroDivisionError

    store._render_webhook = broken
    store.insert(a_submission(webhook="http://receiver/"))
    final = store.finish(claimed(store), succeeded())
    assert final.status is JobStatus.SUCCEEDED
    assert delivery_store.find()[0].body == b'{"id":%d,"status":"succeeded"}' % final.id


def test_a_waiting_job_can_be_cancelled(store: JobStore) -> None:
    job = store.insert(a_submission())
    assert store.cancel(job.id).status is JobStatus.CANCELLED
    assert store.claim("ann") is None


def test_a_running_job_can_be_cancelled_and_what_comes_of_it_is_dropped(store: JobStore) -> None:
    store.insert(a_submission())
    job = claimed(store)
    assert store.cancel(job.id).status is JobStatus.CANCELLED
    with pytest.raises(AttemptLost):
        store.finish(job, succeeded())


def test_cancelling_what_has_ended_changes_nothing(store: JobStore) -> None:
    store.insert(a_submission())
    job = store.finish(claimed(store), succeeded())
    assert store.cancel(job.id) == job


@pytest.mark.parametrize(
    ("webhook", "key", "dropped"),
    [(None, None, True), ("http://r/", None, False), (None, "k", False)],
)
def test_work_whose_caller_has_gone_is_dropped_unless_somebody_else_expects_it(
    store: JobStore, webhook: str | None, key: str | None, dropped: bool
) -> None:
    job = store.insert(a_submission(webhook=webhook, idempotency_key=key))
    assert store.abandon(job.id) is dropped
    assert (store.get(job.id).status is JobStatus.CANCELLED) is dropped


def test_work_that_has_begun_is_not_dropped_when_its_caller_goes(store: JobStore) -> None:
    store.insert(a_submission())
    job = claimed(store)
    assert not store.abandon(job.id)
    store.finish(job, succeeded())


def test_the_same_idempotency_key_gives_the_job_it_made(store: JobStore) -> None:
    submission = a_submission(idempotency_key="k", fingerprint="f")
    assert store.insert(submission).id == store.insert(submission).id
    assert store.insert(a_submission(client="bob", idempotency_key="k", fingerprint="g")).id == 2


def test_an_idempotency_key_with_another_request_is_a_conflict(store: JobStore) -> None:
    store.insert(a_submission(idempotency_key="k", fingerprint="f"))
    with pytest.raises(RequestConflict):
        store.insert(a_submission(idempotency_key="k", fingerprint="g"))


def test_an_idempotency_key_is_free_again_after_a_day(store: JobStore, clock: FakeClock) -> None:
    first = store.insert(a_submission(idempotency_key="k", fingerprint="f"))
    clock.advance(24 * 3600)
    second = store.insert(a_submission(idempotency_key="k", fingerprint="g"))
    assert second.id != first.id


def test_a_full_queue_refuses_and_says_when_to_come_back(store: JobStore) -> None:
    for _ in range(2):
        store.insert(a_submission(), max_waiting=2)
    with pytest.raises(Overloaded) as refused:
        store.insert(a_submission(), max_waiting=2)
    assert refused.value.retry_after_s > 0
    claimed(store)
    store.insert(a_submission(), max_waiting=2)


def test_a_dispatcher_that_refuses_a_job_keeps_it_from_being_accepted(store: JobStore) -> None:
    def refuse(*_: object) -> None:
        raise Overloaded("no", retry_after_s=1)

    with pytest.raises(Overloaded):
        store.insert(a_submission(), enlist=refuse)
    assert store.claim("ann") is None


def test_everybody_who_watches_hears_of_every_end(store: JobStore) -> None:
    ended: list[tuple[int, JobStatus]] = []
    store.watch(lambda job: ended.append((job.id, job.status)))
    one, two = store.insert(a_submission()), store.insert(a_submission())
    store.finish(claimed(store), succeeded())
    store.cancel(two.id)
    assert ended == [(one.id, JobStatus.SUCCEEDED), (two.id, JobStatus.CANCELLED)]


def test_those_that_have_ended_can_be_told_from_those_that_have_not(store: JobStore) -> None:
    ids = [store.insert(a_submission()).id for _ in range(3)]
    store.finish(claimed(store), succeeded())
    assert [job.id for job in store.final_among(ids)] == ids[:1]


def test_a_client_may_have_only_so_many_jobs_unfinished(store: JobStore) -> None:
    for _ in range(2):
        store.insert(a_submission(client="ann"), max_unfinished=2)
    with pytest.raises(Overloaded, match="2 jobs at a time"):
        store.insert(a_submission(client="ann"), max_unfinished=2)
    store.insert(a_submission(client="bob"), max_unfinished=2)
