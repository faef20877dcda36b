import pytest

from cutoutd.web.accept import IMAGES, JSON, ZIP, preferred, prefers_json

OFFERED = (*IMAGES, ZIP, JSON)

LIBRARIES = {
    "missing": "",
    "curl, Go, Ruby, requests, fetch": "*/*",
    "axios, Angular": "application/json, text/plain, */*",
    "Java": "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
    "newer Java": "text/html, image/gif, image/jpeg, */*; q=0.2",
    "RestSharp": (
        "application/json, text/json, text/x-json, text/javascript, *+json, "
        "application/xml, text/xml, *+xml, *"
    ),
    "Spring's RestTemplate": "application/octet-stream, application/json, application/*+json, */*",
    "older rest-client of Ruby": "*/*; q=0.5, application/xml",
    "Delphi's Indy": "text/html, */*",
    "n8n": (
        "application/json,text/html,application/xhtml+xml,application/xml,text/*;q=0.9, "
        "image/*;q=0.8, */*;q=0.7"
    ),
    "an image in Firefox": (
        "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
    ),
    "an image in Chrome": ("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"),
    "an image in Safari": (
        "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,"
        "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
    ),
    "a page in Chrome": (
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
        "image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
    ),
    "a client generated from OpenAPI": "image/png, application/json",
    "a client that expects bytes": "application/octet-stream, application/json",
}


@pytest.mark.parametrize("header", LIBRARIES.values(), ids=LIBRARIES.keys())
def test_a_header_that_a_library_wrote_means_the_usual_picture(header: str) -> None:
    assert preferred(header, OFFERED) == "image/png"
    assert not prefers_json(header)


@pytest.mark.parametrize(
    "header",
    [
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/json, image/*;q=0.5",
        "application/json, */*;q=0.5",
        "image/png;q=0.9, application/json",
        "application/json, text/javascript, */*; q=0.01",
        "application/json,text/*;q=0.99",
        "application/json, application/problem+json",
        "application/vnd.api+json",
        "application/json, text/plain",
        "*/*;q=0.1, application/json;q=.2",
    ],
)
def test_json_is_for_those_who_like_it_better_than_a_picture(header: str) -> None:
    assert preferred(header, OFFERED) == JSON
    assert prefers_json(header)


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("image/*", "image/png"),
        ("image/webp", "image/webp"),
        ("IMAGE/WEBP ; Q=1.0", "image/webp"),
        ("image/webp;q=0.9, */*;q=0.8", "image/webp"),
        ("image/png;q=0, */*;q=0.1", "image/webp"),
        ("image/heic, image/avif;q=0.9, */*;q=0.1", "image/avif"),
        ("image/png, application/json;q=0.9", "image/png"),
        ("application/json, image/png", "image/png"),
        ("application/zip", ZIP),
        ("application/zip, */*;q=0.9", ZIP),
        ("application/octet-stream", "image/png"),
        ("image/*;q=high, application/json;q=0.1", JSON),
    ],
)
def test_the_best_liked_kind_is_chosen_and_the_first_among_equals(header: str, chosen: str) -> None:
    assert preferred(header, OFFERED) == chosen


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("image/jpeg", "image/jpeg"),
        ("image/jpeg, text/html", "image/jpeg"),
        ("image/jpeg, application/json;q=0.5", "image/jpeg"),
        ("image/jpeg, image/png;q=0.1", "image/png"),
        ("image/jpeg, */*;q=0.1", "image/png"),
        ("image/jpeg, image/webp;q=0.1", "image/webp"),
    ],
)
def test_a_kind_without_transparency_is_for_those_who_take_no_other(
    header: str, chosen: str
) -> None:
    assert preferred(header, OFFERED) == chosen


@pytest.mark.parametrize("header", ["text/html", "*/*;q=0", "image/gif", "text/*, video/mp4"])
def test_what_nobody_makes_is_not_chosen(header: str) -> None:
    assert preferred(header, OFFERED) is None


@pytest.mark.parametrize(
    "header",
    [",,;q=1", "png", ";;;", '"image/webp"', "image/*" + ";q=1" * 20_000, "*/*," * 20_000],
)
def test_a_header_that_cannot_be_read_accepts_everything(header: str) -> None:
    assert preferred(header, OFFERED) == "image/png"


def test_a_header_is_read_to_a_certain_length() -> None:
    assert preferred("text/html;q=0.1," * 10_000 + "image/webp", ("image/webp",)) is None
