"""A throw-away PostgreSQL for tests: its own cluster in its own folder, reached by a socket.

The server refuses to run as root, so as root it runs as the system's postgres user.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

_OPTIONS = ("-c listen_addresses=''", "-c max_connections=60")


class Cluster:
    """A running server, that a test may also stop and start."""

    def __init__(self, folder: Path, *, durable: bool = False, options: Sequence[str] = ()) -> None:
        """durable: sync what is committed, as a server that may crash must.

        options: of the server beside its usual ones, such as `max_connections=300`.
        """
        self._folder = folder
        self._options = [*_OPTIONS, *(f"-c {option}" for option in options)]
        self._data = folder / "data"
        self._as = _unprivileged()
        self._durable = durable

    def initialise(self) -> None:
        if self._as:
            user = pwd.getpwnam("postgres")
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8")

    def start(self) -> None:
        sync = "on" if self._durable else "off"
        options = " ".join([*self._options, f"-c fsync={sync}", f"-k {self._folder}"])
        log = self._folder / "log"
        self._run("pg_ctl", "-D", self._data, "-l", log, "-w", "-t", "60", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")

    def url(self, name: str = "postgres") -> str:
        return f"postgresql://postgres@/{name}?host={self._folder}"

    @property
    def pid(self) -> int:
        """Of the server's first process, whose children are the others."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def create(self, *, template: str = "template1") -> str:
        """Make a database and give its URL."""
        name = f"db_{uuid4().hex[:12]}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return self.url(name)

    def _run(self, program: str, *arguments: object) -> None:
        command = [*self._as, str(_programs() / program), *map(str, arguments)]
        done = subprocess.run(
            command, cwd="/", capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def cluster(*, durable: bool = False, options: Sequence[str] = ()) -> Iterator[Cluster]:
    """A running server; without the programs the test is skipped, and in CI it fails."""
    if _programs() is None:
        message = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(f"NOT TESTED: {message}")
    folder = Path(tempfile.mkdtemp(prefix="cutoutd-postgres-"))
    server = Cluster(folder, durable=durable, options=options)
    server.initialise()
    server.start()
    try:
        yield server
    finally:
        server.stop("immediate")
        shutil.rmtree(folder)


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found and not Path(found).is_symlink():
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


def _unprivileged() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
