"""PyPI runware-sdk 1.8 over HTTP, pointed at the server by its own option."""

import asyncio
import base64
import sys
from pathlib import Path

import pytest
from runware import Runware
from runware.errors import RunwareError

base, photo, out = sys.argv[1:]
text = base64.b64encode(Path(photo).read_bytes()).decode()
task = {"taskType": "removeBackground", "model": "runware:109@1", "outputFormat": "PNG"}


async def main() -> bytes:
    client = Runware(api_key="secret", transport="rest", http_base_url=f"{base}/v1", max_retries=0)
    sent = {**task, "inputImage": text, "outputType": "base64Data"}
    (later,) = await client.run(sent)
    (now,) = await client.run({**sent, "deliveryMethod": "sync"})
    assert later["imageBase64Data"] == now["imageBase64Data"]
    with pytest.raises(RunwareError, match="image"):
        await client.run({**task, "inputImage": "aGk="})
    await client.close()
    return base64.b64decode(now["imageBase64Data"])


Path(out).write_bytes(asyncio.run(main()))
