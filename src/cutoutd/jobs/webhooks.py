"""Send what we owe: sign, post, back off, give up.

The Standard Webhooks specification (standardwebhooks.com), by its library: `webhook-id` is the
same at every attempt, `webhook-timestamp` is the attempt's, and `webhook-signature` holds one
signature of the exact bytes for each secret that is valid, so that a secret can be changed
while receivers still know the old one. 2xx is accepted, 410 ends it, anything else, a redirect
too, is tried again.

Deliveries have an event loop of their own, in a thread of their own. No receiver and no client may
hold more than its share of it, so one that hangs delays only itself.
"""

import asyncio
import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, TypeAlias

import httpx
from standardwebhooks import Webhook

from cutoutd.errors import CutoutError, InvalidRequest
from cutoutd.jobs.deliveries import Delivery, DeliveryStore
from cutoutd.loops import Loop

log = logging.getLogger(__name__)

Secrets: TypeAlias = Callable[[], Sequence[str]]
"""The signing secrets that are valid now (`whsec_…`), the newest first; none: unsigned."""

_GONE = 410
_LOOK_S = 1.0
_LEASE_MARGIN_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPolicy:
    """When and how often; the schedule is the specification's."""

    attempt_s: float = 15.0
    """One attempt, from connect to the status line of the answer."""
    schedule_s: tuple[float, ...] = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
    """Waits after the first, second, … failed attempt; after the last one we give up."""
    jitter: float = 0.2
    """Each wait is lengthened by up to this share, so that receivers are not hit in step."""
    max_retry_after_s: float = 86400
    concurrency: int = 64
    per_host: int = 4
    per_client: int = 16
    user_agent: str = "cutoutd"


