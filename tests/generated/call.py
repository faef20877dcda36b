"""The three main operations through the client that openapi-python-client wrote (`made`)."""

import sys
from pathlib import Path

from made import AuthenticatedClient
from made.api.cutoutd import create_job, get_job, remove_background, upload_file
from made.models import FileForm, RemoveBackgroundForm, RemoveBackgroundRequest
from made.types import File


def main(base: str, key: str, photo: Path) -> None:
    """Raises AssertionError for an answer that is not what was asked for."""
    client = AuthenticatedClient(base_url=base, token=key, raise_on_unexpected_status=True)
    with photo.open("rb") as file:
        sent = File(payload=file, file_name=photo.name, mime_type="image/jpeg")
        cutout = remove_background.sync(client=client, body=RemoveBackgroundForm(image=[sent]))
        assert cutout.payload.read(8) == b"\x89PNG\r\n\x1a\n"
    with photo.open("rb") as file:
        kept = upload_file.sync(client=client, body=FileForm(image=File(payload=file)))
    job = create_job.sync(client=client, body=RemoveBackgroundRequest(file=[kept.id]), wait=60)
    assert job.status == "succeeded", job
    assert get_job.sync(job.id, client=client).images[0].media_type == "image/png"
    refused = remove_background.sync(client=client, body=RemoveBackgroundRequest())
    assert refused.code == "invalid_request"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
