"""The database under the jobs: SQLite in one file, or PostgreSQL; opened, migrated, guarded.

Every statement of this package runs inside `Database.read()` or `Database.write()`. A database
that is away or full becomes Overloaded here, so that a caller is told to come back.
"""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cutoutd.errors import ConfigurationError, Overloaded
from cutoutd.jobs.group_commit import GroupCommit, KeptFile
from cutoutd.jobs.prepared import Prepared
from cutoutd.jobs.schema import REVISION

log = logging.getLogger(__name__)

RETRY_AFTER_S = 3
KEPT_CONNECTIONS, MORE_CONNECTIONS = 4, 6
"""To PostgreSQL, of each process: kept once opened, and closed as soon as nothing needs them.

A transaction takes milliseconds, and each connection is a process of the server's.
"""
_BUSY_MS = 10_000
_BEGIN = Prepared(text("BEGIN IMMEDIATE"))
"""IMMEDIATE: a transaction that reads first and writes later could otherwise fail half-way,
because another writer came between."""
_MIGRATION_LOCK = 7_262_553_001  # Any number, as long as every process takes the same.


class Database:
    """An engine with two doors: `read` for single queries, `write` for one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        # SQLite has one writer. Queueing here wakes the next one at once, while SQLite's own
        # busy handler would sleep up to 100 ms.
        self._turn: AbstractContextManager[Any] = (
            threading.Lock() if self.is_sqlite else nullcontext()
        )
        self._log = KeptFile(_log_of(engine)) if self.is_sqlite else None
        self._commits = GroupCommit(self._log.sync) if self._log else None
        if self._log:
            # SQLite begins another log where nobody had the database open any more.
            event.listen(engine, "connect", self._log.renew)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for queries; each sees what is committed when it runs."""
        with _translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on any exception.

        durable=False: until `sync`, or a durable transaction, a power cut may forget it, in
        order: nothing that came after it survives without it. A process that dies forgets
        nothing. Only SQLite knows the difference.
        """
        with _translated():
            with self._turn, self.engine.connect() as connection, connection.begin():
                if self.is_sqlite:
                    _BEGIN.rows(connection)
                yield connection
            if durable:
                self.sync()

    def sync(self) -> None:
        """Return when everything that this thread has written is durable.

        SQLite would sync within the transaction, while every other writer waits; here the next
        one writes meanwhile, and one sync serves all who wait for it.
        """
        if self._commits is not None:
            try:
                self._commits.wait(self._commits.ticket())
            except OSError as exc:
                raise _away() from exc

    @property
    def syncs_apart(self) -> bool:
        """Whether what is written with durable=False waits for `sync`: so it is with SQLite."""
        return self._commits is not None

    def migrate(self) -> None:
        """Bring the tables up to date; processes that start together take turns.

        Alembic is loaded only where there is something to do: that takes longer than all else here.
        """
        with self.write() as connection:
            if not self.is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            if _revision_of(connection) != REVISION:
                _upgrade(connection)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        if self._log:
            self._log.close()


def open_database(url: str, data_dir: Path) -> Database:
    """Open and migrate. `url`: postgresql://…, sqlite:///file, or empty for a file in `data_dir`.

    Raises ConfigurationError for a URL that names neither, or a missing driver.
    """
    url = url or f"sqlite:///{data_dir / 'jobs.sqlite3'}"
    try:
        address = make_url(url)
        if address.get_backend_name() == "postgresql":
            engine = create_engine(
                address.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,
                pool_size=KEPT_CONNECTIONS,
                max_overflow=MORE_CONNECTIONS,
                hide_parameters=True,
            )
        elif address.get_backend_name() == "sqlite":
            _make_private(address.database)
            engine = _open_sqlite(url)
        else:
            raise ConfigurationError(
                f"CUTOUTD_DATABASE_URL names {address.get_backend_name()!r}; "
                "only sqlite and postgresql are supported."
            )
    except ArgumentError as exc:
        raise ConfigurationError("CUTOUTD_DATABASE_URL is not a database URL.") from exc
    except ModuleNotFoundError as exc:
        raise ConfigurationError(
            "PostgreSQL needs its driver: pip install 'cutoutd[postgres]'."
        ) from exc
    database = Database(engine)
    _migrate(database)
    return database


def _make_private(file: str | None) -> None:
    """The file, for this user alone; SQLite gives its neighbours the same mode."""
    if file and file != ":memory:":
        try:
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
            Path(file).chmod(0o600)
        except OSError as exc:
            raise ConfigurationError(
                f"The job store cannot be opened ({exc.strerror}). Does the folder of "
                "CUTOUTD_DATA_DIR exist, and may this user write there?"
            ) from exc


def _revision_of(connection: Connection) -> str | None:
    """The migration that was the last to change the tables; None where there are none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _upgrade(connection: Connection) -> None:
    """Run the migrations that are missing. Raises ConfigurationError for tables that are newer."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as exc:
        raise ConfigurationError(
            "The job store was written by a newer version of cutoutd; start that one, or give "
            "this one a CUTOUTD_DATA_DIR or CUTOUTD_DATABASE_URL of its own."
        ) from exc


def _migrate(database: Database) -> None:
    try:
        database.migrate()
    except Overloaded as exc:
        database.close()
        raise ConfigurationError(
            f"The job store cannot be opened ({_first_line(exc.__cause__)}). Is it running, "
            "writable and undamaged? CUTOUTD_DATABASE_URL and CUTOUTD_DATA_DIR say where it is."
        ) from exc
    except ConfigurationError:
        database.close()
        raise


def _first_line(error: BaseException | None) -> str:
    original = getattr(error, "orig", error)
    return (str(original).strip().splitlines() or ["no reason given"])[0][:200]


def _open_sqlite(url: str) -> Engine:
    # What callers sent must not reach the log through an exception.
    engine = create_engine(
        url, connect_args={"timeout": _BUSY_MS / 1000}, hide_parameters=True, pool_use_lifo=True
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # We say BEGIN ourselves, in `Database.write`.
        connection.execute("PRAGMA journal_mode=WAL").close()
        connection.execute("PRAGMA synchronous=NORMAL").close()  # The rest is `Database.sync`.

    return engine


def _log_of(engine: Engine) -> Path:
    """SQLite's write-ahead log, which no lock of the process is on: it may be opened and closed."""
    return Path(f"{engine.url.database}-wal").absolute()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise  # Our mistake, not the database's.
    except (DBAPIError, PoolTimeout) as exc:
        if not isinstance(exc, OperationalError | InterfaceError | PoolTimeout):
            log.error("the job store failed: %s", exc.orig)  # noqa: TRY400 - Its words suffice.
        raise _away() from exc


def _away() -> Overloaded:
    return Overloaded("The job store cannot be used at the moment.", retry_after_s=RETRY_AFTER_S)
