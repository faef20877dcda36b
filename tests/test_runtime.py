import base64
import time
from pathlib import Path

import httpx
from tests.running import running_server
from tests.scenes import ball, encoded

GOOD = encoded(ball(64, 48))
BAD = GOOD[:200]


def post(base: str, data: bytes) -> str:
    body = {"key": "", "image": base64.b64encode(data).decode()}
    answer = httpx.post(f"{base}/api/v6/image_editing/removebg_mask", json=body, timeout=60)
    return str(answer.json()["status"])


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_nothing_of_an_upload_stays_when_its_job_has_ended(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as base:
        assert post(base, GOOD) == "success"
        assert post(base, BAD) == "error"
        deadline = time.monotonic() + 10
        while files_below(tmp_path / "data" / "artifacts" / "inputs"):
            assert time.monotonic() < deadline
        assert len(files_below(tmp_path / "data" / "artifacts")) == 1


def test_a_restarted_server_still_has_its_results(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as base:
        body = {"key": "", "image": base64.b64encode(GOOD).decode()}
        answer = httpx.post(
            f"{base}/api/v6/image_editing/removebg_mask", json=body, timeout=60
        ).json()
    path = httpx.URL(answer["output"][0]).path
    with running_server(tmp_path / "data") as base:
        assert httpx.get(base + path).status_code == 200
        state = httpx.post(f"{base}/api/v6/image_editing/fetch/{answer['id']}").json()
        assert state["status"] == "success"
