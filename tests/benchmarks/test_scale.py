"""The records of scale: read, drawn, put into tables; and who may measure."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from benchmarks.scale import __main__ as program
from benchmarks.scale import pages, plot
from benchmarks.scale.object_store import COUNTS, Counting
from benchmarks.scale.simulation.costs import growth_of, stage_of
from benchmarks.scale.simulation.run import percentile, poisson
from tests.benchmarks.costs import costs

from benchmarks import machine


def test_a_stage_of_the_record_has_milliseconds_and_noise_below_zero_is_none() -> None:
    stage = stage_of({"own_cpu_ms": 20.0, "database_cpu_ms": -0.3, "commits": 1.85, "store_put": 1})
    assert (stage.own_s, stage.database_s, stage.commits, stage.requests) == (0.02, 0.0, 2, 1)


def test_growth_is_the_line_through_the_shortest_and_the_longest_queue() -> None:
    growth = growth_of({"0": 1.0, "1000": 7.0, "10000": 11.0})
    assert growth.at(0) == pytest.approx(0.001)
    assert growth.at(20_000) == pytest.approx(0.021)


def test_where_others_use_the_cores_cpu_takes_longer_and_nothing_else_does() -> None:
    costs_here = costs(
        submit=stage_of({"own_cpu_ms": 20.0, "wal_bytes": 9.0}), census=growth_of({"0": 1.0})
    )
    slow = costs_here.slowed(3)
    assert (slow.submit.own_s, slow.submit.wal) == (pytest.approx(0.06), 9.0)
    assert slow.census.at(5) == pytest.approx(0.003)
    assert slow.connections_web == costs_here.connections_web


def test_a_percentile_is_a_value_that_was_seen() -> None:
    assert percentile([3.0, 1.0, 2.0, 4.0], 0.5) == 3.0
    assert percentile([3.0, 1.0, 2.0, 4.0], 1.0) == 4.0


def test_arrivals_come_at_the_rate_that_was_asked_for_and_again_from_the_same_seed() -> None:
    arrivals = poisson(4000, per_second=10, service_s=[1.0, 3.0], seed=2)
    assert arrivals[-1][0] == pytest.approx(400, rel=0.1)
    assert sum(service for _, service in arrivals) / 4000 == pytest.approx(2, rel=0.05)
    assert arrivals == poisson(4000, per_second=10, service_s=[1.0, 3.0], seed=2)


def test_the_object_store_counts_requests_and_bytes() -> None:
    def app(environ: dict[str, object], start_response: object) -> list[bytes]:
        start_response("200 OK", [("content-length", "7")])  # type: ignore[operator]
        return [b"content"]

    store = Counting(app)

    def ask(method: str, path: str, length: int = 0) -> bytes:
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_LENGTH": str(length)}
        return b"".join(store(environ, lambda *_: None))

    ask("PUT", "/bucket/a.png", 300)
    ask("GET", "/bucket/a.png")
    ask("HEAD", "/bucket/a.png")
    counts = ask("GET", COUNTS).decode()
    assert '"put": 1' in counts
    assert '"bytes_in": 300' in counts
    assert '"bytes_out": 7' in counts


def test_the_plot_has_a_panel_for_each_number_of_workers() -> None:
    row = {"jobs": 9, "measured_s": [1.0, 2.0, 4.0], "predicted_s": [1.1, 2.2, 3.9]}
    drawn = ET.fromstring(plot.page([{"workers": 1, **row}, {"workers": 2, **row}]))
    lines = drawn.findall(".//{*}polyline")
    assert len(lines) == 4
    assert [text.text for text in drawn.findall(".//{*}text") if "worker" in (text.text or "")] == [
        "1 worker, 9 jobs",
        "2 workers, 9 jobs",
    ]


def test_a_table_whose_record_is_missing_says_what_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "RESULTS", tmp_path)
    assert pages.scale_ceiling() == ["Not measured yet: `python -m benchmarks.scale ceiling`."]


def test_a_busy_machine_measures_nothing_unless_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "cores_in_use", lambda: 50.0)
    monkeypatch.setattr("sys.argv", ["scale", "costs"])
    with pytest.raises(SystemExit, match="busy"):
        program.main()


def test_a_record_keeps_four_digits_that_count() -> None:
    assert program.rounded({"a": [0.123456, (1234567.0,)], "b": 3}) == {
        "a": [0.1235, [1235000.0]],
        "b": 3,
    }
