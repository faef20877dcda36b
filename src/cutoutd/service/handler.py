"""Perform one job: obtain its sources, run the pipeline, store what comes out.

The only place where exceptions become a Failure. What the caller may know is in the Failure;
what the operator must know is in the log, under the job's id.
"""

import base64
import hashlib
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter

from cutoutd.command import Source
from cutoutd.errors import (
    CutoutError,
    InvalidRequest,
    JobCancelled,
    Overloaded,
    ProcessingFailed,
    SourceRejected,
)
from cutoutd.jobs.model import Artifact, Failure, Job, JobStatus, Outcome
from cutoutd.jobs.store import JobStore
from cutoutd.removal.model import ExtraImages, Removal
from cutoutd.removal.remover import Remover
from cutoutd.service.names import BASE64
from cutoutd.storage.store import ArtifactStore

log = logging.getLogger(__name__)


class Handler:
    """Does the work of an attempt, on whatever thread or machine it is called."""

    def __init__(
        self,
        *,
        store: JobStore,
        artifacts: ArtifactStore,
        fetch: Callable[[str], bytes],
        remover: Remover,
        computing: int | None = None,
    ) -> None:
        """`fetch` downloads a URL within limits; it raises SourceRejected or SourceUnreachable.

        computing: images worked on at one time; who fetches waits for nothing. None: any number.
        """
        self._places: AbstractContextManager[object] = (
            nullcontext() if computing is None else threading.Semaphore(computing)
        )
        self._store = store
        self._artifacts = artifacts
        self._fetch = fetch
        self._remover = remover

    def perform(self, job: Job) -> Outcome:
        """Run the job's command; whatever goes wrong with it is in the outcome.

        Raises Overloaded where a store or its room is away: then another try may go well.
        """
        try:
            return self._perform(job)
        except Overloaded:
            raise
        except JobCancelled:
            return Outcome(status=JobStatus.CANCELLED)
        except ProcessingFailed as exc:
            log.exception("job %d failed", job.id)
            return _failed(exc)
        except CutoutError as exc:
            log.info("job %d failed: %s", job.id, exc.message)
            return _failed(exc)
        except Exception:
            log.exception("job %d failed", job.id)
            return _failed(ProcessingFailed("The image could not be processed."))

    def _perform(self, job: Job) -> Outcome:
        timings: Counter[str] = Counter()
        stored: list[Artifact] = []
        notes: list[str] = []
        digests: list[str] = []
        model = provider = None
        for removal in self._removals(job, timings, digests):
            keys = job.artifact_keys[len(stored) :]
            self._refuse_unwanted(job)  # Before anything is stored that nobody may see.
            with _timed(timings, "keep"):
                stored += self._keep(removal, keys)
            notes += [note for note in removal.notes if note not in notes]
            model, provider = removal.model, removal.provider
        return Outcome(
            status=JobStatus.SUCCEEDED,
            artifacts=tuple(stored),
            notes=tuple(notes),
            model=model,
            provider=provider,
            timings_ms={stage: round(spent, 3) for stage, spent in timings.items()},
            source_md5=tuple(digests),
        )

    def _removals(self, job: Job, timings: "Counter[str]", digests: list[str]) -> Iterator[Removal]:
        """One after the other, so that only one image is in memory."""
        with _timed(timings, "obtain"):
            named = job.command.extra_images()
            extra = ExtraImages(**{name: self._obtain(one) for name, one in named.items()})
        for number, source in enumerate(job.command.sources):
            if number:
                self._refuse_unwanted(job)
            with _timed(timings, "obtain"):
                data = self._obtain(source)
                digests.append(hashlib.md5(data, usedforsecurity=False).hexdigest())
            with self._places:
                removal = self._remover.remove(data, job.command, extra=extra)
            timings.update(removal.timings_ms)
            yield removal

    def _refuse_unwanted(self, job: Job) -> None:
        """Raises JobCancelled if the attempt does not own the job any more."""
        if not self._store.owns(job):
            raise JobCancelled("The job was cancelled, or is gone.")

    def _obtain(self, source: Source) -> bytes:
        if source.url is not None:
            return self._fetch(source.url)
        assert source.artifact is not None
        data = self._artifacts.get(source.artifact)
        return base64.b64decode(data) if source.artifact.endswith(BASE64) else data

    def _keep(self, removal: Removal, keys: tuple[str, ...]) -> list[Artifact]:
        stored = []
        for image, key in zip(removal.images, keys, strict=False):
            self._artifacts.put(key, image.data, media_type=image.media_type)
            stored.append(
                Artifact(
                    key=key,
                    kind=image.kind,
                    media_type=image.media_type,
                    width=image.width,
                    height=image.height,
                    size=len(image.data),
                    bbox=image.bbox,
                )
            )
        return stored


def _failed(error: CutoutError) -> Outcome:
    failure = Failure(
        code=error.code,
        message=error.message,
        field=error.field if isinstance(error, InvalidRequest) else None,
        reason=error.reason if isinstance(error, SourceRejected) else None,
    )
    return Outcome(status=JobStatus.FAILED, failure=failure)


@contextmanager
def _timed(timings: "Counter[str]", stage: str) -> Iterator[None]:
    started = perf_counter()
    yield
    timings[stage] += (perf_counter() - started) * 1e3  # type: ignore[assignment]
