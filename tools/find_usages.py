#!/usr/bin/env python3
"""Find what calls remove.bg in a code base, and say which line to change.

    python3 tools/find_usages.py ../my-application

Needs Python and nothing else, as the code base may be on a machine without cutoutd. Reads files,
changes none. Prints `file:line: client: what to do` for each place; docs/migrate/removebg.md has
the whole of every step.
"""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 2_000_000
"""Of a file that is read; larger ones are data."""
MOST_CHARS = 2_000
"""Of a line that is read; longer ones are minified."""
SKIPPED = {
    ".git", ".hg", ".svn", ".tox", ".venv", "__pycache__", "bower_components", "build", "dist",
    "node_modules", "site-packages", "target", "vendor", "venv",
}  # fmt: skip
"""Folders of what others wrote, or of what a build makes."""


@dataclass(frozen=True)
class Usage:
    """One way of calling remove.bg."""

    client: str
    pattern: re.Pattern[str]
    advice: str
    files: str = ""
    """Only in files whose name this matches; in all if empty."""


def _usage(client: str, pattern: str, advice: str, files: str = "") -> Usage:
    return Usage(client, re.compile(pattern), advice, files)


USAGES = (
    _usage("address", r"api\.remove\.bg", "replace https://api.remove.bg by your server's address"),
    _usage(
        "PyPI removebg",
        r"(?:from|import)\s+removebg\b",
        "set removebg.removebg.API_ENDPOINT after the import",
        r"\.py$",
    ),
    _usage(
        "PyPI removebg, removebg-cli",
        r"^\s*[\"']?removebg(?:-cli)?\s*(?:[=<>~!;\[\"',]|$)",
        "API_ENDPOINT after the import; the command line needs its three addresses",
        r"(?:requirements.*\.txt|pyproject\.toml|Pipfile)$",
    ),
    _usage(
        "npm remove.bg",
        r"(?:require\(|from\s+|import\()\s*[\"']remove\.bg[\"']",
        "change the transport below it before it is loaded",
        r"\.[cm]?[jt]sx?$",
    ),
    _usage(
        "npm remove.bg",
        r"[\"']remove\.bg[\"']\s*:",
        "change the transport, or the constant with patch-package",
        r"package\.json$",
    ),
    _usage(
        "Ruby gem remove_bg",
        r"gem\s+[\"']remove_bg[\"']|\bRemoveBg\.(?:configure|from_)",
        "replace RemoveBg::Api::URL before the first call",
        r"(?:\.rb|Gemfile|\.gemspec)$",
    ),
    _usage(
        "Go",
        r"github\.com/remove-bg/go",
        "use a fork whose constant is your server's address",
        r"(?:\.go|go\.mod)$",
    ),
    _usage(
        "Laravel mtownsend/remove-bg",
        r"mtownsend/remove-bg|Mtownsend\\RemoveBg",
        "change the address in its class, or call Http::post",
        r"(?:\.php|composer\.json)$",
    ),
    _usage(
        ".NET",
        r"Include=[\"']RemoveBg|\busing\s+RemoveBg\b",
        "HttpClient with BaseAddress instead",
        r"\.(?:cs|csproj|fs|fsproj|vb|vbproj)$",
    ),
    _usage(
        "key",
        r"(?i)\bREMOVE_?BG_(?:API_)?KEY\b",
        "its value becomes a key of your server",
    ),
)


def usages(folder: Path) -> Iterator[tuple[Path, int, Usage]]:
    """Every place in the files below `folder`: the file, the line's number, what was found."""
    for file in sorted(_files(folder)):
        for number, line in enumerate(_lines(file), start=1):
            for usage in USAGES:
                named = re.search(usage.files, file.name)
                if named and len(line) <= MOST_CHARS and usage.pattern.search(line):
                    yield file, number, usage


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in SKIPPED]
        yield from (Path(place, name) for name in names)


def _lines(file: Path) -> list[str]:
    """None of a file that is no text, is too large or cannot be read."""
    try:
        if not file.is_file() or file.stat().st_size > MOST_BYTES:
            return []
        data = file.read_bytes()
    except OSError:
        return []
    return [] if b"\0" in data[:1024] else data.decode(errors="replace").splitlines()


def main() -> None:
    """Print every place below the folder that the command line names."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(f"usage: {sys.argv[0]} FOLDER")
    folder, found = Path(sys.argv[1]), 0
    for file, number, usage in usages(folder):
        print(f"{file.relative_to(folder)}:{number}: {usage.client}: {usage.advice}")
        found += 1
    print(f"{found} places call remove.bg." if found else "Nothing here calls remove.bg.")


if __name__ == "__main__":
    main()
