"""The libraries that people call an image API with, left as they are: what they send by themselves
must get the vendor's image, from every dialect.

Each program of `tests/programs/libraries` takes the library's name, the server's address, a table
of calls, a photo and a folder, where it leaves every answer and a list of their types.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.inside import PHOTO
from tests.scenes import decoded

from cutoutd.web.dialects import ALL

PROGRAMS = Path(__file__).parents[2] / "programs" / "libraries"
INSTALLED = Path(sys.prefix) / "clients"
JARS = [
    Path("/usr/share/java", f"{name}.jar")
    for name in ("okhttp", "okio", "httpclient", "httpcore", "commons-logging")
]
CLASSPATH = ":".join(map(str, JARS))

CALLS = {
    "native": ("file", "image", "/v1/remove-background"),
    "removebg": ("file", "image_file", "/v1.0/removebg?size=auto"),
    "photoroom": ("file", "image_file", "/v1/segment"),
    "stability": ("file", "image", "/v2beta/stable-image/edit/remove-background"),
    "clipdrop": ("file", "image_file", "/remove-background/v1"),
    "rembg": ("file", "file", "/api/remove"),
    "api4ai": ("file", "image", "/v1/results"),
    "modelslab": ("json", "image", "/api/v6/image_editing/removebg_mask"),
    "octoai": ("json", "init_image", "/background-removal"),
    "withoutbg": ("json", "image_base64", "/v1.0/alpha-channel-base64"),
    "fal": ("json", "image_url", "/fal-ai/birefnet"),
    "huggingface": ("json", "inputs", "/models/briaai/RMBG-1.4"),
    "runware": ("json", "inputImage", "/v1?taskType=removeBackground&taskUUID=u"),
    "picsart": ("file", "image", "/tools/1.0/removebg"),
    "pixian": ("file", "image", "/api/v2/remove-background"),
    "removalai": ("file", "image_file", "/3.0/remove?get_file=1"),
    "slazzer": ("file", "source_image_file", "/v2.0/remove_image_background"),
}

NESTED = {"replicate", "leonardo"}
"""Vendors whose image is within an object of the JSON: what a library adds is as for the others."""

IN_JSON: dict[str, Callable[[dict[str, object]], bytes]] = {
    "api4ai": lambda said: base64.b64decode(said["results"][0]["entities"][0]["image"]),  # type: ignore[index]
    "modelslab": lambda said: httpx.get(said["output"][0]).content,  # type: ignore[index]
    "runware": lambda said: httpx.get(said["data"][0]["imageURL"]).content,  # type: ignore[index]
    "picsart": lambda said: httpx.get(said["data"]["url"]).content,  # type: ignore[index]
    "octoai": lambda said: base64.b64decode(said["image_b64"]),  # type: ignore[arg-type]
    "fal": lambda said: httpx.get(said["image"]["url"]).content,  # type: ignore[index]
    "withoutbg": lambda said: base64.b64decode(said["alpha_base64"]),  # type: ignore[arg-type]
}
"""Vendors whose answer is JSON, and where the image is in it; the others answer the image."""

QUICK_JAVA = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")

LIBRARIES = {
    "axios": ["node", "node.mjs"],
    "fetch": ["node", "node.mjs"],
    "undici": ["node", "node.mjs"],
    "HttpURLConnection": ["java", *QUICK_JAVA, "Java"],
    "java.net.http": ["java", *QUICK_JAVA, "Java"],
    "OkHttp": ["java", *QUICK_JAVA, "Java"],
    "Apache HttpClient": ["java", *QUICK_JAVA, "Java"],
    "net/http": ["go", "run", "net_http.go"],
    "Net::HTTP": ["ruby", "ruby.rb"],
    "Faraday": ["ruby", "ruby.rb"],
    "php-curl": ["php", "php.php"],
    "Guzzle": ["php", "php.php"],
    "requests": [sys.executable, "python.py"],
    "httpx": [sys.executable, "python.py"],
    "urllib": [sys.executable, "python.py"],
    "curl": ["bash", "curl.sh"],
}


PACKAGES = {
    "Faraday": ["-e", 'require "faraday"'],
    "php-curl": ["-r", "exit(function_exists('curl_init') ? 0 : 1);"],
    "Guzzle": ["-r", "require 'GuzzleHttp/autoload.php';"],
}
"""What its language runs without an error where a library of a package of its own is there."""


def has_java() -> bool:
    """A compiler, and all that the one file which it compiles imports."""
    return shutil.which("javac") is not None and all(jar.exists() for jar in JARS)


def is_there(program: str, library: str) -> bool:
    if program == "java":
        return has_java()
    asked = PACKAGES.get(library)
    if shutil.which(program) is None or asked is None:
        return shutil.which(program) is not None
    return subprocess.run([program, *asked], capture_output=True, check=False).returncode == 0


def need(program: str, library: str) -> None:
    """Skip what is not installed; in CI, where `.ci/services` installs it, that is a failure."""
    if is_there(program, library):
        return
    assert not os.environ.get("CI"), f"{library} or its {program} is missing: run .ci/services"
    pytest.skip(f"NOT TESTED: {library} is not here; .ci/services installs it")


def test_every_dialect_is_called() -> None:
    assert set(CALLS) | NESTED == set(ALL)


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `Java.class` is: compiled once for four libraries."""
    folder = tmp_path_factory.mktemp("classes")
    source = PROGRAMS / "Java.java"
    if has_java():
        subprocess.run(["javac", "-cp", CLASSPATH, "-d", folder, source], check=True)
    return folder


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_a_library_sends_by_itself_gets_the_picture_of_every_dialect(
    world: str, classes: Path, tmp_path: Path, library: str
) -> None:
    program, *arguments, script = LIBRARIES[library]
    need(program, library)
    photo, plan, out = tmp_path / "p.jpg", tmp_path / "plan", tmp_path / "out"
    photo.write_bytes(PHOTO)
    plan.write_text("".join("\t".join((name, *call)) + "\n" for name, call in CALLS.items()))
    out.mkdir()
    finished = subprocess.run(
        [program, *arguments, script, library, world, plan, photo, out],
        cwd=PROGRAMS,
        env={
            **os.environ,
            "NO_PROXY": "127.0.0.1",
            "NODE_PATH": str(INSTALLED / "node_modules"),
            "CLASSPATH": f"{CLASSPATH}:{classes}",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    types = dict(line.split("\t") for line in (out / "types").read_text().splitlines())
    assert types == {name: "application/json" if name in IN_JSON else "image/png" for name in CALLS}
    for name in CALLS:
        data = (out / name).read_bytes()
        picture = decoded(IN_JSON[name](json.loads(data)) if name in IN_JSON else data)
        assert picture.mode == ("L" if name == "withoutbg" else "RGBA"), name
        assert picture.size == (320, 240), name
