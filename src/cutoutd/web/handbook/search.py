"""Search in the handbook: all words, in whatever order, within one section."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cutoutd.web.handbook.contents import Page, Section, sections_of

MOST_FOUND: Final = 40
EXCERPT: Final = 160
"""Characters shown of a section."""


@dataclass(frozen=True, slots=True)
class Found:
    """A section that holds all words."""

    page: Page
    section: Section
    excerpt: str
    """Around the first of the words."""


def search(query: str, pages: Iterable[Page]) -> list[Found]:
    """Sections that hold every word of `query`; those first that have them in their heading."""
    words = query.casefold().split()
    if not words:
        return []
    found: list[tuple[int, Found]] = []
    for page in pages:
        for section in sections_of(page.text):
            title, text = section.title.casefold(), section.text.casefold()
            if all(word in title or word in text for word in words):
                rank = -sum(word in title for word in words)
                found.append((rank, Found(page, section, _excerpt(section.text, words))))
    found.sort(key=lambda one: one[0])
    return [one for _, one in found[:MOST_FOUND]]


def _excerpt(text: str, words: list[str]) -> str:
    """The part of a text with the first word found in it, cut between words."""
    plain = " ".join(text.replace("|", " ").replace("`", "").split())
    places = [place for word in words if (place := plain.casefold().find(word)) >= 0]
    start = max(0, min(places, default=0) - EXCERPT // 3)
    start = plain.rfind(" ", 0, start) + 1 if start else 0
    end = min(start + EXCERPT, len(plain))
    return ("… " if start else "") + plain[start:end] + (" …" if end < len(plain) else "")
