"""Which requests come from a page that has no business here."""

import pytest
from starlette.datastructures import Headers

from cutoutd.web.origins import OriginPolicy


def policy(*, hosts: str = "", cors: str = "", public: str = "") -> OriginPolicy:
    return OriginPolicy(
        public_url=public,
        allowed_hosts=tuple(hosts.split()),
        cors_origins=tuple(cors.split()),
    )


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "LOCALHOST:8000", "localhost.", "a.localhost:1", "127.0.0.1", "127.0.0.1:8000",
        "127.8.8.8", "[::1]", "[::1]:8000", "[::ffff:127.0.0.1]:80",
    ],
)  # fmt: skip
def test_a_name_or_address_of_loopback_is_ours(host: str) -> None:
    assert policy().is_ours(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example",
        "10.0.0.7", "0.0.0.0", "[::]", "192.168.1.2:8000", "notlocalhost", "", "[::1", "2130706433",
        "127.1", "evil.example#localhost", "localhost@evil.example", "169.254.169.254",
    ],
)  # fmt: skip
def test_any_other_name_is_not(host: str) -> None:
    assert not policy().is_ours(host)


@pytest.mark.parametrize(
    ("allowed", "host", "ours"),
    [
        ("cut.lan", "cut.lan:8000", True),
        ("cut.lan", "a.cut.lan", False),
        (".cut.lan", "a.cut.lan", True),
        (".cut.lan", "evilcut.lan", False),
        ("bg_remover", "bg_remover:8201", True),
        ("192.168.1.2", "192.168.1.2", True),
        ("*", "evil.example", True),
        ("cut.lan", "evil.example", False),
    ],
)
def test_the_operator_names_others(allowed: str, host: str, ours: bool) -> None:
    assert policy(hosts=allowed).is_ours(host) is ours


def test_the_public_url_names_one() -> None:
    assert policy(public="https://Cut.example/api").is_ours("cut.example")
    assert not policy(public="https://cut.example/api").is_ours("evil.example")


OWN = "http://localhost:8000"


def foreign(*origins: str, site: str = "", cors: str = "", public: str = "") -> bool:
    raw = [(b"host", b"localhost:8000"), *((b"origin", one.encode()) for one in origins)]
    raw += [(b"sec-fetch-site", site.encode())] if site else []
    return policy(cors=cors, public=public).is_foreign(Headers(raw=raw), OWN)


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "", "http://localhost:3000", "http://localhost", "file://",
     "http://localhost:8000.evil.example", "https://evil.example/localhost:8000"],
)  # fmt: skip
def test_another_page_is_foreign(origin: str) -> None:
    assert foreign(origin)
    assert foreign(origin, site="same-origin")
    assert foreign(OWN, origin)


def test_a_page_of_ours_is_not() -> None:
    assert not foreign(OWN)
    assert not foreign("https://localhost:8000")
    assert not foreign("https://cut.example", public="https://cut.example/api")


def test_a_page_that_cors_allows_is_not() -> None:
    assert not foreign("https://shop.example", site="cross-site", cors="https://shop.example")
    assert not foreign("https://any.example", cors="*")
    assert foreign("https://evil.example", cors="https://shop.example")


@pytest.mark.parametrize(
    ("site", "is_foreign"),
    [("cross-site", True), ("Cross-Site", True), ("same-site", False), ("same-origin", False),
     ("none", False), ("", False)],
)  # fmt: skip
def test_without_an_origin_the_browser_says_where_it_comes_from(
    site: str, is_foreign: bool
) -> None:
    assert foreign(site=site) is is_foreign
