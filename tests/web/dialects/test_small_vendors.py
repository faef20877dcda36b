"""carvekit, Hugging Face, Runware, Picsart, Pixian, removal.ai, Slazzer: their requests."""

import base64
from typing import Any

import httpx
import numpy as np
import pytest
from tests.inside import PHOTO
from tests.scenes import decoded, encoded

from cutoutd.command import (
    Background,
    Canvas,
    Crop,
    ImageFormat,
    ImageKind,
    Length,
    Matting,
    Outline,
    Placement,
    ReferenceBox,
    RemoveBackground,
    ShadowKind,
    Sides,
    Source,
    Unit,
)
from cutoutd.web.dialects.picsart.schemas import PicsartRequest
from cutoutd.web.dialects.pixian.schemas import PixianRequest
from cutoutd.web.dialects.runware.schemas import RunwareTask

FILE = ("p.jpg", PHOTO)
URL = "https://e.com/p.jpg"
SOURCE = Source(url=URL)
TEXT = base64.b64encode(PHOTO).decode()
KEY = "a-secret-of-16-characters"
GREEN = encoded(np.full((60, 80, 3), (0, 200, 0), dtype=np.uint8))


# carvekit, whose own server speaks remove.bg's API below another path


def test_carvekit_answers_in_full_size_unless_it_is_told_otherwise(http: httpx.Client) -> None:
    large = encoded(np.asarray(decoded(PHOTO).resize((1280, 960))), "JPEG")
    whole = http.post("/api/removebg", files={"image_file": ("p.jpg", large)})
    small = http.post("/api/removebg", files={"image_file": large}, data={"size": "preview"})
    assert decoded(whole.content).size == (1280, 960)
    assert decoded(small.content).width < 600


def test_carvekit_reads_the_image_as_json_too(http: httpx.Client) -> None:
    answer = http.post("/api/removebg", json={"image_file_b64": TEXT, "bg_color": "ff0000"})
    assert decoded(answer.content).getpixel((0, 0))[0] > 250


def test_carvekit_refuses_in_remove_bgs_words(
    http: httpx.Client, strict_http: httpx.Client
) -> None:
    nothing = http.post("/api/removebg", data={"size": "full"})
    assert (nothing.status_code, nothing.json()["errors"][0]["code"]) == (400, "missing_source")
    assert strict_http.post("/api/removebg", files={"image_file": FILE}).status_code == 403


def test_carvekits_account_has_enough(http: httpx.Client) -> None:
    assert http.get("/api/account").json()["data"]["attributes"]["credits"]["total"] > 0


# Hugging Face


@pytest.mark.parametrize("place", ["/models", "/hf-inference/models"])
@pytest.mark.parametrize("model", ["briaai/RMBG-1.4", "briaai/RMBG-2.0", "ZhengPeng7/BiRefNet"])
def test_hugging_face_takes_bytes_and_gives_bytes(
    http: httpx.Client, place: str, model: str
) -> None:
    kind = {"Content-Type": "application/octet-stream"}
    answer = http.post(f"{place}/{model}", content=PHOTO, headers=kind)
    assert answer.headers["content-type"] == "image/png"
    assert decoded(answer.content).mode == "RGBA"


def test_hugging_face_gives_a_mask_to_those_who_prefer_json(http: httpx.Client) -> None:
    answer = http.post(
        "/models/briaai/RMBG-1.4", json={"inputs": TEXT}, headers={"Accept": "application/json"}
    )
    (segment,) = answer.json()
    assert (segment["label"], segment["score"]) == ("foreground", 1.0)
    assert decoded(base64.b64decode(segment["mask"])).mode == "L"


def test_a_model_of_this_server_is_called_by_its_own_name(http: httpx.Client) -> None:
    assert http.post("/models/cutoutd/cutoutd-small", content=PHOTO).status_code == 200
    unknown = http.post("/models/cutoutd/nothing", content=PHOTO)
    assert (unknown.status_code, list(unknown.json())) == (404, ["error"])


