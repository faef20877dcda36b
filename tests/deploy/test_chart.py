"""The chart, for each of the deployments that its ci/ folder names."""

import json
import subprocess
from collections.abc import Iterator
from copy import deepcopy
from functools import cache, reduce
from operator import getitem
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft7Validator
from tests.deploy.chart import CHART, VALUES, helm, refusal, render
from tests.test_docs import NPM_CLIENTS, need_npm_clients

from cutoutd import __version__

SETS = [None, *VALUES]
BY_NAME = {one.name.removesuffix("-values.yaml"): one for one in VALUES}
VERSIONS = ("1.29", "1.33", "1.37")
CHECK_CUSTOM = Path(__file__).parents[1] / "programs" / "check_custom_resources.mjs"
CUSTOM = ("PrometheusRule", "ScaledObject", "ServiceMonitor")


def name_of(values: Path | None) -> str:
    return "default" if values is None else values.name.removesuffix("-values.yaml")


every_set = pytest.mark.parametrize("values", SETS, ids=name_of)


@cache
def objects_of(values: Path | None) -> list[dict[str, Any]]:
    return render(values)


def of_kind(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one for one in objects if one["kind"] == kind]


def pods(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one["spec"]["template"] for one in of_kind(objects, "Deployment")]


def containers(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [container for pod in pods(objects) for container in pod["spec"]["containers"]]


@every_set
def test_helm_has_nothing_to_say_against_it(values: Path | None) -> None:
    files = [] if values is None else ["--values", values]
    linted = helm("lint", "--strict", CHART, *files)
    assert linted.returncode == 0, linted.stdout
    assert "[" not in linted.stdout  # No [INFO], [WARNING] or [ERROR].


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", VERSIONS)
@every_set
def test_every_object_is_what_kubernetes_expects(values: Path | None, version: str) -> None:
    objects = [one for one in objects_of(values) if one["kind"] not in CUSTOM]
    for one in objects:
        kubernetes_validate.validate(one, version, strict=True)
    assert len(objects) >= 3


def test_prometheus_operator_and_keda_know_our_objects() -> None:
    need_npm_clients()
    custom = [one for values in SETS for one in objects_of(values) if one["kind"] in CUSTOM]
    assert {one["kind"] for one in custom} == set(CUSTOM)
    assert checked(custom) == (0, "")
    (broken,) = of_kind(custom, "ScaledObject")
    assert checked([{**broken, "spec": {}}])[0] == 1


def checked(objects: list[dict[str, Any]]) -> tuple[int, str]:
    """The exit code and the words of a check by the kinds' own schemas."""
    done = subprocess.run(
        ["node", CHECK_CUSTOM, NPM_CLIENTS],
        input=json.dumps(objects),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@every_set
def test_every_pod_is_scraped_on_a_port_that_asks_for_no_key(values: Path | None) -> None:
    for container in containers(objects_of(values)):
        assert container["args"][1:] == ["--metrics-port", "9090"]
        assert {"name": "metrics", "containerPort": 9090} in container["ports"]
    for ingress in of_kind(objects_of(values), "Ingress"):
        (rule,) = ingress["spec"]["rules"]
        assert rule["http"]["paths"][0]["backend"]["service"]["port"] == {"name": "http"}


def test_the_operator_finds_every_pod_under_the_job_that_the_alerts_ask_for() -> None:
    objects = objects_of(BY_NAME["monitored"])
    (monitor,) = of_kind(objects, "ServiceMonitor")
    wanted = monitor["spec"]["selector"]["matchLabels"]
    (service,) = [
        one
        for one in of_kind(objects, "Service")
        if wanted.items() <= one["metadata"]["labels"].items()
    ]
    assert service["metadata"]["labels"][monitor["spec"]["jobLabel"]] == "cutoutd"
    for pod in pods(objects):
        assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    (rule,) = of_kind(objects, "PrometheusRule")
    alerts = yaml.safe_load((CHART.parents[1] / "prometheus" / "alerts.yml").read_text())
    assert rule["spec"] == alerts


def test_one_box_has_one_process_on_one_volume_and_never_two() -> None:
    (web,) = of_kind(objects_of(None), "Deployment")
    assert web["spec"]["replicas"] == 1
    assert web["spec"]["strategy"]["type"] == "Recreate"


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("web.replicas=3", "one volume has one process"),
        ("workers.enabled=true", "workers take jobs from PostgreSQL"),
        ("web.replicas=many", "at '/web/replicas': got string, want integer"),
        ("wrong.key=1", "additional properties 'wrong' not allowed"),
        ("web.resources.limit.cpu=1", "additional properties 'limit' not allowed"),
        ("settings.port=8000", "invalid propertyName 'port'"),
        ("workers.autoscaling.kind=magic", "value must be one of 'hpa', 'keda', 'none'"),
        ("persistence.size=much", "at '/persistence/size'"),
        ("workers.minReplicas=11", "workers.minReplicas (11) is more than"),
        ("image.digest=v1", "at '/image/digest'"),
        ("ingress.host=https://example.com", "at '/ingress/host'"),
        ("web.resources.limits.memory=lots", "at '/web/resources/limits/memory'"),
    ],
)
def test_values_that_cannot_work_are_refused_in_a_sentence(setting: str, words: str) -> None:
    assert words in refusal(setting)


