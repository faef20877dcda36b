"""octoai-sdk 0.10: `Client(token).infer(url, inputs)`, in the background, and refused."""

import base64
import sys
import time
from pathlib import Path

import pytest
from octoai.client import Client
from octoai.errors import OctoAIClientError

base, photo, out = sys.argv[1:]
client = Client(token="secret", config_path=".")
inputs = {
    "init_image": base64.b64encode(Path(photo).read_bytes()).decode(),
    "bgcolor": [255, 255, 255, 0],
}
answer = client.infer(f"{base}/background-removal", inputs)
assert answer["removed_for_safety"] is False

future = client.infer_async(f"{base}/background-removal", inputs)
while not client.is_future_ready(future):
    time.sleep(0.05)
later = client.get_future_result(future)
assert later == answer
Path(out).write_bytes(base64.b64decode(answer["image_b64"]))

with pytest.raises(OctoAIClientError, match="init_image"):
    client.infer(f"{base}/background-removal", {"init_image": "aGk="})