def test_a_busy_hugging_face_model_says_how_long_it_takes(strict_http: httpx.Client) -> None:
    bearer = {"Authorization": f"Bearer {KEY}"}
    answer = strict_http.post("/models/briaai/RMBG-1.4", content=PHOTO, headers=bearer)
    assert answer.status_code == 503
    assert answer.json()["estimated_time"] >= 1


# Runware


def task(**fields: Any) -> dict[str, Any]:
    return {"taskType": "removeBackground", "taskUUID": "u-1", "inputImage": URL, **fields}


def commanded(**fields: Any) -> RemoveBackground:
    return RunwareTask.model_validate(task(**fields)).to_command(SOURCE)


def test_runware_answers_each_task_with_a_link(http: httpx.Client) -> None:
    answer = http.post("/v1", json=[task(), task(taskUUID="u-2", includeCost=True)]).json()
    first, second = answer["data"]
    assert (first["taskUUID"], second["taskUUID"]) == ("u-1", "u-2")
    assert decoded(http.get(first["imageURL"]).content).mode == "RGBA"
    assert second["cost"] == 0
    assert len(first["imageUUID"]) == 36


@pytest.mark.parametrize(
    ("output_type", "name"), [("base64Data", "imageBase64Data"), ("dataURI", "imageDataURI")]
)
def test_runware_puts_the_image_into_the_answer(
    http: httpx.Client, output_type: str, name: str
) -> None:
    sent = task(outputType=output_type, outputFormat="webp", inputImage=TEXT)
    (result,) = http.post("/v1", json=[sent]).json()["data"]
    text = result[name].removeprefix("data:image/webp;base64,")
    assert decoded(base64.b64decode(text)).format == "WEBP"


def test_a_runware_task_that_fails_takes_no_other_with_it(http: httpx.Client) -> None:
    answer = http.post("/v1", json=[task(), task(taskUUID="bad", inputImage="aGk=")])
    assert answer.status_code == 200
    assert len(answer.json()["data"]) == 1
    (error,) = answer.json()["errors"]
    assert (error["taskUUID"], error["parameter"]) == ("bad", "inputImage")


def test_runware_tasks_that_all_fail_have_a_status(http: httpx.Client) -> None:
    answer = http.post("/v1", json=[task(inputImage="aGk="), task(outputFormat="bmp")])
    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == [
        "inputImage",
        "outputFormat",
    ]


def test_runwares_authentication_may_lead_the_list(http: httpx.Client) -> None:
    first = {"taskType": "authentication", "apiKey": "k"}
    assert len(http.post("/v1", json=[first, task()]).json()["data"]) == 1


def test_runwares_settings_become_the_command() -> None:
    command = commanded(
        outputFormat="JPG",
        outputQuality=40,
        settings={
            "rgba": [1, 2, 3, 0.5],
            "postProcessMask": True,
            "alphaMatting": True,
            "alphaMattingForegroundThreshold": 200,
            "alphaMattingBackgroundThreshold": 20,
            "alphaMattingErodeSize": 3,
        },
    )
    assert command.background == Background(color=(1, 2, 3, 128))
    assert command.mask.smooth
    assert command.matting == Matting(foreground_above=200, background_below=20, erode_px=3)
    (output,) = command.outputs
    assert (output.format, output.quality) == (ImageFormat.JPEG, 40)
    assert commanded(settings={"returnOnlyMask": True}).outputs[0].kind is ImageKind.MASK
    assert commanded().background is None


def test_a_list_on_runwares_path_is_bounded(http: httpx.Client) -> None:
    assert http.post("/v1", json=[task()] * 500).status_code == 400


# Picsart


def picsart(**fields: Any) -> RemoveBackground:
    return PicsartRequest.model_validate({"image_url": URL, **fields}).to_command(SOURCE)


