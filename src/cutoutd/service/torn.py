"""Uploads that a power cut tore before their jobs were accepted: found at the start.

An upload becomes durable together with the job that it came with, while the job is worked on
already; its caller hears of the job afterwards. So a power cut may keep the job and lose the
upload, or a part of it, but only of a job that nobody was told of. The name of an upload begins
with the digest of its bytes, which says whether it is whole.
"""

import logging

from cutoutd.errors import NotFound, Overloaded
from cutoutd.jobs.records import JobRecords
from cutoutd.jobs.store import JobStore
from cutoutd.jobs.turns import UNFINISHED
from cutoutd.service.names import inputs_of, is_upload_of
from cutoutd.storage.store import ArtifactStore

log = logging.getLogger(__name__)


def end_torn(
    store: JobStore, records: JobRecords, artifacts: ArtifactStore, *, at_once: int = 50
) -> None:
    """End every unfinished job whose upload is not whole, before anybody works on it.

    Only for the one process that accepts and works, before it does either. at_once: jobs read
    at a time. Each upload of a job that waits is read once.
    """
    for status in UNFINISHED:
        after: int | None = None
        while found := records.find(status=status, after=after, limit=at_once):
            for job in found:
                if not all(_is_whole(artifacts, key) for key in inputs_of(job.command.pictures())):
                    log.error("job %d ends: its upload is not whole", job.id)
                    store.end_torn(job.id)
            after = found[-1].id


def _is_whole(artifacts: ArtifactStore, key: str) -> bool:
    try:
        return is_upload_of(key, artifacts.get(key))
    except NotFound:
        return False
    except Overloaded:
        return True  # A disk that cannot be read now says nothing about it; the work will.
