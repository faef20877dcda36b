"""The words that the glossary retires are gone from code and documents."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GLOSSARY = ROOT / "docs" / "glossary.md"
KEPT = ("glossary.md", "parameters.md", "CHANGELOG.md")
"""The list itself; a page that is generated; what was true when it was written."""
PROSE = ("COMMENT", "STRING", "FSTRING_MIDDLE", "TSTRING_MIDDLE")
"""Tokens that hold sentences; a string without a space is a word for machines."""
PICTURES = ("api", "command", "imaging", "removal", "segmentation", "service", "jobs")
"""Where `picture` is the name of a decoded `Picture`."""


def retired() -> list[str]:
    """Every word or phrase of the table's left column."""
    table = GLOSSARY.read_text().split("| retired | say |\n|---|---|\n")[1]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    return [word.strip() for row in rows for word in row.split(",")]


def read() -> Iterator[tuple[str, str]]:
    """(place, text) of all prose and all names; phrases are words with single spaces."""
    source = ROOT / "src" / "cutoutd"
    for file in source.rglob("*.py"):
        place = file.relative_to(source)
        names, prose = names_and_prose(file.read_text())
        yield f"{place}, prose", without_code(prose)
        if place.parts[0] in PICTURES:
            names = re.sub(r"(?i)pictures?", "", names)
        yield f"{place}, names", names
    for ending in ("js", "html", "c", "h"):
        for file in source.rglob(f"*.{ending}"):
            if file.parent.name == "swagger_ui":  # Others' words.
                continue
            yield str(file.relative_to(source)), as_words(file.read_text())
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")]
    for page in pages:
        if page.name not in KEPT and page.parent.name != "decisions":
            yield page.name, without_code(page.read_text())


def names_and_prose(source: str) -> tuple[str, str]:
    """The identifiers of a file as words, and its comments and strings.

    Not `Background.picture`: a field that stored commands have.
    """
    names, prose = [], []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind = tokenize.tok_name[token.type]
        if kind == "NAME" and not (token.string == "picture" and "ackground" in token.line):
            names.append(as_words(token.string))
        elif kind in PROSE and " " in token.string:
            prose.append(token.string)
    return "\n".join(names), "\n".join(prose)


def as_words(text: str) -> str:
    """`HurriableServer` and `keep_house` as the words that they are made of."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text)


def without_code(text: str) -> str:
    """Prose without what stands in code marks, and each paragraph on one line."""
    text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(?<!\n)\n\s*(?=\S)", " ", text)


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return dict(read())


@pytest.mark.parametrize("word", retired())
def test_a_retired_word_is_gone(texts: dict[str, str], word: str) -> None:
    whole = re.compile(rf"(?i)(?<![a-z]){re.escape(word)}(?![a-z])")
    assert [place for place, text in texts.items() if whole.search(text)] == []


def test_a_word_is_found_in_names_and_in_prose() -> None:
    names, prose = names_and_prose(
        "class HurriableServer:  # with patience\n    KEEP_HOUSE = 'a'\n"
    )
    assert names == "class\nHurriable Server\nKEEP HOUSE"
    assert prose == "# with patience"
