import base64
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook
from tests.inside import PHOTO, serving
from tests.jobs.receiver import receiver
from tests.scenes import decoded

from cutoutd.command import ImageFormat, ImageKind, Source
from cutoutd.web.dialects.replicate.models import MODELS, schema_of
from cutoutd.web.dialects.replicate.schemas import PredictionInput, PredictionRequest

V1 = "/replicate/v1"
HASH = "fb8af171cfa1616ddcf1242c093f9c46bcada5ad4cf6f2fbe8b81b330ec5c003"
DATA_URI = f"data:image/jpeg;base64,{base64.b64encode(PHOTO).decode()}"
WAIT = {"Prefer": "wait"}
URL = "https://e.com/p.jpg"


def predicted(http: httpx.Client, path: str = "/predictions", **body: Any) -> dict[str, Any]:
    body = {"input": {"image": URL}, **body}
    if path == "/predictions":
        body.setdefault("version", HASH)
    answer = http.post(f"{V1}{path}", json=body, headers=WAIT)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def command_of(**fields: Any) -> Any:
    return PredictionInput(image=URL, **fields).to_command(Source(url=URL))


def test_a_prediction_that_is_waited_for_has_its_output(http: httpx.Client) -> None:
    found = predicted(http)
    assert found["status"] == "succeeded"
    assert found["error"] is None
    assert found["model"] == "cjwbw/rembg"
    assert found["version"] == HASH
    assert found["input"] == {"image": URL}
    assert found["metrics"]["predict_time"] >= 0
    assert "segment" in found["logs"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found["created_at"])
    assert decoded(http.get(found["output"]).content).mode == "RGBA"


def test_one_that_is_not_waited_for_is_starting_and_can_be_asked_for(http: httpx.Client) -> None:
    answer = http.post(f"{V1}/predictions", json={"version": HASH, "input": {"image": DATA_URI}})
    assert answer.status_code == 201
    found = answer.json()
    assert (found["status"], found["output"]) == ("starting", None)
    while found["status"] in ("starting", "processing"):
        found = http.get(found["urls"]["get"]).json()
    assert found["status"] == "succeeded"
    assert found["input"] == {}


@pytest.mark.parametrize("name", MODELS)
def test_every_model_runs_by_its_name(http: httpx.Client, name: str) -> None:
    assert predicted(http, f"/models/{name}/predictions")["model"] == name


@pytest.mark.parametrize(
    "version", ["0" * 64, f"some/body:{'a' * 64}", "cjwbw/rembg", f"cjwbw/rembg:{'b' * 64}"]
)
def test_any_version_runs(http: httpx.Client, version: str) -> None:
    assert predicted(http, version=version)["status"] == "succeeded"


@pytest.mark.parametrize(
    "version", [None, "", "latest", "stability-ai/sdxl", "a/b:latest", "g" * 64]
)
def test_what_is_no_version_is_refused(http: httpx.Client, version: str | None) -> None:
    body = {"version": version, "input": {"image": URL}}
    answer = http.post(f"{V1}/predictions", json=body)
    assert answer.status_code == 422
    assert "version" in answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_model_that_does_something_else_is_not_found_by_its_name(http: httpx.Client) -> None:
    for method, path in (("POST", "/predictions"), ("GET", ""), ("GET", "/versions")):
        body = {"input": {"prompt": "a cat"}} if method == "GET" else {"input": {"image": URL}}
        answer = http.request(method, f"{V1}/models/stability-ai/sdxl{path}", json=body)
        assert answer.status_code == 404
        assert "stability-ai/sdxl" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "input.image"),
        ({"image": URL, "image_url": URL}, "input.image_url"),
        ({"image": URL, "prompt": "a cat"}, "input.prompt"),
        ({"image": URL, "threshold": 1.5}, "input.threshold"),
        ({"image": URL, "threshold": "much"}, "input.threshold"),
        ({"image": URL, "format": "gif"}, "input.format"),
        ({"image": URL, "reverse": "perhaps"}, "input.reverse"),
        ({"image": URL, "background_type": "blur"}, "input.background_type"),
        ({"image": URL, "background_type": "[1, 2, 300]"}, "input.background_type"),
        ({"image": URL, "resolution": "large"}, "input.resolution"),
        ({"image": ["a", "b"]}, "input.image"),
        ({"image": {"a": 1}}, "input.image"),
        ({"image": 7}, "input.image"),
        ({"image": "data:image/png;base64,%%%"}, "input.image"),
        ({"image": "file:///etc/passwd"}, "input.image"),
    ],
    ids=str,
)
def test_a_bad_input_is_named(http: httpx.Client, fields: dict[str, Any], named: str) -> None:
    answer = http.post(f"{V1}/predictions", json={"version": HASH, "input": fields})
    assert answer.status_code == 422, answer.text
    body = answer.json()
    assert body["title"] == "Input validation failed"
    assert body["status"] == 422
    assert named in [one["field"] for one in body["invalid_fields"]]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"input": "x"}, "input"),
        ({"webhook": "nonsense"}, "webhook"),
        ({"webhook": "http://127.0.0.1/w"}, "webhook"),
        ({"webhook_events_filter": ["sometimes"]}, "webhook_events_filter"),
        ({"stream": "perhaps"}, "stream"),
    ],
    ids=str,
)
def test_a_bad_field_beside_the_inputs_is_named(
    http: httpx.Client, fields: dict[str, Any], named: str
) -> None:
    body = {"version": HASH, "input": {"image": URL}, **fields}
    answer = http.post(f"{V1}/predictions", json=body)
    assert answer.status_code == 422
    assert named in answer.json()["detail"]


