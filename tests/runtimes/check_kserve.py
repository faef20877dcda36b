"""A remote model over KServe v2: a real Triton gives the mask that the same file gives here.

python tests/runtimes/check_kserve.py PYTHON_OF_THE_PYTRITON_ENVIRONMENT
"""

import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from tests.segmentation.networks import a_spec, write_network
from tests.segmentation.pictures import drawn_pictures

from cutoutd.errors import ConfigurationError, ProcessingFailed
from cutoutd.segmentation.options import SegmentationOptions
from cutoutd.segmentation.session import open_session
from cutoutd.segmentation.sessions import Sessions

START_S = 120


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def sessions_when_up(folder: Path, server: subprocess.Popen[bytes]) -> Sessions:
    sessions = Sessions(SegmentationOptions(folder=folder))
    until = time.monotonic() + START_S
    while True:
        try:
            with sessions.get("far"):
                return sessions
        except ConfigurationError as error:
            if time.monotonic() > until or server.poll() is not None:
                raise
            print(f"waiting: {error.message[:80]}")
            time.sleep(2)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = write_network(folder / "near.onnx", outputs=1)
        ports = free_ports(3)
        (folder / "far").mkdir()
        toml = f'size = 32\nlicence = "ours"\nremote = "127.0.0.1:{ports[0]}/tiny"\n'
        (folder / "far" / "model.toml").write_text(toml)
        words = [sys.argv[1], "tests/runtimes/serve_triton.py", str(path), *map(str, ports)]
        server = subprocess.Popen(words)
        try:
            sessions = sessions_when_up(folder, server)
            near = open_session(a_spec(path), path)
            with sessions.get("far") as far:
                pairs = [(far.predict(rgb), near.predict(rgb)) for rgb in drawn_pictures(20)]
                worst = max(float(np.abs(a - b).max()) for a, b in pairs)
                print(f"far on {far.provider}: largest difference {worst:.7f}")
                server.terminate()
                server.wait(60)
                try:
                    far.predict(drawn_pictures(1)[0])
                except ProcessingFailed as error:
                    print(f"without the server: {error.message}")
                else:
                    return 1
        finally:
            server.kill()
    return int(worst > 1e-5)


if __name__ == "__main__":
    sys.exit(main())
