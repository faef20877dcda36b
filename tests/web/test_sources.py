import base64

import pytest

from cutoutd.errors import InvalidRequest, SourceRejected
from cutoutd.web.sources import checked_url, decode_base64, decode_data_uri, split_urls

PIXELS = bytes(range(256)) * 3
TEXT = base64.b64encode(PIXELS).decode()
LIMIT = 1_000_000


@pytest.mark.parametrize(
    "written",
    [
        TEXT,
        TEXT.rstrip("="),
        TEXT.replace("+", "-").replace("/", "_"),
        "\n".join(TEXT[i : i + 76] for i in range(0, len(TEXT), 76)),
        TEXT.replace("+", " "),
        f"  {TEXT}\r\n",
    ],
    ids=["standard", "unpadded", "url-safe", "wrapped", "plus lost in a form", "surrounded"],
)
def test_base64_is_read_in_every_spelling_clients_use(written: str) -> None:
    assert decode_base64(written, field="image", max_bytes=LIMIT) == PIXELS


@pytest.mark.parametrize("written", ["not base64!", "päng", "A"])
def test_what_is_not_base64_is_refused_naming_the_field(written: str) -> None:
    with pytest.raises(InvalidRequest, match="^image: ") as refused:
        decode_base64(written, field="image", max_bytes=LIMIT)
    assert refused.value.field == "image"


def test_base64_over_the_limit_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(SourceRejected, match="larger than 0.1 MB") as refused:
        decode_base64("A" * 200_000, field="image", max_bytes=100_000)
    assert refused.value.reason == "too_many_bytes"


def test_a_data_uri_gives_its_bytes_with_and_without_base64() -> None:
    uri = f"data:image/jpeg;base64,{TEXT}"
    assert decode_data_uri(uri, field="image", max_bytes=LIMIT) == PIXELS
    assert decode_data_uri("data:,a%20b", field="image", max_bytes=LIMIT) == b"a b"


def test_a_data_uri_that_is_no_text_is_refused_naming_the_field() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        decode_data_uri("data:,\udd00", field="image", max_bytes=100)
    assert refusal.value.field == "image"


def test_only_a_comma_before_another_url_separates_pictures() -> None:
    assert split_urls("https://a.example/x,y.jpg, http://b.example/z.jpg") == [
        "https://a.example/x,y.jpg",
        "http://b.example/z.jpg",
    ]
    assert split_urls(f"data:image/png;base64,{TEXT}") == [f"data:image/png;base64,{TEXT}"]


@pytest.mark.parametrize(
    "url",
    ["http://", "https://:80/x", "http://a:99999/", "http://a b/", "http://[::1", "ftp://a/b"],
)
def test_a_url_that_cannot_be_called_is_refused_naming_the_field(url: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        checked_url(url, field="webhook")
    assert refused.value.field == "webhook"
