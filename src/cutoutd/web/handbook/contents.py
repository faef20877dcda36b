"""Which pages the handbook has: the files of `docs/` in the order that `mkdocs.yml` states."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from cutoutd.errors import NotFound

HOME: Final = "index"
"""The name of the first page."""
MODEL_CARD: Final = "model-card"
"""What the embedded model was trained on, beside its weights and not in `docs/`."""
_FENCE: Final = "```"
_HEADING: Final = re.compile(r"(#{1,6}) +(.+)")
_MARKS: Final = re.compile(r"[`*]|\[|\]\([^)]*\)|\]")


@dataclass(frozen=True, slots=True)
class Page:
    """One page."""

    name: str
    """As in its address: `api/native`."""
    title: str
    text: str
    """Markdown."""


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below one heading, up to the next one."""

    title: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Handbook:
    """All pages."""

    groups: tuple[tuple[str, tuple[Page, ...]], ...]
    """The contents list: the title of each group, empty for the first, and its pages."""
    pages: Mapping[str, Page]
    images: Path

    def image(self, name: str) -> bytes:
        """An image file of the pages. Raises NotFound."""
        known = {one.name: one for one in self.images.iterdir()}
        if name not in known:
            raise NotFound("There is no such image in the handbook.")
        return known[name].read_bytes()


@cache
def handbook() -> Handbook:
    """The pages, read once, when the first of them is asked for."""
    import yaml

    root = _root()
    listed = list(_listed(yaml.safe_load((root / "mkdocs.yml").read_text("utf-8"))["nav"]))
    groups: dict[str, list[Page]] = {}
    for group, file, title in listed:
        text = (root / "docs" / file).read_text("utf-8")
        page = Page(file.removesuffix(".md"), title or _first_heading(text), text)
        groups.setdefault(group, []).append(page)
        if page.name == "models":
            groups[group].append(_model_card())
    pages = {page.name: page for group in groups.values() for page in group}
    shown = tuple((title, tuple(group)) for title, group in groups.items())
    return Handbook(groups=shown, pages=pages, images=root / "docs" / "images")


def sections_of(text: str) -> Iterator[Section]:
    """The sections of a page, headings within code left out."""
    anchors = Anchors()
    title, anchor, lines, code = "", "", list[str](), False
    for line in text.splitlines():
        code ^= line.lstrip().startswith(_FENCE)
        heading = None if code else _HEADING.fullmatch(line.rstrip())
        if heading is None:
            lines.append(line)
            continue
        if title:
            yield Section(title, anchor, "\n".join(lines))
        title, lines = _MARKS.sub("", heading[2]), []
        anchor = anchors.of(title)
    if title:
        yield Section(title, anchor, "\n".join(lines))


class Anchors:
    """The anchors of one page's headings, as MkDocs makes them (Python-Markdown's `toc`)."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, title: str) -> str:
        """The anchor of the next heading, whose text without marks is `title`."""
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
        slug = re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())
        anchor, number = slug, 0
        while anchor in self._taken or not anchor:
            number += 1
            anchor = f"{slug}_{number}"
        self._taken.add(anchor)
        return anchor


def _root() -> Path:
    """Where mkdocs.yml and docs/ are: packed into the wheel, or the checkout itself."""
    packed = Path(__file__).parent / "packed"
    return packed if packed.is_dir() else Path(__file__).parents[4]


def _listed(nav: list[Any], group: str = "") -> Iterator[tuple[str, str, str | None]]:
    """(group, file, title if one is stated) of every page."""
    for entry in nav:
        if isinstance(entry, str):
            yield group, entry, None
            continue
        ((title, below),) = entry.items()
        if isinstance(below, str):
            yield group, below, title
        else:
            yield from _listed(below, title)


def _model_card() -> Page:
    card = files("cutoutd.segmentation") / "weights" / "MODEL_CARD.md"
    return Page(MODEL_CARD, "Model card", card.read_text("utf-8"))


def _first_heading(text: str) -> str:
    return next((section.title for section in sections_of(text)), "")
