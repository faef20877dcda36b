import json

import pytest

from cutoutd.errors import InvalidRequest
from cutoutd.web.json_body import MAX_MARKS, is_array, is_object, read_array, read_object

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    "body", [b'{"a":1}', BOM + b'{"a":1}', b' \r\n\t{"a":1}', BOM + b' {"a":1}']
)
def test_an_object_is_read_with_or_without_a_byte_order_mark(body: bytes) -> None:
    assert is_object(body)
    assert read_object(body) == {"a": 1}


def test_an_object_may_begin_with_any_letters() -> None:
    fields = {"größe": "图", "image": "http://127.0.0.1/größe.jpg"}
    assert read_object(json.dumps(fields, ensure_ascii=False).encode()) == fields


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xd8\xff", b"\x89PNG", b"GIF89a", b"RIFF", b"a=1", BOM, b"[]", b"II*\0"]
)
def test_what_does_not_begin_with_a_brace_is_no_object(body: bytes) -> None:
    assert not is_object(body)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b'{"a":NaN}',
        b'{"a":"\xff"}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":' * 201 + b"1" + b"}" * 201,
        b'{"a":' + b"[" * 201 + b"]" * 201 + b"}",
        b'{"a":' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_object_or_too_deep_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        read_object(body)


@pytest.mark.parametrize("value", [b"0", b"[]", b"{}", b'{"a":{}}', b'""', b"[[[]]]"])
def test_more_values_than_the_budget_are_refused_before_they_are_made(value: bytes) -> None:
    few = b",".join([value] * (MAX_MARKS // 8))
    read_object(b'{"a":[' + few + b"]}")
    many = b",".join([value] * (MAX_MARKS + 1))
    with pytest.raises(InvalidRequest, match="too many values"):
        read_object(b'{"a":[' + many + b"]}")


@pytest.mark.parametrize("body", [b"[]", b' \n[{"a": 1}]', b"\xef\xbb\xbf[1]"])
def test_an_array_is_known_by_its_beginning_and_read(body: bytes) -> None:
    assert is_array(body)
    assert not is_object(body)
    assert isinstance(read_array(body), list)


@pytest.mark.parametrize(
    "body", [b"{}", b"null", b"[1", b"[" * 300, b"[" + b"1," * 200_000 + b"1]"]
)
def test_what_is_no_array_or_is_too_rich_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        read_array(body)
