"""fal-client 1.0.3: the examples of its README, with a background-removal app for theirs."""

import asyncio
import sys
import urllib.request
from pathlib import Path

import fal_client
import pytest

base, photo, out = sys.argv[1:]
APP = "fal-ai/birefnet/v2"
PICTURE = "https://example.com/p.jpg"

# Run.
response = fal_client.run("fal-ai/birefnet", arguments={"image_url": PICTURE})
assert response["image"]["url"].startswith(base)


async def main() -> None:
    response = await fal_client.run_async(APP, arguments={"image_url": PICTURE})
    assert response["image"]["content_type"] == "image/png"
    await queued()


# Encoding files as in-memory data URLs.
image_data_url = fal_client.encode_file(photo)
response = fal_client.run(
    "fal-ai/imageutils/rembg", arguments={"image_url": image_data_url, "sync_mode": True}
)
with urllib.request.urlopen(response["image"]["url"]) as data:
    Path(out).write_bytes(data.read())


# Queuing requests.
async def queued() -> None:
    response = await fal_client.submit_async(APP, arguments={"image_url": PICTURE})

    logs_index = 0
    async for event in response.iter_events(with_logs=True):
        if isinstance(event, fal_client.Queued):
            assert event.position >= 0
        elif isinstance(event, (fal_client.InProgress, fal_client.Completed)):
            new_logs = event.logs[logs_index:]
            for log in new_logs:
                assert log["message"]
            logs_index = len(event.logs)
    assert logs_index > 0

    result = await response.get()
    assert result["image"]["width"] == 320


asyncio.run(main())  # Both of them: the module's client belongs to one event loop.

handle = fal_client.submit(APP, arguments={"image_url": PICTURE, "output_mask": True})
result = handle.get()
assert result["mask_image"]["content_type"] == "image/png"
assert fal_client.result(APP, handle.request_id) == result
assert isinstance(fal_client.status(APP, handle.request_id), fal_client.Completed)
with pytest.raises(fal_client.FalClientHTTPError, match="ALREADY_COMPLETED"):
    fal_client.cancel(APP, handle.request_id)

seen: list[object] = []
result = fal_client.subscribe(
    "fal-ai/bria/background/remove",
    arguments={"image_url": PICTURE},
    with_logs=True,
    on_queue_update=seen.append,
)
assert result["image"]["height"] == 240
assert isinstance(seen[-1], fal_client.Completed)
assert seen[-1].metrics["inference_time"] >= 0

with pytest.raises(fal_client.FalClientHTTPError) as refused:
    fal_client.run(APP, arguments={"image_url": PICTURE, "output_format": "bmp"})
assert refused.value.status_code == 422
assert refused.value.message[0]["loc"] == ["body", "output_format"]
with pytest.raises(fal_client.FalClientHTTPError) as refused:
    fal_client.subscribe(APP, arguments={"image_url": "data:image/png;base64,aGVsbG8="})
assert refused.value.error_type == "image_load_error"
with pytest.raises(fal_client.FalClientHTTPError) as refused:
    fal_client.run("fal-ai/flux/dev", arguments={"prompt": "a cat"})
assert refused.value.status_code == 404
