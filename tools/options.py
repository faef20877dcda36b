"""docs/options.md: every option, and where it can be given."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from cutoutd.api.keywords import RemovalKeywords
from cutoutd.cli.options import group_names, table_options
from cutoutd.web.dialects.native.schemas import RemoveBackgroundRequest

PAGE = Path(__file__).parent.parent / "src/cutoutd/web/playground"
HEAD = """\
# Every option, everywhere

One table in the code (`cutoutd.options`) is read by the native API, the page, the command and the
library: the same names, the same checks, the same sentences. This page is written by `make
generate`; a test compares it with the code.
[Every parameter](api/parameters.md) has the values and defaults.

"""
COMMAND_LACKS: Mapping[str, str] = {
    "image": "the arguments `INPUTS`",
    "file": "uploads are the server's",
    "webhook": "it waits",
    "keep_for_s": "files stay",
}
LIBRARY_LACKS: Mapping[str, str] = {**COMMAND_LACKS, "image": "the first argument"}
PAGE_LACKS: Mapping[str, str] = {
    "image": "the drop area",
    "file": "the page sends images",
    "webhook": "it waits",
    "keep_for_s": "the server's setting",
    "strokes": "the brush",
    "keep_mask": "the brush paints strokes",
    "remove_mask": "the brush paints strokes",
    "outputs": "the views",
    "background": "the colours",
    "background_image": "the colours",
}
NOT_ON_THE_PAGE = "not a control yet"


def page() -> str:
    """The whole page."""
    head = "| option | native API | page | command | library |\n|---|---|---|---|---|\n"
    parts = [HEAD]
    group = ""
    for name in ordered():
        title = group_names().get(name, "Images and jobs")
        if title != group:
            parts.append(f"\n## {title}\n\n{head}")
            group = title
        parts.append(row(name))
    return "".join(parts).replace("\n\n\n", "\n\n")


def ordered() -> Iterator[str]:
    """All options, group by group."""
    groups = group_names()
    names = list(RemoveBackgroundRequest.model_fields)
    titles = dict.fromkeys(groups.get(name, "") for name in names)
    for title in titles:
        yield from (name for name in names if groups.get(name, "") == title)


def row(name: str) -> str:
    """One option: what it is called in each place, or why it is not there."""
    cells = (f"`{name}`", f"`{name}`", on_page(name), of_command(name), of_library(name))
    return f"| {' | '.join(cells)} |\n"


def of_command(name: str) -> str:
    """The option of `cutoutd remove`."""
    found = [one for one in table_options() if one.name == name]
    return f"`{found[0].opts[0]}`" if found else f"({COMMAND_LACKS[name]})"


def of_library(name: str) -> str:
    """The keyword of `remove_background`."""
    typed = name in RemovalKeywords.__annotations__
    return f"`{name}=`" if typed else f"({LIBRARY_LACKS[name]})"


def on_page(name: str) -> str:
    """Whether the page has a control for it."""
    page = (PAGE / "index.html").read_text()
    if re.search(rf'name="{name}"', page):
        return "yes"
    return f"({PAGE_LACKS.get(name, NOT_ON_THE_PAGE)})"
