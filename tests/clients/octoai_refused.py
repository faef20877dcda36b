"""octoai-sdk 0.10 raises its own error for what the server refuses."""

import sys

from octoai.client import Client
from octoai.errors import OctoAIClientError

base = sys.argv[1]
client = Client(token="secret", config_path=".")
try:
    client.infer(f"{base}/background-removal", {"init_image": "aGk="})
except OctoAIClientError as error:
    assert "init_image" in str(error), error
else:
    raise AssertionError("it did not raise")
