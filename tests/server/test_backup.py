"""A data folder that is backed up while it is served, and put back elsewhere."""

import io
import shutil
import sqlite3
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from filelock import FileLock
from tests.inside import PHOTO, serving

from cutoutd.errors import ConfigurationError
from cutoutd.jobs.database import open_database
from cutoutd.jobs.files import FileKind, FileRecords
from cutoutd.server.backup import back_up, restore
from cutoutd.storage.local import LocalArtifactStore

OLD = Path(__file__).parents[1] / "fixtures" / "data-0.1.0"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that nobody serves."""
    return shutil.copytree(OLD, tmp_path / "data")


@pytest.fixture
def archive(folder: Path) -> bytes:
    """Its backup."""
    return backup_of(folder)


def backup_of(folder: Path) -> bytes:
    written = io.BytesIO()
    back_up(folder, written)
    return written.getvalue()


def files_of(folder: Path) -> dict[str, bytes]:
    """What is in a folder that nobody serves, but for its database and its locks."""
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file() and one.suffix not in (".lock", ".sqlite3") and one.name != "lock"
    }


def rows_of(folder: Path) -> dict[str, list[object]]:
    """Every row of every table."""
    with closing(sqlite3.connect(folder / "jobs.sqlite3")) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema").fetchall()]
        tables = [name for name in names if not name.startswith(("ix_", "sqlite_autoindex"))]
        return {one: database.execute(f"SELECT * FROM {one}").fetchall() for one in tables}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, httpx.Client]]:
    """A data folder, and a caller of the server that serves it."""
    folder = tmp_path_factory.mktemp("served") / "data"
    with (
        serving(folder, isolate=False) as base,
        httpx.Client(base_url=base, timeout=60) as http,
    ):
        yield folder, http


def test_what_was_finished_is_there_in_the_restored_folder(
    served: tuple[Path, httpx.Client], tmp_path: Path
) -> None:
    folder, http = served
    job = http.post("/v1/jobs?wait=30", files={"image": PHOTO}).json()
    link = httpx.URL(job["images"][0]["url"]).path
    restore(io.BytesIO(backup_of(folder)), tmp_path / "new")
    with serving(tmp_path / "new", isolate=False) as base:
        again = httpx.get(f"{base}/v1/jobs/{job['id']}").json()
        assert again["status"] == "succeeded"
        assert httpx.get(base + link).content == http.get(link).content


def test_files_and_rows_fit_together_whenever_a_backup_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    artifacts = LocalArtifactStore(folder / "artifacts")
    database = open_database("", folder)
    records = FileRecords(database)
    keys = [f"uploads/{number}" for number in range(150)]
    for key in keys:
        records.reserve(key, client="c", kind=FileKind.UPLOAD, size=1, keep_ms=10**9)
        artifacts.put(key, b"x", media_type="text/plain")

    def forget() -> None:
        for key in keys:
            records.discard([key])
            artifacts.delete(key)

    forgetting = threading.Thread(target=forget)
    forgetting.start()
    backups = [backup_of(folder) for _ in iter(forgetting.is_alive, False)]
    forgetting.join()
    database.close()
    assert len(backups) > 1
    for count, backup in enumerate(backups):
        restore(io.BytesIO(backup), tmp_path / str(count))
        assert missing_files(tmp_path / str(count)) == []


def missing_files(folder: Path) -> list[str]:
    """The files that are there by the database, and are not."""
    there = "SELECT key FROM files WHERE gone_at IS NULL"
    with closing(sqlite3.connect(folder / "jobs.sqlite3")) as database:
        keys = [key for (key,) in database.execute(there)]
    return [key for key in keys if not (folder / "artifacts" / key).is_file()]


def test_a_backup_before_an_upgrade_is_what_the_old_version_wrote(
    folder: Path, archive: bytes, tmp_path: Path
) -> None:
    assert restore(io.BytesIO(archive), tmp_path / "new") == len(files_of(OLD)) + 1
    assert files_of(tmp_path / "new") == files_of(OLD)
    assert rows_of(tmp_path / "new") == rows_of(folder)


def test_own_models_are_kept_and_prepared_ones_are_made_again(folder: Path, tmp_path: Path) -> None:
    for name in ("models/own.toml", "models/.prepared/own.onnx", "models/big.onnx.part"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    restore(io.BytesIO(backup_of(folder)), tmp_path / "new")
    kept = [name for name in files_of(tmp_path / "new") if name.startswith("models")]
    assert kept == ["models/own.toml"]


def test_what_is_restored_is_for_its_user_alone(archive: bytes, tmp_path: Path) -> None:
    restore(io.BytesIO(archive), tmp_path / "new")
    kept = [one for one in (tmp_path / "new").rglob("*") if one.name != "lock"]
    modes = {one.stat().st_mode & 0o077 for one in kept}
    assert modes == {0}


def test_a_backup_leaves_nothing_behind_in_the_folder(folder: Path) -> None:
    (folder / ".backup-of-a-process-that-was-killed").mkdir()
    before = files_of(folder)
    backup_of(folder)
    assert files_of(folder) == before
    assert not list(folder.glob(".backup-*"))


@pytest.mark.parametrize("part", [0, 0.1, 0.5, 0.9])
def test_an_archive_that_ends_early_restores_nothing(
    archive: bytes, tmp_path: Path, part: float
) -> None:
    with pytest.raises(ConfigurationError, match="The backup cannot be restored"):
        restore(io.BytesIO(archive[: int(len(archive) * part)]), tmp_path / "new")
    assert files_of(tmp_path / "new") == {}


def test_a_damaged_database_restores_nothing(archive: bytes, tmp_path: Path) -> None:
    damaged = archive.replace(b"ix_jobs_next", b"ix_jobs_nex\0")
    with pytest.raises(ConfigurationError, match="The backup cannot be restored"):
        restore(io.BytesIO(damaged), tmp_path / "new")
    assert files_of(tmp_path / "new") == {}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("../outside", tarfile.REGTYPE), ("/tmp/outside", tarfile.REGTYPE), ("a", tarfile.SYMTYPE)],
)
def test_an_archive_writes_nowhere_else(tmp_path: Path, name: str, kind: bytes) -> None:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "/etc/passwd"
        tar.addfile(member)
    written.seek(0)
    with pytest.raises(ConfigurationError, match="it holds"):
        restore(written, tmp_path / "new")
    assert files_of(tmp_path) == {}


def test_a_folder_that_holds_something_is_left_as_it_is(archive: bytes, folder: Path) -> None:
    before = files_of(folder)
    with pytest.raises(ConfigurationError, match="is not empty"):
        restore(io.BytesIO(archive), folder)
    assert files_of(folder) == before


def test_a_folder_that_is_served_is_refused(archive: bytes, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    with (
        FileLock(tmp_path / "new" / "lock"),
        pytest.raises(ConfigurationError, match="A cutoutd process uses"),
    ):
        restore(io.BytesIO(archive), tmp_path / "new")


def test_a_folder_without_a_database_has_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is nothing to back up"):
        back_up(tmp_path, io.BytesIO())


def test_a_fresh_folder_with_keys_alone_can_be_backed_up(folder: Path, tmp_path: Path) -> None:
    shutil.rmtree(folder / "artifacts")
    assert restore(io.BytesIO(backup_of(folder)), tmp_path / "new") == 1
