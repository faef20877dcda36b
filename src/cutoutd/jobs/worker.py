"""One worker inside the serving process, and what it is doing now."""

import threading
from dataclasses import dataclass, field

from cutoutd.jobs.model import Job


@dataclass(slots=True, eq=False)
class Worker:
    """One thread. What it does changes under the dispatcher's lock."""

    name: str
    claiming: bool = False
    job: Job | None = None
    began: float = 0.0
    """Of its job, by the monotonic clock, in seconds."""
    given_up: bool = False
    passing: bool = False
    """Whether it ends with its job: one that fetches."""
    thread: threading.Thread = field(init=False)