@pytest.mark.parametrize("text", ["soon", "4", "4s", "25h", "1d", "-5s", "h"])
def test_a_time_to_cancel_that_nobody_understands_is_refused(http: httpx.Client, text: str) -> None:
    body = {"version": HASH, "input": {"image": URL}}
    answer = http.post(f"{V1}/predictions", json=body, headers={"Cancel-After": text})
    assert answer.status_code == 422
    assert "Cancel-After" in answer.json()["detail"]


def test_a_photo_that_is_none_makes_a_prediction_fail_with_the_reason(http: httpx.Client) -> None:
    found = predicted(http, input={"image": "data:image/png;base64,aGVsbG8gd29ybGQ="})
    assert found["status"] == "failed"
    assert found["output"] is None
    assert "image" in found["error"]


def test_the_inputs_of_background_remover_mean_something_here() -> None:
    assert command_of().outputs[0].format is ImageFormat.PNG
    assert command_of(format="JPG").background.color == (255, 255, 255, 255)
    assert command_of(reverse=True).mask.invert
    assert command_of(threshold=0.5).mask.threshold == 128
    assert command_of(threshold=1).mask.threshold == 254
    assert command_of(threshold=0).mask.threshold is None
    assert command_of(background_type="map").outputs[0].kind is ImageKind.MASK
    assert command_of(background_type="white").background.color == (255, 255, 255, 255)
    assert command_of(background_type="green").background.color == (120, 255, 155, 255)
    assert command_of(background_type="[255, 0, 0]").background.color == (255, 0, 0, 255)
    assert command_of(background_type="#00ff00").background.color == (0, 255, 0, 255)


def test_an_image_can_be_the_background(http: httpx.Client) -> None:
    found = predicted(http, input={"image": DATA_URI, "background_type": URL, "format": "jpg"})
    assert decoded(http.get(found["output"]).content).mode == "RGB"


def test_an_uploaded_file_is_an_input_by_its_link(http: httpx.Client) -> None:
    answer = http.post(
        f"{V1}/files",
        files={"content": ("cat.jpg", PHOTO, "image/jpeg")},
        data={"metadata": '{"a": 1}'},
    )
    assert answer.status_code == 201
    file = answer.json()
    assert (file["name"], file["content_type"], file["size"]) == (
        "cat.jpg",
        "image/jpeg",
        len(PHOTO),
    )
    assert file["metadata"] == {"a": 1}
    assert len(file["checksums"]["sha256"]) == 64
    assert predicted(http, input={"image": file["urls"]["get"]})["status"] == "succeeded"
    assert http.get(file["urls"]["get"]).json()["size"] == len(PHOTO)
    listed = http.get(f"{V1}/files").json()["results"]
    assert file["id"] in [one["id"] for one in listed]
    assert http.delete(file["urls"]["get"]).status_code == 204
    assert http.get(file["urls"]["get"]).status_code in (404, 410)
    body = {"version": HASH, "input": {"image": file["urls"]["get"]}}
    assert http.post(f"{V1}/predictions", json=body).status_code in (404, 422)


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({"data": {"a": "b"}}, "content"),
        ({"files": {"content": ("a.jpg", b"")}}, "content"),
        ({"files": {"content": ("a.jpg", PHOTO)}, "data": {"metadata": "[1]"}}, "metadata"),
        ({"files": {"content": ("a.jpg", PHOTO)}, "data": {"metadata": "{"}}, "metadata"),
    ],
    ids=str,
)
def test_a_bad_upload_is_refused_by_name(
    http: httpx.Client, sent: dict[str, Any], named: str
) -> None:
    answer = http.post(f"{V1}/files", **sent)
    assert answer.status_code == 422
    assert named in answer.json()["detail"]


