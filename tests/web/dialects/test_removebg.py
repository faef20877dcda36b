"""remove.bg: every parameter, in the command it becomes and in the answer it gets."""

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from tests.inside import PHOTO, serving
from tests.scenes import decoded, encoded

from cutoutd.command import (
    Background,
    Crop,
    ImageFormat,
    ImageKind,
    Length,
    Output,
    Placement,
    Region,
    Shadow,
    ShadowKind,
    Source,
    Unit,
)
from cutoutd.errors import SourceUnreachable
from cutoutd.web.dialects.removebg.schemas import RemoveBgRequest
from cutoutd.web.lengths import margins_of, region_of

PATH = "/v1.0/removebg"
FILE = {"image_file": ("p.jpg", PHOTO)}
PX, PERCENT = Unit.PX, Unit.PERCENT


def command(**fields: Any) -> Any:
    body = RemoveBgRequest.model_validate({"image_url": "https://e.com/p.jpg", **fields})
    return body.to_command(Source(url="https://e.com/p.jpg"))


def made(http: httpx.Client, **fields: Any) -> Image.Image:
    answer = http.post(PATH, files=FILE, data=fields)
    assert answer.status_code == 200, answer.text
    return decoded(answer.content)


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({}, "max_pixels", 250_000),
        ({"size": "medium"}, "max_pixels", 1_500_000),
        ({"size": "hd"}, "max_pixels", 4_000_000),
        ({"size": "full"}, "max_pixels", 25_000_000),
        ({"size": "50MP"}, "max_pixels", 50_000_000),
        ({"crop": "true"}, "crop", Crop()),
        ({"crop": "false", "crop_margin": "10px"}, "crop", None),
        ({"bg_color": "81d4fa"}, "background", Background(color=(0x81, 0xD4, 0xFA, 255))),
        ({"bg_color": "#81d4fa77"}, "background", Background(color=(0x81, 0xD4, 0xFA, 0x77))),
        ({"bg_color": "fff"}, "background", Background(color=(255, 255, 255, 255))),
        ({"bg_color": "white"}, "background", Background(color=(255, 255, 255, 255))),
        ({"add_shadow": "true"}, "shadow", Shadow()),
        ({"shadow_type": "car", "shadow_opacity": "80"}, "shadow", Shadow(opacity=0.8)),
        ({"shadow_type": "none"}, "shadow", None),
        ({"shadow_type": "drop"}, "shadow", Shadow(kind=ShadowKind.DROP)),
        ({"channels": "alpha"}, "outputs", (Output(kind=ImageKind.MASK),)),
        ({}, "outputs", (Output(format=ImageFormat.AUTO),)),
        ({"format": "webp"}, "outputs", (Output(format=ImageFormat.WEBP),)),
        ({"type": "car", "type_level": "2"}, "matting", None),
    ],
    ids=str,
)
def test_a_parameter_becomes_its_part_of_the_command(
    fields: dict[str, str], name: str, value: object
) -> None:
    assert getattr(command(**fields), name) == value


def test_without_semitransparency_holes_are_solid() -> None:
    assert command(semitransparency="false").mask.fill_holes
    assert not command().mask.fill_holes


def test_a_zip_is_made_of_colours_and_alpha() -> None:
    kinds = [output.kind for output in command(format="zip").outputs]
    assert kinds == [ImageKind.COLOR, ImageKind.MASK]


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("10px", [(10, PX)] * 4),
        ("0", [(0, PX)] * 4),
        ("5% 10px", [(5, PERCENT), (10, PX), (5, PERCENT), (10, PX)]),
        ("1px 2px 3px 4px", [(1, PX), (2, PX), (3, PX), (4, PX)]),
    ],
)
def test_margins_go_clockwise_from_the_top(text: str, sides: list[tuple[float, Unit]]) -> None:
    top, right, bottom, left = (Length(value=value, unit=unit) for value, unit in sides)
    assert margins_of(text) == Crop(top=top, right=right, bottom=bottom, left=left)


def test_a_region_has_two_corners_of_pixels_or_percent() -> None:
    assert region_of("10px 20% 300px 100%") == Region(
        left=Length(value=10),
        top=Length(value=20, unit=PERCENT),
        right=Length(value=300),
        bottom=Length(value=100, unit=PERCENT),
    )


@pytest.mark.parametrize(
    ("scale", "position", "placement"),
    [
        (None, None, None),
        ("original", "original", None),
        ("50%", None, Placement(scale=0.5)),
        (None, "center", Placement()),
        ("80%", "20%", Placement(scale=0.8, x=0.2, y=0.2)),
        (None, "10% 90%", Placement(x=0.1, y=0.9)),
    ],
)
def test_a_scaled_subject_is_centred_unless_it_is_told_a_place(
    scale: str | None, position: str | None, placement: Placement | None
) -> None:
    assert command(scale=scale, position=position).placement == placement


@pytest.mark.parametrize("text", ["", "10", "1px 2px 3px", "-5px", "1e3px", "5 %", "9" * 50])
def test_what_is_no_region_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        region_of(text)


def test_the_bytes_come_with_what_is_known_about_them(http: httpx.Client) -> None:
    answer = http.post(PATH, files=FILE, data={"type": "product"})
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-type"] == "product"
    assert answer.headers["x-credits-charged"] == "0"
    alpha = np.asarray(decoded(answer.content))[..., 3] > 0
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    known = {name: int(answer.headers[f"x-{name}"]) for name in ("width", "height")}
    assert known == {"width": 320, "height": 240}
    place = [int(answer.headers[f"x-foreground-{side}"]) for side in ("top", "left")]
    assert place == [rows[0], columns[0]]
    size = [int(answer.headers[f"x-foreground-{side}"]) for side in ("height", "width")]
    assert size == [rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1]


