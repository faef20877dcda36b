"""Statements that are written out once and then handed to the driver as they are.

SQLAlchemy builds a statement's text once, too, but looks it up at each run, checks what goes in
and describes what comes out: some 45 µs for a statement that SQLite runs in 10, and a job has a
dozen of them. Here only the driver's own work is left. For statements of every job; all others
are executed by SQLAlchemy.
"""

from collections import namedtuple
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError

Values: TypeAlias = "dict[str, Any]"


class _Text(NamedTuple):
    """A statement as one kind of database reads it."""

    sql: str
    given: Values
    """What the statement itself says of its parameters; the others are named at each run."""
    order: tuple[str, ...] | None
    """Of the parameters, where they have no names."""


class Prepared:
    """A statement of SQLAlchemy Core.

    One that is given a list has no fixed text, so SQLAlchemy executes it; lists within the
    statement itself (`in_` of constants) are not to be had.
    """

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._texts: dict[str, _Text] = {}
        self._row: Callable[..., Any] | None = None

    def first(self, tx: Connection, **values: Any) -> Any:
        """The first row, by the names of its columns; None if there is none."""
        rows = self.rows(tx, **values)
        return rows[0] if rows else None

    def rows(self, tx: Connection, **values: Any) -> list[Any]:
        """Run it within a transaction, or for reading. Raises what SQLAlchemy would."""
        if any(isinstance(value, list) for value in values.values()):
            return list(tx.execute(self._statement, values))
        text = self._texts.get(tx.dialect.name) or self._write_out(tx.dialect)
        named = {**text.given, **values}
        driver, cursor = tx.dialect.loaded_dbapi, tx.connection.cursor()
        try:
            cursor.execute(text.sql, [named[n] for n in text.order] if text.order else named)
            found = cursor.fetchall() if cursor.description else []
        except driver.Error as exc:
            hidden = DBAPIError.instance(text.sql, None, exc, driver.Error, hide_parameters=True)
            raise hidden from exc
        if found and self._row is None:
            self._row = _row_of([column[0] for column in cursor.description])
        cursor.close()
        return [self._row(*row) for row in found] if self._row else []

    def _write_out(self, dialect: Dialect) -> _Text:
        compiled = self._statement.compile(dialect=dialect)
        order = tuple(compiled.positiontup) if compiled.positional else None
        text = _Text(str(compiled), dict(compiled.params), order)
        self._texts[dialect.name] = text
        return text


def _row_of(columns: list[str]) -> Any:
    return namedtuple("Row", columns)  # noqa: PYI024 - Only the statement knows its columns.