def test_another_clients_file_or_prediction_is_not_there(http: httpx.Client) -> None:
    for path in ("/predictions/999999", "/predictions/x", f"/files/{'a' * 32}-{'b' * 32}"):
        assert http.get(f"{V1}{path}").status_code == 404
    assert http.post(f"{V1}/predictions/999999/cancel").status_code == 404


def test_a_job_of_another_dialect_is_no_prediction(http: httpx.Client) -> None:
    job = http.post("/v1/jobs", json={"image": URL}).json()
    assert http.get(f"{V1}/predictions/{job['id']}").status_code == 404
    listed = http.get(f"{V1}/predictions").json()["results"]
    assert str(job["id"]) not in [one["id"] for one in listed]


def test_a_list_has_a_hundred_predictions_and_a_link_to_the_older_ones(tmp_path: Path) -> None:
    with serving(tmp_path / "d") as base, httpx.Client(base_url=base, timeout=60) as http:
        made = [
            http.post(f"{V1}/predictions", json={"version": HASH, "input": {"image": URL}}).json()
            for _ in range(101)
        ]
        page = http.get(f"{V1}/predictions").json()
        assert len(page["results"]) == 100
        older = http.get(page["next"]).json()
    assert (older["next"], older["previous"]) == (None, None)
    ids = [one["id"] for one in page["results"] + older["results"]]
    assert ids == [one["id"] for one in reversed(made)]


@pytest.mark.parametrize("cursor", ["x", "0", "-1", str(2**63)])
def test_a_cursor_that_no_list_gave_is_refused(http: httpx.Client, cursor: str) -> None:
    answer = http.get(f"{V1}/predictions", params={"cursor": cursor})
    assert answer.status_code == 422
    assert "cursor" in answer.json()["detail"]


def test_an_unfinished_prediction_is_starting_until_it_is_asked_for(slow: httpx.Client) -> None:
    body = {"version": HASH, "input": {"image": URL}}
    answer = slow.post(f"{V1}/predictions", json=body, headers={"Prefer": "wait=1"})
    assert answer.status_code == 202
    made = answer.json()
    assert (made["status"], made["output"], made["completed_at"]) == ("starting", None, None)
    assert slow.get(made["urls"]["get"]).json()["status"] == "processing"
    ended = slow.post(made["urls"]["cancel"]).json()
    assert (ended["status"], ended["output"], ended["error"]) == ("canceled", None, None)
    assert slow.post(made["urls"]["cancel"]).json()["status"] == "canceled"
    assert slow.get(f"{V1}/predictions").json()["results"][0]["status"] == "canceled"


def test_a_prediction_is_cancelled_when_its_time_is_over(slow: httpx.Client) -> None:
    body = {"version": HASH, "input": {"image": URL}}
    answer = slow.post(f"{V1}/predictions", json=body, headers={**WAIT, "Cancel-After": "5s"})
    assert answer.json()["status"] == "canceled"


def test_the_secret_of_webhooks_is_told_to_who_has_a_key(tmp_path: Path) -> None:
    secret = "whsec_" + base64.b64encode(b"s" * 32).decode()
    keys = ("a-secret-of-16-characters",)
    path = f"{V1}/webhooks/default/secret"
    with serving(tmp_path / "d", webhook_secrets=(secret,), api_keys=keys) as base:
        assert httpx.get(base + path).status_code == 401
        bearer = {"Authorization": f"Token {keys[0]}"}
        assert httpx.get(base + path, headers=bearer).json() == {"key": secret}


def test_without_a_secret_there_is_none_to_tell(http: httpx.Client) -> None:
    assert http.get(f"{V1}/webhooks/default/secret").status_code == 404


