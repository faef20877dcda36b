"""What processes and PostgreSQL have used so far: read before and after, and subtract."""

import os
from collections import Counter
from pathlib import Path

import psycopg

TICK_S = 1 / os.sysconf("SC_CLK_TCK")

_COUNTS = """
SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
       (SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
        WHERE query !~* '^(begin|commit|rollback|set|show|deallocate|select 1$)'),
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint
"""


def family(pid: int) -> list[int]:
    """The process and all its descendants that live now."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            fields = _stat(int(entry.name))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left += children.get(found[-1], [])
    return found


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and its descendants, those that ended and were waited for too."""
    times = [_stat(one)[11:15] for one in family(pid)]
    return sum(map(int, (tick for four in times for tick in four))) * TICK_S


def written_bytes(pid: int) -> int:
    """Bytes that a process and its descendants gave to the disk."""
    total = 0
    for one in family(pid):
        try:
            lines = Path(f"/proc/{one}/io").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))
    return total


def resident_bytes(pid: int) -> int:
    """Memory of one process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def database_counts(url: str) -> Counter[str]:
    """Of the whole server that this database is on, which must have pg_stat_statements.

    `commits` are the transactions that wrote: each must reach the disk before it is answered.
    All three are exact at once, as the counters of pg_stat_database are not.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(_COUNTS).fetchone()
    assert row is not None
    return Counter(commits=int(row[0]), statements=int(row[1]), wal_bytes=int(row[2]))


def connections(url: str) -> int:
    """How many connections clients have to the server, without this one."""
    query = "SELECT count(*) - 1 FROM pg_stat_activity WHERE backend_type = 'client backend'"
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _stat(pid: int) -> list[str]:
    """The fields after the name: state, parent, …; empty for a process that has gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()
