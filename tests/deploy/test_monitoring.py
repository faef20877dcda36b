"""The dashboard, the alerts and their runbooks speak of metrics that exist."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.jobs.samples import succeeded
from tests.web.test_metrics import a_final_job, a_process

from cutoutd.web.metrics import Metrics

ROOT = Path(__file__).parents[2]
ALERTS = yaml.safe_load((ROOT / "docker/prometheus/alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((ROOT / "docker/grafana/dashboards/cutoutd.json").read_text())
OPERATIONS = (ROOT / "docs/operations.md").read_text()
NAME = re.compile(r"\b(?:cutoutd|process|python)_[a-z_]+[a-z]\b")


def exported() -> set[str]:
    """The name of every series that a process which has done something shows."""
    metrics = Metrics()
    metrics.read(a_process(), slots=1, memory_bytes=1)
    metrics.begin_request()
    metrics.end_request(api="native", method="GET", status=400, code="invalid_request", seconds=1)
    metrics.observe_job(a_final_job(succeeded()))
    lines = metrics.text().decode().splitlines()
    return {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")}


def ours() -> set[str]:
    """Our metrics, without the parts of a histogram."""
    parts = re.compile(r"_(bucket|sum|count)$")
    return {parts.sub("", name) for name in exported() if name.startswith("cutoutd_")}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_looks_at_metrics_that_exist(alert: dict[str, str]) -> None:
    assert set(NAME.findall(alert["expr"])) <= exported()


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_has_a_runbook(alert: dict[str, dict[str, str]]) -> None:
    _, _, path = alert["annotations"]["runbook_url"].partition("/blob/main/")
    page = (ROOT / path).read_text()
    assert page.startswith(f"# {alert['alert']}\n")
    for section in ("What it means", "Look", "Mend"):
        assert f"## {section}\n" in page


def test_there_is_no_runbook_without_an_alert() -> None:
    named = {Path(alert["annotations"]["runbook_url"]).name for alert in ALERTS}
    assert {page.name for page in (ROOT / "docs/runbooks").glob("*.md")} == named


@pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda panel: panel["title"])
def test_a_panel_shows_metrics_that_exist(panel: dict[str, list[dict[str, str]]]) -> None:
    for target in panel["targets"]:
        names = set(NAME.findall(target["expr"]))
        assert names
        assert names <= exported()


@pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda panel: panel["title"])
def test_a_panel_shows_the_source_the_job_and_the_instance_that_were_chosen(
    panel: dict[str, Any],
) -> None:
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    for target in panel["targets"]:
        chosen = re.findall(rf"{NAME.pattern}\{{([^}}]*)\}}", target["expr"])
        assert len(chosen) == len(NAME.findall(target["expr"]))
        assert all('job=~"$job", instance=~"$instance"' in labels for labels in chosen)


def test_the_dashboard_offers_what_there_is_to_choose() -> None:
    source, job, instance = DASHBOARD["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == (
        "datasource",
        "datasource",
        "prometheus",
    )
    for variable, name in ((job, "job"), (instance, "instance")):
        query = variable["query"]["query"]
        assert (variable["name"], variable["type"]) == (name, "query")
        assert variable["datasource"]["uid"] == "${datasource}"
        assert variable["multi"]
        assert variable["includeAll"]
        assert set(NAME.findall(query)) <= exported()
        assert query.endswith(f", {name})")
    assert 'job=~"$job"' in instance["query"]["query"]


@pytest.mark.parametrize("name", sorted(ours()))
def test_every_metric_is_explained(name: str) -> None:
    assert f"`{name}`" in OPERATIONS
