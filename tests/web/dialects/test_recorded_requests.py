"""Requests recorded from real clients, sent again byte for byte."""

import base64
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.inside import sent, serving
from tests.scenes import ball, decoded, encoded

RECORDED = Path(__file__).parents[2] / "fixtures" / "requests"
FETCHED_JOB = 558
RECORDED_HOST = "http://127.0.0.1:18471"
WITHOUT_PICTURE = {
    "005-modelslab_py": "iVBORw0KGgo=",
    "013-modelslab02": "AAAA",
    "035-removebg_pypi": "aGk%3D",
    "037-octoai_requests": "iVBORw0KGgo=",
}
"""Recordings whose image is a placeholder that is no image: nobody could cut it out."""
PLACEHOLDER = base64.b64encode(encoded(ball())).decode()


class Answer:
    """An answer as it came over the wire."""

    def __init__(self, base: str, response: httpx.Response) -> None:
        self.base = base
        self.status = response.status_code
        self.kind = response.headers.get("content-type", "")
        self.body = response.content
        self.json: Any = response.json() if "json" in self.kind else None

    def file(self, link: str) -> bytes:
        """The file behind a link, which must lead to the host that the recorded client called."""
        assert link.startswith(RECORDED_HOST)
        return httpx.get(self.base + link.removeprefix(RECORDED_HOST)).content


def send(base: str, request: bytes) -> Answer:
    return Answer(base, sent(base, request))


def raw(name: str) -> bytes:
    return (RECORDED / f"{name}.raw").read_bytes()


def with_picture(name: str) -> bytes:
    """The recording with a real image where the placeholder was, and its new length."""
    head, _, body = raw(name).partition(b"\r\n\r\n")
    picture = quote(PLACEHOLDER, safe="") if "%" in WITHOUT_PICTURE[name] else PLACEHOLDER
    filled = body.replace(WITHOUT_PICTURE[name].encode(), picture.encode())
    assert filled != body
    length = f"Content-Length: {len(body)}".encode()
    assert length in head
    return head.replace(length, f"Content-Length: {len(filled)}".encode()) + b"\r\n\r\n" + filled


def modelslab_removed(answer: Answer) -> None:
    assert answer.json["status"] == "success"
    link = answer.json["output"][0]
    data = answer.file(link)
    if link.endswith(".base64"):
        data = base64.b64decode(data, validate=True)
    assert decoded(data).mode in ("RGBA", "L")


def modelslab_fetched(answer: Answer) -> None:
    modelslab_removed(answer)
    assert answer.json["id"] == FETCHED_JOB


def modelslab_said(answer: Answer) -> None:
    assert answer.json["status"] == "success"


def modelslab_uploaded(answer: Answer) -> None:
    assert answer.json["messege"] == "image uploaded"
    assert decoded(answer.file(answer.json["link"]))


def api4ai_answered(answer: Answer) -> None:
    found = answer.json["results"][0]
    assert found["status"] == {"code": "ok", "message": "Success"}
    assert decoded(base64.b64decode(found["entities"][0]["image"])).mode == "RGBA"
    assert found["entities"][1]["kind"] == "objects"


def octoai_answered(answer: Answer) -> None:
    assert answer.json["removed_for_safety"] is False
    assert decoded(base64.b64decode(answer.json["image_b64"])).mode == "RGBA"


def a_picture(answer: Answer) -> None:
    assert answer.kind in ("image/png", "image/jpeg")
    assert decoded(answer.body)


def json_with_a_picture(answer: Answer) -> None:
    assert decoded(base64.b64decode(answer.json["data"]["result_b64"])).mode == "RGBA"


def picsart_linked(answer: Answer) -> None:
    assert decoded(answer.file(answer.json["data"]["url"])).mode == "RGBA"


def removalai_linked(answer: Answer) -> None:
    for name in ("high_resolution", "low_resolution"):
        assert decoded(answer.file(answer.json[name])).mode == "RGBA"


def runware_linked(answer: Answer) -> None:
    assert decoded(answer.file(answer.json["data"][0]["imageURL"])).mode == "RGBA"


def a_zip(answer: Answer) -> None:
    assert answer.kind == "application/zip"
    assert answer.body.startswith(b"PK")


def replicate_began(answer: Answer) -> None:
    assert (answer.status, answer.json["status"]) == (201, "starting")


def replicate_answered(answer: Answer) -> None:
    assert answer.json["status"] == "succeeded"
    assert decoded(answer.file(answer.json["output"])).mode == "RGBA"


