"""`cutoutd` with SQLite whose statements, transactions and syncs are counted.

SIGUSR1 writes them to a file.

CUTOUTD_COUNTS=counts.json python -m benchmarks.scale.counted serve
"""

import json
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from cutoutd.__main__ import main

COUNTS: Counter[str] = Counter()


def watch() -> None:
    """Count from now on."""
    sync, sync_log, place = os.fsync, os.fdatasync, Path(os.environ.pop("CUTOUTD_COUNTS"))

    @event.listens_for(Engine, "connect")
    def _connected(connection: Any, _: object) -> None:
        connection.set_trace_callback(_executed)

    def _executed(statement: str) -> None:
        COUNTS["statements"] += not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK"))

    @event.listens_for(Engine, "commit")
    def _committed(_: Connection) -> None:
        COUNTS["commits"] += 1

    def count_file(descriptor: Any) -> None:
        COUNTS["file_syncs"] += 1
        sync(descriptor)

    def count_log(descriptor: Any) -> None:
        COUNTS["log_syncs"] += 1
        sync_log(descriptor)

    os.fsync, os.fdatasync = count_file, count_log
    signal.signal(signal.SIGUSR1, lambda *_: place.write_text(json.dumps(COUNTS)))


if __name__ == "__main__":
    watch()
    main()
