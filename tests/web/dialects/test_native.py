"""Our own API: jobs, images, files, models, health."""

import base64
import io
import json
import zipfile
from typing import Any

import httpx
import numpy as np
import pytest
from pydantic import ValidationError
from tests.inside import PHOTO
from tests.scenes import decoded, encoded

from cutoutd.command import (
    Crop,
    ImageFormat,
    Length,
    Matting,
    MattingMode,
    Placement,
    Point,
    Prompt,
    Quality,
    Region,
    Shadow,
    Source,
    Unit,
)
from cutoutd.web.dialects.native.schemas import RemoveBackgroundRequest

URL = "https://e.com/p.jpg"
REMOVE = "/v1/remove-background"


def command(**fields: Any) -> Any:
    body = RemoveBackgroundRequest.model_validate({"image": URL, **fields})
    return body.to_command((Source(url=URL),), {}, accepted=ImageFormat.PNG)


def percent(value: float) -> Length:
    return Length(value=value, unit=Unit.PERCENT)


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"matting": "exact"}, "matting", Matting(mode=MattingMode.EXACT)),
        (
            {"crop": True, "crop_margin": 0.1},
            "crop",
            Crop(top=percent(10), right=percent(10), bottom=percent(10), left=percent(10)),
        ),
        ({"scale": 0.5}, "placement", Placement(scale=0.5)),
        ({"position": "0.1,0.9"}, "placement", Placement(x=0.1, y=0.9)),
        (
            {"region": "0,0,0.5,1"},
            "region",
            Region(left=percent(0), top=percent(0), right=percent(50), bottom=percent(100)),
        ),
        ({"shadow": "0.3"}, "shadow", Shadow(opacity=0.3)),
        ({"quality": "high"}, "quality", Quality.HIGH),
        ({"quality": 70}, "quality", Quality.BALANCED),
        ({"linear_light": "yes"}, "linear_light", True),
        ({"foreground_estimation": "no"}, "foreground_estimation", False),
        ({"max_pixels": 1000}, "max_pixels", 1000),
        ({"model": "cutoutd-small"}, "model", "cutoutd-small"),
        (
            {"subject_at": "0.1,0.2 0.3,0.4", "background_at": [[1, 0]]},
            "prompt",
            Prompt(
                points=(
                    Point(x=percent(10), y=percent(20)),
                    Point(x=percent(30), y=percent(40)),
                    Point(x=percent(100), y=percent(0), subject=False),
                )
            ),
        ),
        (
            {"subject_box": "0,0.5,0.5,1"},
            "prompt",
            Prompt(
                boxes=(
                    Region(
                        left=percent(0), top=percent(50), right=percent(50), bottom=percent(100)
                    ),
                )
            ),
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_field_becomes_its_part_of_the_command(
    fields: dict[str, Any], name: str, value: object
) -> None:
    assert getattr(command(**fields), name) == value


@pytest.mark.parametrize(
    ("fields", "written"),
    [({}, 90), ({"image_quality": "70"}, 70), ({"quality": "70"}, 70), ({"quality": "fast"}, 90)],
)
def test_files_are_compressed_as_asked_by_either_name(fields: Any, written: int) -> None:
    assert command(**fields).outputs[0].quality == written


@pytest.mark.parametrize(
    "fields", [{"quality": 0}, {"quality": "best"}, {"quality": 9, "image_quality": 9}]
)
def test_a_quality_that_is_none_is_refused_by_name(fields: Any) -> None:
    with pytest.raises(ValidationError, match="fast, balanced or high"):
        command(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"threshold": 128},
        {"fill_holes": True},
        {"keep_largest": True},
        {"min_area_px": 9},
        {"edge_shift_px": -2},
        {"feather_px": 1.5},
        {"invert": True},
        {"smooth": True},
    ],
    ids=str,
)
def test_every_edit_of_the_mask_can_be_asked_for(fields: dict[str, Any]) -> None:
    ((name, value),) = fields.items()
    assert getattr(command(**fields).mask, name) == value


