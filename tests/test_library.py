"""The library's page runs as it stands."""

import doctest
from pathlib import Path

import pytest
from tests.scenes import ball, encoded

PAGE = Path(__file__).parent.parent / "docs" / "library.md"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_librarys_page_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photo.jpg").write_bytes(encoded(ball(), "JPEG", quality=92))
    monkeypatch.chdir(tmp_path)
    failed, run = doctest.testfile(
        str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert run > 10
    assert failed == 0
