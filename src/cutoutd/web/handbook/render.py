"""Pages of the handbook as HTML."""

import posixpath
import re
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files
from itertools import pairwise
from string import Template
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from cutoutd.web.handbook.contents import HOME, MODEL_CARD, Anchors, Page, handbook
from cutoutd.web.handbook.search import search

_CARD: Final = "../src/cutoutd/segmentation/weights/MODEL_CARD.md"
_REPOSITORY: Final = "https://github.com/cutoutd/cutoutd/blob/main/"
"""Where links lead that leave the handbook."""
_CURRENT: Final = ' aria-current="page"'
_ELSEWHERE: Final = re.compile(r"[a-z]+:|#|/", re.IGNORECASE)


@cache
def page_html(page: Page) -> str:
    """A whole page; made once."""
    return _framed(page.title, _body(page), page)


def search_html(query: str) -> str:
    """What was found for a query, as a page."""
    found = search(query, handbook().pages.values())
    rows = "".join(
        f'<li><a href="{escape(one.page.name)}#{escape(one.section.anchor)}">'
        f"{escape(one.page.title)}: {escape(one.section.title)}</a>"
        f"<p>{escape(one.excerpt)}</p></li>"
        for one in found
    )
    said = f'<ol class="found">{rows}</ol>' if rows else "<p>Nothing was found.</p>"
    at = Page("search", "Search", "")
    return _framed("Search", f"<h1>Search</h1>{said}", at, query=query)


def _framed(title: str, body: str, page: Page, query: str = "") -> str:
    """root: from this page's address to that of the playground."""
    root = "" if page.name == HOME else "../" * (page.name.count("/") + 1)
    template = Template((files(__package__ or "") / "page.html").read_text("utf-8"))
    return template.substitute(
        title=escape(title), body=body, root=root, query=escape(query), contents=_contents(page)
    )


def _contents(current: Page) -> str:
    """The contents list; the group of the current page is open."""
    parts = []
    for title, pages in handbook().groups:
        rows = "".join(
            f'<li><a href="{_address(page.name, current)}"{_CURRENT if page == current else ""}>'
            f"{escape(page.title)}</a></li>"
            for page in pages
        )
        opened = " open" if current in pages else ""
        listed = f"<ul>{rows}</ul>"
        parts.append(
            f"<details{opened}><summary>{escape(title)}</summary>{listed}</details>"
            if title
            else listed
        )
    return "".join(parts)


def _body(page: Page) -> str:
    """The Markdown of a page as HTML, its links made those of this server."""
    markdown = MarkdownIt("commonmark").enable("table")
    markdown.add_render_rule("fence", _fence)
    markdown.add_render_rule("table_open", lambda *_: '<div class="wide" tabindex="0"><table>')
    markdown.add_render_rule("table_close", lambda *_: "</table></div>")
    tokens, anchors = markdown.parse(page.text), Anchors()
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchors.of(_plain(inline)))
    for token in tokens:
        for child in token.children or ():
            for name in ("href", "src"):
                if name in child.attrs:
                    child.attrSet(name, _link(str(child.attrs[name]), page))
    return str(markdown.renderer.render(tokens, markdown.options, {}))


def _fence(_: Any, tokens: Sequence[Token], at: int, *__: Any) -> str:
    """Code; it scrolls, so it can be reached by keyboard."""
    return f'<pre tabindex="0"><code>{escape(tokens[at].content)}</code></pre>\n'


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())


def _link(target: str, page: Page) -> str:
    """Where a link of a page's Markdown leads on this server."""
    if _ELSEWHERE.match(target):
        return target
    path, mark, anchor = target.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page.name), path))
    name = MODEL_CARD if path == _CARD else path.removesuffix(".md")
    if name in handbook().pages:
        return _address(name, page) + mark + anchor
    if path.startswith("images/"):
        return _address(path, page)
    return _REPOSITORY + posixpath.normpath(f"docs/{path}") + mark + anchor


def _address(name: str, current: Page) -> str:
    """The address of a page or an image, relative to that of another page.

    `/handbook` has no slash at its end: from there, the others are one step down.
    """
    if current.name == HOME:
        return "handbook" if name == HOME else f"handbook/{name}"
    up = "../" * current.name.count("/")
    return f"{up}../handbook" if name == HOME else f"{up}{name}"
