"""replicate 1.0.7: the examples of its README, with a background-removal model for theirs."""

import asyncio
import io
import sys
from pathlib import Path

import pytest
import replicate
from replicate.exceptions import ModelError, ReplicateError

base, photo, out = sys.argv[1:]
VERSION = "fb8af171cfa1616ddcf1242c093f9c46bcada5ad4cf6f2fbe8b81b330ec5c003"
PICTURE = "https://example.com/p.jpg"

# Run a model.
with Path(photo).open("rb") as file:
    output = replicate.run("cjwbw/rembg", input={"image": file})
Path(out).write_bytes(output.read())
for ref in (f"cjwbw/rembg:{VERSION}", "851-labs/background-remover"):
    assert replicate.run(ref, input={"image": Path(photo)}).read() == Path(out).read_bytes()
link = replicate.run("bria/remove-background", input={"image": PICTURE}, wait=False)
assert str(link).startswith(base)

with pytest.raises(ModelError, match="image") as failed:
    replicate.run("lucataco/remove-bg", {"image": io.BytesIO(b"no image at all")})
assert replicate.predictions.get(failed.value.prediction.id).status == "failed"


# AsyncIO support.
async def several() -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                replicate.async_run(f"cjwbw/rembg:{VERSION}", input={"image": PICTURE})
            )
            for _ in range(4)
        ]
    for output in await asyncio.gather(*tasks):
        assert (await output.aread())[1:4] == b"PNG"


asyncio.run(several())

# Run a model in the background.
model = replicate.models.get("cjwbw/rembg")
version = model.versions.get(VERSION)
assert version.openapi_schema["components"]["schemas"]["Input"]["required"] == ["image"]
assert [one.id for one in model.versions.list()] == [VERSION]
prediction = replicate.predictions.create(version=version, input={"image": PICTURE})
assert prediction.status == "starting"
prediction.reload()
prediction.wait()
assert prediction.status == "succeeded"
assert prediction.output.startswith(base)
assert prediction.progress is None

# Cancel a prediction; one that has ended stays as it is.
prediction.cancel()
prediction.reload()
assert prediction.status == "succeeded"

# List predictions.
page = replicate.predictions.list()
assert prediction.id in [one.id for one in page]
for page in replicate.paginate(replicate.predictions.list):
    assert len(page) <= 100

# Files.
with Path(photo).open("rb") as file:
    stored = replicate.files.create(file, metadata={"a": 1})
assert stored.name == Path(photo).name
assert stored.content_type == "image/jpeg"
assert replicate.files.get(stored.id).size == Path(photo).stat().st_size
assert stored.id in [one.id for one in replicate.files.list()]
assert replicate.files.delete(stored.id)
data_uri = replicate.run(
    "cjwbw/rembg", input={"image": Path(photo)}, file_encoding_strategy="base64"
)
assert data_uri.read() == Path(out).read_bytes()

# The rest.
assert replicate.default_client.accounts.current().type == "user"
assert replicate.hardware.list()
assert replicate.models.search("birefnet")[0].id == "men1scus/birefnet"
assert len(replicate.models.list()) > 5
for call in (
    lambda: replicate.run("stability-ai/sdxl", input={"image": PICTURE}),
    replicate.trainings.list,
    lambda: replicate.predictions.get("nothing"),
):
    with pytest.raises(ReplicateError) as refused:
        call()
    assert refused.value.status == 404
with pytest.raises(ReplicateError) as refused:
    replicate.run("cjwbw/rembg", input={"prompt": "a cat"})
assert "prompt" in refused.value.detail
