"""`cutoutd serve` and `cutoutd worker` as processes that can be killed and come back."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
from tests.running import free_port

PATIENCE_S = 90.0


class Process:
    """One process of cutoutd; killed, it is started again with the same settings."""

    def __init__(
        self, command: str, folder: Path, name: str, *, module: str = "cutoutd", **settings: str
    ) -> None:
        """module: whose `python -m` understands the command, for a process with other work."""
        self.kills = 0
        self._command = [sys.executable, "-m", module, command]
        self._log = folder / f"{name}.log"
        self._environment = {
            **os.environ,
            "CUTOUTD_FETCH_ALLOW": "127.0.0.0/8",
            "CUTOUTD_ISOLATE": "false",  # One process, so that a kill takes everything with it.
            "CUTOUTD_THREADS": "1",
            "CUTOUTD_WORKERS": "2",
            # Kills from outside say nothing about the job they hit.
            "CUTOUTD_MAX_CRASHES": "100",
            **{f"CUTOUTD_{setting.upper()}": value for setting, value in settings.items()},
        }
        self._process = self._start()

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL, and a new process at once."""
        self._process.kill()
        self._process.wait()
        self.kills += 1
        self._process = self._start()

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self._process.terminate()
        return self._process.wait(timeout=PATIENCE_S)

    def _start(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


class Web(Process):
    """`cutoutd serve`, on a port that stays the same."""

    def __init__(self, folder: Path, *, module: str = "cutoutd", **settings: str) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        super().__init__("serve", folder, "serve", module=module, port=str(self.port), **settings)

    def wait_until_ready(self, timeout_s: float = PATIENCE_S) -> None:
        """Return once it answers; however often it is killed meanwhile."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.base}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"not ready:\n{self._log.read_text()[-4000:]}")
