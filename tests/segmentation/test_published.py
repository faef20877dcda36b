"""What is offered by name can be fetched, checked and trusted."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from cutoutd.segmentation.models import ModelSpec
from cutoutd.segmentation.published import PUBLISHED

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text()


def test_every_published_model_has_a_name_of_its_own() -> None:
    names = [spec.name for spec in PUBLISHED]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("spec", PUBLISHED, ids=lambda spec: spec.name)
def test_a_published_models_files_come_over_https_and_have_digests(spec: ModelSpec) -> None:
    for file in (spec, *spec.parts):
        assert file.url is not None
        assert file.url.startswith("https://")
        assert re.fullmatch(r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}", file.checksum or "")


@pytest.mark.parametrize("spec", PUBLISHED, ids=lambda spec: spec.name)
def test_where_a_published_models_licence_was_read_is_on_the_page(spec: ModelSpec) -> None:
    section = PAGE.split("## Licences, and how we know")[1].split("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    patterns = {pattern for row in rows for pattern in re.findall(r"`([^`]+)`", row[1])}
    assert any(fnmatch(spec.name, pattern) for pattern in patterns)
    assert spec.source.startswith("https://")
