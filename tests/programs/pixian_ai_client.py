"""PyPI pixian-ai 1.0: its address is a constant, so `requests` below it is pointed elsewhere."""

import base64
import sys
from pathlib import Path

import pytest
import requests
from pixian_ai import PixianAI
from pixian_ai.client import PixianAIException

base, photo, out = sys.argv[1:]
post = requests.post
requests.post = lambda url, **more: post(url.replace("https://api.pixian.ai", base), **more)
client = PixianAI(api_id="id", api_secret="secret")
client.remove_background(photo).save(out)
text = base64.b64encode(Path(photo).read_bytes()).decode()
cropped = client.remove_background(
    image_base64=text, result_crop_to_foreground=True, result_margin="5px", output_format="png"
)
assert cropped.content.startswith(b"\x89PNG")
assert client.remove_background(image_url="https://example.com/p.jpg", background_color="#0055FF")
with pytest.raises(PixianAIException, match="error"):
    client.remove_background(image_base64="aGk=")