@pytest.mark.parametrize(
    ("events", "called"),
    [([], True), (["completed"], True), (["start"], False), (["output", "logs"], True)],
)
def test_the_filter_of_events_says_whether_there_is_a_call_at_the_end(
    events: list[str], *, called: bool
) -> None:
    body = {"input": {"image": URL}, "webhook": "https://e.com/w", "webhook_events_filter": events}
    assert PredictionRequest(**body).called_back() == ("https://e.com/w" if called else None)


def test_models_and_versions_have_the_schema_of_their_inputs(http: httpx.Client) -> None:
    model = http.get(f"{V1}/models/851-labs/background-remover").json()
    version = model["latest_version"]
    inputs = version["openapi_schema"]["components"]["schemas"]["Input"]
    assert inputs["required"] == ["image"]
    assert set(inputs["properties"]) == {
        "image",
        "format",
        "reverse",
        "threshold",
        "background_type",
    }
    path = f"{V1}/models/{model['owner']}/{model['name']}/versions"
    assert http.get(path).json()["results"][0]["id"] == version["id"]
    assert http.get(f"{path}/{version['id']}").json() == version
    assert http.get(f"{path}/{'0' * 64}").json()["id"] == "0" * 64
    assert http.get(f"{path}/latest").status_code == 404


def test_a_schema_says_that_the_output_is_a_link() -> None:
    for model in MODELS.values():
        output = schema_of(model)["components"]["schemas"]["Output"]
        assert output == {"type": "string", "title": "Output", "format": "uri"}


def test_models_are_listed_and_searched(http: httpx.Client) -> None:
    listed = http.get(f"{V1}/models").json()["results"]
    assert {f"{one['owner']}/{one['name']}" for one in listed} == set(MODELS)
    found = http.request("QUERY", f"{V1}/models", content="birefnet").json()["results"]
    assert [one["name"] for one in found] == ["birefnet"]


def test_what_replicate_has_and_we_have_not_is_not_found_in_its_words(http: httpx.Client) -> None:
    for method, path in (("GET", "/trainings"), ("GET", "/collections"), ("POST", "/deployments")):
        answer = http.request(method, f"{V1}{path}")
        assert answer.status_code == 404
        assert {"title", "detail", "status"} <= set(answer.json())


def test_the_account_is_the_client(http: httpx.Client) -> None:
    assert http.get(f"{V1}/account").json()["username"] == "anonymous"


SDK = {"User-Agent": "replicate-python/1.0.7", **WAIT}


def test_without_tls_a_client_that_reads_only_https_gets_a_data_uri(http: httpx.Client) -> None:
    body = {"version": HASH, "input": {"image": URL}}
    made = http.post(f"{V1}/predictions", json=body, headers=SDK).json()
    assert made["output"].startswith("data:image/png;base64,")
    assert http.get(made["urls"]["get"]).json()["output"] == made["output"]
    old = {**SDK, "User-Agent": "replicate-python/0.34.1"}
    made = http.post(f"{V1}/predictions", json=body, headers=old).json()
    assert made["output"].startswith("http:")
    asked = {"Prefer": "wait=30, data-uri"}
    made = http.post(f"{V1}/predictions", json=body, headers=asked).json()
    assert made["output"].startswith("data:image/png;base64,")


def test_with_tls_outputs_are_links(tmp_path: Path) -> None:
    with serving(tmp_path / "d", public_url="https://cut.example") as base:
        body = {"version": HASH, "input": {"image": URL}}
        made = httpx.post(f"{base}{V1}/predictions", json=body, headers=SDK, timeout=60).json()
    assert made["output"].startswith("https://cut.example/")
    assert made["urls"]["get"].startswith(f"https://cut.example{V1}/predictions/")


def test_a_webhook_has_the_prediction_and_a_signature(tmp_path: Path) -> None:
    secret = "whsec_" + base64.b64encode(b"s" * 32).decode()
    with (
        receiver() as there,
        serving(tmp_path / "d", webhook_secrets=(secret,), fetch_allow="127.0.0.0/8") as base,
    ):
        body = {
            "version": HASH,
            "input": {"image": URL},
            "webhook": there.url,
            "webhook_events_filter": ["completed"],
        }
        made = httpx.post(f"{base}{V1}/predictions", json=body, headers=SDK, timeout=60).json()
        (received,) = there.wait_for(1)
    told = Webhook(secret).verify(received.body.decode(), received.headers)
    assert told["id"] == made["id"]
    assert told["status"] == "succeeded"
    assert told["output"].startswith(f"{base}/")
