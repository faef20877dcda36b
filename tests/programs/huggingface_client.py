"""PyPI huggingface_hub: an image to an image, at another address."""

import sys
from pathlib import Path

import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError

base, photo, out = sys.argv[1:]
client = InferenceClient(model=f"{base}/models/briaai/RMBG-1.4", token="hf_secret")
client.image_to_image(photo).save(out)

unknown = InferenceClient(model=f"{base}/models/nobody/nothing", token="hf_secret")
with pytest.raises(HfHubHTTPError, match="404"):
    unknown.image_to_image(Path(photo).read_bytes())
