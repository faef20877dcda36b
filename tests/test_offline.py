import subprocess
import sys

from tests.scenes import ball, decoded, encoded

SCRIPT = """
import socket, sys

def refuse(*_, **__):
    raise AssertionError("something asked for the network")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse

from cutoutd import remove_background

sys.stdout.buffer.write(remove_background(sys.stdin.buffer).tobytes())
"""


def test_the_embedded_model_needs_no_network() -> None:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=encoded(ball()), capture_output=True, check=False
    )
    assert run.returncode == 0, run.stderr.decode()
    assert decoded(run.stdout).mode == "RGBA"
