import shutil
from pathlib import Path

import pytest
from tests.cli.here import Finished, cutoutd

OLD = Path(__file__).parents[1] / "fixtures" / "data-0.1.0"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(OLD, tmp_path / "data")


def run(*words: str | Path, data_dir: Path, given: bytes = b"", **settings: str) -> Finished:
    return cutoutd(*words, given=given, CUTOUTD_DATA_DIR=str(data_dir), **settings)


def test_a_folder_becomes_a_file_that_becomes_a_folder(folder: Path, tmp_path: Path) -> None:
    archive, new = tmp_path / "b.tar", tmp_path / "new"
    assert run("backup", archive, data_dir=folder).returncode == 0
    assert archive.stat().st_mode & 0o077 == 0
    assert run("restore", archive, data_dir=new).returncode == 0
    images = "artifacts/generations"
    assert {one.name for one in (new / images).iterdir()} == {
        one.name for one in (folder / images).iterdir()
    }


def test_a_backup_goes_through_a_pipe(folder: Path, tmp_path: Path) -> None:
    archive = run("backup", "-", data_dir=folder).stdout
    assert run("restore", "-", data_dir=tmp_path / "new", given=archive).returncode == 0
    assert (tmp_path / "new" / "jobs.sqlite3").is_file()


def refused(finished: Finished) -> str:
    """What a command that was refused says: one sentence."""
    assert finished.returncode == 2
    assert b"Traceback" not in finished.stderr
    return finished.stderr.decode()


def test_a_file_that_is_there_is_not_written_over(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_text("precious")
    assert "exists already" in refused(run("backup", tmp_path / "b.tar", data_dir=folder))
    assert (tmp_path / "b.tar").read_text() == "precious"


def test_a_backup_that_fails_leaves_no_file(tmp_path: Path) -> None:
    assert "nothing to back up" in refused(run("backup", tmp_path / "b.tar", data_dir=tmp_path))
    assert not list(tmp_path.glob("*b.tar*"))


def test_a_file_that_cannot_be_written_is_named(folder: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "missing" / "b.tar"
    assert f"{nowhere} cannot be written" in refused(run("backup", nowhere, data_dir=folder))


def test_a_backup_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = refused(run("restore", tmp_path / "b.tar", data_dir=tmp_path / "new"))
    assert "cannot be read (No such file or directory)" in said


@pytest.mark.parametrize("setting", ["CUTOUTD_DATABASE_URL", "CUTOUTD_STORAGE_URL"])
@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_scaled_server_is_backed_up_by_its_stores_own_tools(
    folder: Path, command: str, setting: str
) -> None:
    said = refused(run(command, "b.tar", data_dir=folder, **{setting: "s3://bucket"}))
    assert f"{setting} is set" in said
    assert "pg_dump" in said
