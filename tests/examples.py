"""Values that tests begin with."""

from cutoutd.command import RemoveBackground, Source
from cutoutd.jobs.model import Job, JobStatus

JOB = Job(
    id=7,
    client="ann",
    dialect="native",
    command=RemoveBackground(sources=(Source(url="https://e.com/p.jpg"),)),
    artifact_keys=("temp/x.png",),
    echo={},
    link_base="http://x",
    status=JobStatus.QUEUED,
    attempt=0,
    worker=None,
    priority=0,
    created_at=0,
    started_at=None,
    finished_at=None,
    expires_at=None,
    outcome=None,
)