def test_json_is_for_those_who_accept_it(http: httpx.Client) -> None:
    answer = http.post(PATH, files=FILE, headers={"Accept": "application/json"})
    data = answer.json()["data"]
    assert decoded(base64.b64decode(data["result_b64"])).size == (320, 240)
    assert data["foreground_width"] == int(answer.headers["x-foreground-width"])


def test_without_a_type_level_there_is_no_type(http: httpx.Client) -> None:
    assert "x-type" not in http.post(PATH, files=FILE, data={"type_level": "none"}).headers


def test_a_preview_has_a_quarter_of_a_megapixel(http: httpx.Client) -> None:
    large = encoded(np.asarray(decoded(PHOTO).resize((1280, 960))), "JPEG")
    small = decoded(http.post(PATH, files={"image_file": ("p.jpg", large)}).content)
    whole = http.post(PATH, files={"image_file": ("p.jpg", large)}, data={"size": "auto"})
    assert 0.9 * 250_000 < small.width * small.height <= 250_000
    assert decoded(whole.content).size == (1280, 960)


def test_an_opaque_answer_is_a_jpeg_unless_it_is_told_otherwise(http: httpx.Client) -> None:
    assert made(http, bg_color="white").format == "JPEG"
    assert made(http, bg_color="white", format="png").format == "PNG"


def test_a_zip_put_together_is_the_cutout(http: httpx.Client) -> None:
    answer = http.post(PATH, files=FILE, data={"format": "zip"})
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.namelist() == ["color.jpg", "alpha.png"]
    color, alpha = (decoded(archive.read(name)) for name in archive.namelist())
    assert (color.format, alpha.mode) == ("JPEG", "L")
    cutout = np.asarray(made(http, format="png")).astype(int)
    assert np.array_equal(np.asarray(alpha), cutout[..., 3])
    sure = cutout[..., 3] == 255
    assert np.abs(np.asarray(color).astype(int) - cutout[..., :3])[sure].mean() < 4


def test_a_crop_with_a_margin_is_the_subject_and_the_margin(http: httpx.Client) -> None:
    tight, wide = made(http, crop="true"), made(http, crop="true", crop_margin="10px 20px")
    assert wide.size == (tight.width + 40, tight.height + 20)


def test_a_region_without_the_subject_has_no_foreground(http: httpx.Client) -> None:
    answer = http.post(PATH, files=FILE, data={"roi": "0% 0% 8% 8%"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "unknown_foreground"


@pytest.mark.parametrize("field", ["bg_image_url", "bg_image_file"])
def test_a_background_picture_is_put_behind(http: httpx.Client, field: str) -> None:
    green = encoded(np.full((60, 80, 3), (0, 200, 0), dtype=np.uint8))
    if field == "bg_image_file":
        answer = http.post(PATH, files={**FILE, field: ("b.png", green)}, data={"format": "png"})
        assert decoded(answer.content).convert("RGB").getpixel((0, 0)) == (0, 200, 0)
    else:
        answer = http.post(PATH, files=FILE, data={field: "https://e.com/b.jpg"})
        assert decoded(answer.content).format == "JPEG"


@pytest.mark.parametrize("field", ["image_url", "image_file_b64"])
def test_the_picture_comes_in_json_too(http: httpx.Client, field: str) -> None:
    value = "https://e.com/p.jpg" if field == "image_url" else base64.b64encode(PHOTO).decode()
    answer = http.post(PATH, json={field: value, "crop": False, "scale": None, "roi": ""})
    assert decoded(answer.content).size == (320, 240)


def test_there_is_always_enough_on_the_account(http: httpx.Client) -> None:
    credits_ = http.get("/v1.0/account").json()["data"]["attributes"]["credits"]
    assert credits_["total"] > 0


def test_the_account_wants_the_key(strict_http: httpx.Client) -> None:
    assert strict_http.get("/v1.0/account").status_code == 403
    assert (
        strict_http.get(
            "/v1.0/account", headers={"X-Api-Key": "a-secret-of-16-characters"}
        ).status_code
        == 200
    )


def test_what_is_left_of_a_limit_is_said_under_the_vendors_names(tmp_path: Path) -> None:
    with (
        serving(tmp_path, jobs_per_minute=1) as base,
        httpx.Client(base_url=base, timeout=60) as http,
    ):
        first, second = (http.post(PATH, files=FILE) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 429)
    assert first.headers["x-ratelimit-limit"] == "1"
    assert first.headers["x-ratelimit-remaining"] == "0"
    assert int(second.headers["x-ratelimit-reset"]) > 0
    assert int(second.headers["retry-after"]) >= 1
    assert second.json()["errors"][0]["code"] == "rate_limit_exceeded"


def test_without_a_limit_there_is_plenty(http: httpx.Client) -> None:
    answer = http.post(PATH, files=FILE, data={"type": "car_part"})
    assert answer.headers["x-type"] == "car_part"
    for name in ("limit", "remaining", "reset"):
        assert int(answer.headers[f"x-ratelimit-{name}"]) >= 1_000_000


def test_the_key_may_be_a_bearer_token(strict_http: httpx.Client) -> None:
    bearer = {"Authorization": "Bearer a-secret-of-16-characters"}
    assert strict_http.get("/v1.0/account", headers=bearer).status_code == 200


def test_an_image_that_cannot_be_downloaded_is_refused_under_its_code(tmp_path: Path) -> None:
    def unreachable(_: str) -> bytes:
        raise SourceUnreachable("e.com", "it answered 404")

    with (
        serving(tmp_path, fetch=unreachable) as base,
        httpx.Client(base_url=base, timeout=60) as http,
    ):
        answer = http.post(PATH, json={"image_url": "https://e.com/p.jpg"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "failed_image_download"
