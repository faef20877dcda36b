import pytest
from fastapi import Request

from cutoutd.web.presented_key import presented_key


def request(headers: dict[str, str], query: str = "") -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw, "query_string": query.encode()})


@pytest.mark.parametrize(
    ("headers", "query", "in_body"),
    [
        ({}, "", "k"),
        ({"authorization": "Bearer k"}, "", None),
        ({"authorization": "bearer  k "}, "", None),
        ({"x-api-key": "k"}, "", None),
        ({"key": "k"}, "", ""),
        ({}, "key=k", None),
    ],
)
def test_a_key_is_found_wherever_a_vendor_puts_it(
    headers: dict[str, str], query: str, in_body: str | None
) -> None:
    assert presented_key(request(headers, query), in_body) == "k"


def test_no_key_is_found_where_there_is_none() -> None:
    assert presented_key(request({"authorization": "Basic k"})) is None
