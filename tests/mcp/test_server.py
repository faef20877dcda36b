import base64
import io
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from PIL import Image
from tests.scenes import ball, encoded

from mcp import Client, StdioServerParameters

COMMAND = [sys.executable, "-m", "cutoutd", "mcp"]
Session = Callable[[Client], Coroutine[Any, Any, None]]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    (folder / "ball.jpg").write_bytes(encoded(ball(), "JPEG"))
    with (folder / "big.jpg").open("wb") as file:
        file.truncate(60_000_000)
    (folder / "not.jpg").write_bytes(b"no image")
    return folder


@contextmanager
def over_http(root: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [*COMMAND, "--root", str(root), "--http", "--port", str(port)]
    with subprocess.Popen(words, stderr=subprocess.PIPE) as server:
        try:
            assert server.stderr is not None
            for line in server.stderr:
                if b"running on" in line.lower():
                    break
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            server.terminate()


@contextmanager
def reached(transport: str, root: Path) -> Iterator[Any]:
    if transport == "http":
        with over_http(root) as url:
            yield url
    else:
        yield StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], "--root", str(root)])


def during(transport: str, root: Path, session: Session) -> None:
    async def connected(server: Any) -> None:
        async with Client(server) as client:
            await session(client)

    with reached(transport, root) as server:
        anyio.run(connected, server)


def text_of(result: Any) -> str:
    return str(result.content[0].text)


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_the_official_client_lists_the_tools_and_removes_a_background(
    transport: str, root: Path
) -> None:
    async def session(client: Client) -> None:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert names == {"remove_background", "list_models", "job_status"}
        result = await client.call_tool("remove_background", {"path": "ball.jpg"})
        said = json.loads(text_of(result))
        assert said["status"] == "succeeded", said
        assert said["file"] == "ball-cutout.png"
        shown = Image.open(io.BytesIO(base64.b64decode(result.content[1].data)))
        written = Image.open(io.BytesIO((root / said["file"]).read_bytes()))
        assert shown.mode == written.mode == "RGBA"
        assert shown.getpixel((0, 0))[3] == 0
        again = await client.call_tool("job_status", {"job": said["job"]})
        assert json.loads(text_of(again)) == said

    during(transport, root, session)


def test_every_way_to_give_an_image_is_there_and_every_wrong_one_is_a_sentence(root: Path) -> None:
    async def session(client: Client) -> None:
        text = base64.b64encode((root / "ball.jpg").read_bytes()).decode()
        result = await client.call_tool("remove_background", {"base64": text, "mask": True})
        shown = Image.open(io.BytesIO(base64.b64decode(result.content[1].data)))
        assert shown.mode == "L"
        models = json.loads(text_of(await client.call_tool("list_models", {})))
        assert sum(one["default"] for one in models) == 1
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"path": "../x.jpg"}, "outside the folders"),
            ({"path": "none.jpg"}, "there is no file none.jpg"),
            ({"path": "big.jpg"}, "big.jpg has 60.0 MB; at most 25 MB"),
            ({"path": "not.jpg"}, "this is not a JPEG"),
            ({"path": "ball.jpg", "output": "/tmp/x.png"}, "outside the folders"),
            ({"path": "ball.jpg", "output": "ball.jpg"}, "the image itself"),
            ({"path": "ball.jpg", "background": "no colour"}, "background"),
            ({"path": "ball.jpg", "model": "nothing"}, "nothing"),
            ({"url": "http://169.254.169.254/x"}, "public internet address"),
            ({"base64": "%"}, "not base64"),
            ({"path": "ball.jpg", "format": "tiff"}, "format: must be one of png"),
            ({}, "exactly one of path, url and base64"),
            ({"path": "ball.jpg", "url": "https://e.com/a.jpg"}, "exactly one of path, url and"),
            ({"pth": "ball.jpg"}, "pth: there is no such argument; did you mean path?"),
            ({"path": "ball.jpg", "x" * 99: 1}, "there is no such argument."),
            ({"path": 7}, "path: must be a valid string"),
            ({"path": "ball.jpg", "wait_s": "long"}, "wait_s: must be a valid number"),
            ({"path": "ball.jpg", "wait_s": 301}, "wait_s: must be less than or equal to 300"),
            ({"path": "ball.jpg", "crop": "perhaps"}, "crop: must be a valid boolean"),
        ]
        for arguments, sentence in wrong:
            refused = await client.call_tool("remove_background", arguments)
            assert refused.is_error, arguments
            assert sentence.lower() in text_of(refused).lower(), (arguments, text_of(refused))
            assert "Traceback" not in text_of(refused)
            assert "\n" not in text_of(refused)
        unknown = await client.call_tool("job_status", {"job": 999})
        assert "There is no job 999" in text_of(unknown)
        for wrong_job in ("x", 0, None):
            refused = await client.call_tool("job_status", {"job": wrong_job})
            assert text_of(refused).startswith("job: must be")
        assert text_of(await client.call_tool("job_status", {})) == "job is required."

    during("stdio", root, session)


def test_what_takes_longer_is_asked_for_again(root: Path) -> None:
    async def session(client: Client) -> None:
        first = await client.call_tool("remove_background", {"path": "ball.jpg", "wait_s": 0})
        said = json.loads(text_of(first))
        result = await client.call_tool("job_status", {"job": said["job"], "wait_s": 60})
        assert json.loads(text_of(result))["status"] == "succeeded"

    during("stdio", root, session)


def test_a_root_that_is_no_folder_ends_the_command_with_a_sentence(root: Path) -> None:
    words = [*COMMAND, "--root", str(root / "ball.jpg")]
    run = subprocess.run(words, capture_output=True, check=False, timeout=60)
    assert run.returncode == 2
    assert b"is not a folder" in run.stderr
    assert b"Traceback" not in run.stderr
