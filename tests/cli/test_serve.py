"""`cutoutd serve` before it serves."""

import sys
from pathlib import Path

import pytest
from tests.running import free_port

from cutoutd.cli import serve


class Processes:
    """Image processes that have begun."""

    closed = False

    def close(self) -> None:
        """They end."""
        self.closed = True


def test_image_processes_end_where_the_server_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = Processes()
    monkeypatch.setenv("CUTOUTD_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("cutoutd.server.processes.begin_processes", lambda *_, **__: processes)
    monkeypatch.setitem(sys.modules, "cutoutd.server.app", None)  # As where FastAPI is missing.
    with pytest.raises(ModuleNotFoundError):
        serve._open("127.0.0.1", free_port())
    assert processes.closed