def test_picsart_answers_with_a_link(http: httpx.Client) -> None:
    sent = {
        "output_type": "cutout", "bg_blur": "0", "scale": "fit", "auto_center": "false",
        "stroke_size": "0", "stroke_color": "FFFFFF", "stroke_opacity": "100",
        "shadow": "disabled", "shadow_opacity": "20", "shadow_blur": "50", "format": "PNG",
    }  # fmt: skip
    answer = http.post("/tools/1.0/removebg", files={"image": FILE}, data=sent).json()
    assert answer["status"] == "success"
    assert answer["data"]["id"]
    assert decoded(http.get(answer["data"]["url"]).content).mode == "RGBA"


def test_picsart_puts_an_image_behind(http: httpx.Client) -> None:
    files = {"image": FILE, "bg_image": ("b.png", GREEN)}
    answer = http.post("/tools/1.0/removebg", files=files, data={"format": "JPG"}).json()
    corner = decoded(http.get(answer["data"]["url"]).content).getpixel((2, 2))
    assert corner[1] > 180


def test_a_background_of_picsarts_comes_from_a_url(http: httpx.Client) -> None:
    sent = {"image_url": URL, "bg_image_url": URL, "bg_blur": "40"}
    answer = http.post("/tools/1.0/removebg", data=sent).json()
    alpha = decoded(http.get(answer["data"]["url"]).content).convert("RGBA").getchannel("A")
    assert np.asarray(alpha).min() == 255


def test_picsarts_fields_become_the_command() -> None:
    assert picsart(output_type="mask").outputs[0].kind is ImageKind.MASK
    assert picsart(format="webp").outputs[0].format is ImageFormat.WEBP
    assert picsart(bg_color="#f00").background == Background(color=(255, 0, 0, 255))
    assert picsart(bg_width="800", bg_height="600").canvas == Canvas(width=800, height=600)
    assert picsart(auto_center="true").placement == Placement()
    assert picsart(stroke_size="5", stroke_color="0000ff").outline == Outline(
        width=0.01, color=(0, 0, 255)
    )
    shadow = picsart(shadow="bottom-left", shadow_opacity="40", shadow_blur="20").shadow
    assert shadow is not None
    assert (shadow.kind, shadow.opacity, shadow.angle) == (ShadowKind.DROP, 0.4, 135.0)


# Pixian


def pixian(**fields: Any) -> RemoveBackground:
    names = {name.replace("__", "."): value for name, value in fields.items()}
    return PixianRequest.model_validate({"image.url": URL, **names}).to_command(SOURCE)


@pytest.mark.parametrize("field", ["image.url", "image.base64"])
def test_pixian_reads_the_image_under_each_name(http: httpx.Client, field: str) -> None:
    fields = {field: URL if field == "image.url" else TEXT, "test": "true"}
    answer = http.post("/api/v2/remove-background", data=fields)
    assert decoded(answer.content).mode == "RGBA"


def test_pixian_answers_in_the_size_that_is_asked(http: httpx.Client) -> None:
    fields = {
        "result.crop_to_foreground": "true", "result.margin": "5% 5% 5% 5%",
        "result.target_size": "500 400", "result.vertical_alignment": "bottom",
        "background.color": "#ffffff", "output.format": "jpeg", "output.jpeg_quality": "70",
    }  # fmt: skip
    answer = http.post("/api/v2/remove-background", files={"image": FILE}, data=fields)
    picture = decoded(answer.content)
    assert (picture.format, picture.size) == ("JPEG", (500, 400))


def test_pixians_fields_become_the_command() -> None:
    ten = Length(value=10)
    assert pixian(result__crop_to_foreground="True", result__margin="10px").crop == Crop(
        top=ten, right=ten, bottom=ten, left=ten
    )
    assert pixian().crop is pixian().canvas is pixian().placement is None
    assert pixian(result__margin="10px").canvas == Canvas(
        padding=Sides(top=ten, right=ten, bottom=ten, left=ten), reference=ReferenceBox.IMAGE
    )
    sized = pixian(result__target_size="800 600", result__vertical_alignment="top")
    assert sized.canvas == Canvas(width=800, height=600, reference=ReferenceBox.IMAGE)
    assert sized.placement == Placement(y=0.0)
    assert pixian(max_pixels="1000").max_pixels == 1000
    percent = pixian(result__crop_to_foreground="1", result__margin="5%").crop
    assert percent is not None
    assert percent.top == Length(value=5, unit=Unit.PERCENT)