def leaves(values: dict[str, Any], *path: str) -> Iterator[tuple[tuple[str, ...], object]]:
    for name, value in values.items():
        yield (*path, name), value
        if isinstance(value, dict):
            yield from leaves(value, *path, name)


def test_a_value_of_another_kind_is_refused_wherever_it_stands() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    schema = Draft7Validator(json.loads((CHART / "values.schema.json").read_text()))
    assert schema.is_valid(values)
    for path, value in leaves(values):
        for wrong in ({"a": ["b"]}, ["b"], None):
            if isinstance(value, type(wrong)):
                continue
            changed = deepcopy(values)
            *folders, name = path
            place = reduce(getitem, folders, changed)
            place[name] = wrong
            assert not schema.is_valid(changed), (path, value, wrong)


def test_scaled_workers_follow_how_long_jobs_wait_and_how_many() -> None:
    (scaler,) = of_kind(objects_of(BY_NAME["scaled"]), "HorizontalPodAutoscaler")
    names = [one["external"]["metric"]["name"] for one in scaler["spec"]["metrics"]]
    assert names == ["cutoutd_oldest_waiting_job_seconds", "cutoutd_jobs"]
    (scaled,) = of_kind(objects_of(BY_NAME["keda"]), "ScaledObject")
    queries = [one["metadata"]["query"] for one in scaled["spec"]["triggers"]]
    assert [name in query for name, query in zip(names, queries, strict=True)] == [True, True]
    assert len(of_kind(objects_of(BY_NAME["scaled"]), "PodDisruptionBudget")) == 2


@every_set
def test_every_container_is_probed_and_may_do_nothing_it_need_not(values: Path | None) -> None:
    for container in containers(objects_of(values)):
        assert "livenessProbe" in container
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"]
        assert not security["allowPrivilegeEscalation"]
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"]


def test_a_pod_may_call_the_public_internet_and_its_stores_and_nothing_else() -> None:
    (policy,) = of_kind(objects_of(BY_NAME["scaled"]), "NetworkPolicy")
    names, public, stores = policy["spec"]["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert {port["port"] for port in public["ports"]} == {80, 443, 8080, 8443}
    private = public["to"][0]["ipBlock"]["except"]
    assert {"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"} <= set(private)
    assert {port["port"] for port in stores["ports"]} == {5432, 6379}
    assert of_kind(objects_of(BY_NAME["everything"]), "NetworkPolicy") == []


def test_every_extension_point_reaches_the_pod() -> None:
    objects = objects_of(BY_NAME["everything"])
    (pod,) = pods(objects)
    spec, (container,) = pod["spec"], pod["spec"]["containers"]
    assert {one["metadata"]["name"] for one in objects} == {"cutouts", "cutouts-web"}
    assert container["image"].startswith("registry.example.com/cutoutd@sha256:")
    assert container["env"][-1]["name"] == "CUTOUTD_WEBHOOK_SECRETS"
    assert container["envFrom"][-1] == {"configMapRef": {"name": "proxy"}}
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert spec["volumes"][0]["persistentVolumeClaim"] == {"claimName": "pictures"}
    assert of_kind(objects, "PersistentVolumeClaim") == []
    assert {"nodeSelector", "tolerations", "affinity", "priorityClassName"} <= set(spec)
    assert pod["metadata"]["annotations"]["sidecar.istio.io/inject"] == "true"
    assert pod["metadata"]["labels"]["team"] == "pictures"


def test_a_gpu_is_asked_for_where_it_is_limited() -> None:
    (container,) = containers(objects_of(BY_NAME["gpu"]))
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1


def test_links_lead_to_the_host_of_the_ingress() -> None:
    (settings,) = of_kind(objects_of(BY_NAME["ingress"]), "ConfigMap")
    assert settings["data"]["CUTOUTD_PUBLIC_URL"] == "https://cutouts.example.com"


@pytest.mark.parametrize("name", ["Dockerfile", "docker/gpu.Dockerfile"])
def test_dockers_health_check_asks_whether_the_process_lives(name: str) -> None:
    text = (CHART.parents[2] / name).read_text()
    assert "HEALTHCHECK" in text
    assert "/livez" in text
    assert "/readyz" not in text


def test_the_chart_deploys_the_version_that_it_lies_beside() -> None:
    about = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (about["version"], about["appVersion"]) == (__version__, __version__)
    (container,) = containers(objects_of(None))
    assert container["image"].endswith(f":v{__version__}")
