import csv
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.cli.here import cutoutd
from tests.scenes import ball, decoded, encoded
from tests.storage.s3_server import CREDENTIALS, new_bucket, s3_endpoint

from cutoutd.cli.places import read, write
from cutoutd.options.table import RemovalOptions

PHOTO = encoded(ball(96, 64), "JPEG", quality=92)


@pytest.fixture(autouse=True)
def _state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


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
        (["--bg-color", "reddish"], b"background: must be a colour"),
        (["--format", "tga"], b"format: must be"),
        (["-o", "x.tiff"], b".tiff"),
        (["-o", "x.gif"], b".gif"),
        (["-o", "x.webp", "--format", "png"], b".webp"),
        (["--preset", "nope"], b"preset: must be one of amazon"),
        (["--size", "9x9", "--padding", "5px"], b"padding: it leaves no room"),
        (["--strokes", "[{}]"], b"strokes: must be a list of strokes"),
        (["--keep-mask", "none.png"], b"keep_mask: none.png: No such file"),
        (["-o", "{colour}.png"], b"{colour} is none of {stem}"),
        (["--report", "r.xls"], b".csv or .jsonl"),
    ],
)
def test_a_wrong_option_is_said_in_one_sentence(
    photos: Path, words: list[str], named: bytes
) -> None:
    run = cutoutd("remove", photos / "a.jpg", *words)
    assert run.returncode == 2
    assert named in run.stderr
    assert b"Traceback" not in run.stderr


def test_a_missing_photo_is_said_in_one_sentence(tmp_path: Path) -> None:
    run = cutoutd("remove", tmp_path / "nothing.jpg")
    assert run.returncode == 1
    assert b"nothing.jpg: No such file" in run.stderr


def test_every_option_of_the_api_is_one_of_the_command() -> None:
    shown = cutoutd("remove", "--help").stdout.decode()
    for name in RemovalOptions.model_fields:
        assert f"--{name.replace('_', '-')}" in shown
    for group in ("Canvas and position:", "Correcting the mask:", "Preset:"):
        assert group in shown


def test_a_product_photo_is_made_and_what_is_to_know_of_it_said(
    photos: Path, tmp_path: Path
) -> None:
    run = cutoutd(
        "remove", photos / "a.jpg", "-o", tmp_path / "a.jpg", "--preset", "amazon", "--fill=50%"
    )
    assert run.returncode == 0, run.stderr
    assert decoded((tmp_path / "a.jpg").read_bytes()).size == (2000, 2000)
    assert b"amazon wants 85 %" in run.stderr


def test_names_follow_a_template(photos: Path, tmp_path: Path) -> None:
    template = tmp_path / "{kind}" / "{stem}-{preset}.{ext}"
    run = cutoutd("remove", photos, "-r", "-o", template, "--preset", "sticker")
    assert run.returncode == 0, run.stderr
    written = sorted(one.name for one in (tmp_path / "cutout").iterdir())
    assert written == ["a-sticker.png", "b-sticker.png", "c-sticker.png"]


def test_images_of_one_name_get_a_number(photos: Path, tmp_path: Path) -> None:
    run = cutoutd("remove", photos, "-r", "-o", tmp_path / "x.{ext}")
    assert run.returncode == 0, run.stderr
    written = sorted(one.name for one in tmp_path.glob("x*"))
    assert written == ["x-2.png", "x-3.png", "x.png"]


def test_a_quoted_pattern_is_the_files_it_stands_for(photos: Path, tmp_path: Path) -> None:
    run = cutoutd("remove", photos / "**" / "*.jpg", "-o", tmp_path / "out")
    assert run.returncode == 0, run.stderr
    assert len(list((tmp_path / "out").glob("*.png"))) == 3


def test_a_name_without_an_ending_is_a_folder(photos: Path, tmp_path: Path) -> None:
    assert cutoutd("remove", photos / "a.jpg", "-o", tmp_path / "new").returncode == 0
    assert (tmp_path / "new" / "a.png").exists()


def test_several_images_never_make_a_folder_that_is_called_a_file(
    photos: Path, tmp_path: Path
) -> None:
    run = cutoutd("remove", photos / "a.jpg", photos / "b.png", "-o", tmp_path / "single.png")
    assert run.returncode == 2
    assert b"several images cannot go into one file" in run.stderr
    assert not (tmp_path / "single.png").exists()


