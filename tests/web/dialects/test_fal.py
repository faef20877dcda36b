import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.inside import PHOTO, serving
from tests.jobs.receiver import receiver
from tests.scenes import decoded

from cutoutd.command import Crop, ImageFormat, ImageKind, Matting, Quality, Source
from cutoutd.web.dialects.fal.schemas import (
    APPS,
    BirefnetRequest,
    BirefnetV2Request,
    RembgRequest,
)

URL = "https://e.com/p.jpg"
DATA_URI = f"data:image/jpeg;base64,{base64.b64encode(PHOTO).decode()}"
V2 = "/fal-ai/birefnet/v2"
REQUESTS = "/queue/fal-ai/birefnet/requests"


def submitted(http: httpx.Client, app: str = V2, **fields: Any) -> dict[str, Any]:
    answer = http.post(f"/queue{app}", json={"image_url": URL, **fields})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def completed(http: httpx.Client, made: dict[str, Any]) -> dict[str, Any]:
    while (answer := http.get(made["status_url"], params={"logs": 1})).status_code == 202:
        assert answer.json()["status"] in ("IN_QUEUE", "IN_PROGRESS")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    assert found["status"] == "COMPLETED"
    return found


@pytest.mark.parametrize("app", APPS)
def test_every_app_answers_with_the_image(http: httpx.Client, app: str) -> None:
    answer = http.post(f"/{app}", json={"image_url": DATA_URI})
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-fal-request-id"]
    assert set(answer.json()) == {"image"}
    image = answer.json()["image"]
    assert (image["content_type"], image["width"], image["height"]) == ("image/png", 320, 240)
    data = http.get(image["url"]).content
    assert len(data) == image["file_size"]
    assert image["url"].endswith(image["file_name"])
    assert decoded(data).mode == "RGBA"


@pytest.mark.parametrize("app", APPS)
def test_every_app_has_a_queue(http: httpx.Client, app: str) -> None:
    made = submitted(http, f"/{app}")
    assert made["status"] in ("IN_QUEUE", "IN_PROGRESS", "COMPLETED")
    owner = "/".join(app.split("/")[:2])
    assert made["response_url"].endswith(f"/queue/{owner}/requests/{made['request_id']}")
    assert made["status_url"] == f"{made['response_url']}/status"
    assert made["cancel_url"] == f"{made['response_url']}/cancel"
    ended = completed(http, made)
    assert ended["metrics"]["inference_time"] >= 0
    assert {"message", "level", "source", "timestamp"} == set(ended["logs"][0])
    whole = http.get(f"/queue/{app}/requests/{made['request_id']}")
    assert whole.json() == http.get(made["response_url"]).json()
    assert whole.headers["x-fal-request-id"] == made["request_id"]


def test_the_image_is_in_the_answer_with_sync_mode(http: httpx.Client) -> None:
    asked = {"sync_mode": True, "output_mask": True, "output_format": "webp"}
    at_once = http.post(V2, json={"image_url": URL, **asked}).json()
    made = submitted(http, **asked)
    completed(http, made)
    later = http.get(made["response_url"]).json()
    for output in (at_once, later):
        assert output["image"]["url"].startswith("data:image/webp;base64,")
        mask = base64.b64decode(output["mask_image"]["url"].partition(",")[2])
        assert decoded(mask).mode == "L"


def test_the_choices_of_birefnet_mean_something_here() -> None:
    def command(app: type[BirefnetRequest | BirefnetV2Request], /, **fields: Any) -> Any:
        return app.model_validate({"image_url": URL, **fields}).to_command(Source(url=URL))

    for app in (BirefnetRequest, BirefnetV2Request):
        assert command(app).quality is Quality.BALANCED
        assert command(app, operating_resolution="2048x2048").quality is Quality.HIGH
        assert command(app, model="General Use (Heavy)").quality is Quality.HIGH
        assert command(app).foreground_estimation
        assert not command(app, refine_foreground=False).foreground_estimation
        kinds = [output.kind for output in command(app, output_mask=True).outputs]
        assert kinds == [ImageKind.CUTOUT, ImageKind.MASK]
        assert command(app, output_format="gif").outputs[0].format is ImageFormat.GIF
    assert command(BirefnetV2Request, model="Matting").matting == Matting()
    (mask,) = command(BirefnetV2Request, mask_only=True, output_mask=True).outputs
    assert mask.kind is ImageKind.MASK


