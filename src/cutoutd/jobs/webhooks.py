"""Send what we owe: sign, post, back off, give up.

The Standard Webhooks specification (standardwebhooks.com), by its library: `webhook-id` is the
same at every attempt, `webhook-timestamp` is the attempt's, and `webhook-signature` holds one
signature of the exact bytes for each secret that is valid, so that a secret can be changed
while receivers still know the old one. 2xx is accepted, 410 ends it, anything else, a redirect
too, is tried again.

Deliveries have threads of their own. No receiver and no client may
hold more than its share of it, so one that hangs delays only itself.
"""

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeAlias

import httpx
from standardwebhooks import Webhook

from cutoutd.errors import CutoutError, InvalidRequest, Overloaded
from cutoutd.jobs.deliveries import Delivery, DeliveryStore

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
    concurrency: int = 32
    per_host: int = 4
    per_client: int = 8
    user_agent: str = "cutoutd"


class Deliverer:
    """Sends due deliveries until it is stopped."""

    def __init__(
        self,
        store: DeliveryStore,
        client: httpx.Client,
        *,
        policy: WebhookPolicy,
        secrets: Secrets = tuple,
    ) -> None:
        """client: guarded, and ending every attempt within `policy.attempt_s`."""
        self._store = store
        self._client = client
        self._policy = policy
        self._secrets = secrets
        self._changed = threading.Condition()
        self._news = 0
        self._stopping = False
        self._under_way: dict[int, Delivery] = {}
        self._senders = ThreadPoolExecutor(policy.concurrency, thread_name_prefix="webhook")
        self._thread = threading.Thread(target=self._lend_out, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin; whatever is due goes out now."""
        self._thread.start()

    def notify(self) -> None:
        """Something may be due. Any thread may call it; never blocks for long."""
        with self._changed:
            self._news += 1
            self._changed.notify_all()

    def stop(self, grace_s: float = 2.0) -> None:
        """Begin no more; what is under way after the grace is due again at the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._under_way, timeout=grace_s)
            late = list(self._under_way.values())
        for delivery in late:
            self._store.postpone(delivery, wait_ms=0, status=None, error="we stopped")
        self._senders.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def _lend_out(self) -> None:
        while not self._stopping:
            seen = self._news
            delivery = self._claim()
            if delivery is not None:
                self._senders.submit(self._attempt, delivery)
                continue
            with self._changed:
                if self._news == seen and not self._stopping:
                    self._changed.wait(_LOOK_S)

    def _claim(self) -> Delivery | None:
        with self._changed:
            if self._stopping or len(self._under_way) >= self._policy.concurrency:
                return None
            hosts = Counter(delivery.host for delivery in self._under_way.values())
            clients = Counter(delivery.client for delivery in self._under_way.values())
        try:
            delivery = self._store.claim(
                lease_ms=int((self._policy.attempt_s + _LEASE_MARGIN_S) * 1000),
                busy_hosts=[host for host, n in hosts.items() if n >= self._policy.per_host],
                busy_clients=[name for name, n in clients.items() if n >= self._policy.per_client],
            )
        except Overloaded as exc:
            log.warning("cannot look for deliveries: %s", exc.__cause__)
            return None
        if delivery is not None:
            with self._changed:
                self._under_way[delivery.id] = delivery
        return delivery

    def _attempt(self, delivery: Delivery) -> None:
        try:
            self._send_and_record(delivery)
        except Exception:
            log.exception("delivery %d will be repeated", delivery.id)
        finally:
            with self._changed:
                del self._under_way[delivery.id]
                self._news += 1
                self._changed.notify_all()

    def _send_and_record(self, delivery: Delivery) -> None:
        try:
            status, retry_after_s = self._send(delivery)
        except InvalidRequest as exc:  # A forbidden address does not get better.
            self._store.park(delivery, status=None, error=exc.message)
        except (httpx.HTTPError, CutoutError, OSError) as exc:
            self._failed(delivery, None, f"{type(exc).__name__}: {exc}"[:500], 0.0)
        else:
            if 200 <= status < 300:
                self._store.delivered(delivery, status=status)
            else:
                self._failed(delivery, status, f"HTTP {status}", retry_after_s)

    def _send(self, delivery: Delivery) -> tuple[int, float]:
        """Status and Retry-After. The body is not read: nobody needs it, it may be endless."""
        headers = {
            "content-type": "application/json",
            "user-agent": self._policy.user_agent,
            **signed_headers(delivery, self._secrets(), datetime.now(UTC)),
        }
        with self._client.stream(
            "POST", delivery.url, content=delivery.body, headers=headers, follow_redirects=False
        ) as answer:
            return answer.status_code, _retry_after_s(answer)

    def _failed(
        self, delivery: Delivery, status: int | None, error: str, retry_after_s: float
    ) -> None:
        log.info("delivery %d, attempt %d failed: %s", delivery.id, delivery.attempts, error)
        if status == _GONE or delivery.attempts > len(self._policy.schedule_s):
            self._store.park(delivery, status=status, error=error)
            return
        wait_s = self._policy.schedule_s[delivery.attempts - 1]
        wait_s *= 1 + random.random() * self._policy.jitter  # noqa: S311 - Not a secret.
        wait_s = max(wait_s, min(retry_after_s, self._policy.max_retry_after_s))
        self._store.postpone(delivery, wait_ms=int(wait_s * 1000), status=status, error=error)


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
