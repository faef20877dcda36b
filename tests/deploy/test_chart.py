from typing import Any

import kubernetes_validate
import pytest
import yaml
from tests.deploy.chart import CHART, render

from cutoutd import __version__

SCALED = {"workers__enabled": True, "persistence__enabled": False, "ingress__enabled": True}
VERSIONS = ("1.29", "1.33")


def of_kind(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one for one in objects if one["kind"] == kind]


def containers(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    pods = [one["spec"]["template"]["spec"] for one in of_kind(objects, "Deployment")]
    return [container for pod in pods for container in pod["containers"]]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("values", [{}, SCALED], ids=["one box", "scaled"])
def test_every_object_is_what_kubernetes_expects(values: dict[str, Any], version: str) -> None:
    objects = render(**values)
    for one in objects:
        kubernetes_validate.validate(one, version, strict=True)
    assert len(objects) >= 5


def test_one_box_has_one_process_on_one_volume_and_never_two() -> None:
    (web,) = of_kind(render(), "Deployment")
    assert web["spec"]["replicas"] == 1
    assert web["spec"]["strategy"]["type"] == "Recreate"


def test_scaled_workers_follow_the_number_of_waiting_jobs() -> None:
    (scaler,) = of_kind(render(**SCALED), "HorizontalPodAutoscaler")
    (metric,) = scaler["spec"]["metrics"]
    assert metric["external"]["metric"]["name"] == "cutoutd_jobs"
    assert len(of_kind(render(**SCALED), "PodDisruptionBudget")) == 2


@pytest.mark.parametrize("values", [{}, SCALED], ids=["one box", "scaled"])
def test_every_container_is_probed_and_may_do_nothing_it_need_not(values: dict[str, Any]) -> None:
    for container in containers(render(**values)):
        assert "livenessProbe" in container
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"]
        assert not security["allowPrivilegeEscalation"]
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"]


def test_a_pod_may_call_the_public_internet_and_its_stores_and_nothing_else() -> None:
    (policy,) = of_kind(render(**SCALED), "NetworkPolicy")
    names, public, stores = policy["spec"]["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert {port["port"] for port in public["ports"]} == {80, 443, 8080, 8443}
    private = public["to"][0]["ipBlock"]["except"]
    assert {"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"} <= set(private)
    assert {port["port"] for port in stores["ports"]} == {5432, 6379}
    assert of_kind(render(networkPolicy__enabled=False), "NetworkPolicy") == []


@pytest.mark.parametrize("name", ["Dockerfile", "docker/gpu.Dockerfile"])
def test_dockers_health_check_asks_whether_the_process_lives(name: str) -> None:
    text = (CHART.parents[2] / name).read_text()
    assert "HEALTHCHECK" in text
    assert "/livez" in text
    assert "/readyz" not in text


def test_the_chart_deploys_the_version_that_it_lies_beside() -> None:
    about = yaml.safe_load((CHART / "Chart.yaml").read_text())
    image = yaml.safe_load((CHART / "values.yaml").read_text())["image"]
    assert (about["version"], about["appVersion"]) == (__version__, __version__)
    assert image["tag"] == f"v{__version__}"
