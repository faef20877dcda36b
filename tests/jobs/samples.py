"""Values and a clock for the tests of jobs."""

import uuid

from cutoutd.command import Callback, Matting, RemoveBackground, Source
from cutoutd.jobs.model import Job, JobStatus, Outcome, Submission

START_MS = 1_700_000_000_000


class FakeClock:
    """Milliseconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = START_MS

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


def render_webhook(job: Job) -> bytes:
    return b'{"id":%d,"status":"%s"}' % (job.id, job.status.encode())


def a_submission(
    *,
    client: str = "ann",
    priority: int = 0,
    pictures: int = 1,
    model: str | None = None,
    matting: Matting | None = None,
    webhook: str | None = None,
    idempotency_key: str | None = None,
    fingerprint: str | None = None,
    keep_ms: int = 86_400_000,
    uploads: tuple[str, ...] = (),
) -> Submission:
    return Submission(
        client=client,
        dialect="native",
        command=RemoveBackground(
            sources=tuple(Source(artifact=key) for key in uploads)
            or tuple(Source(url=f"http://pictures/{n}.jpg") for n in range(pictures)),
            model=model,
            matting=matting,
            callback=Callback(url=webhook) if webhook else None,
        ),
        artifact_keys=tuple(f"generations/{uuid.uuid4()}-{n}.png" for n in range(pictures)),
        echo={"track_id": 7},
        link_base="http://here",
        priority=priority,
        idempotency_key=idempotency_key,
        fingerprint=fingerprint,
        keep_ms=keep_ms,
    )


def succeeded() -> Outcome:
    return Outcome(status=JobStatus.SUCCEEDED, model="analytic", timings_ms={"segment": 1.5})
