import os
import threading
from pathlib import Path

import pytest

from cutoutd.jobs.group_commit import GroupCommit, KeptFile


def test_one_sync_serves_all_who_had_committed_before_it_began() -> None:
    syncs: list[int] = []
    commits = GroupCommit(lambda: syncs.append(1))
    tickets = [commits.ticket() for _ in range(3)]
    for ticket in tickets:
        commits.wait(ticket)
    assert len(syncs) == 1


def test_who_commits_during_a_sync_waits_for_the_next() -> None:
    late: list[int] = []
    syncs: list[int] = []

    def sync() -> None:
        syncs.append(1)
        if not late:
            late.append(commits.ticket())

    commits = GroupCommit(sync)
    commits.wait(commits.ticket())
    commits.wait(late[0])
    assert len(syncs) == 2


def test_after_a_sync_that_failed_the_next_one_tries_again() -> None:
    def sync() -> None:
        if fails.pop():
            raise OSError("full")

    fails = [False, True]
    commits = GroupCommit(sync)
    tickets = [commits.ticket() for _ in range(2)]
    with pytest.raises(OSError, match="full"):
        commits.wait(tickets[0])
    commits.wait(tickets[1])
    assert fails == []


def test_nobody_goes_on_before_what_was_written_is_synced() -> None:
    written: set[int] = set()
    durable: set[int] = set()
    missed: list[int] = []
    commits = GroupCommit(lambda: durable.update(list(written)))

    def write(number: int) -> None:
        written.add(number)
        commits.wait(commits.ticket())
        if number not in durable:
            missed.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert missed == []


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The inodes that are synced from now on."""
    found: list[int] = []
    monkeypatch.setattr(os, "fdatasync", lambda file: found.append(os.fstat(file).st_ino))
    return found


def test_a_log_that_is_gone_needs_no_sync(tmp_path: Path, synced: list[int]) -> None:
    log = KeptFile(tmp_path / "jobs.sqlite3-wal")
    log.sync()
    assert synced == []


def test_a_log_that_came_later_is_synced(tmp_path: Path, synced: list[int]) -> None:
    path = tmp_path / "log"
    log = KeptFile(path)
    log.sync()
    path.touch()
    log.sync()
    log.close()
    assert synced == [path.stat().st_ino]


def test_the_log_that_is_there_is_synced_and_not_the_one_before(
    tmp_path: Path, synced: list[int]
) -> None:
    path, other = tmp_path / "log", tmp_path / "other"
    path.touch()
    log = KeptFile(path)
    log.sync()
    other.touch()
    inodes = [path.stat().st_ino, other.stat().st_ino]
    other.replace(path)
    log.renew()
    log.sync()
    log.close()
    assert synced == inodes


def test_a_log_is_opened_once_for_many_syncs(
    tmp_path: Path, synced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "log").touch()
    log = KeptFile(tmp_path / "log")
    log.sync()
    monkeypatch.delattr(os, "open")
    log.sync()
    log.close()
    assert len(synced) == 2
