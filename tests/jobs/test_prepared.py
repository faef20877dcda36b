"""Statements that go to the driver as text: they say and do what SQLAlchemy's would."""

import pytest
from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from cutoutd.jobs.database import Database
from cutoutd.jobs.prepared import Prepared
from cutoutd.jobs.schema import files

NAMES = ("key", "client", "kind", "size", "created_at")
INSERT = Prepared(insert(files).values({name: bindparam(name) for name in NAMES}))
FIND = Prepared(select(files).where(files.c.client == bindparam("who"), files.c.kind == "image"))
AMONG = Prepared(select(files.c.key).where(files.c.key.in_(bindparam("keys", expanding=True))))


def write(database: Database, key: str, client: str = "ann") -> None:
    with database.write() as tx:
        INSERT.rows(tx, key=key, client=client, kind="image", size=7, created_at=1)


def test_rows_are_those_that_sqlalchemy_reads(database: Database) -> None:
    write(database, "a")
    write(database, "b", client="bob")
    with database.read() as connection:
        found = FIND.rows(connection, who="ann")
        same = connection.execute(select(files).where(files.c.client == "ann")).all()
    assert [row._asdict() for row in found] == [row._asdict() for row in same]


def test_where_there_is_no_row_there_is_no_first(database: Database) -> None:
    with database.read() as connection:
        assert FIND.rows(connection, who="ann") == []
        assert FIND.first(connection, who="ann") is None


def test_a_list_of_values_may_have_any_length(database: Database) -> None:
    write(database, "a")
    write(database, "b")
    with database.read() as connection:
        found = [AMONG.rows(connection, keys=keys) for keys in ([], ["a"], ["a", "b", "c"])]
    assert [sorted(row.key for row in rows) for rows in found] == [[], ["a"], ["a", "b"]]


def test_a_refusal_of_the_database_is_sqlalchemys_and_repeats_no_values(database: Database) -> None:
    write(database, "a", client="secret")
    with pytest.raises(IntegrityError) as refused:
        write(database, "a", client="secret")
    assert "secret" not in str(refused.value).replace(str(refused.value.orig), "")


def test_a_table_that_is_not_there_is_an_error_of_sqlalchemys(database: Database) -> None:
    missing = Prepared(text("SELECT 1 FROM nowhere"))
    with (
        database.engine.connect() as connection,
        pytest.raises((OperationalError, ProgrammingError)),
    ):
        missing.rows(connection)


def test_what_is_written_halfway_is_not_written(database: Database) -> None:
    def half() -> None:
        with database.write() as tx:
            INSERT.rows(tx, key="a", client="ann", kind="image", size=7, created_at=1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    with database.read() as connection:
        assert FIND.first(connection, who="ann") is None
