from pathlib import Path

import pytest
from tests.cli.here import cutoutd
from tests.scenes import ball, decoded, encoded

PHOTO = encoded(ball(96, 64), "JPEG", quality=92)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for name in ("a.jpg", "b.jpg", "more/c.jpg"):
        (folder / name).write_bytes(PHOTO)
    return folder


def test_one_photo_becomes_one_cutout(photos: Path, tmp_path: Path) -> None:
    run = cutoutd("remove", photos / "a.jpg", "-o", tmp_path / "out.png")
    assert run.returncode == 0, run.stderr
    assert decoded((tmp_path / "out.png").read_bytes()).mode == "RGBA"


def test_without_an_output_the_cutout_stands_beside_the_photo(photos: Path) -> None:
    assert cutoutd("remove", photos / "a.jpg").returncode == 0
    assert (photos / "a-cutout.png").exists()


def test_a_folder_becomes_a_folder_of_masks(photos: Path, tmp_path: Path) -> None:
    run = cutoutd("remove", "--only-mask", "-o", tmp_path / "out", photos, "--recursive")
    assert run.returncode == 0, run.stderr
    written = sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.*"))
    assert written == ["a.png", "b.png", "more/c.png"]
    mask = decoded((tmp_path / "out" / "a.png").read_bytes())
    assert (mask.mode, mask.size) == ("L", (96, 64))


def test_standard_input_becomes_standard_output() -> None:
    run = cutoutd("remove", "-", "-o", "-", "--format", "webp", given=PHOTO)
    assert run.returncode == 0, run.stderr
    assert decoded(run.stdout).format == "WEBP"


def test_a_photo_that_fails_is_named_and_does_not_stop_the_rest(
    photos: Path, tmp_path: Path
) -> None:
    (photos / "broken.jpg").write_bytes(b"no image")
    run = cutoutd("remove", photos, "-o", tmp_path / "out")
    assert run.returncode == 1
    assert b"broken.jpg" in run.stderr
    assert b"2 of 3 images written, 1 failed" in run.stderr
    assert b"Traceback" not in run.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--model", "nonesuch"], b"nonesuch"),
        (["--bg-color", "reddish"], b"bg-color"),
        (["--format", "tga"], b"--format"),
        (["-o", "x.tiff"], b".tiff"),
        (["-o", "x.gif"], b".gif"),
        (["-o", "x.webp", "--format", "png"], b".webp"),
    ],
)
def test_a_wrong_option_is_said_in_one_sentence(
    photos: Path, words: list[str], named: bytes
) -> None:
    run = cutoutd("remove", photos / "a.jpg", *words)
    assert run.returncode != 0
    assert named in run.stderr
    assert b"Traceback" not in run.stderr


def test_a_missing_photo_is_said_in_one_sentence(tmp_path: Path) -> None:
    run = cutoutd("remove", tmp_path / "nothing.jpg")
    assert run.returncode == 1
    assert b"nothing.jpg: No such file" in run.stderr
