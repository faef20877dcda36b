import ipaddress
from collections.abc import Mapping

import pytest
from starlette.requests import Request

from cutoutd.web.links import LinkPolicy

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def request(headers: Mapping[str, str], *, peer: str = "127.0.0.1") -> Request:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {
            "type": "http",
            "scheme": "http",
            "path": "/",
            "query_string": b"",
            "headers": raw,
            "client": (peer, 5555),
            "server": ("10.0.0.7", 8000),
        }
    )


def base_for(request: Request, *, public_url: str = "") -> str:
    return LinkPolicy(public_url, LOOPBACK).base_for(request)


def test_links_begin_with_the_host_the_caller_used() -> None:
    assert base_for(request({"Host": "cut.example:81"})) == "http://cut.example:81"


def test_a_configured_public_url_wins_over_every_header() -> None:
    asked = request({"Host": "a", "X-Forwarded-Host": "b"})
    assert base_for(asked, public_url="https://cut.example/api/") == "https://cut.example/api"


@pytest.mark.parametrize("host", ["bg_remover:8201", "a_b.internal", "_x", "CUT.example"])
def test_the_names_that_compose_gives_are_hosts(host: str) -> None:
    assert base_for(request({"Host": host})) == f"http://{host}"


def test_a_trusted_proxy_says_scheme_host_and_prefix() -> None:
    asked = request(
        {
            "Host": "inner:8000",
            "X-Forwarded-Proto": "https, http",
            "X-Forwarded-Host": "cut.example, inner",
            "X-Forwarded-Prefix": "/tools/cut/",
        }
    )
    assert base_for(asked) == "https://cut.example/tools/cut"


def test_a_stranger_cannot_forge_links_with_forwarded_headers() -> None:
    asked = request({"Host": "cut.example", "X-Forwarded-Host": "evil.example"}, peer="203.0.113.9")
    assert base_for(asked) == "http://cut.example"


@pytest.mark.parametrize("host", ["", "a b", "evil/x", "user@host", 'h"ost', "[::1"])
def test_a_host_header_that_is_no_host_is_replaced_by_our_own_address(host: str) -> None:
    assert base_for(request({"Host": host})) == "http://10.0.0.7:8000"


@pytest.mark.parametrize("prefix", ["//evil.example", "/a/../b c", "/<script>"])
def test_a_forwarded_prefix_that_is_no_path_is_ignored(prefix: str) -> None:
    asked = request({"Host": "cut.example", "X-Forwarded-Prefix": prefix})
    assert base_for(asked) == "http://cut.example"


@pytest.mark.parametrize("prefix", ["/a/../b", "/..", "/./a", "//a", "/a b", "a", "/a?b", "/a#b"])
def test_a_prefix_that_leads_elsewhere_is_ignored(prefix: str) -> None:
    asked = request({"Host": "cut.example", "X-Forwarded-Prefix": prefix})
    assert base_for(asked) == "http://cut.example"
