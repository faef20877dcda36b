import pytest
from fastapi import Request

from cutoutd.web.presented_key import keys_in_body, presented_key


def request(headers: dict[str, str], query: str = "") -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw, "query_string": query.encode()})


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"authorization": "Bearer k"}, ""),
        ({"authorization": "bearer  k "}, ""),
        ({"authorization": "Token k"}, ""),
        ({"authorization": "Key k"}, ""),
        ({"x-api-key": "k"}, ""),
        ({"key": "k"}, ""),
        ({}, "key=k"),
        ({"x-picsart-api-key": "k"}, ""),
        ({"api-key": "k"}, ""),
        ({"rm-token": "k"}, ""),
        ({"authorization": "Basic aWQ6aw=="}, ""),
        ({"authorization": "Basic azo="}, ""),
        ({"authorization": "Basic !", "key": "k"}, ""),
        ({"authorization": "Bearer ", "x-api-key": " ", "key": "k"}, "key="),
    ],
)
def test_a_key_is_found_wherever_a_vendor_puts_it(headers: dict[str, str], query: str) -> None:
    assert presented_key(request(headers, query)) == "k"


@pytest.mark.parametrize(
    "body",
    [
        b'{"key":"k"}',
        b'{"image":"AAAA", "key" : "k", "x": 1}',
        b'{"key": "", "x": {"key": "k"}}',
        b"key=k",
        b"image=x&key=k&a=b",
        b'--X\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--X--\r\n',
        (
            b"--X\r\nContent-Disposition: form-data; name=key\r\nContent-Type: text/plain; "
            b"charset=utf-8\r\nContent-Length: 1\r\n\r\nk\r\n--X--\r\n"
        ),
        (
            b'--X\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name="key"\r\n'
            b"\r\nk\r\n--X--\r\n"
        ),
    ],
)
def test_a_key_is_found_in_a_body_without_parsing_it(body: bytes) -> None:
    assert list(keys_in_body(body)) == ["k"]


@pytest.mark.parametrize("body", [b"", b'{"key":""}', b'{"key":1}', b"monkey=k", b"key=&a=k"])
def test_no_key_is_found_in_a_body_that_names_none(body: bytes) -> None:
    assert list(keys_in_body(body)) == []


def test_no_key_is_found_where_there_is_none() -> None:
    assert presented_key(request({"authorization": "Basic k"})) is None
    assert presented_key(request({"authorization": "Bearer", "x-api-key": ""}, "key=")) is None
