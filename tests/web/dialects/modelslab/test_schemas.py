from typing import Any

import pytest
from pydantic import ValidationError

from cutoutd.command import ImageKind, Source
from cutoutd.web.dialects.modelslab.schemas import RemoveBgMaskRequest

URL = "https://example.com/p.jpg"
SOURCES = (Source(url=URL),)


def parsed(**fields: Any) -> RemoveBgMaskRequest:
    return RemoveBgMaskRequest.model_validate({"image": URL, **fields})


@pytest.mark.parametrize(
    "written", [True, "true", "True", "TRUE", "yes", "1", 1, 1.0, "on", " yes "]
)
def test_true_is_understood_in_every_spelling_of_real_clients(written: object) -> None:
    assert parsed(only_mask=written).only_mask is True


@pytest.mark.parametrize("written", [False, "false", "no", "0", 0, "off", "", None])
def test_false_null_and_the_empty_string_leave_the_default(written: object) -> None:
    assert parsed(only_mask=written).only_mask is False


@pytest.mark.parametrize("written", [200, "200", 200.0, " 200 "])
def test_numbers_may_come_as_text(written: object) -> None:
    assert (
        parsed(alpha_matting_foreground_threshold=written).alpha_matting_foreground_threshold == 200
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("only_mask", "perhaps"),
        ("alpha_matting_foreground_threshold", 256),
        ("alpha_matting_background_threshold", -1),
        ("alpha_matting_erode_size", 51),
        ("alpha_matting_erode_size", "many"),
        ("seed", "x"),
        ("seed", 1e300),
        ("image", 7),
        ("image", []),
    ],
)
def test_a_value_out_of_its_range_is_refused_under_its_own_name(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        parsed(**{field: value})
    assert refused.value.errors()[0]["loc"][0] == field


def test_levels_that_leave_no_band_are_refused() -> None:
    with pytest.raises(ValidationError, match="must not be above"):
        parsed(alpha_matting_foreground_threshold=10, alpha_matting_background_threshold=20)


@pytest.mark.parametrize("name", ["image", "init_image", "image_url", "url"])
def test_the_picture_may_come_under_any_name_that_clients_use(name: str) -> None:
    assert RemoveBgMaskRequest.model_validate({name: URL}).image == [URL]


@pytest.mark.parametrize("track_id", [7, "7", "t-1", 7.5])
def test_the_track_id_keeps_its_type(track_id: object) -> None:
    assert parsed(track_id=track_id).track_id == track_id
    assert type(parsed(track_id=track_id).track_id) is type(track_id)


def test_every_option_reaches_the_command() -> None:
    command = parsed(
        alpha_matting="1",
        post_process_mask=True,
        only_mask=True,
        inverse_mask=True,
        base64=True,
        alpha_matting_foreground_threshold=230,
        alpha_matting_background_threshold=15,
        alpha_matting_erode_size=3,
        webhook="https://h.example/w?secret=1",
    ).to_command(SOURCES)
    assert command.matting is not None
    assert command.matting.foreground_above == 230
    assert command.matting.background_below == 15
    assert command.matting.erode_px == 3
    assert command.mask.smooth
    assert command.mask.invert
    assert command.outputs[0].kind is ImageKind.MASK
    assert command.outputs[0].base64
    assert command.callback is not None
    assert command.callback.url == "https://h.example/w?secret=1"


def test_a_request_with_only_a_picture_has_the_vendors_defaults() -> None:
    body = parsed()
    assert body.alpha_matting_foreground_threshold == 240
    assert body.alpha_matting_background_threshold == 20
    assert body.alpha_matting_erode_size == 5
    assert body.to_command(SOURCES).matting is None
