"""The files table: every stored file, whose it is, how many bytes, how long it stays, when it went.

A row is written before its bytes and outlives them, so that a link can say that its image is
gone, and so that no file is nobody's. `end_files` is the one place that decides what the end of
a job means for its files; it runs in the transaction that ends the job:

| the job                     | its images                      | its uploads                   |
|-----------------------------|---------------------------------|-------------------------------|
| succeeded                   | stay until the job expires      | go                            |
| failed, the caller's fault  | go                              | go                            |
| failed, our fault           | go                              | stay: the operator may retry  |
| cancelled, or abandoned     | go                              | go                            |
| deleted, expired            | go                              | go                            |
| given back, lost its worker | stay: another attempt has them  | stay                          |

What deletes bytes asks this table which are gone; a late worker that writes one again does
not bring it back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Case,
    Connection,
    Row,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from cutoutd.errors import Overloaded, ProcessingFailed, RateLimited
from cutoutd.jobs.database import Database
from cutoutd.jobs.model import Job, JobStatus, Submission, now_ms
from cutoutd.jobs.prepared import Prepared
from cutoutd.jobs.schema import files, jobs
from cutoutd.jobs.turns import UNFINISHED, WAITING, refuse_from

_LATE_MS = 3600 * 1000
"""A worker that nobody waits for any more may still write; after this long none does."""


class FileKind(StrEnum):
    """What a file is for."""

    INPUT = "input"
    """Uploaded with one request; its job's, once there is one."""
    UPLOAD = "upload"
    """Uploaded for several jobs."""
    PUBLISHED = "published"
    """Uploaded to have a link."""
    IMAGE = "image"
    """What a job makes."""


STORED = (FileKind.INPUT, FileKind.UPLOAD, FileKind.PUBLISHED)
"""What a client stores, and what counts against its quota of bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A row. Times are milliseconds since 1970."""

    key: str
    client: str
    job_id: int | None
    kind: FileKind
    size: int
    """Bytes; 0 where nobody counts them."""
    created_at: int
    expires_at: int | None
    """When it goes; None while its job has not ended."""
    gone_at: int | None

    def gone_since(self, now: int) -> int | None:
        """When it went, None while it is to be had."""
        if self.gone_at is not None:
            return self.gone_at
        return self.expires_at if self.expires_at is not None and self.expires_at <= now else None


_COLUMNS = ("key", "client", "job_id", "kind", "size", "created_at", "expires_at")
_NAME = Prepared(insert(files).values({name: bindparam(name) for name in _COLUMNS}))
_TAKE = Prepared(
    update(files)
    .where(files.c.key == bindparam("upload"), files.c.kind == FileKind.INPUT)
    .values(job_id=bindparam("taken_by"), expires_at=None)
)


def _by_kind(end: str) -> Case[int]:
    """One time for the images that were made, another one for what they were made of."""
    made, used = (bindparam(f"{kind}_{end}", type_=BigInteger) for kind in ("made", "used"))
    return case((files.c.kind == FileKind.IMAGE, made), else_=used)


_END = Prepared(
    update(files)
    .where(files.c.job_id == bindparam("ended"), files.c.gone_at.is_(None))
    .values(expires_at=_by_kind("until"), gone_at=_by_kind("gone"))
)


def take_files(tx: Connection, submission: Submission, job_id: int, now: int) -> None:
    """The job that has been accepted owns its uploads and the names of its images."""
    uploads = [one.artifact for one in submission.command.pictures() if one.artifact]
    for key in uploads:
        _TAKE.rows(tx, upload=key, taken_by=job_id)
    image = {"client": submission.client, "job_id": job_id, "kind": FileKind.IMAGE, "size": 0}
    for key in submission.artifact_keys:
        _NAME.rows(tx, key=key, created_at=now, expires_at=None, **image)


def end_files(tx: Connection, job: Job, now: int) -> None:
    """What the end of a job means for its files: the table above."""
    stays = {"made": job.status is JobStatus.SUCCEEDED, "used": is_our_fault(job)}
    until = {f"{kind}_until": job.expires_at if stay else None for kind, stay in stays.items()}
    gone = {f"{kind}_gone": None if stay else now for kind, stay in stays.items()}
    _END.rows(tx, ended=job.id, **until, **gone)


def delete_files(tx: Connection, job_ids: Sequence[int], now: int) -> None:
    """Everything of these jobs is gone, whatever they came to."""
    mine = files.c.job_id.in_(job_ids) & files.c.gone_at.is_(None)
    tx.execute(update(files).where(mine).values(gone_at=now))


def revive_files(tx: Connection, job_id: int) -> None:
    """The job waits again: the names of its images, and what is left of its uploads, are its."""
    mine = files.c.job_id == job_id
    image = files.c.kind == FileKind.IMAGE
    tx.execute(update(files).where(mine & image).values(gone_at=None, expires_at=None))
    left = mine & ~image & files.c.gone_at.is_(None)
    tx.execute(update(files).where(left).values(expires_at=None))


def is_our_fault(job: Job) -> bool:
    """Whether the job failed for a reason that another try may not meet."""
    failure = job.outcome.failure if job.outcome else None
    return failure is not None and failure.code in (ProcessingFailed.code, Overloaded.code)


