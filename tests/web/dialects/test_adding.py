"""Adding a dialect is one file and one line: the page that says so is done here."""

import importlib.util
import re
import sys
from pathlib import Path

import httpx
import pytest
from tests.inside import PHOTO, serving
from tests.scenes import decoded

from cutoutd.web import dialects

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "api" / "adding.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def test_the_page_adds_one_line_after_one_that_is_there() -> None:
    before, added = block("diff").splitlines()
    assert before.strip() in Path(dialects.__file__).read_text()
    assert added == "+        acme.DIALECT,"


def test_the_file_on_the_page_is_a_dialect_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "acme.py"
    file.write_text(block("python"))
    spec = importlib.util.spec_from_file_location("acme", file)
    assert spec
    assert spec.loader
    acme = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "acme", acme)
    spec.loader.exec_module(acme)
    monkeypatch.setitem(dialects.ALL, acme.DIALECT.name, acme.DIALECT)  # The one line.

    with (
        serving(tmp_path / "data", dialects=("acme",)) as base,
        httpx.Client(base_url=base, timeout=60) as http,
    ):
        cutout = http.post("/acme/v3/cut", files={"photo": ("p.jpg", PHOTO)})
        mask = http.post("/acme/v3/cut", json={"photo": "https://e.com/p", "stencil": "yes"})
        webp = http.post("/acme/v3/cut", data={"photo": "https://e.com/p", "as": "webp"})
        refused = http.post("/acme/v3/cut", json={})
        nowhere = http.get("/acme/v9")
        unspoken = http.post("/api/remove", files={"file": ("p.jpg", PHOTO)})

    assert decoded(cutout.content).mode == "RGBA"
    assert decoded(mask.content).mode == "L"
    assert decoded(webp.content).format == "WEBP"
    assert (refused.status_code, refused.json()) == (400, {"oops": "photo is required."})
    assert set(nowhere.json()) == {"oops"}
    assert unspoken.status_code in (404, 405)
