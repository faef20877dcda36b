"""The hot folder's compose file, whose command is run here without a container."""

from pathlib import Path

import pytest
import yaml
from tests.cli.here import cutoutd
from tests.scenes import ball, encoded

DOCKER = Path(__file__).parents[2] / "docker"
SERVICE = yaml.safe_load((DOCKER / "compose.hotfolder.yaml").read_text())["services"]["cutoutd"]


def test_the_hot_folder_sorts_images_into_its_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    *words, last = SERVICE["command"]
    assert last == "--watch"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in" / "shop").mkdir(parents=True)
    (tmp_path / "in" / "a.jpg").write_bytes(encoded(ball(96, 64), "JPEG"))
    (tmp_path / "in" / "shop" / "b.jpg").write_bytes(b"<html>")
    run = cutoutd(*words, XDG_STATE_HOME=str(tmp_path / ".state"))
    assert run.returncode == 1, run.stderr
    files = {str(one.relative_to(tmp_path)) for one in tmp_path.glob("[!.]*/**/*.*")}
    assert files == {"out/a.png", "done/a.jpg", "failed/shop/b.jpg", "failed/shop/b.jpg.txt"}


def test_the_hot_folders_container_reaches_nothing_but_the_folder() -> None:
    (volume,) = SERVICE["volumes"]
    assert volume["target"] == SERVICE["working_dir"]
    assert SERVICE["environment"]["XDG_STATE_HOME"].startswith(volume["target"])
    assert SERVICE["network_mode"] == "none"
    assert "ports" not in SERVICE