class FileRecords:
    """The table for those who store and delete. Thread-safe; every method is one transaction."""

    def __init__(self, database: Database, *, clock: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._clock = clock

    @property
    def syncs_apart(self) -> bool:
        """Whether a job that is inserted with durable=False waits for `sync`."""
        return self._database.syncs_apart

    def reserve(
        self,
        key: str,
        *,
        client: str,
        kind: FileKind,
        size: int,
        keep_ms: int,
        max_bytes: int | None = None,
        max_waiting: int | None = None,
    ) -> None:
        """Write the row of bytes that are about to be stored.

        Raises RateLimited if the client would then have more than `max_bytes` stored, Overloaded
        with `max_waiting` jobs waiting already: one for these bytes would be refused.
        """
        now = self._clock()
        own = (files.c.client == client) & files.c.kind.in_(STORED) & files.c.gone_at.is_(None)
        with self._database.write(durable=False) as tx:
            if max_waiting is not None:
                refuse_from(max_waiting, WAITING.first(tx).waiting)
            if max_bytes is not None:
                stored = tx.execute(select(func.sum(files.c.size)).where(own)).scalar() or 0
                _refuse_over(max_bytes, int(stored), size)
            own_row = {"client": client, "job_id": None, "kind": kind, "size": size}
            _NAME.rows(tx, key=key, created_at=now, expires_at=now + keep_ms, **own_row)

    def find(self, key: str) -> StoredFile | None:
        """The row, None if there never was such a file, or it went long ago."""
        with self._database.read() as connection:
            row = connection.execute(select(files).where(files.c.key == key)).one_or_none()
        return None if row is None else _file(row)

    def uploads(self, client: str, *, limit: int) -> list[StoredFile]:
        """What the client has uploaded for several jobs and is still to be had, newest first."""
        own = (files.c.client == client) & (files.c.kind == FileKind.UPLOAD)
        here = files.c.gone_at.is_(None) & (files.c.expires_at > self._clock())
        query = select(files).where(own & here).order_by(files.c.created_at.desc(), files.c.key)
        with self._database.read() as connection:
            return [_file(row) for row in connection.execute(query.limit(limit))]

    def discard(self, keys: Sequence[str]) -> list[str]:
        """Uploads that no job owns are gone; which those are."""
        chosen = files.c.key.in_(keys) & files.c.job_id.is_(None) & files.c.gone_at.is_(None)
        gone = update(files).where(chosen).values(gone_at=self._clock()).returning(files.c.key)
        with self._database.write() as tx:
            return list(tx.scalars(gone))

    def gone_of(self, job_id: int) -> list[str]:
        """The keys of a job's files that are gone."""
        gone = (files.c.job_id == job_id) & files.c.gone_at.is_not(None)
        with self._database.read() as connection:
            return list(connection.scalars(select(files.c.key).where(gone)))

    def expire(self, *, limit: int = 500) -> int:
        """Let uploads go whose time is over and that no unfinished job names; how many.

        Images go with their jobs.
        """
        needed = exists().where(jobs.c.status.in_(UNFINISHED), jobs.c.command.contains(files.c.key))
        over = and_(
            files.c.kind.in_(STORED),
            files.c.gone_at.is_(None),
            files.c.expires_at <= self._clock(),
            ~needed,
        )
        chosen = select(files.c.key).where(over).limit(limit)
        with self._database.write() as tx:
            keys = list(tx.scalars(chosen))
            tx.execute(update(files).where(files.c.key.in_(keys)).values(gone_at=self._clock()))
        return len(keys)

    def to_delete(self, *, after: str = "", limit: int = 500) -> list[str]:
        """Keys of what is gone and whose bytes may still be there, in order, those after this."""
        due = files.c.gone_at.is_not(None) & files.c.deleted.is_(False)
        query = select(files.c.key).where(due & (files.c.key > after)).order_by(files.c.key)
        with self._database.read() as connection:
            return list(connection.scalars(query.limit(limit)))

    def deleted(self, keys: Sequence[str]) -> None:
        """Their bytes are gone, too: for good, unless a late worker may write them again."""
        settled = files.c.key.in_(keys) & or_(
            files.c.kind.in_(STORED), files.c.gone_at <= self._clock() - _LATE_MS
        )
        with self._database.write(durable=False) as tx:
            tx.execute(update(files).where(settled).values(deleted=True))

    def purge(self, *, gone_before: int) -> int:
        """Forget files that went before this time (ms); how many. Their links are unknown then."""
        old = (files.c.gone_at < gone_before) & files.c.deleted.is_(True)
        with self._database.write() as tx:
            return tx.execute(delete(files).where(old)).rowcount


def _refuse_over(max_bytes: int, stored: int, more: int) -> None:
    if stored + more > max_bytes:
        raise RateLimited(
            f"{max_bytes / 1e6:g} MB of uploads stored at one time are", retry_after_s=60
        )


def _file(row: Row[Any]) -> StoredFile:
    return StoredFile(
        key=row.key,
        client=row.client,
        job_id=row.job_id,
        kind=FileKind(row.kind),
        size=row.size,
        created_at=row.created_at,
        expires_at=row.expires_at,
        gone_at=row.gone_at,
    )
