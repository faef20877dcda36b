"""What a receiver can rely on, with real receivers."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from tests.jobs.receiver import PATIENCE_S, Answer, Received, receiver
from tests.jobs.samples import FakeClock, a_submission, succeeded

from cutoutd.jobs.database import Database
from cutoutd.jobs.deliveries import Delivery, DeliveryState, DeliveryStore
from cutoutd.jobs.model import Job
from cutoutd.jobs.store import JobStore
from cutoutd.jobs.webhooks import Deliverer, WebhookPolicy
from cutoutd.net.dial import guarded_client
from cutoutd.net.limits import FetchLimits

OLD, NEW = ("whsec_" + letter * 32 for letter in "Ab")
QUICK = WebhookPolicy(attempt_s=0.5, schedule_s=(5, 300, 1800), jitter=0.2)


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    return ""


class Outcomes(DeliveryStore):
    """The deliveries, and a way to wait until something has been recorded about them."""

    def __init__(self, database: Database, clock: FakeClock) -> None:
        super().__init__(database, clock=clock)
        self.recorded = 0
        self.changed = threading.Condition()

    def _change(self, delivery_id: int, **values: object) -> None:
        super()._change(delivery_id, **values)
        with self.changed:
            self.recorded += 1
            self.changed.notify_all()

    def wait_for(self, count: int) -> list[Delivery]:
        with self.changed:
            assert self.changed.wait_for(lambda: self.recorded >= count, PATIENCE_S)
        return self.find(limit=1000)


@pytest.fixture
def deliveries(database: Database, clock: FakeClock) -> Outcomes:
    return Outcomes(database, clock)


def connect() -> httpx.AsyncClient:
    return guarded_client(FetchLimits(allow_networks=(ip_network("127.0.0.0/8"),)))


Start = Callable[..., Deliverer]


@pytest.fixture
def start(deliveries: Outcomes) -> Iterator[Start]:
    with ExitStack() as started:

        def start(policy: WebhookPolicy = QUICK, *secrets: str) -> Deliverer:
            deliverer = Deliverer(deliveries, connect, policy=policy, secrets=lambda: secrets)
            deliverer.start()
            started.callback(deliverer.stop)
            return deliverer

        yield start


def owed(store: JobStore, url: str, client: str = "ann") -> Job:
    """End a job that owes a webhook to this address."""
    job = store.insert(a_submission(webhook=url, client=client))
    running = store.start(job.id, "w")
    assert running is not None
    return store.finish(running, succeeded())


def test_the_exact_body_arrives_at_the_exact_address(
    store: JobStore, deliveries: Outcomes, start: Start
) -> None:
    with receiver() as it:
        job = owed(store, f"{it.url}hook/x?secret=1&b=%20")
        start()
        (request,) = it.wait_for(1)
        assert request.path == "/hook/x?secret=1&b=%20"
        assert request.body == b'{"id":%d,"status":"succeeded"}' % job.id
        assert request.headers["content-type"] == "application/json"
        (delivery,) = deliveries.wait_for(1)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 1)
    assert delivery.last_status == 204


def test_the_signature_is_the_standards(store: JobStore, start: Start) -> None:
    with receiver() as it:
        owed(store, it.url)
        start(QUICK, NEW)
        (request,) = it.wait_for(1)
    Webhook(NEW).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(request.body + b" ", request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(request.body, request.headers)


def test_while_a_secret_is_changed_both_verify(store: JobStore, start: Start) -> None:
    with receiver() as it:
        owed(store, it.url)
        start(QUICK, NEW, OLD)
        (request,) = it.wait_for(1)
    for secret in (OLD, NEW):
        Webhook(secret).verify(request.body, request.headers)


def test_without_a_secret_there_is_an_id_and_no_signature(store: JobStore, start: Start) -> None:
    with receiver() as it:
        owed(store, it.url)
        start()
        (request,) = it.wait_for(1)
    assert request.headers["webhook-id"].startswith("msg_")
    assert "webhook-signature" not in request.headers


@pytest.mark.parametrize("status", [400, 404, 429, 500, 301, 302, 307])
def test_what_is_not_accepted_is_tried_again_on_the_schedule(
    store: JobStore, deliveries: Outcomes, start: Start, clock: FakeClock, status: int
) -> None:
    answers = iter([Answer(status, {"location": "http://127.0.0.1:1/"}), Answer(200)])
    with receiver(lambda _: next(answers)) as it:
        owed(store, it.url)
        deliverer = start()
        (delivery,) = deliveries.wait_for(1)
        assert (delivery.state, delivery.last_status) == (DeliveryState.PENDING, status)
        assert clock() + 5000 <= delivery.next_at <= clock() + 6000
        clock.advance(6)
        deliverer.notify()
        (delivery,) = deliveries.wait_for(2)
        first, second = it.received
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_each_wait_is_that_of_the_schedule_and_after_the_last_it_is_parked(
    store: JobStore, deliveries: Outcomes, start: Start, clock: FakeClock
) -> None:
    with receiver(lambda _: Answer(500)) as it:
        owed(store, it.url)
        deliverer = start()
        for attempt, wait_s in enumerate(QUICK.schedule_s, start=1):
            (delivery,) = deliveries.wait_for(attempt)
            waits_s = (delivery.next_at - clock()) / 1000
            assert wait_s <= waits_s <= wait_s * 1.2
            clock.advance(waits_s + 0.001)
            deliverer.notify()
        (delivery,) = deliveries.wait_for(4)
    assert (delivery.state, delivery.attempts) == (DeliveryState.PARKED, 4)
    assert delivery.last_error == "HTTP 500"


def test_gone_ends_it_at_once(store: JobStore, deliveries: Outcomes, start: Start) -> None:
    with receiver(lambda _: Answer(410)) as it:
        owed(store, it.url)
        start()
        (delivery,) = deliveries.wait_for(1)
    assert (delivery.state, delivery.attempts) == (DeliveryState.PARKED, 1)


def in_ten_minutes() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)


@pytest.mark.parametrize(
    "asked",
    [("600", 600), ("a date", 600), ("1", 5), ("soon", 5), ("-3", 5), ("9" * 30, 86400)],
)
def test_a_receiver_may_ask_for_more_time(
    store: JobStore,
    deliveries: Outcomes,
    start: Start,
    clock: FakeClock,
    asked: tuple[str, int],
) -> None:
    text, seconds = asked

    def busy(_: Received) -> Answer:
        return Answer(503, {"retry-after": in_ten_minutes() if text == "a date" else text})

    with receiver(busy) as it:
        owed(store, it.url)
        start()
        (delivery,) = deliveries.wait_for(1)
    assert seconds * 0.98 <= (delivery.next_at - clock()) / 1000 <= seconds * 1.2


def test_a_receiver_that_does_not_answer_in_time_has_failed(
    store: JobStore, deliveries: Outcomes, start: Start
) -> None:
    stay = threading.Event()
    with receiver(lambda _: Answer(before=lambda: stay.wait(PATIENCE_S))) as it:
        owed(store, it.url)
        start()
        (delivery,) = deliveries.wait_for(1)
        stay.set()
    assert delivery.last_error is not None
    assert delivery.last_error.startswith("TimeoutError")


def test_a_forbidden_address_is_not_called_and_not_tried_again(
    store: JobStore, deliveries: Outcomes, start: Start
) -> None:
    owed(store, "http://169.254.169.254/latest/meta-data")
    start()
    (delivery,) = deliveries.wait_for(1)
    assert delivery.state is DeliveryState.PARKED


def test_what_was_parked_can_be_replayed(
    store: JobStore, deliveries: Outcomes, start: Start
) -> None:
    answers = iter([Answer(410), Answer(200)])
    with receiver(lambda _: next(answers)) as it:
        owed(store, it.url)
        deliverer = start()
        (delivery,) = deliveries.wait_for(1)
        deliveries.replay(delivery.id)
        deliverer.notify()
        (delivery,) = deliveries.wait_for(3)
        ids = {request.headers["webhook-id"] for request in it.received}
    assert delivery.state is DeliveryState.DELIVERED
    assert ids == {delivery.webhook_id}


def test_a_receiver_that_fails_three_times_in_ten_gets_every_webhook(
    store: JobStore, deliveries: Outcomes, start: Start, clock: FakeClock
) -> None:
    luck = random.Random(5)
    accepted: set[bytes] = set()

    def decide(request: Received) -> Answer:
        if luck.random() < 0.3:
            return Answer(luck.choice([500, 502, 429]))
        accepted.add(request.body)
        return Answer()

    policy = WebhookPolicy(attempt_s=5, schedule_s=(1,) * 20)
    with receiver(decide) as it:
        bodies = {b'{"id":%d,"status":"succeeded"}' % owed(store, it.url).id for _ in range(60)}
        deliverer = start(policy)
        expected = 60
        deliveries.wait_for(expected)
        while pending := deliveries.find(state=DeliveryState.PENDING, limit=100):
            clock.advance(1.3)
            deliverer.notify()
            expected += len(pending)
            deliveries.wait_for(expected)
    assert accepted == bodies


def test_a_receiver_that_hangs_delays_no_other_client(
    store: JobStore, deliveries: Outcomes, start: Start
) -> None:
    stay = threading.Event()
    policy = WebhookPolicy(attempt_s=PATIENCE_S, concurrency=16, per_host=2, per_client=4)
    with (
        receiver(lambda _: Answer(before=lambda: stay.wait(PATIENCE_S))) as hanging,
        receiver() as it,
    ):
        for _ in range(50):
            owed(store, hanging.url, client="unlucky")
        # Another name for the same machine: the limit is on each host.
        elsewhere = it.url.replace("127.0.0.1", "localhost")
        for _ in range(20):
            owed(store, elsewhere, client="lucky")
        start(policy)
        assert len(it.wait_for(20)) == 20
        assert len(hanging.received) == 2
        stay.set()


def test_a_client_with_many_hanging_receivers_delays_no_other_client(
    store: JobStore, deliveries: Outcomes, start: Start
) -> None:
    stay = threading.Event()
    policy = WebhookPolicy(attempt_s=PATIENCE_S, concurrency=16, per_host=2, per_client=4)
    with (
        receiver(lambda _: Answer(before=lambda: stay.wait(PATIENCE_S))) as hanging,
        receiver() as it,
    ):
        for number in range(1, 60):
            owed(store, hanging.url.replace("127.0.0.1", f"127.0.0.{number}"), client="unlucky")
        owed(store, it.url, client="lucky")
        start(policy)
        it.wait_for(1)
        assert len(hanging.received) <= 4
        stay.set()


def test_what_was_under_way_at_a_stop_goes_out_again_at_the_next_start(
    store: JobStore, deliveries: Outcomes, start: Start
) -> None:
    stay = threading.Event()
    policy = WebhookPolicy(attempt_s=PATIENCE_S)
    answers = iter([Answer(before=lambda: stay.wait(PATIENCE_S)), Answer()])
    with receiver(lambda _: next(answers)) as it:
        owed(store, it.url)
        deliverer = start(policy)
        it.wait_for(1)
        deliverer.stop(grace_s=0)
        start(policy)
        it.wait_for(2)
        (delivery,) = deliveries.wait_for(2)
        stay.set()
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 1)


def test_what_was_under_way_when_a_process_died_goes_out_again(
    store: JobStore, deliveries: Outcomes, start: Start, clock: FakeClock
) -> None:
    with receiver() as it:
        owed(store, it.url)
        lost = deliveries.claim(lease_ms=30_000)
        assert lost is not None
        assert deliveries.claim(lease_ms=30_000) is None
        clock.advance(30)
        start()
        (delivery,) = deliveries.wait_for(1)
    assert (delivery.webhook_id, delivery.attempts) == (lost.webhook_id, 1)


def test_deliveries_go_on_after_what_nobody_thought_of(
    store: JobStore, deliveries: Outcomes, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([RuntimeError("nobody thought of this")])
    claim = deliveries.claim

    def fail_once(**how: Any) -> Delivery | None:
        for failure in failures:
            raise failure
        return claim(**how)

    monkeypatch.setattr(deliveries, "claim", fail_once)
    with receiver() as it:
        owed(store, it.url)
        start()
        it.wait_for(1)


def test_an_attempt_that_died_with_its_process_lengthens_no_wait(
    store: JobStore, deliveries: Outcomes, start: Start, clock: FakeClock
) -> None:
    with receiver(lambda _: Answer(500)) as it:
        owed(store, it.url)
        deliveries.claim(lease_ms=30_000)
        clock.advance(30)
        start()
        (delivery,) = deliveries.wait_for(1)
    assert delivery.attempts == 1
    assert 5 <= (delivery.next_at - clock()) / 1000 <= 6


class Failing(DeliveryStore):
    """Cannot be asked, the first times."""

    left = 3

    def claim(self, **more: Any) -> Delivery | None:
        if self.left:
            self.left -= 1
            raise ZeroDivisionError
        return super().claim(**more)


def test_the_loop_outlives_what_nobody_thought_of(
    store: JobStore, database: Database, clock: FakeClock
) -> None:
    with receiver() as it:
        owed(store, it.url)
        deliverer = Deliverer(Failing(database, clock=clock), connect, policy=QUICK)
        deliverer.loop.every_s = 0.01
        deliverer.start()
        it.wait_for(1)
        deliverer.stop()
    assert deliverer.loop.failures == 3


def test_the_loop_begins_again_when_its_connections_cannot_be_made(
    store: JobStore, deliveries: Outcomes
) -> None:
    broken = [True]

    def connect_later() -> httpx.AsyncClient:
        if broken.pop() if broken else False:
            raise OSError("no file descriptors")
        return connect()

    with receiver() as it:
        owed(store, it.url)
        deliverer = Deliverer(deliveries, connect_later, policy=QUICK)
        deliverer.loop.every_s = 0.01
        deliverer.start()
        it.wait_for(1)
        deliverer.stop()
    assert deliverer.loop.failures == 1


def test_a_delivery_that_cannot_be_sent_costs_itself_an_attempt(
    store: JobStore, deliveries: Outcomes, start: Start
) -> None:
    with receiver() as it:
        owed(store, it.url)
        start(QUICK, "whsec_x")
        (delivery,) = deliveries.wait_for(1)
    assert (delivery.attempts, delivery.state) == (1, DeliveryState.PENDING)
