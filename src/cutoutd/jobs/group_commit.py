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


class KeptFile:
    """A file that is synced again and again, kept open for it.

    Opening it each time would let another thread have the interpreter before the disk has begun.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._renewed = True

    def renew(self, *_: object) -> None:
        """There may be another file under this name now. Any thread."""
        self._renewed = True

    def sync(self) -> None:
        """Wait until the content is on the disk. A file that is gone needs no sync.

        One thread at a time.
        """
        if self._renewed:
            self._open()
        if self._descriptor is not None:
            getattr(os, "fdatasync", os.fsync)(self._descriptor)

    def close(self) -> None:
        """Let it go; the next sync opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor, self._renewed = None, True

    def _open(self) -> None:
        self.close()
        self._renewed = False  # First, so that a renewal meanwhile is not overlooked.
        try:
            self._descriptor = os.open(self._path, os.O_RDWR)
        except FileNotFoundError:
            self._renewed = True
