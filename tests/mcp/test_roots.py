import os
from pathlib import Path

import pytest

from cutoutd.errors import ConfigurationError, CutoutError, InvalidRequest
from cutoutd.mcp.roots import Roots


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"image")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    return folder


def test_a_file_is_found_by_its_name_and_by_its_whole_path(root: Path) -> None:
    roots = Roots([root])
    for path in ("a.jpg", str(root / "a.jpg"), "./x/../a.jpg"):
        assert roots.read(path, max_bytes=10) == (root / "a.jpg", b"image")


def test_what_leads_outside_is_refused_in_a_sentence(root: Path) -> None:
    (root / "link.jpg").symlink_to(root.parent / "secret.txt")
    (root / "up").symlink_to(root.parent)
    (root / "nowhere").symlink_to("/nonexistent/x.jpg")
    outside = ("../secret.txt", "/etc/passwd", "link.jpg", "up/secret.txt", "nowhere", "~/x")
    for path in outside[:-1]:
        with pytest.raises(InvalidRequest, match="outside the folders") as refused:
            Roots([root]).read(path, max_bytes=10)
        assert refused.value.field == "path"
    with pytest.raises(InvalidRequest, match="there is no file"):
        Roots([root]).read(outside[-1], max_bytes=10)


def test_a_folder_whose_name_begins_alike_is_outside(root: Path) -> None:
    beside = root.parent / "photos-private"
    beside.mkdir()
    with pytest.raises(InvalidRequest, match="outside"):
        Roots([root]).find(str(beside / "x.jpg"), field="output")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("none.jpg", "path: there is no file none.jpg."),
        (".", "path: . is not a file."),
        ("a\0.jpg", "path: there is no such path."),
        ("pipe", "path: pipe is not a file."),
        ("x" * 300, "File name too long"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(root: Path, path: str, said: str) -> None:
    os.mkfifo(root / "pipe")
    with pytest.raises(CutoutError) as refused:
        Roots([root]).read(path, max_bytes=10)
    assert said in refused.value.message
    assert str(root) not in refused.value.message


def test_a_file_over_the_limit_is_refused_with_its_size(root: Path) -> None:
    with (root / "big.jpg").open("wb") as file:
        file.truncate(60_000_000)
    with pytest.raises(CutoutError, match=r"big.jpg has 60.0 MB; at most 25 MB are read"):
        Roots([root]).read("big.jpg", max_bytes=25_000_000)


def test_a_relative_path_is_looked_for_in_every_root(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.jpg").write_bytes(b"b")
    roots = Roots([root, other])
    assert roots.read("b.jpg", max_bytes=10)[1] == b"b"
    assert roots.shown(other / "b.jpg") == str(other / "b.jpg")
    assert roots.shown(root / "a.jpg") == "a.jpg"


def test_a_root_must_be_a_folder(root: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not a folder"):
        Roots([root / "a.jpg"])