class Deliverer:
    """Sends due deliveries until it is stopped."""

    def __init__(
        self,
        store: DeliveryStore,
        connect: Callable[[], httpx.AsyncClient],
        *,
        policy: WebhookPolicy,
        secrets: Secrets = tuple,
    ) -> None:
        """`connect` makes the HTTP client: guarded, and following no redirects."""
        self._store = store
        self._connect = connect
        self._policy = policy
        self._secrets = secrets
        self._news = asyncio.Event()
        self._stopping = False
        self._grace_s = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._under_way: dict[asyncio.Task[None], Delivery] = {}
        self._claims = Loop("deliveries", every_s=_LOOK_S)
        self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)

    @property
    def loop(self) -> Loop:
        """The loop that looks for what is due."""
        return self._claims

    def start(self) -> None:
        """Begin; whatever is due goes out now."""
        self._claims.begin()
        self._thread.start()

    def notify(self) -> None:
        """Something may be due. Any thread may call it; never blocks."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)

    def stop(self, grace_s: float = 2.0) -> None:
        """Begin no more; what is under way after the grace is due again at once."""
        self._grace_s = grace_s
        self._stopping = True
        self.notify()
        if self._thread.is_alive():
            self._thread.join()
        self._claims.end()

    def _run(self) -> None:
        while not self._stopping:  # Whatever ended the event loop: nobody else would deliver.
            with self._claims.round():
                asyncio.run(self._lend_out())
            if not self._stopping:
                time.sleep(self._claims.wait_s)

    async def _lend_out(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with self._connect() as http:
            while not self._stopping:
                self._news.clear()
                delivery = await self._claim()
                if delivery is None:
                    await _either(self._news.wait(), self._claims.wait_s)
                    continue
                attempt = asyncio.create_task(self._attempt(http, delivery))
                self._under_way[attempt] = delivery
                attempt.add_done_callback(self._attempted)
            await self._drain()

    async def _claim(self) -> Delivery | None:
        policy = self._policy
        if len(self._under_way) >= policy.concurrency:
            with self._claims.round():  # Nothing to look for.
                return None
        hosts = Counter(delivery.host for delivery in self._under_way.values())
        clients = Counter(delivery.client for delivery in self._under_way.values())
        with self._claims.round():
            return await asyncio.to_thread(
                self._store.claim,
                lease_ms=int((policy.attempt_s + _LEASE_MARGIN_S) * 1000),
                busy_hosts=[host for host, n in hosts.items() if n >= policy.per_host],
                busy_clients=[name for name, n in clients.items() if n >= policy.per_client],
            )
        return None

    def _attempted(self, attempt: asyncio.Task[None]) -> None:
        delivery = self._under_way.pop(attempt)
        self._news.set()
        if not attempt.cancelled() and attempt.exception() is not None:
            log.error("delivery %d will be repeated", delivery.id, exc_info=attempt.exception())

    async def _drain(self) -> None:
        if not self._under_way:
            return
        _, late = await asyncio.wait(self._under_way, timeout=self._grace_s)
        for attempt in late:
            delivery = self._under_way[attempt]
            attempt.cancel()
            self._store.give_back(delivery)

    async def _attempt(self, http: httpx.AsyncClient, delivery: Delivery) -> None:
        record: Callable[[], None]
        try:
            async with asyncio.timeout(self._policy.attempt_s):
                status, retry_after_s = await self._send(http, delivery)
        except InvalidRequest as exc:  # A forbidden address does not get better.
            record = partial(self._store.park, delivery, status=None, error=exc.message)
        except (httpx.HTTPError, CutoutError, TimeoutError, OSError) as exc:
            record = self._failed(delivery, None, f"{type(exc).__name__}: {exc}"[:500], 0.0)
        except Exception as exc:  # One that cannot be sent costs itself an attempt, like the rest.
            log.exception("delivery %d could not be sent", delivery.id)
            record = self._failed(delivery, None, type(exc).__name__, 0.0)
        else:
            if 200 <= status < 300:
                record = partial(self._store.delivered, delivery, status=status)
            else:
                record = self._failed(delivery, status, f"HTTP {status}", retry_after_s)
        await asyncio.to_thread(record)

    async def _send(self, http: httpx.AsyncClient, delivery: Delivery) -> tuple[int, float]:
        """Status and Retry-After. The body is not read: nobody needs it, it may be endless."""
        headers = {
            "content-type": "application/json",
            "user-agent": self._policy.user_agent,
            **signed_headers(delivery, self._secrets(), datetime.now(UTC)),
        }
        async with http.stream(
            "POST", delivery.url, content=delivery.body, headers=headers, follow_redirects=False
        ) as answer:
            return answer.status_code, _retry_after_s(answer)

    def _failed(
        self, delivery: Delivery, status: int | None, error: str, retry_after_s: float
    ) -> Callable[[], None]:
        """What to record: another attempt later, or none."""
        log.info("delivery %d, attempt %d failed: %s", delivery.id, delivery.attempts + 1, error)
        if status == _GONE or delivery.attempts >= len(self._policy.schedule_s):
            return partial(self._store.park, delivery, status=status, error=error)
        wait_s = self._policy.schedule_s[delivery.attempts]
        wait_s *= 1 + random.random() * self._policy.jitter  # noqa: S311 - Not a secret.
        wait_s = max(wait_s, min(retry_after_s, self._policy.max_retry_after_s))
        return partial(
            self._store.postpone, delivery, wait_ms=int(wait_s * 1000), status=status, error=error
        )


def signed_headers(delivery: Delivery, secrets: Sequence[str], when: datetime) -> dict[str, str]:
    """The specification's three headers; without a secret there is no signature."""
    headers = {
        "webhook-id": delivery.webhook_id,
        "webhook-timestamp": str(int(when.timestamp())),
    }
    signatures = [
        Webhook(secret).sign(delivery.webhook_id, when, delivery.body.decode())
        for secret in secrets
    ]
    return {**headers, "webhook-signature": " ".join(signatures)} if signatures else headers


def _retry_after_s(answer: httpx.Response) -> float:
    """Seconds of a Retry-After header, 0 if there is none that can be read."""
    value = answer.headers.get("retry-after", "")
    if value.isdecimal():
        return float(value)
    try:
        return (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return 0.0


async def _either(news: Coroutine[Any, Any, object], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await news
    except TimeoutError:
        return
