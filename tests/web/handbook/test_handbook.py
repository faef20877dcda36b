import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import httpx
import pytest

from cutoutd.web.handbook.contents import HOME, Page, handbook, sections_of
from cutoutd.web.handbook.render import page_html, search_html
from cutoutd.web.handbook.search import search

DOCS = Path(__file__).parents[3] / "docs"
PAGES = handbook().pages


class Parts(HTMLParser):
    """The links, ids and headings of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.levels: list[int] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [link for name in ("href", "src") if (link := given.get(name))]
        self.ids.add(given.get("id") or "")
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))


PARTS = {name: Parts(page_html(page)) for name, page in PAGES.items()}


def address(name: str) -> str:
    return "/handbook" if name == HOME else f"/handbook/{name}"


def test_every_page_of_the_documentation_is_in_the_contents_list() -> None:
    files = {str(page.relative_to(DOCS).with_suffix("")) for page in DOCS.rglob("*.md")}
    assert files | {"model-card"} == PAGES.keys()


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_leads_to_a_page_with_that_anchor(name: str) -> None:
    known = {address(one): parts.ids for one, parts in PARTS.items()}
    others = {"/docs", "/", "/handbook/search", "/handbook/handbook.css", "/playground/icon.svg"}
    others |= {f"/handbook/images/{image.name}" for image in (DOCS / "images").iterdir()}
    for link in PARTS[name].links:
        target, anchor = urldefrag(urljoin(address(name), link))
        if re.match("https?://", target) or target in others:
            continue
        assert target in known, link
        assert anchor in known[target] | {""}, link


def test_a_link_that_leaves_the_handbook_leads_to_the_repository() -> None:
    links = PARTS["decisions/0004-everything-is-a-job"].links
    assert "https://github.com/cutoutd/cutoutd/blob/main/benchmarks/README.md#jobs" in links


@pytest.mark.parametrize("name", PAGES)
def test_headings_leave_out_no_level(name: str) -> None:
    levels = PARTS[name].levels
    assert levels[0] == 1
    assert all(level <= before + 1 for before, level in pairwise(levels))


def test_sections_that_are_found_are_where_the_page_has_them() -> None:
    for page in PAGES.values():
        anchors = {section.anchor for section in sections_of(page.text)}
        assert anchors <= PARTS[page.name].ids, page.name


def test_the_search_finds_sections_that_hold_all_words_the_best_first() -> None:
    found = search("HOW licences", PAGES.values())
    assert found[0].section.title == "Licences, and how we know"
    assert all("licences" in (one.section.title + one.section.text).lower() for one in found)
    assert search("", PAGES.values()) == search("xyzzy licences", PAGES.values()) == []


def test_what_is_searched_for_cannot_become_html() -> None:
    html = search_html('"><script>alert(1)</script>')
    assert "<script" not in html
    assert "Nothing was found" in html


def test_code_and_text_of_a_page_cannot_become_tags() -> None:
    html = page_html(Page("api/x", "A <b>", "# A\n\n```\n<script>\n```\n\n`<img>`"))
    assert "<script>" not in html
    assert "&lt;img&gt;" in html


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "text/html"),
        ("/quickstart", "text/html"),
        ("/api/native", "text/html"),
        ("/model-card", "text/html"),
        ("/search?q=shadow", "text/html"),
        ("/options.md", "text/markdown"),
        ("/handbook.css", "text/css"),
        ("/images/before-after.png", "image/png"),
    ],
)
def test_pages_are_served_without_scripts_and_not_sent_again(
    server: str, path: str, kind: str
) -> None:
    answer = httpx.get(f"{server}/handbook{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert (
        "default-src 'none'; style-src 'self'; img-src 'self';"
        in (answer.headers["content-security-policy"])
    )
    assert "<script" not in (answer.text if kind.startswith("text") else "")
    again = httpx.get(str(answer.url), headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    ["nothing", "images/nothing.png", "..%2Fmkdocs.yml", "images/..%2F..%2Findex.md", "x/y/z"],
)
def test_nothing_else_is_served_from_there(server: str, path: str) -> None:
    assert httpx.get(f"{server}/handbook/{path}").status_code == 404


def test_the_embedded_models_card_is_named_by_the_models_and_by_the_playground(server: str) -> None:
    models = httpx.get(f"{server}/v1/models").json()["models"]
    (card,) = [one["card"] for one in models if one["card"]]
    assert "given for research" in httpx.get(card).text
    assert 'href="handbook/model-card"' in httpx.get(server).text


def test_the_playground_and_the_page_of_all_calls_link_to_the_handbook(server: str) -> None:
    for page in ("/", "/docs"):
        assert 'href="handbook"' in httpx.get(server + page).text
    assert "/handbook/index.md" in httpx.get(f"{server}/llms.txt").text
