"""The tables: what is accepted (`jobs`), what is stored (`files`), what is owed (`deliveries`).

Times are integers (milliseconds since 1970, UTC), because SQLite keeps no time zones. The
migrations build these tables; a test compares the two. Other packages' tables share `metadata`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

REVISION = "0003"
"""Of the last migration."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("client", String(200), nullable=False),
    Column("dialect", String(40), nullable=False),
    Column("command", Text, nullable=False),
    Column("model", String(100), nullable=False),  # And its matting: see `timed_as`.
    Column("work", Integer, nullable=False),
    Column("artifact_keys", Text, nullable=False),
    Column("echo", Text, nullable=False),
    Column("link_base", Text, nullable=False),
    Column("callback", Text),
    Column("status", String(10), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("crashes", Integer, nullable=False),
    Column("worker", String(200)),
    Column("priority", Integer, nullable=False),
    Column("turn", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("keep_ms", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("due_at", BigInteger),
    Column("fetches", Boolean, nullable=False, server_default=false()),
    Column("gone_at", BigInteger),
    Column("idempotency_key", String(255)),
    Column("fingerprint", String(64)),
    Column("outcome", Text),
    UniqueConstraint("client", "idempotency_key"),
    Index(None, "client", "status", "priority", "turn"),
    Index(None, "model", "status", "finished_at"),
    Index(None, "expires_at"),
    sqlite_autoincrement=True,  # An id is never given out twice, also after a purge.
)

# Serves "the next job to run" in order, so that a long queue costs no more than a short one.
Index("ix_jobs_next", jobs.c.status, jobs.c.priority.desc(), jobs.c.turn, jobs.c.id)

files = Table(
    "files",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("client", String(200), nullable=False),
    Column("job_id", Integer),
    Column("kind", String(10), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("gone_at", BigInteger),
    Column("deleted", Boolean, nullable=False, server_default=false()),
    Index(None, "job_id"),
    Index(None, "client", "kind", "gone_at"),
    Index(None, "expires_at"),
    Index(None, "gone_at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("webhook_id", String(60), nullable=False),
    Column("job_id", Integer, nullable=False),
    Column("client", String(200), nullable=False),
    Column("url", Text, nullable=False),
    Column("host", String(300), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("last_status", Integer),
    Column("last_error", Text),
    UniqueConstraint("webhook_id"),
    Index(None, "state", "next_at"),
    Index(None, "job_id"),
    sqlite_autoincrement=True,
)