def fal_queued(answer: Answer) -> None:
    assert answer.json["status_url"].startswith(f"{RECORDED_HOST}/queue/fal-ai/birefnet/requests/")


def fal_answered(answer: Answer) -> None:
    assert decoded(answer.file(answer.json["image"]["url"])).mode == "RGBA"


def leonardo_answered(answer: Answer) -> None:
    assert decoded(answer.file(answer.json["results"][0]["url"])).mode == "RGBA"


def leonardo_began(answer: Answer) -> None:
    assert answer.json["generate"]["generationId"].isdecimal()


EXPECTED: dict[str, Callable[[Answer], None]] = {
    "001-modelslab_py": modelslab_removed,
    "002-modelslab_py": modelslab_fetched,
    "003-modelslab_py": modelslab_fetched,
    "004-modelslab_py": modelslab_removed,
    "005-modelslab_py": modelslab_removed,
    "006-modelslab_py": modelslab_said,
    "007-modelslab_py": modelslab_removed,
    "008-modelslab_py": modelslab_fetched,
    "009-modelslab_py": modelslab_fetched,
    "010-modelslab02": modelslab_removed,
    "011-modelslab02": modelslab_fetched,
    "012-modelslab02": modelslab_removed,
    "013-modelslab02": modelslab_uploaded,
    "022-a4a_curl_file": api4ai_answered,
    "023-a4a_curl_url": api4ai_answered,
    "024-a4a_curl_rapid": api4ai_answered,
    "025-a4a_curl_normal": api4ai_answered,
    "028-seed_php": modelslab_removed,
    "029-seed_node_request": modelslab_removed,
    "030-seed_fetch": modelslab_removed,
    "031-seed_python": modelslab_removed,
    "033-removebg_pypi": a_picture,
    "034-removebg_pypi": a_picture,
    "035-removebg_pypi": a_picture,
    "037-octoai_requests": octoai_answered,
    "038-seed_okhttp": modelslab_removed,
    "048-rembg_post": a_picture,
    "049-rembg_get": a_picture,
    "053-okhttp_form": modelslab_removed,
    "054-okhttp_form": modelslab_fetched,
    "060-removebg_ruby": a_picture,
    "061-removebg_laravel": a_picture,
    "062-removebg_laravel_base64": json_with_a_picture,
    "063-removebg_go": a_zip,
    "064-n8n": a_picture,
    "065-removebg_dotnet": a_picture,
    "070-picsart_form_data": picsart_linked,
    "071-picsart_url": picsart_linked,
    "072-pixian_fetch": a_picture,
    "073-removalai_axios": removalai_linked,
    "074-removalai_requests": removalai_linked,
    "075-slazzer_axios": a_picture,
    "076-slazzer_requests": a_picture,
    "077-huggingface_fetch": a_picture,
    "078-runware_fetch": runware_linked,
    "079-carvekit_requests": a_picture,
    "080-photoroom_edit_fetch": a_picture,
    "081-photoroom_edit_axios": a_picture,
    "090-replicate_fetch": replicate_began,
    "091-replicate_axios": replicate_answered,
    "092-fal_axios": fal_queued,
    "093-fal_urllib": fal_answered,
    "094-leonardo_curl": leonardo_answered,
    "095-leonardo_requests": leonardo_began,
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a job of the number that the recorded fetches ask for."""
    data_dir = tmp_path_factory.mktemp("recorded")
    with serving(data_dir) as base:
        with closing(sqlite3.connect(data_dir / "jobs.sqlite3")) as jobs, jobs:
            jobs.execute("INSERT INTO sqlite_sequence VALUES ('jobs', ?)", (FETCHED_JOB - 1,))
        assert send(base, raw("001-modelslab_py")).json["id"] == FETCHED_JOB
        yield base


def test_every_recording_is_expected_to_do_something() -> None:
    assert {path.stem for path in RECORDED.glob("*.raw")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_request_gets_its_vendors_success(base: str, name: str) -> None:
    answer = send(base, with_picture(name) if name in WITHOUT_PICTURE else raw(name))
    assert answer.status in (200, 201), answer.body
    EXPECTED[name](answer)


@pytest.mark.parametrize("name", WITHOUT_PICTURE)
def test_a_recording_without_a_picture_gets_its_vendors_refusal(base: str, name: str) -> None:
    answer = send(base, raw(name))
    text = json.dumps(answer.json)
    assert "image" in text.lower()
    assert answer.status in (200, 400, 422)
    assert "success" not in text
