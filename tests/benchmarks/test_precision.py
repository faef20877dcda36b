"""The table of lower precisions: which rows are still to measure, and what a line says."""

import json
from pathlib import Path

import onnxruntime
import pytest
from benchmarks.precision import record
from benchmarks.precision.files import halve
from benchmarks.precision.rows import ROWS, Arithmetic, Row, Runtime

from cutoutd.segmentation.models import EMBEDDED, WEIGHTS_IN_PACKAGE

PLAIN = Row("u2netp", Arithmetic.FLOAT32, Runtime.ONNX)
INT8 = Row("u2netp", Arithmetic.INT8, Runtime.ONNX)
LOW = Row("u2netp", Arithmetic.LOW, Runtime.MNN)
SCORES = {"max_f": 0.93, "mae": 0.04, "s": 0.92}
RECORDED = {
    str(PLAIN): SCORES,
    str(INT8): {**SCORES, "max_f": 0.925, "times": {"time": 0.8}},
    str(LOW): {"same_as": str(LOW.plain)},
}


def still(part: str, *, again: bool = False) -> list[Row]:
    rows = (PLAIN, INT8, LOW, LOW.plain)
    return list(record.to_do(rows, RECORDED, part, again=again))


def test_what_is_recorded_is_not_measured_again_unless_asked() -> None:
    assert still("quality") == [LOW.plain]
    assert still("times") == [PLAIN, LOW.plain]
    assert still("quality", again=True) == [PLAIN, INT8, LOW, LOW.plain]


def test_a_line_says_what_is_lost_and_how_long_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "RESULTS", tmp_path / "precision.json")
    record.RESULTS.write_text(json.dumps({"rows": RECORDED}))
    _, _, plain, int8, low = record.precision()
    assert plain == "| U²-Netp | float32 | ONNX Runtime | 0.9300 | 0.0400 | 0.9200 |  |"
    assert "0.9250 (-0.0050)" in int8
    assert int8.endswith("| 0.80 |")
    assert "to the bit as float32" in low


def test_every_network_is_compared_with_its_own_float32() -> None:
    assert {row.base for row in ROWS} <= set(ROWS)
    assert {row.plain for row in ROWS} <= set(ROWS)


def test_what_was_converted_to_half_before_can_be_converted_again(tmp_path: Path) -> None:
    once, twice = tmp_path / "once.onnx", tmp_path / "twice.onnx"
    halve(EMBEDDED, WEIGHTS_IN_PACKAGE / EMBEDDED.file, once)
    halve(EMBEDDED, once, twice)
    assert onnxruntime.InferenceSession(twice).get_outputs()


def test_new_scores_leave_nothing_of_the_old_ones_and_new_times_leave_the_scores() -> None:
    known = {"same_as": "another", "times": {"time": 0.8}}
    assert record.merged(known, "quality", SCORES) == {"times": {"time": 0.8}, **SCORES}
    assert record.merged(SCORES, "times", {"times": {}}) == {**SCORES, "times": {}}