def test_pixians_secret_is_the_key(strict_http: httpx.Client) -> None:
    for auth, status in ((("id", KEY), 429), (("id", "wrong"), 401)):
        answer = strict_http.post("/api/v2/remove-background", files={"image": FILE}, auth=auth)
        assert answer.status_code == status


# removal.ai


def test_removal_ai_answers_with_links_and_sizes(http: httpx.Client) -> None:
    answer = http.post("/3.0/remove", files={"image_file": FILE}, data={"ecom": "1"}).json()
    assert answer["status"] == 200
    for name in ("url", "high_resolution", "low_resolution", "preview_demo"):
        assert decoded(http.get(answer[name]).content).mode == "RGBA"
    assert (answer["original_width"], answer["original_height"]) == (320, 240)


def test_removal_ai_gives_the_file_or_base64_on_request(http: httpx.Client) -> None:
    sent = {"image_url": URL}
    file = http.post("/3.0/remove", data={**sent, "get_file": "1"})
    assert decoded(file.content).mode == "RGBA"
    text = http.post("/3.0/remove", data={**sent, "get_base64": "1"}).json()["base64"]
    assert decoded(base64.b64decode(text)).mode == "RGBA"


def test_removal_ai_crops_and_fills(http: httpx.Client) -> None:
    sent = {"image_url": URL, "get_file": "1", "crop": "1", "bg_color": "ff0000"}
    picture = decoded(http.post("/3.0/remove", data=sent).content)
    assert picture.width < 320
    assert picture.convert("RGB").getpixel((0, 0))[0] > 200


def test_removal_ais_token_is_the_key(strict_http: httpx.Client) -> None:
    for key, status in ((KEY, 429), ("wrong", 401)):
        headers = {"Rm-Token": key}
        answer = strict_http.post("/3.0/remove", files={"image_file": FILE}, headers=headers)
        assert answer.status_code == status


# Slazzer


@pytest.mark.parametrize("name", ["source_image_file", "source_image", "image_file"])
def test_slazzer_reads_the_image_under_each_name(http: httpx.Client, name: str) -> None:
    answer = http.post("/v2.0/remove_image_background", files={name: FILE})
    assert decoded(answer.content).mode == "RGBA"


@pytest.mark.parametrize(
    "fields",
    [{"source_image_url": URL}, {"source_image_base64": TEXT}],
    ids=["source_image_url", "source_image_base64"],
)
def test_slazzer_reads_links_and_base64(http: httpx.Client, fields: dict[str, str]) -> None:
    answer = http.post("/v2.0/remove_image_background", data={**fields, "crop": "true"})
    assert decoded(answer.content).width < 320


@pytest.mark.parametrize("name", ["bg_color", "bg_color_code", "bg_image_url", "bg_image_file"])
def test_slazzer_puts_something_behind(http: httpx.Client, name: str) -> None:
    path, files = "/v2.0/remove_image_background", {"source_image_file": FILE}
    if name == "bg_image_file":
        answer = http.post(path, files={**files, name: ("b.png", GREEN)})
    else:
        answer = http.post(path, files=files, data={name: URL if "url" in name else "#00c800"})
    alpha = np.asarray(decoded(answer.content).convert("RGBA"))[..., 3]
    assert alpha.min() == 255


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("/v2.0/remove_image_background", "API-KEY"),
        ("/tools/1.0/removebg", "X-Picsart-API-Key"),
    ],
)
def test_the_key_comes_in_the_vendors_header(
    strict_http: httpx.Client, path: str, header: str
) -> None:
    for key, status in ((KEY, 429), ("wrong", 401)):
        files = {"source_image_file": FILE, "image": FILE}
        answer = strict_http.post(path, files=files, headers={header: key})
        assert answer.status_code == status