def test_rembg_can_crop_to_the_subject() -> None:
    def crop(**fields: Any) -> Crop | None:
        return RembgRequest(image_url=URL, **fields).to_command(Source(url=URL)).crop

    assert (crop(), crop(crop_to_bbox=True)) == (None, Crop())


@pytest.mark.parametrize("root", ["", "/queue"])
@pytest.mark.parametrize(
    ("app", "fields", "named"),
    [
        (V2, {"image_url": None}, "image_url"),
        (V2, {"image_url": ["a", "b"]}, "image_url"),
        (V2, {"image_url": "data:image/png;base64,%%%"}, "image_url"),
        (V2, {"image_url": "file:///etc/passwd"}, "image_url"),
        (V2, {"model": "Huge"}, "model"),
        (V2, {"operating_resolution": "1x1"}, "operating_resolution"),
        (V2, {"output_format": "bmp"}, "output_format"),
        (V2, {"output_mask": "perhaps"}, "output_mask"),
        (V2, {"mask_only": 7}, "mask_only"),
        ("/fal-ai/birefnet", {"model": "Matting"}, "model"),
        ("/fal-ai/birefnet", {"operating_resolution": "2304x2304"}, "operating_resolution"),
        ("/fal-ai/imageutils/rembg", {"crop_to_bbox": "perhaps"}, "crop_to_bbox"),
        ("/bria/background/remove", {"sync_mode": "perhaps"}, "sync_mode"),
    ],
    ids=str,
)
def test_a_bad_field_is_named(
    http: httpx.Client, root: str, app: str, fields: dict[str, Any], named: str
) -> None:
    answer = http.post(f"{root}{app}", json={"image_url": URL, **fields})
    assert answer.status_code == 422, answer.text
    (found,) = answer.json()["detail"]
    assert found["loc"] == ["body", named]
    assert {"loc", "msg", "type"} <= set(found)
    assert answer.headers["x-fal-retryable"] == "false"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"hello world", "image_load_error"),
        (PHOTO[: len(PHOTO) // 2], "image_load_error"),
        (bytes(1_200_000), "file_too_large"),
    ],
    ids=["text", "truncated", "large"],
)
def test_an_image_that_cannot_be_used_is_refused_with_the_vendors_type(
    http: httpx.Client, data: bytes, kind: str
) -> None:
    uri = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
    answer = http.post(V2, json={"image_url": uri})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == kind
    assert answer.headers["x-fal-error-type"] == kind


def test_a_request_that_failed_is_completed_with_the_error(http: httpx.Client) -> None:
    made = submitted(http, image_url="data:image/png;base64,aGVsbG8gd29ybGQ=")
    ended = completed(http, made)
    assert ended["error_type"] == "image_load_error"
    assert ended["error"]
    answer = http.get(made["response_url"])
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "image_url"]


def test_an_unfinished_request_has_no_result_and_can_be_cancelled(slow: httpx.Client) -> None:
    made = submitted(slow)
    answer = slow.get(made["response_url"])
    assert (answer.status_code, answer.json()) == (400, {"detail": "Request is still in progress"})
    assert slow.get(made["status_url"]).status_code == 202
    answer = slow.put(made["cancel_url"])
    assert (answer.status_code, answer.json()) == (202, {"status": "CANCELLATION_REQUESTED"})
    answer = slow.put(made["cancel_url"])
    assert (answer.status_code, answer.json()) == (400, {"status": "ALREADY_COMPLETED"})
    ended = slow.get(made["status_url"]).json()
    assert (ended["status"], ended["error_type"]) == ("COMPLETED", "request_cancelled")
    assert slow.get(made["response_url"]).status_code == 400


def test_a_status_is_followed_to_its_end(http: httpx.Client) -> None:
    made = submitted(http)
    seen = []
    with http.stream("GET", f"{made['status_url']}/stream?logs=1") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        seen += [json.loads(line[6:]) for line in stream.iter_lines() if line[:6] == "data: "]
    assert seen[-1]["status"] == "COMPLETED"
    assert seen[-1]["logs"]
    assert seen[-1]["response_url"] == made["response_url"]


def test_without_logs_there_are_none(http: httpx.Client) -> None:
    made = submitted(http)
    completed(http, made)
    assert http.get(made["status_url"]).json()["logs"] is None


