"""Networks that people use through everybody's pipeline: what is measured, and what is shown."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks.real import __main__ as program
from benchmarks.real import pages, programs
from benchmarks.real.contests import CONTESTS, chosen, must, pairs_of
from benchmarks.real.networks import network
from benchmarks.real.programs import Peer, Program
from PIL import Image

ROWS = [row for contest in CONTESTS for row in contest.rows()]


def test_every_row_has_a_name_of_its_own() -> None:
    assert len(ROWS) == len(set(ROWS))


def test_a_row_is_named_as_it_begins_or_by_a_pattern() -> None:
    assert list(chosen(ROWS, ["isnet/12mp-mask"])) == [
        "isnet/12mp-mask/cpu/rembg",
        "isnet/12mp-mask/mnn/rembg",
    ]
    assert len(chosen(ROWS, ["*/0.06mp"])) == 6


def test_what_the_record_has_is_not_measured_again_where_that_is_asked() -> None:
    there = {"embedded/2mp/cpu/rembg": {"ratio": 10.0}}
    found = chosen(ROWS, ["embedded/2mp/*/rembg"], but=there)
    assert list(found) == ["embedded/2mp/mnn/rembg"]


def test_a_promise_is_about_rembg_and_about_sizes_only() -> None:
    assert must("u2netp/0.25mp/cpu/rembg") == {"must": 1.4}
    assert must("embedded/24mp/mnn/rembg") == {"must": 10.0}
    assert must("embedded/12mp-mask/cpu/rembg") == must("u2netp/2mp/cpu/backgroundremover") == {}


def test_two_callers_have_half_the_pairs() -> None:
    assert [pairs_of(CONTESTS[0], one) for one in ("12mp", "12mp-two-callers")] == [11, 5]


def test_a_file_that_is_missing_is_named_with_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        network("u2netp", tmp_path)
    said = str(ended.value)
    assert said.startswith(f"u2netp.onnx is not in {tmp_path}. It is published at https://")
    assert f"`CUTOUTD_MODELS_DIR={tmp_path} cutoutd models pull u2netp`" in said


def test_isnet_may_be_imgs_and_the_record_says_that_it_is_not_the_published_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "isnet.onnx").write_bytes(b"x")
    facts = network("isnet", tmp_path).facts
    assert (facts["file"], facts["as_published"]) == ("isnet.onnx", False)


def test_the_embedded_network_is_here_whatever_the_folder_has(tmp_path: Path) -> None:
    assert network("embedded", tmp_path).facts["as_published"] is True


def test_quality_needs_to_know_where_the_photos_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["real", "quality", "networks"])
    with pytest.raises(SystemExit):
        program.arguments()
    assert "--data" in capsys.readouterr().err


PEER = """
import json, shutil, sys
for line in sys.stdin:
    asked = json.loads(line)
    if asked["out"]:
        shutil.copy(asked["file"], asked["out"])
    print(json.dumps({"wall_s": 2.0, "cpu_s": 3.0}), flush=True)
"""


def test_a_program_answers_each_picture_with_what_it_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [sys.executable, "-c", PEER]
    peer = Peer("a peer", "embedded", lambda _, __: words)
    monkeypatch.setitem(programs.PEERS, "peer", peer)
    monkeypatch.setattr(programs, "ENVIRONMENTS", tmp_path)
    (tmp_path / "peer").mkdir()
    file = io.BytesIO()
    Image.fromarray(np.zeros((2, 2, 3), np.uint8)).save(file, "PNG")
    running = Program("peer", network("embedded", tmp_path))
    assert running.side([file.getvalue()])() == (2.0, 3.0)
    assert running.cut(file.getvalue()) == file.getvalue()
    running.close()


def test_only_programs_that_are_installed_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "ENVIRONMENTS", tmp_path)
    assert programs.installed() == []
    (tmp_path / "imgly").mkdir()
    (tmp_path / "imgly" / ".installed").touch()
    assert programs.installed() == ["imgly"]


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pages, "RESULTS", tmp_path)
    return tmp_path


def put(folder: Path, file: str, cases: dict[str, dict[str, float]]) -> None:
    record = {"cpu": "a processor", "cores": 2, "cases": cases}
    (folder / file).write_text(json.dumps(record))


def test_a_table_without_records_says_what_makes_them(records: Path) -> None:
    assert list(records.iterdir()) == []
    assert pages.real_brief() == ""
    assert pages.real() == pages.real_ratios() == ["Not measured yet: `make bench-real`."]


def test_seconds_stand_beside_quality_and_rembgs_come_from_our_row(records: Path) -> None:
    row = {"pairs": 11, "ours_s": 0.2, "theirs_s": 1.5, "ratio": 7.5, "cpu_ratio": 5.0, "must": 2.0}
    put(records, "real.json", {"u2netp/2mp/cpu/rembg": row})
    good = {"S": 0.9, "max-F": 0.91, "MAE": 0.0301}
    put(records, "real-quality.json", {"u2netp/rembg/davis": good})
    assert pages.real_brief().splitlines()[-2:] == [
        "| U²-Netp | rembg |  | 1.50 |  | 0.900 / 0.910 / 0.0301 |",
        "| U²-Netp | cutoutd |  | 0.200 (7.50) |  |  |",
    ]
    assert pages.real_ratios()[2] == (
        "| U²-Netp | rembg | 2mp | 11 | 7.50 | 5.00 | 2 |  |  |  |  |"
    )


def test_what_is_promised_stands_below_what_was_measured(records: Path) -> None:
    row = {"pairs": 11, "ours_s": 0.2, "theirs_s": 1.5, "ratio": 7.5, "cpu_ratio": 5.0}
    put(records, "real.json", {"embedded/12mp/mnn/rembg": row})
    assert pages.real()[-1].startswith("| `cutoutd-small` | goal | (10) | (10) | (10) | (10) |")
    assert "goal" not in pages.real_brief()
