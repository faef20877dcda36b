"""Forms by content: what a part is, and what reading one may cost."""

import time
from contextlib import suppress
from urllib.parse import quote

import pytest
from tests.web.forms import form, part

from cutoutd.errors import InvalidRequest
from cutoutd.web.parts import Upload, charset_of, read_multipart, read_urlencoded

KIND = "multipart/form-data; boundary=X"
PIXELS = bytes(range(256)) * 4


def test_every_part_is_bytes_whatever_it_is_called() -> None:
    body = form(
        (part(name="a"), PIXELS),
        (part(name="b", kind="image/jpeg"), PIXELS),
        (part(name="c", filename="c.jpg"), PIXELS),
        (part(name="d") + "; filename*=UTF-8''%e5%9b%be.jpg", PIXELS),
        (part(name="größe", filename="größe.jpg"), b""),
    )
    parts = read_multipart(body, KIND)
    assert [name for name, _ in parts] == ["a", "b", "c", "d", "größe"]
    assert [one.name for _, one in parts] == [None, None, "c.jpg", "图.jpg", "größe.jpg"]
    assert [one.is_file for _, one in parts] == [False, True, True, True, True]
    assert {one.data for _, one in parts} == {PIXELS, b""}


@pytest.mark.parametrize("size", [0, 1, 262_143, 262_144, 262_145, 1_000_000])
def test_a_long_part_arrives_whole_wherever_it_is_cut(size: int) -> None:
    data = (b"\r\n--" * (size // 4 + 1))[:size]
    assert read_multipart(form((part(name="a"), data)), KIND) == [("a", Upload(data=data))]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text/plain", "größe"),
        ("text/plain; charset=UTF-8", "größe"),
        ('text/plain; charset="iso-8859-1"', "größe"),
        ("text/plain;charset=us-ascii", "size"),
    ],
)
def test_text_is_read_in_its_charset(kind: str, text: str) -> None:
    charset = charset_of(kind)
    assert Upload(data=text.encode(charset), media_type=kind).text() == text


@pytest.mark.parametrize(
    "name", ["punycode", "utf-16", "utf-7", "undefined", "idna", "hex", "x" * 99]
)
@pytest.mark.parametrize("of", ["form", "part", "urlencoded"])
def test_a_charset_that_costs_more_than_it_is_worth_is_refused(name: str, of: str) -> None:
    body = form((part(name="a", kind=f"text/plain; charset={name}"), b"x-" + b"a" * 100_000))
    read = {
        "form": lambda: read_multipart(body, f"{KIND}; charset={name}"),
        "part": read_multipart(body, KIND)[0][1].text,
        "urlencoded": lambda: read_urlencoded(b"a=b", f"text/plain; charset={name}"),
    }
    with pytest.raises(InvalidRequest, match="send UTF-8"):
        read[of]()


BAD = {
    "no boundary": (b"--X", "multipart/form-data"),
    "empty boundary": (b"--X", 'multipart/form-data; boundary=""'),
    "long type": (b"--X", f"{KIND}; x={';' * 5000}"),
    "long boundary": (b"--X", f"multipart/form-data; boundary={'x' * 900}"),
    "no name": (form(("Content-Disposition: form-data", b"")), KIND),
    "no end": (form((part(name="a"), b"1"))[:-6], KIND),
    "no form": (b"just text", KIND),
    "300 parts": (form(*[(part(name="a"), b"")] * 300), KIND),
    "20 files": (form(*[(part(name="a", filename="f"), b"")] * 20), KIND),
    "many headers": (form(("\r\n".join(f"A{number}: b" for number in range(1000)), b"")), KIND),
    "a long header": (form(("A: " + "b" * 100_000, b"")), KIND),
}


@pytest.mark.parametrize("what", BAD)
def test_a_form_that_cannot_be_read_is_refused_in_a_sentence(what: str) -> None:
    with pytest.raises(InvalidRequest, match="The form cannot be read: "):
        read_multipart(*BAD[what])


def test_an_urlencoded_form_is_read_as_browsers_write_it() -> None:
    text = "größe + 1/2 = %"
    body = f"a={quote(text, safe='')}&b=x+y&c&a=2&=&d=%zz%".encode()
    assert read_urlencoded(body, "") == [
        ("a", text), ("b", "x y"), ("c", ""), ("a", "2"), ("", ""), ("d", "%zz%"),
    ]  # fmt: skip
    assert read_urlencoded(b"a=gr%F6%DFe", "") == [("a", "größe")]


def test_an_urlencoded_form_with_too_many_fields_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="more than 200"):
        read_urlencoded(b"a=1&" * 1_000_000, "")


COSTLY = {
    "what is nearly a boundary": form((part(name="a"), b"\r\n--" * 500_000)),
    "what looks like a boundary": form((part(name="a"), b"\r\n--Xa" * 400_000)),
    "spaces after a boundary": b"--X" + b" " * 2_000_000,
    "an epilogue": form((part(name="a"), b"")) + b"-" * 2_000_000,
    "a preamble": b"\r\n" * 1_000_000,
}


@pytest.mark.parametrize("what", COSTLY)
def test_no_form_costs_more_than_a_microsecond_for_a_byte(what: str) -> None:
    began = time.thread_time()
    with suppress(InvalidRequest):
        read_multipart(COSTLY[what], KIND)
    assert time.thread_time() - began < 1e-6 * len(COSTLY[what])