@pytest.mark.parametrize("path", ["", "/status", "/status/stream"])
def test_a_request_that_there_is_not_is_not_found(http: httpx.Client, path: str) -> None:
    job = http.post("/v1/jobs", json={"image": URL}).json()
    for request_id in ("999999", "x", job["id"]):
        answer = http.get(f"{REQUESTS}/{request_id}{path}")
        assert answer.status_code == 404
        assert set(answer.json()) == {"detail"}
    made = submitted(http)
    assert http.get(f"/queue/fal-ai/bria/requests/{made['request_id']}{path}").status_code == 404
    assert http.put(f"{REQUESTS}/999999/cancel").status_code == 404


@pytest.mark.parametrize("request_id", ["%F0%AB%B0%9B", "%0D%0AX-Evil:%201", "%C3%A3"])
def test_an_id_that_could_be_no_header_is_not_found(http: httpx.Client, request_id: str) -> None:
    answer = http.put(f"/queue/fal-ai/birefnet/requests/{request_id}/cancel")
    assert answer.status_code == 404
    assert "x-fal-request-id" not in answer.headers


def test_a_host_that_begins_with_queue_is_the_queue(http: httpx.Client) -> None:
    headers = {"Host": "queue.localhost"}
    answer = http.post(V2, json={"image_url": URL}, headers=headers)
    made = answer.json()
    at = f"http://queue.localhost/fal-ai/birefnet/requests/{made['request_id']}"
    assert made["response_url"] == at
    path = f"/fal-ai/birefnet/requests/{made['request_id']}"
    while http.get(f"{path}/status", headers=headers).status_code == 202:
        pass
    assert http.get(path, headers=headers).json()["image"]["width"] == 320


def test_a_webhook_has_the_output_or_the_error(tmp_path: Path) -> None:
    with (
        receiver() as there,
        serving(tmp_path / "d", fetch_allow="127.0.0.0/8") as base,
        httpx.Client(base_url=base, params={"fal_webhook": there.url}, timeout=60) as http,
    ):
        good = submitted(http)
        there.wait_for(1)
        bad = submitted(http, image_url="data:image/png;base64,aGVsbG8gd29ybGQ=")
        bodies = [json.loads(one.body) for one in there.wait_for(2)]
    assert [one["request_id"] for one in bodies] == [good["request_id"], bad["request_id"]]
    assert [one["status"] for one in bodies] == ["OK", "ERROR"]
    assert bodies[0]["payload"]["image"]["width"] == 320
    assert bodies[1]["payload"]["detail"][0]["type"] == "image_load_error"


@pytest.mark.parametrize("url", ["nonsense", "ftp://e.com/w", "http://127.0.0.1/w"])
def test_a_webhook_that_can_never_be_called_is_refused(http: httpx.Client, url: str) -> None:
    answer = http.post(f"/queue{V2}", params={"fal_webhook": url}, json={"image_url": URL})
    assert answer.status_code == 422
    assert "webhook" in answer.text


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("https://fal.run/fal-ai/birefnet", 307),
        ("https://queue.fal.run/fal-ai/birefnet/requests/7/status?logs=1", 307),
        ("https://rest.fal.ai/storage/upload/initiate", 422),
        ("https://e.com/fal-ai/birefnet", 422),
        ("", 422),
        ("https://[", 422),
        ("https://fal.run//e.com/x", 404),
        ("https://fal.run/v1/models", 404),
    ],
)
def test_the_proxy_leads_to_the_apps_and_nowhere_else(
    http: httpx.Client, target: str, status: int
) -> None:
    headers = {"x-fal-target-url": target}
    answer = http.post("/fal/proxy", headers=headers, follow_redirects=False)
    assert answer.status_code == status
    if status == 307:
        path = target.replace("https://queue.fal.run", "/queue").replace("https://fal.run", "")
        assert answer.headers["location"] == f"{str(http.base_url).rstrip('/')}{path}"


def test_a_key_comes_after_the_word_key(tmp_path: Path) -> None:
    key = "an-id:a-secret-of-characters"
    with serving(tmp_path / "d", api_keys=(key,)) as base:
        for given, status in ((key, 200), ("wrong", 401)):
            headers = {"Authorization": f"Key {given}"}
            answer = httpx.post(base + V2, json={"image_url": URL}, headers=headers, timeout=60)
            assert answer.status_code == status
        assert isinstance(answer.json()["detail"], str)
