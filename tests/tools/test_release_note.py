import pytest
from tools.release_note import CHANGELOG, note_of

from cutoutd import __version__

WRITTEN = """# Changelog

## Unreleased

- later

## 0.2.0 - 2026-11-28

Faster.

### Fixed
- a thing

## 0.1.0 - 2026-11-22

- all
"""


def test_the_note_is_what_the_changelog_says_of_the_version() -> None:
    assert note_of("0.2.0", WRITTEN) == "Faster.\n\n### Fixed\n- a thing\n"
    assert note_of("0.1.0", WRITTEN) == "- all\n"


@pytest.mark.parametrize("version", ["0.3.0", "0.2", "Unreleased"])
def test_a_version_without_a_dated_section_has_no_note(version: str) -> None:
    with pytest.raises(ValueError, match="has no section"):
        note_of(version, WRITTEN)


def test_this_version_is_in_the_changelog() -> None:
    assert note_of(__version__, CHANGELOG.read_text())