@pytest.mark.parametrize(
    ("accept", "image_format"),
    [
        ("image/png", "PNG"),
        ("image/webp", "WEBP"),
        ("image/avif", "AVIF"),
        ("image/jpeg", "JPEG"),
        ("text/html, image/avif;q=0.8, image/webp;q=0.9", "WEBP"),
        ("*/*", "PNG"),
    ],
)
def test_accept_chooses_the_format(http: httpx.Client, accept: str, image_format: str) -> None:
    answer = http.post(REMOVE, content=PHOTO, headers={"Accept": accept})
    assert answer.headers["content-type"] == f"image/{image_format.lower()}"
    assert decoded(answer.content).format == image_format
    assert decoded(answer.content).size == (320, 240)


def test_the_field_chooses_against_accept(http: httpx.Client) -> None:
    answer = http.post(
        REMOVE, params={"format": "webp"}, content=PHOTO, headers={"Accept": "image/*"}
    )
    assert decoded(answer.content).format == "WEBP"


def test_what_nobody_makes_is_not_acceptable(http: httpx.Client) -> None:
    answer = http.post(REMOVE, content=PHOTO, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert answer.json()["field"] == "Accept"


@pytest.mark.parametrize("way", ["bytes", "form", "json", "base64", "curl"])
def test_the_picture_comes_as_bytes_form_or_json(http: httpx.Client, way: str) -> None:
    ways: dict[str, dict[str, Any]] = {
        "bytes": {"content": PHOTO, "headers": {"Content-Type": "image/jpeg"}},
        "form": {"files": {"image": ("p.jpg", PHOTO)}},
        "json": {"json": {"image": URL}},
        "base64": {"json": {"image": base64.b64encode(PHOTO).decode()}},
        "curl": {
            "content": PHOTO,
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        },
    }
    answer = http.post(REMOVE, **ways[way])
    assert decoded(answer.content).mode == "RGBA"


def test_cutout_and_mask_come_in_one_call(http: httpx.Client) -> None:
    answer = http.post(
        REMOVE,
        params={"outputs": "cutout,mask", "format": "png"},
        content=PHOTO,
        headers={"Accept": "application/zip"},
    )
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.namelist() == ["1-cutout.png", "1-mask.png"]
    cutout, mask = (np.asarray(decoded(archive.read(name))) for name in archive.namelist())
    assert np.array_equal(cutout[..., 3], mask)


def test_json_tells_the_links_and_the_box(http: httpx.Client) -> None:
    job = http.post(REMOVE, json={"image": URL}, headers={"Accept": "application/json"}).json()
    (image,) = job["images"]
    cutout = np.asarray(decoded(http.get(image["url"]).content))
    rows = np.flatnonzero((cutout[..., 3] > 0).any(axis=1))
    assert (image["bounding_box"]["top"], image["bounding_box"]["bottom"] - 1) == (
        rows[0],
        rows[-1],
    )
    assert job["model"] == "cutoutd-small"
    assert image["size"] == len(http.get(image["url"]).content)


def test_a_background_is_a_colour_or_a_picture(http: httpx.Client) -> None:
    green = encoded(np.full((60, 80, 3), (0, 200, 0), dtype=np.uint8))
    for extra in ({"data": {"background": "#00c800"}}, {}):
        files = {"image": ("p.jpg", PHOTO)}
        if not extra:
            files["background_image"] = ("b.png", green)
        answer = http.post(REMOVE, files=files, **extra)
        assert decoded(answer.content).convert("RGB").getpixel((0, 0)) == (0, 200, 0)


@pytest.mark.parametrize("way", ["form", "json"])
def test_a_preset_is_read_alike_from_a_form_and_from_json(http: httpx.Client, way: str) -> None:
    letters = base64.b64encode(PHOTO).decode()
    if way == "json":
        answer = http.post(REMOVE, json={"image": letters, "preset": "ebay"})
    else:
        answer = http.post(REMOVE, files={"image": ("p.png", PHOTO)}, data={"preset": "ebay"})
    made = decoded(answer.content)
    assert (made.format, made.size) == ("JPEG", (1600, 1600))


def test_a_crop_is_as_large_as_its_box(http: httpx.Client) -> None:
    answer = http.post(REMOVE, params={"crop": "true"}, content=PHOTO)
    left, top, right, bottom = map(int, answer.headers["x-bounding-box"].split(","))
    assert decoded(answer.content).size == (right - left, bottom - top)
    assert (left, top) == (0, 0)


def test_a_job_is_handed_in_asked_for_and_done(http: httpx.Client) -> None:
    handed_in = http.post("/v1/jobs", json={"image": [URL, URL], "outputs": ["cutout", "mask"]})
    assert handed_in.status_code == 202
    assert handed_in.headers["location"] == handed_in.json()["url"]
    done = http.get(handed_in.json()["url"], params={"wait": 30}).json()
    assert done["status"] == "succeeded"
    assert [image["kind"] for image in done["images"]] == ["cutout", "mask"] * 2
    assert done["queue"] is None


def test_a_job_that_ends_in_time_is_answered_done(http: httpx.Client) -> None:
    answer = http.post("/v1/jobs", params={"wait": 30}, content=PHOTO)
    assert answer.status_code == 200
    assert answer.json()["status"] == "succeeded"


def test_a_failed_job_says_why_in_stable_words(http: httpx.Client) -> None:
    answer = http.post("/v1/jobs", params={"wait": 30}, json={"image": "aGVsbG8gd29ybGQ="})
    assert answer.json()["status"] == "failed"
    assert answer.json()["failure"]["code"] == "source_rejected"
    assert answer.json()["failure"]["reason"] == "not_an_image"


def test_the_events_of_a_job_end_with_its_end(http: httpx.Client) -> None:
    job = http.post("/v1/jobs", content=PHOTO).json()
    with http.stream("GET", f"{job['url']}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in answer.iter_lines() if line]
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    last = json.loads(next(line for line in reversed(lines) if line.startswith("data: "))[6:])
    assert names[-1] == last["status"] == "succeeded"
    assert set(names) <= {"queued", "running", "succeeded"}


def test_the_events_of_an_unknown_job_are_not_found(http: httpx.Client) -> None:
    assert http.get("/v1/jobs/123456789/events").status_code == 404


def test_the_same_key_gives_the_same_job_and_another_request_a_conflict(
    http: httpx.Client,
) -> None:
    headers = {"Idempotency-Key": "of this test alone"}
    first = http.post("/v1/jobs", content=PHOTO, headers=headers).json()
    again = http.post("/v1/jobs", content=PHOTO, headers=headers).json()
    other = http.post("/v1/jobs", json={"image": URL}, headers=headers)
    assert first["id"] == again["id"]
    assert other.status_code == 409
    assert other.json()["code"] == "request_conflict"


def test_an_empty_idempotency_key_is_none(http: httpx.Client) -> None:
    empty = {"Idempotency-Key": ""}
    made = [http.post("/v1/jobs", content=PHOTO, headers=empty).json()["id"] for _ in range(2)]
    assert made[0] != made[1]


def test_a_job_is_cancelled_once_and_for_all(strict_http: httpx.Client) -> None:
    headers = {"Authorization": "Bearer a-secret-of-16-characters"}
    job = strict_http.post("/v1/jobs", content=PHOTO, headers=headers).json()
    cancelled = strict_http.delete(job["url"], headers=headers).json()
    assert cancelled["status"] in ("cancelled", "succeeded")
    assert strict_http.delete(job["url"], headers=headers).json()["status"] == cancelled["status"]


@pytest.mark.parametrize("job_id", ["0", "999999999", "abc", "1e3", "-1", "9" * 40])
def test_an_unknown_job_is_not_found(http: httpx.Client, job_id: str) -> None:
    answer = http.get(f"/v1/jobs/{job_id}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_a_file_is_uploaded_once_and_used_twice(http: httpx.Client) -> None:
    file = http.post("/v1/files", content=PHOTO, headers={"Content-Type": "image/jpeg"})
    assert file.status_code == 201
    for _ in range(2):
        answer = http.post(REMOVE, json={"file": file.json()["id"]})
        assert decoded(answer.content).mode == "RGBA"
    assert http.delete(f"/v1/files/{file.json()['id']}").status_code == 204
    assert http.post(REMOVE, json={"file": file.json()["id"]}).status_code == 410


@pytest.mark.parametrize("file_id", ["x", "../../secret", "generations/x.png", "0" * 65])
def test_what_is_no_id_of_a_file_is_refused(http: httpx.Client, file_id: str) -> None:
    answer = http.post(REMOVE, json={"file": file_id})
    assert answer.status_code == 400
    assert answer.json()["field"] == "file"


def test_uploads_cannot_be_read_by_a_link(http: httpx.Client) -> None:
    file = http.post("/v1/files", content=PHOTO).json()["id"]
    assert http.get(f"/inputs/{file}").status_code == 404


def test_the_models_say_their_licence(http: httpx.Client) -> None:
    models = {model["name"]: model for model in http.get("/v1/models").json()["models"]}
    ours = models["cutoutd-small"]
    assert (ours["default"], ours["usable"], ours["commercial_use"]) == (True, True, True)
    assert not models["bria-rmbg"]["commercial_use"]
    assert not models["bria-rmbg"]["usable"]


def test_health_says_what_was_checked(http: httpx.Client) -> None:
    answer = http.get("/v1/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    assert answer.json()["checks"]


def test_a_prompt_to_a_model_that_takes_none_names_those_that_do(http: httpx.Client) -> None:
    fields = {"subject_at": "0.5,0.5"}
    answer = http.post(REMOVE, files={"image": ("p.jpg", PHOTO)}, data=fields)
    assert answer.status_code == 400
    assert "cutoutd-small takes no prompts; these do: sam" in answer.text


@pytest.mark.parametrize(("x", "left", "right"), [(0.25, 255, 0), (0.75, 0, 255)])
def test_a_prompt_says_which_of_two_things_is_cut_out(
    http: httpx.Client, x: float, left: int, right: int
) -> None:
    picture = np.zeros((120, 240, 3), dtype=np.uint8)
    picture[30:90, 30:90], picture[30:90, 150:210] = 250, 128
    fields = {"model": "sam", "subject_at": f"{x},0.5", "outputs": "mask"}
    answer = http.post(REMOVE, files={"image": ("p.png", encoded(picture))}, data=fields)
    mask = decoded(answer.content)
    assert (mask.getpixel((60, 60)), mask.getpixel((180, 60))) == (left, right)


def test_several_pictures_for_an_answer_that_holds_one_are_said(http: httpx.Client) -> None:
    files = [("image", ("p.jpg", PHOTO))] * 2
    answer = http.post(REMOVE, files=files)
    assert decoded(answer.content).mode == "RGBA"
    assert "first_of_several" in answer.headers["x-notes"].split(",")
    job = http.get(f"/v1/jobs/{answer.headers['x-job-id']}").json()
    assert "first_of_several" in job["notes"]
    assert len(job["images"]) == 2
    whole = http.post(REMOVE, files=files, headers={"Accept": "application/json"}).json()
    assert "first_of_several" not in whole["notes"]
    assert "x-notes" not in http.post(REMOVE, content=PHOTO).headers


@pytest.mark.parametrize("kind", ["files", "json"])
def test_strokes_and_painted_masks_correct_the_mask(http: httpx.Client, kind: str) -> None:
    stroke = {"points": [[0.5, 0.5]], "radius": 0.4}
    photo = encoded(np.asarray(decoded(PHOTO).convert("RGB")))
    width, height = decoded(PHOTO).size
    white = encoded(np.full((height, width), 255, np.uint8))
    if kind == "files":
        fields = {"outputs": "mask", "keep_mask": json.dumps([stroke])}
        files = {"image": photo, "remove_mask": white}
        answer = http.post(REMOVE, data=fields, files=files)
    else:
        image, mask = (base64.b64encode(one).decode() for one in (photo, white))
        body = {"image": image, "outputs": ["mask"], "keep_mask": [stroke], "remove_mask": mask}
        answer = http.post(REMOVE, json=body)
    assert answer.status_code == 200, answer.text
    mask = np.asarray(decoded(answer.content))
    assert mask[height // 2, width // 2] == 255
    assert not mask[:3].any()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"size": "9x9", "padding": "5px"}, "padding: it leaves no room for the subject."),
        ({"preset": "nope"}, "preset: must be one of amazon"),
        ({"strokes": '[{"points": [[2, 0]], "radius": 0.1}]'}, "strokes: a stroke lies outside"),
        ({"keep_mask": "[" + "{}," * 9_999 + "{}]"}, "keep_mask: at most 500 strokes."),
        ({"size": "9000x9000"}, "size: the canvas would have 9000 x 9000 pixels"),
    ],
)
def test_a_bad_product_photo_is_refused_naming_the_field(
    http: httpx.Client, fields: dict[str, str], sentence: str
) -> None:
    answer = http.post(REMOVE, data=fields, files={"image": PHOTO})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(sentence)
    assert answer.json()["field"] == sentence.partition(":")[0]


def test_a_painted_mask_of_another_size_is_refused(http: httpx.Client) -> None:
    mask = encoded(np.zeros((5, 6), np.uint8))
    answer = http.post(REMOVE, files={"image": PHOTO, "keep_mask": mask})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("keep_mask: it has 6 x 5 pixels, and the image")


@pytest.mark.parametrize("way", ["form", "json", "query"])
def test_a_preset_is_what_it_says_however_it_is_sent(http: httpx.Client, way: str) -> None:
    given = {"preset": "amazon", "fill": "50%"}
    accept = {"Accept": "application/json"}
    if way == "form":
        answer = http.post(REMOVE, data=given, files={"image": PHOTO}, headers=accept)
    elif way == "json":
        body = {"image": base64.b64encode(PHOTO).decode(), **given}
        answer = http.post(REMOVE, json=body, headers=accept)
    else:
        answer = http.post(REMOVE, content=PHOTO, params=given, headers=accept)
    job = answer.json()
    image = job["images"][0]
    assert (image["width"], image["height"]) == (2000, 2000)
    assert image["media_type"] == "image/jpeg"
    assert [note for note in job["notes"] if note.endswith(":85:amazon")]
    assert [message for message in job["messages"] if message.endswith("amazon wants 85 %.")]


def test_files_are_called_after_what_was_sent(http: httpx.Client) -> None:
    image = ("image", ("red shoe.jpg", PHOTO, "image/jpeg"))
    one = http.post(REMOVE, files=[image])
    assert one.headers["content-disposition"] == 'inline; filename="red shoe-cutout.png"'
    stages = dict(part.split(";dur=") for part in one.headers["server-timing"].split(", "))
    assert {"decode", "encode"} <= stages.keys()
    assert all(float(spent) >= 0 for spent in stages.values())
    two = http.post(REMOVE, files=[image, image], headers={"Accept": "application/zip"})
    assert two.headers["content-disposition"] == 'inline; filename="cutouts.zip"'
    names = zipfile.ZipFile(io.BytesIO(two.content)).namelist()
    assert names == ["red shoe-cutout.png", "red shoe-2-cutout.png"]


@pytest.mark.parametrize("way", ["form", "json", "query"])
def test_a_field_that_does_not_exist_is_refused_with_the_nearest_that_does(
    http: httpx.Client, way: str
) -> None:
    ways: dict[str, dict[str, Any]] = {
        "form": {"files": {"image": PHOTO}, "data": {"croop": "true"}},
        "json": {"json": {"image": URL, "croop": True}},
        "query": {"content": PHOTO, "params": {"croop": "true"}},
    }
    for path in (REMOVE, "/v1/jobs?wait=1"):
        answer = http.post(path, **ways[way])
        assert (answer.status_code, answer.json()["field"]) == (400, "croop")
        assert answer.json()["detail"] == "croop: there is no such option; did you mean crop?"


def test_an_image_sent_as_file_is_told_its_field(http: httpx.Client) -> None:
    problem = http.post(REMOVE, files={"file": ("photo.jpg", PHOTO)}).json()
    assert problem["field"] == "file"
    assert "send the image itself as image" in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", REMOVE, "POST"), ("DELETE", "/v1/jobs", "POST"), ("PUT", "/v1/models", "GET")],
)
def test_another_method_is_answered_with_those_that_there_are(
    http: httpx.Client, method: str, path: str, allowed: str
) -> None:
    answer = http.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.json()["code"] == "method_not_allowed"
    assert answer.json()["status"] == 405


def test_a_vendors_address_answers_another_method_in_the_vendors_shape(http: httpx.Client) -> None:
    answer = http.get("/v1.0/removebg")
    assert answer.status_code == 405
    assert answer.json()["errors"]
