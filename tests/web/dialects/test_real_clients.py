"""The clients that people install, run unchanged against a server.

Each runs in a process of its own, from the folder that `make clients` fills; the scripts are in
`tests/programs`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.inside import PHOTO, serving
from tests.running import free_port
from tests.scenes import decoded
from tests.tls import tls_proxy

SCRIPTS = Path(__file__).parents[2] / "programs"
INSTALLED = Path(sys.prefix) / "clients"


def run(program: list[str], *arguments: str, environment: dict[str, str]) -> None:
    finished = subprocess.run(
        [*program, *arguments],
        env={**os.environ, **environment, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def need(path: Path) -> None:
    """Skip without the clients; in CI that is a failure."""
    if path.exists():
        return
    assert not os.environ.get("CI"), f"{path} is missing: run make clients"
    pytest.skip("THE REAL CLIENTS ARE NOT INSTALLED: run `make clients`")


@pytest.fixture
def photo(tmp_path: Path) -> str:
    file = tmp_path / "p.jpg"
    file.write_bytes(PHOTO)
    return str(file)


@pytest.mark.parametrize(
    ("script", "mode"),
    [
        ("leonardo_requests", "RGBA"),
        ("octoai_infer", "RGBA"),
        ("removebg_pypi", "RGBA"),
        ("replicate_readme", "RGBA"),
        ("withoutbg_api", "RGBA"),
        ("carvekit_client", "RGBA"),
        ("huggingface_client", "RGBA"),
        ("pixian_ai_client", "RGBA"),
        ("runware_rest", "RGBA"),
    ],
)
def test_a_python_client_gets_its_picture(
    world: str, photo: str, tmp_path: Path, script: str, mode: str
) -> None:
    need(INSTALLED / "python")
    out = tmp_path / "out.png"
    program = [sys.executable, "-W", "ignore", str(SCRIPTS / f"{script}.py")]
    environment = {
        "PYTHONPATH": str(INSTALLED / "python"),
        "REPLICATE_BASE_URL": f"{world}/replicate",
        "REPLICATE_API_TOKEN": "r8_secret",
    }
    run(program, world, photo, str(out), environment=environment)
    cutout = decoded(out.read_bytes())
    assert cutout.mode == mode
    assert cutout.size == decoded(PHOTO).size
    assert cutout.getpixel((0, 0))[3] < 16
    assert cutout.getpixel((cutout.width // 2, cutout.height // 2))[3] > 240


def test_the_npm_client_of_remove_bg_gets_its_picture(
    world: str, photo: str, tmp_path: Path
) -> None:
    need(INSTALLED / "node_modules")
    node = shutil.which("node")
    assert node
    out = tmp_path / "out.png"
    program = [node, str(SCRIPTS / "removebg_npm.js")]
    run(
        program,
        world,
        photo,
        str(out),
        environment={"NODE_PATH": str(INSTALLED / "node_modules")},
    )
    assert decoded(out.read_bytes()).size < decoded(PHOTO).size


@pytest.mark.parametrize(
    "script",
    [
        "photoroom_cli",
        "removebg_axios",
        "replicate_readme",
        "fal_readme",
        "fal_serverless",
        "leonardo_fetch",
    ],
)
def test_a_node_client_that_writes_what_it_gets_to_a_file_has_a_picture_there(
    world: str, photo: str, tmp_path: Path, script: str
) -> None:
    need(INSTALLED / "node_modules" / "photoroom-cli")
    node = shutil.which("node")
    assert node
    out = tmp_path / "no-bg.png"
    # photoroom-cli keeps its key below the home folder.
    environment = {"NODE_PATH": str(INSTALLED / "node_modules"), "HOME": str(tmp_path)}
    program = [node, str(SCRIPTS / f"{script}.mjs")]
    run(program, world, photo, str(out), environment=environment)
    cutout = decoded(out.read_bytes())
    assert (cutout.format, cutout.mode, cutout.size) == ("PNG", "RGBA", decoded(PHOTO).size)


def test_fals_python_client_gets_its_picture_behind_tls(photo: str, tmp_path: Path) -> None:
    need(INSTALLED / "python" / "fal_client")
    out, certificate = tmp_path / "out.png", tmp_path / "authority.pem"
    port = free_port()
    address = f"127.0.0.1:{port}"
    program = [sys.executable, "-W", "ignore", str(SCRIPTS / "fal_readme.py")]
    environment = {
        "PYTHONPATH": str(INSTALLED / "python"),
        "FAL_RUN_HOST": address,
        "FAL_QUEUE_RUN_HOST": f"{address}/queue",
        "FAL_KEY": "id:secret",
        "SSL_CERT_FILE": str(certificate),
    }
    with (
        serving(tmp_path / "d", public_url=f"https://{address}") as server,
        tls_proxy(port, int(server.rpartition(":")[2]), certificate) as base,
    ):
        run(program, base, photo, str(out), environment=environment)
    assert decoded(out.read_bytes()).mode == "RGBA"


def test_curl_speaks_rembg(world: str, photo: str, tmp_path: Path) -> None:
    curl = shutil.which("curl")
    assert curl
    out = tmp_path / "out.png"
    program = [curl, "-sSf", "-o", str(out)]
    form = ["-F", f"file=@{photo}", "-F", "model=u2net", "-F", "om=true"]
    run(program, f"{world}/api/remove?bgc=0,0,0,0", *form, environment={})
    assert decoded(out.read_bytes()).mode == "L"
    run(program, f"{world}/api/remove?url=https%3A%2F%2Fe.com%2Fp.jpg&a=true", environment={})
    assert decoded(out.read_bytes()).mode == "RGBA"


def test_curl_speaks_api4ai(world: str, photo: str, tmp_path: Path) -> None:
    curl = shutil.which("curl")
    assert curl
    out = tmp_path / "out.json"
    program = [curl, "-sSf", "-o", str(out)]
    for path in ("/v1/results", "/img-bg-removal/v1/cars/results?mode=fg-image-shadow"):
        run(program, world + path, "-F", f"image=@{photo}", environment={})
        assert '"code":"ok"' in out.read_text()
