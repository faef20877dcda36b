"""What an operator chooses, and the changes that are tried. Times are seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """One deployment, and how its callers behave."""

    worker_processes: int
    slots: int = 2
    """Jobs at the same time in each worker process."""
    web_processes: int = 1
    database_cores: int = 2
    one_machine_cores: int | None = None
    """Everything shares these cores, as in the validation; None: each process has its own."""
    sync_s: float = 0.002
    """Until PostgreSQL's log is on its disk."""
    round_trip_s: float = 0.0005
    """Between a process and the database, for each statement that waits for its answer."""
    store_s: float = 0.02
    """One request of the object store."""
    poll_s: float = 2.0
    """Between two looks of a caller."""
    webhooks: float = 0.0
    """The share of jobs whose caller is called back, and does not look."""
    keep_s: float = 86_400.0
    """How long a job's row stays after its end."""
    census_every_s: float = 10.0
    """Between two looks of Prometheus or of a readiness probe at each process; 0: none looks."""
    slice_s: float = 0.05
    """A core is given to another after so long."""
    fetch_poll_s: float = 5.0
    maintain_s: float = 10.0

    partitions: int = 1
    """Queues with a share of the workers and a channel of notifications each."""
    databases: int = 1
    """PostgreSQL servers, each with a share of the clients, the web processes and the workers."""
    replicas: int = 0
    """Copies of the database that answer callers who look."""
    notify_in_commit: bool = True
    """Whether accepting a job notifies the workers within its own transaction."""
    wake_one: bool = False
    """Whether a new job wakes one idle worker instead of all."""
    admission_counts: bool = True
    """Whether accepting a job counts all that wait."""
    polls_together: int = 1
    """Jobs that one look of a caller asks for."""
    direct_uploads: bool = False
    """Whether callers put images into the object store themselves."""
