"""Sides that take turns, and what is made of their times."""

import sys
from pathlib import Path

import pytest
from benchmarks.record import Record
from benchmarks.turns import Side, Spent, in_two_threads, limit, row, taken

from benchmarks import machine


def side(name: str, seen: list[str]) -> Side:
    def run() -> Spent:
        seen.append(name)
        return Spent(float(len(seen)), 1.0)

    return run


def test_cases_take_turns_and_who_begins_changes_from_round_to_round() -> None:
    seen: list[str] = []
    cases = {
        case: {name: side(f"{case} {name}", seen) for name in ("ours", "theirs")} for case in "ab"
    }
    taken(cases, 2, warm=False)
    assert seen[:4] == ["a theirs", "a ours", "b theirs", "b ours"]
    assert seen[4:] == ["a ours", "a theirs", "b ours", "b theirs"]


def test_the_round_that_warms_is_not_counted() -> None:
    seen: list[str] = []
    found = taken({"a": {"ours": side("ours", seen)}}, 3)
    assert (len(seen), [one.wall_s for one in found["a"]["ours"]]) == (4, [2.0, 3.0, 4.0])


def test_a_ratio_is_the_median_of_the_pairs_ratios_not_that_of_the_medians() -> None:
    ours = [Spent(1, 1), Spent(10, 2), Spent(2, 1)]
    theirs = [Spent(2, 3), Spent(10, 2), Spent(8, 5)]
    found = row(ours, theirs)
    assert (found["ours_s"], found["theirs_s"], found["ratio"]) == (2, 8, 2)
    assert (found["cpu_ratio"], found["pairs"]) == (3, 3)


def test_the_limit_is_a_pipeline_that_costs_nothing_but_its_network() -> None:
    assert limit(0.5, {"ours_s": 1.0, "theirs_s": 2.0}) == {
        "network_s": 0.5,
        "limit": 4.0,
        "rest_ratio": 3.0,
    }


def test_a_network_slower_than_a_whole_run_has_no_ratio_of_the_rest() -> None:
    assert "rest_ratio" not in limit(1.5, {"ours_s": 1.0, "theirs_s": 2.0})


def test_two_callers_make_two_pictures_each() -> None:
    made: list[int] = []
    in_two_threads(lambda: made.append(1))()
    assert len(made) == 4


def test_a_record_keeps_its_other_rows_only_where_that_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    Record(file, keep=False).put("a", {"ratio": 1.0})
    Record(file, keep=True).put("b", {"ratio": 2.0})
    assert set(Record(file, keep=True).cases) == {"a", "b"}
    assert Record(file, keep=False).cases == {}


def test_a_record_knows_the_files_of_rows_that_were_measured_before(tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    Record(file, keep=False, files={"a": 1}).put("a", {"ratio": 1.0})
    assert Record(file, keep=True, files={"b": 2}).content["files"] == {"a": 1, "b": 2}
    assert Record(file, keep=False, files={"b": 2}).content["files"] == {"b": 2}


def test_a_machine_that_others_use_is_refused_unless_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "cores_in_use", lambda: 50.0)
    with pytest.raises(SystemExit, match=r"busy \(50\.0 of"):
        machine.refuse_busy()
    assert machine.refuse_busy(unless=True) == 50.0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_cores_in_use_are_counted_where_no_benchmark_runs_yet() -> None:
    assert machine.cores_in_use(0.05) >= 0
