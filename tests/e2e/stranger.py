"""A stranger's first five minutes, timed: `make stranger`.

Clone, `make serve`, open the page, drop a photo, download the cutout, copy the curl command and
run it. Everything is new: the clone, its environment, the data folder, the browser.
"""

import base64
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright
from tests.e2e.conftest import FLAGS, chromium
from tests.scenes import decoded

REPOSITORY = Path(__file__).parents[2]
SAMPLE = "src/cutoutd/web/playground/sample.jpg"
PATIENCE_S = 600
DROP = """async (base64) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], "photo.jpg", { type: "image/jpeg" }));
  return carried;
}"""


@contextmanager
def timed(step: str) -> Iterator[None]:
    """Print how long it took."""
    start = time.perf_counter()
    yield
    print(f"{step:<48} {time.perf_counter() - start:6.1f} s", flush=True)


@contextmanager
def served(clone: Path, port: int) -> Iterator[str]:
    """The base URL of `make serve` in the clone, once it is ready."""
    base = f"http://127.0.0.1:{port}"
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    with subprocess.Popen(
        ["make", "serve"],
        cwd=clone,
        env={**environment, "CUTOUTD_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as server:
        try:
            until = time.monotonic() + PATIENCE_S
            while not ready(base):
                assert server.poll() is None, "make serve ended"
                assert time.monotonic() < until, "make serve was not ready in time"
                time.sleep(0.1)
            yield base
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def ready(base: str) -> bool:
    """Whether it answers."""
    try:
        with urllib.request.urlopen(f"{base}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def visit(page: Page, base: str, photo: Path, folder: Path) -> None:
    """What a visitor does, and what comes of it."""
    with timed("open the page"):
        page.goto(base)
        expect(page.locator("#licence")).to_contain_text("Apache-2.0")
    with timed("drop a photo, see the cutout"):
        carried = page.evaluate_handle(DROP, base64.b64encode(photo.read_bytes()).decode())
        page.dispatch_event("body", "drop", {"dataTransfer": carried})
        expect(page.locator("#status")).to_contain_text("1 of 1 done", timeout=60_000)
    with timed("download it"):
        with page.expect_download() as waiting:
            page.click("#download")
        assert decoded(waiting.value.path().read_bytes()).mode == "RGBA"
    with timed("copy the curl command, run it"):
        page.click("#copy")
        command = page.evaluate("navigator.clipboard.readText()")
        subprocess.run(["bash", "-c", command], cwd=folder, check=True, capture_output=True)
        assert decoded((folder / "cutout.png").read_bytes()).mode == "RGBA"


def main() -> int:
    """Do it all and print the times."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as free:
        folder, port = Path(name), free.getsockname()[1]
        free.close()
        with timed("git clone"):
            words = ["git", "clone", "--quiet", str(REPOSITORY), str(folder / "cutoutd")]
            subprocess.run(words, check=True)
        photo = folder / "photo.jpg"
        photo.write_bytes((folder / "cutoutd" / SAMPLE).read_bytes())
        install = time.perf_counter()
        with served(folder / "cutoutd", port) as base, sync_playwright() as playwright:
            print(f"{'make serve, until ready':<48} {time.perf_counter() - install:6.1f} s")
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            context = browser.new_context(accept_downloads=True)
            context.grant_permissions(["clipboard-read", "clipboard-write"], origin=base)
            visit(context.new_page(), base, photo, folder)
            browser.close()
    print(f"{'in all':<48} {time.perf_counter() - start:6.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
