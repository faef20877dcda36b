"""Opening, migrating and losing the database."""

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, text
from tests.jobs.samples import a_submission, render_webhook, succeeded
from tests.postgres import Cluster

import cutoutd.jobs.database
from cutoutd.clients.schema import api_keys
from cutoutd.errors import ConfigurationError, Overloaded
from cutoutd.jobs.database import (
    KEPT_CONNECTIONS,
    MORE_CONNECTIONS,
    Database,
    open_database,
)
from cutoutd.jobs.files import FileRecords
from cutoutd.jobs.schema import REVISION
from cutoutd.jobs.store import JobStore


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """A database in `tmp_path`, which a test may break."""
    with closing(open_database("", tmp_path)) as database:
        yield database


@pytest.fixture
def postgres_database(postgres: Cluster, tmp_path: Path) -> Iterator[Database]:
    """A database of its own."""
    with closing(open_database(postgres.create(), tmp_path)) as database:
        yield database


def test_the_migrations_build_the_tables_that_the_code_uses(database: Database) -> None:
    def ours(thing: object, name: str | None, kind: str, *_: object) -> bool:
        return not (kind == "table" and name is not None and name.startswith("procrastinate"))

    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, api_keys.metadata) == []


def test_the_revision_that_counts_as_up_to_date_is_the_last_migration() -> None:
    folder = Path(cutoutd.jobs.database.__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_opening_again_keeps_what_is_there(database_url: str, tmp_path: Path) -> None:
    for count in (1, 2):
        database = open_database(database_url, tmp_path)
        store = JobStore(database, render_webhook=render_webhook)
        assert store.insert(a_submission()).id == count
        database.close()


def test_processes_that_start_together_migrate_once(postgres: Cluster, tmp_path: Path) -> None:
    url = postgres.create()
    opened: list[Database] = []
    starting = [
        threading.Thread(target=lambda: opened.append(open_database(url, tmp_path)))
        for _ in range(4)
    ]
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()
    assert len(opened) == 4
    for database in opened:
        database.close()


def test_a_process_keeps_few_connections_however_many_it_needed_at_once(
    postgres_database: Database,
) -> None:
    made: list[psycopg.Connection] = []
    event.listen(postgres_database.engine, "connect", lambda one, _: made.append(one))
    postgres_database.engine.dispose()  # Those that opening took are not counted.
    most = KEPT_CONNECTIONS + MORE_CONNECTIONS
    with ExitStack() as opened:
        for _ in range(most):
            opened.enter_context(postgres_database.read())
        assert len(made) == most
    assert sum(not one.closed for one in made) == KEPT_CONNECTIONS


def test_sqlite_writes_ahead_and_syncs_what_is_accepted_and_how_it_ended(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)

    store = JobStore(sqlite_database, render_webhook=render_webhook)
    monkeypatch.setattr(os, "fdatasync", note)
    store.insert(a_submission())
    assert synced == ["jobs.sqlite3-wal"]
    job = store.claim("w")
    assert job is not None
    assert len(synced) == 1
    store.finish(job, succeeded())
    assert len(synced) == 2
    with sqlite_database.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_the_log_that_is_synced_is_the_one_that_sqlite_writes_now(
    tmp_path: Path, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    store = JobStore(sqlite_database, render_webhook=render_webhook)
    monkeypatch.setattr(os, "fdatasync", lambda file: synced.append(os.fstat(file).st_ino))
    store.insert(a_submission())
    sqlite_database.engine.dispose()  # The last to close takes the log away.
    assert not (tmp_path / "jobs.sqlite3-wal").exists()
    (tmp_path / "in its place").touch()  # So that the next log is another file.
    store.insert(a_submission())
    assert synced[-1] == (tmp_path / "jobs.sqlite3-wal").stat().st_ino
    assert len(set(synced)) == 2


def test_a_job_that_may_be_synced_later_is(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    store = JobStore(sqlite_database, render_webhook=render_webhook)
    monkeypatch.setattr(os, "fdatasync", synced.append)
    store.insert(a_submission(), durable=False)
    assert synced == []
    store.sync()
    assert len(synced) == 1


def test_a_disk_that_cannot_sync_is_a_store_that_is_away(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, "gone")

    store = JobStore(sqlite_database, render_webhook=render_webhook)
    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(Overloaded):
        store.insert(a_submission())


def test_an_idle_worker_keeps_no_writer_waiting(sqlite_database: Database) -> None:
    store = JobStore(sqlite_database, render_webhook=render_webhook)
    with sqlite_database.write():
        assert store.claim("w") is None


def test_what_is_written_halfway_is_not_written(database: Database) -> None:
    def half() -> None:
        with database.write() as connection:
            connection.execute(text("DELETE FROM alembic_version"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1


@pytest.mark.parametrize("url", ["mysql://x/y", "not a url", "oracle://x", "postgresql"])
def test_a_database_url_of_another_kind_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CUTOUTD_DATABASE_URL"):
        open_database(url, tmp_path)


def test_a_database_that_is_away_at_the_start_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CUTOUTD_DATABASE_URL"):
        open_database(f"postgresql://nobody@/none?host={tmp_path}", tmp_path)


def test_a_damaged_database_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "jobs.sqlite3").write_bytes(b"no database" * 1000)
    with pytest.raises(ConfigurationError, match="not a database"):
        open_database("", tmp_path)


def test_a_folder_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CUTOUTD_DATA_DIR"):
        open_database("", tmp_path / "missing")


def test_a_database_of_a_newer_version_is_said_in_one_sentence(tmp_path: Path) -> None:
    database = open_database("", tmp_path)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(ConfigurationError, match="newer version"):
        open_database("", tmp_path)


def test_a_database_that_breaks_is_a_reason_to_come_back(sqlite_database: Database) -> None:
    store = JobStore(sqlite_database, render_webhook=render_webhook)
    with sqlite_database.write() as connection:
        connection.execute(text("DROP TABLE jobs"))
    with pytest.raises(Overloaded):
        store.get(1)


def test_the_database_is_for_this_user_alone(tmp_path: Path, sqlite_database: Database) -> None:
    JobStore(sqlite_database, render_webhook=render_webhook).insert(a_submission())
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_the_images_of_an_older_version_keep_their_links(sqlite_database: Database) -> None:
    job = JobStore(sqlite_database, render_webhook=render_webhook).insert(a_submission())
    config = Config()
    folder = Path(cutoutd.jobs.database.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    for move, revision in ((command.downgrade, "0002"), (command.upgrade, "head")):
        with sqlite_database.write() as connection:
            config.attributes["connection"] = connection
            move(config, revision)
    assert FileRecords(sqlite_database).find(job.artifact_keys[0]) is not None


def test_a_full_disk_is_a_reason_to_come_back(sqlite_database: Database) -> None:
    store = JobStore(sqlite_database, render_webhook=render_webhook)
    with sqlite_database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.execute("PRAGMA max_page_count=1")  # No page more than there are already.

    def fill() -> None:
        for _ in range(200):
            store.insert(a_submission(pictures=50))

    with pytest.raises(Overloaded):
        fill()