def test_a_dry_run_says_where_all_goes_and_writes_nothing(photos: Path, tmp_path: Path) -> None:
    run = cutoutd("remove", photos, "-o", tmp_path / "out", "--dry-run")
    assert run.returncode == 0, run.stderr
    assert f"{photos / 'a.jpg'} -> {tmp_path / 'out' / 'a.png'}" in run.stdout.decode()
    assert not (tmp_path / "out").exists()


def test_what_is_there_is_skipped_or_written_over(photos: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "a.png"
    target.parent.mkdir()
    target.write_bytes(b"mine")
    assert cutoutd("remove", photos / "a.jpg", "-o", target, "--skip").returncode == 0
    assert target.read_bytes() == b"mine"
    assert cutoutd("remove", photos / "a.jpg", "-o", target, "--overwrite").returncode == 0
    assert decoded(target.read_bytes()).mode == "RGBA"


def test_a_resumed_run_does_again_what_was_done_with_other_options(
    photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    cutoutd("remove", photos, "-o", out)
    again = cutoutd("remove", photos, "-o", out, "--resume")
    assert b"0 of 2 images written, 0 failed, 2 were there already" in again.stderr
    other = cutoutd("remove", photos, "-o", out, "--resume", "--size", "40x40")
    assert b"2 of 2 images written" in other.stderr
    assert decoded((out / "a.png").read_bytes()).size == (40, 40)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_report_has_a_line_for_each_image(photos: Path, tmp_path: Path, ending: str) -> None:
    report = tmp_path / f"report.{ending}"
    (photos / "broken.jpg").write_bytes(b"no image")
    run = cutoutd("remove", photos, "-o", tmp_path / "out", "--report", report)
    assert run.returncode == 1
    lines = report.read_text().splitlines()
    rows = list(csv.DictReader(lines)) if ending == "csv" else [json.loads(one) for one in lines]
    assert len(rows) == 3
    failed = next(row for row in rows if row["source"].endswith("broken.jpg"))
    assert (str(failed["ok"]), bool(failed["error"])) == ("False", True)
    assert {str(row["width"]) for row in rows if str(row["ok"]) == "True"} == {"96"}


def test_strokes_may_stand_in_a_file(photos: Path, tmp_path: Path) -> None:
    brush = tmp_path / "brush.json"
    brush.write_text('[{"points": [[0.05, 0.05]], "radius": 0.1}]')
    run = cutoutd(
        "remove", photos / "a.jpg", "-o", tmp_path / "a.png", "--only-mask", "--brush", brush
    )
    assert run.returncode == 0, run.stderr
    assert decoded((tmp_path / "a.png").read_bytes()).getpixel((4, 3)) == 255


def test_both_outputs_stand_side_by_side(photos: Path, tmp_path: Path) -> None:
    run = cutoutd("remove", photos / "a.jpg", "-o", tmp_path / "a.png", "--outputs", "cutout,mask")
    assert run.returncode == 0, run.stderr
    assert decoded((tmp_path / "a-mask.png").read_bytes()).mode == "L"


def test_a_url_is_an_input(tmp_path: Path) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", str(len(PHOTO)))
            self.end_headers()
            self.wfile.write(PHOTO)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/some/photo.jpg"
        run = cutoutd("remove", url, "-o", f"{tmp_path}/")
        server.shutdown()
    assert run.returncode == 0, run.stderr
    assert decoded((tmp_path / "photo.png").read_bytes()).mode == "RGBA"


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("cutoutd remove --preset goo", "google-shopping"),
        ("cutoutd remove --matting fa", "fast"),
        ("cutoutd remove --model cutout", "cutoutd-small"),
    ],
)
def test_completion_knows_the_values(words: str, offered: str) -> None:
    count = str(len(words.split()) - 1)
    run = cutoutd(_CUTOUTD_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=count)
    assert run.stdout.decode().split() == [offered]


def test_a_bucket_is_an_input_and_an_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with s3_endpoint() as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        bucket = f"s3://{new_bucket(endpoint)}"
        write(f"{bucket}/raw/a.jpg", PHOTO)
        write(f"{bucket}/raw/notes.txt", b"text")
        run = cutoutd("remove", f"{bucket}/raw/", "-o", f"{bucket}/out/", "--preset", "sticker")
        assert run.returncode == 0, run.stderr
        assert decoded(read(f"{bucket}/out/a.png")).mode == "RGBA"
        missing = cutoutd("remove", f"{bucket}/raw/none.jpg", "-o", f"{tmp_path}/")
    assert missing.returncode == 1
    assert b"raw/none.jpg" in missing.stderr
    assert b"Traceback" not in missing.stderr
