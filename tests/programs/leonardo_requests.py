"""Leonardo's background removal as its page about the migration calls it with requests."""

import base64
import sys
import time
from pathlib import Path

import requests

base, photo, out = sys.argv[1:]
HEADERS = {"Authorization": "Bearer YOUR_LEONARDO_API_KEY"}
image_b64 = base64.b64encode(Path(photo).read_bytes()).decode()
reference = {"image": {"type": "BASE64", "data": image_b64}, "strength": "MID"}
parameters = {"size": "auto", "format": "png", "guidances": {"image_reference": [reference]}}

response = requests.post(
    f"{base}/api/rest/v2/generationssync",
    headers=HEADERS,
    json={"model": "remove-bg", "ephemeral": True, "base64": True, "parameters": parameters},
    timeout=60,
)
assert response.ok
results = response.json()["results"]
Path(out).write_bytes(base64.b64decode(results[0]["dataB64"]))

response = requests.post(
    f"{base}/api/rest/v2/generations",
    headers=HEADERS,
    json={"model": "remove-bg", "public": False, "parameters": parameters},
    timeout=60,
)
generation_id = response.json()["generate"]["generationId"]
status = "PENDING"
while status == "PENDING":
    time.sleep(0.05)
    url = f"{base}/api/rest/v1/generations/{generation_id}"
    generation = requests.get(url, headers=HEADERS, timeout=60).json()["generations_by_pk"]
    status = generation["status"]
assert status == "COMPLETE"
(image,) = generation["generated_images"]
assert requests.get(image["url"], timeout=60).content == Path(out).read_bytes()
