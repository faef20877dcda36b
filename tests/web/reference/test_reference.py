import re

import httpx
import pytest


@pytest.fixture(scope="module")
def page(server: str) -> httpx.Response:
    return httpx.get(f"{server}/docs")


def test_the_page_of_all_calls_is_made_of_files_of_this_server(
    server: str, page: httpx.Response
) -> None:
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(parts) > 5
    for part in parts:
        assert "//" not in part
        answer = httpx.get(f"{server}/{part}")
        assert answer.status_code == 200
        assert "nosniff" in answer.headers["x-content-type-options"]


@pytest.mark.parametrize("name", ["NOTICE", "__init__.py", "..%2F__init__.py", "x.js"])
def test_nothing_else_is_served_from_there(server: str, name: str) -> None:
    assert httpx.get(f"{server}/docs/{name}").status_code == 404


def test_a_language_model_reads_every_call_in_one_text(server: str) -> None:
    answer = httpx.get(f"{server}/llms.txt")
    assert answer.headers["content-type"].startswith("text/markdown")
    assert answer.text.startswith("# cutoutd\n\n> ")
    document = httpx.get(f"{server}/openapi.json").json()
    for path, operations in document["paths"].items():
        for method in operations:
            assert f"`{method.upper()} {path}`" in answer.text


def test_the_playground_links_to_the_page_of_all_calls(server: str) -> None:
    assert 'href="docs"' in httpx.get(f"{server}/").text
