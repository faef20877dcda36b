"""Group commit: one sync of the disk for all transactions that were committed before it began.

Source: DeWitt, Katz, Olken, Shapiro, Stonebraker and Wood 1984, "Implementation techniques for
main memory database systems".
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path


class GroupCommit:
    """A thread that has committed waits here for the disk. Safe to share between threads."""

    def __init__(self, sync: Callable[[], None]) -> None:
        """sync: makes durable whatever was written before it is called."""
        self._sync = sync
        self._counting = threading.Lock()
        self._syncing = threading.Lock()
        self._committed = 0
        self._synced = 0

    def ticket(self) -> int:
        """What `wait` wants, of one who has committed."""
        with self._counting:
            self._committed += 1
            return self._committed

    def wait(self, ticket: int) -> None:
        """Return when what its holder had committed is durable. Raises as `sync`.

        Who comes during a sync, or while others wait for its end, shares the next one with them.
        """
        with self._syncing:
            if self._synced >= ticket:
                return
            covered = self._committed
            self._sync()
            self._synced = covered


def sync_file(path: Path) -> None:
    """Wait until the file's content is on the disk. A file that is gone needs no sync."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return
    try:
        getattr(os, "fdatasync", os.fsync)(descriptor)
    finally:
        os.close(descriptor)
