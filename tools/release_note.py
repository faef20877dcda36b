"""The note of a release: what CHANGELOG.md says of a version. `python -m tools.release_note`."""

import re
import sys
from pathlib import Path

from cutoutd import __version__

CHANGELOG = Path(__file__).parent.parent / "CHANGELOG.md"


def note_of(version: str, changelog: str) -> str:
    """The section of that version, without its heading.

    Raises ValueError if there is none, or if it has no date: then it is not released yet.
    """
    heading = re.compile(rf"^## {re.escape(version)} - \d{{4}}-\d\d-\d\d\n", re.MULTILINE)
    found = heading.search(changelog)
    if found is None:
        raise ValueError(f'CHANGELOG.md has no section "## {version} - YYYY-MM-DD".')
    return changelog[found.end() :].split("\n## ", maxsplit=1)[0].strip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(note_of(__version__, CHANGELOG.read_text()))
