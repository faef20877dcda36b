"""What only files can promise: a crash or a full disk leaves nothing half-written."""

import errno
import os
import shutil
import time
from pathlib import Path

import pytest

from cutoutd.errors import NotFound, Overloaded
from cutoutd.storage.local import LocalArtifactStore


@pytest.fixture
def artifacts(tmp_path: Path) -> LocalArtifactStore:
    return LocalArtifactStore(tmp_path)


def files_in(folder: Path) -> list[str]:
    return sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file())


def test_an_artifact_is_a_file_under_its_key(artifacts: LocalArtifactStore, tmp_path: Path) -> None:
    artifacts.put("generations/a.png", b"1", media_type="image/png")
    assert artifacts.path("generations/a.png") == tmp_path / "generations" / "a.png"
    assert files_in(tmp_path) == ["generations/a.png"]


def test_there_is_no_path_before_the_file(artifacts: LocalArtifactStore) -> None:
    with pytest.raises(NotFound):
        artifacts.path("generations/a.png")


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_so_and_leaves_nothing(
    artifacts: LocalArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    artifacts.put("a.png", b"old", media_type="image/png")

    def full(descriptor: int) -> None:
        raise OSError(reason, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Overloaded, match="no room"):
        artifacts.put("a.png", b"new", media_type="image/png")
    assert artifacts.get("a.png") == b"old"
    assert files_in(tmp_path) == ["a.png"]


def test_a_file_is_synced_before_it_gets_its_name_and_the_folder_after(
    artifacts: LocalArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifacts.put("a/first.png", b"1", media_type="image/png")
    order = recorded(monkeypatch)
    artifacts.put("a/b.png", b"1", media_type="image/png")
    assert order == ["file", "rename", "folder"]


def test_a_file_that_is_to_be_synced_later_is_synced_only_then_and_its_folder_after(
    artifacts: LocalArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifacts.put("a/first.png", b"1", media_type="image/png")
    order = recorded(monkeypatch)
    artifacts.put("a/b.png", b"1", media_type="image/png", durable=False)
    assert order == ["rename"]
    artifacts.sync(["a/b.png"])
    assert order == ["rename", "file", "folder"]


def test_a_disk_that_cannot_sync_is_said_so(
    artifacts: LocalArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, "gone")

    artifacts.put("a.png", b"1", media_type="image/png", durable=False)
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Overloaded):
        artifacts.sync(["a.png"])


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is synced and renamed from now on, in order."""
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def recorded_fsync(descriptor: int) -> None:
        synced = Path(f"/proc/self/fd/{descriptor}").readlink()
        order.append("folder" if synced.is_dir() else "file")
        fsync(descriptor)

    def recorded_replace(self: Path, target: Path) -> Path:
        order.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(Path, "replace", recorded_replace)
    return order


def test_tidying_removes_what_dead_writers_left_and_nothing_that_is_being_written(
    artifacts: LocalArtifactStore, tmp_path: Path
) -> None:
    artifacts.put("a.png", b"1", media_type="image/png")
    left, current = tmp_path / ".partial" / "left", tmp_path / ".partial" / "current"
    left.write_bytes(b"half")
    current.write_bytes(b"half")
    os.utime(left, (0, 0))
    artifacts.tidy(int(time.time() * 1000) - 3_600_000)
    assert files_in(tmp_path) == [".partial/current", "a.png"]


def test_half_written_files_are_in_no_listing(
    artifacts: LocalArtifactStore, tmp_path: Path
) -> None:
    (tmp_path / ".partial" / "x").write_bytes(b"half")
    assert list(artifacts.older_than("", int(time.time() * 1000) + 60_000)) == []


def test_it_knows_how_much_room_is_left(artifacts: LocalArtifactStore) -> None:
    free = artifacts.free_bytes()
    assert free is not None
    assert free > 0


def test_files_and_folders_are_for_this_user_alone(tmp_path: Path) -> None:
    store = LocalArtifactStore(tmp_path / "data" / "artifacts")
    store.put("generations/a.png", b"bytes", media_type="image/png")
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "data").rglob("*")}
    assert modes == {0o700, 0o600}


def test_a_store_whose_folder_is_gone_has_no_room(tmp_path: Path) -> None:
    store = LocalArtifactStore(tmp_path / "artifacts")
    shutil.rmtree(tmp_path / "artifacts")
    assert store.free_bytes() == 0
    with pytest.raises(Overloaded):
        store.put("generations/a.png", b"bytes", media_type="image/png")
    store.tidy(1)
